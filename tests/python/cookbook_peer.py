"""Answers questions of the cookbook from the records themselves, without SQL, and compares.

    cookbook_peer.py FILES ANSWERS --at 2026-06-02T00:00:00Z

FILES holds the NDJSON files and `reference/`, ANSWERS a CSV file for each question, as `touchload sql` wrote it. Every
number is computed here by plain loops over lists, written from docs/metrics.md and the header of the question. Prints
what was compared; exit 1 with the differences when any cell differs.
"""

import argparse
import csv
import itertools
import json
import math
import pathlib
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

RANKS = {
    "calls": ["planned", "cancelled", "no_access", "completed"],
    "emails": ["scheduled", "sent", "failed", "delivered", "dropped", "bounced", "opened", "clicked", "marked_spam", "unsubscribed"],
    "congress": ["nominated", "cancelled", "invited", "declined", "accepted", "no_show", "attended"],
    "requests": ["received", "answered", "closed", "withdrawn"],
}
TOUCHING = {
    "calls": {"completed"},
    "emails": {"sent", "delivered", "opened", "clicked", "marked_spam", "unsubscribed"},
    "congress": {"invited", "declined", "accepted", "no_show", "attended"},
    "requests": set(),
}
FILES = {
    "calls": "calls.ndjson",
    "emails": "emails.ndjson",
    "congress": "congress-invitations.ndjson",
    "requests": "medical-requests.ndjson",
}
SOURCES = {
    "calls": "engagement.calls",
    "emails": "engagement.emails",
    "congress": "engagement.congress-invitations",
    "requests": "engagement.medical-requests",
}
DAY = timedelta(days=1)


def instant(text: str) -> datetime:
    """An RFC 3339 instant or a date at midnight, UTC."""
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


class World:
    """The records and reference rows, resolved one by one."""

    def __init__(self, files: pathlib.Path, at: datetime) -> None:
        self.at = at
        self.reference = {}
        for path in sorted((files / "reference").glob("*.csv")):
            with path.open() as stream:
                self.reference[path.stem] = list(csv.DictReader(stream))
        self.hcp_rows = defaultdict(list)
        for row in self.reference["hcps"]:
            self.hcp_rows[row["hcp_id"]].append(row)
        self.log = [record for kind in FILES for record in self.read(kind, files / FILES[kind])]
        live = {}
        for position, record in enumerate(self.log):
            rank = 99 if record.get("op") == "delete" else RANKS[record["kind"]].index(record["status"])
            key = (record["kind"], record["source"], record["event_id"], record["hcp_id"])
            standing = (record.get("version", 0), rank, position)
            if key not in live or live[key][0] < standing:
                live[key] = (standing, record)
        self.live = [record for _, record in live.values() if record.get("op") != "delete"]
        order = lambda r: (r["occurred"], r["source"], r["event_id"], r["kind"])
        self.touches = sorted((r for r in self.live if r["status"] in TOUCHING[r["kind"]]), key=order)
        self.commercial = [t for t in self.touches if t["function"] != "medical"]
        self.unsolicited = [t for t in self.commercial if not t.get("solicited") and t["purpose"] not in ("service", "safety")]

    def read(self, kind: str, path: pathlib.Path):
        """The records of a file with what they leave unsaid."""
        seen = set()
        with path.open() as stream:
            for line in stream:
                record = json.loads(line)
                record["kind"] = kind
                record.setdefault("source", SOURCES[kind])
                identity = (kind, record["source"], record["event_id"], record["hcp_id"])
                record["first"] = identity not in seen
                seen.add(identity)
                if record.get("op") == "delete":
                    yield record
                    continue
                default = {"calls": "sales", "congress": "marketing", "requests": "medical"}.get(kind)
                if kind == "emails":
                    default = "marketing" if record.get("origin") == "hq" else "sales"
                record["function"] = record.get("business_function", default)
                purpose = {"sales": "promotional", "marketing": "promotional", "medical": "scientific"}
                record.setdefault("purpose", purpose.get(record["function"], "service"))
                record["occurred"] = self.placed(record)
                yield record

    def placed(self, record: dict) -> datetime:
        """The instant; noon on the HCP's wall where only the day is known."""
        text = record["occurred_at"]
        if len(text) > 10:
            return instant(text)
        noon = datetime.fromisoformat(text) + timedelta(hours=12)
        row = self.row(record["hcp_id"], noon.replace(tzinfo=timezone.utc))
        zone = ZoneInfo(row["time_zone"]) if row and row["time_zone"] else timezone.utc
        return noon.replace(tzinfo=zone).astimezone(timezone.utc)

    def valid(self, row: dict, at: datetime) -> bool:
        """Whether a row holds."""
        return (not row["valid_from"] or instant(row["valid_from"]) <= at) and (
            not row["valid_to"] or instant(row["valid_to"]) > at
        )

    def row(self, hcp_id: str, at: datetime) -> dict | None:
        """The HCP's row that holds."""
        return next((row for row in self.hcp_rows.get(hcp_id, []) if self.valid(row, at)), None)

    def territory(self, hcp_id: str, at: datetime | None = None) -> str:
        """Where the HCP is."""
        row = self.row(hcp_id, at or self.at)
        return (row["territory"] if row else "") or "?"

    def now(self, table: str) -> list[dict]:
        """The rows of a table that hold."""
        return [row for row in self.reference[table] if self.valid(row, self.at)]

    def within(self, records: list[dict], days: float, until: datetime | None = None) -> list[dict]:
        """Those of a trailing window."""
        until = until or self.at
        return [r for r in records if until - days * DAY < r["occurred"] <= until]

    def account(self, hcp_id: str, at: datetime) -> str:
        """Primary affiliation, else the account of the row."""
        for row in self.affiliated.get(hcp_id, []):
            if row["is_primary"] == "true" and self.valid(row, at):
                return row["account_id"]
        row = self.row(hcp_id, at)
        return row["account_id"] if row else ""

    @property
    def affiliated(self) -> dict:
        """Affiliations by HCP."""
        if not hasattr(self, "_affiliated"):
            self._affiliated = defaultdict(list)
            for row in self.reference["affiliations"]:
                self._affiliated[row["hcp_id"]].append(row)
        return self._affiliated


def by(records, key):
    """Lists by a key, in the order in which they came."""
    groups = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return groups


def share(num: float, den: float, least: float = 1) -> float | None:
    """A rate, unknown on thin support."""
    return num / den if den >= least else None


def wilson(num: float, den: float, z: float = 1.96) -> tuple:
    """Both ends of the interval."""
    p, middle = num / den, num / den + z * z / (2 * den)
    spread = z * math.sqrt(p * (1 - p) / den + z * z / (4 * den * den))
    return (middle - spread) / (1 + z * z / den), (middle + spread) / (1 + z * z / den)


def untouched_targets(world: World):
    targets = {row["hcp_id"] for row in world.now("panels") if row["is_target"] == "true"}
    recent = Counter(t["hcp_id"] for t in world.within(world.commercial, 90))
    accounts = Counter()
    for hcp_id, count in recent.items():
        if world.row(hcp_id, world.at):
            accounts[world.account(hcp_id, world.at)] += count
    for hcp_id in targets:
        touched = accounts[world.account(hcp_id, world.at)]
        if recent[hcp_id] == 0 and touched >= 10:
            yield (hcp_id,), {"account_touches": touched}


def who_causes_over_touching(world: World):
    size = Counter(world.territory(row["hcp_id"]) for row in world.now("hcps"))
    voice = lambda t: (t.get("owner_id", "?"), t["function"])
    judged = []
    for hcp_id, touches in by(world.unsolicited, lambda t: t["hcp_id"]).items():
        row = world.row(hcp_id, world.at)
        for touch in world.within(touches, 90):
            month = world.within(touches, 28, touch["occurred"])
            near = world.within(touches, 2, touch["occurred"])
            others = [t for t in month if voice(t) != voice(touch)]
            territory = world.territory(hcp_id)
            band = 0 if size[territory] < 50 else 1 if size[territory] < 200 else 2
            stratum = (row["specialty"], row["segment"], band) if row and row["specialty"] and row["segment"] else None
            judged.append({
                "territory": territory, "function": touch["function"], "product": touch.get("product", "?"),
                "owner": touch.get("owner_id", "?"), "stratum": stratum, "full": len(month) > 4,
                "collided": any(voice(t) != voice(touch) for t in near), "chance": 1 - math.exp(-len(others) / 14),
            })
    strata = by(judged, lambda j: j["stratum"])
    for row in judged:
        peers = [p for p in strata[row["stratum"]] if p["territory"] != row["territory"]] if row["stratum"] else []
        row["peers"] = sum(p["full"] for p in peers) / len(peers) if len(peers) >= 20 else None
    cells = defaultdict(list)
    wide = defaultdict(list)
    for (territory, function, product), rows in by(judged, lambda j: (j["territory"], j["function"], j["product"])).items():
        known = len({row["owner"] for row in rows}) >= 5
        wide[(territory if known else "*", function, product)] += rows
    for (territory, function, product), rows in wide.items():
        known = len({row["owner"] for row in rows}) >= 5
        cells[(territory, function, product if known else "*")] += rows
    for (territory, function, product), rows in cells.items():
        if len({row["owner"] for row in rows}) < 5:
            continue
        expected = [row["peers"] for row in rows if row["peers"] is not None]
        thin = len(rows) < 20
        yield (territory, function, product, "pooled"), {
            "touches": len(rows), "on_full": sum(row["full"] for row in rows),
            "on_full_share": None if thin else sum(row["full"] for row in rows) / len(rows),
            "peers_share": sum(expected) / len(expected) if len(expected) >= 20 else None,
            "collided": sum(row["collided"] for row in rows),
            "chance_share": None if thin else sum(row["chance"] for row in rows) / len(rows),
        }


def rep_mails_after_waves(world: World):
    mails = [t for t in world.commercial if t["kind"] == "emails" and t["purpose"] == "promotional"]
    waves = by(
        [m for m in world.within(mails, 180) if m["origin"] == "hq" and m["occurred"] <= world.at - 7 * DAY],
        lambda m: (m["occurred"].date(), m.get("product"), m.get("theme")),
    )
    rep = by([m for m in mails if m["origin"] == "rep"], lambda m: m["hcp_id"])
    hcps = defaultdict(lambda: [0, 0, 0, 0])
    for wave in waves.values():
        if len({m["hcp_id"] for m in wave}) < 10:
            continue
        for hcp_id, received in by(wave, lambda m: m["hcp_id"]).items():
            sent = min(m["occurred"] for m in received)
            counts = hcps[hcp_id]
            counts[0] += 1
            counts[1] += len(world.within(rep[hcp_id], 7, sent + 7 * DAY))
            counts[2] += len(world.within(rep[hcp_id], 7, sent))
            counts[3] += len(world.within(rep[hcp_id], 7, sent - 7 * DAY))
    for territory, members in [("all", list(hcps)), *by(hcps, world.territory).items()]:
        counts = [hcps[m] for m in members]
        more, fewer = sum(c[1] > c[2] for c in counts), sum(c[1] < c[2] for c in counts)
        enough = more + fewer >= 20
        yield (territory,), {
            "mails_of_waves": sum(c[0] for c in counts), "rep_mails_after": sum(c[1] for c in counts),
            "rep_mails_before": sum(c[2] for c in counts), "rep_mails_earlier": sum(c[3] for c in counts),
            "hcps_more": more, "hcps_fewer": fewer, "more_low": wilson(more, more + fewer)[0] if enough else None,
        }


def load_before(touches: list[dict], place: int) -> float:
    """The interruption load of what stands before a place."""
    weights = {"face_to_face": 1.0, "phone": 0.9, "video": 0.8, "congress": 0.5, "chat": 0.4, "hq": 0.2, "rep": 0.3}
    total = 0.0
    for touch in touches[:place]:
        idle = touch.get("solicited") or touch["purpose"] in ("service", "safety") or touch["status"] == "no_access"
        way = touch.get("channel") or ("congress" if touch["kind"] == "congress" else touch.get("origin"))
        days = (touches[place]["occurred"] - touch["occurred"]) / DAY
        total += 0.0 if idle else weights[way] * 2 ** (-days / 7)
    return total


def band(load: float) -> str:
    """The band of a load."""
    bounds = [(0.25, "0 to 0.25"), (0.5, "0.25 to 0.5"), (1, "0.5 to 1"), (2, "1 to 2")]
    return next((name for bound, name in bounds if load < bound), "2 and more")


def loaded(world: World, records: list[dict]):
    """Records of 180 days with their bands."""
    for touches in by(world.within(records, 400), lambda t: t["hcp_id"]).values():
        for place, touch in enumerate(touches):
            if touch["occurred"] > world.at - 180 * DAY:
                yield touch, band(load_before(touches, place))


def clicks_by_load(world: World):
    mails = [(t, b) for t, b in loaded(world, world.commercial) if t["kind"] == "emails"]
    for key, group in by(mails, lambda m: (m[0]["origin"], m[1])).items():
        clicks = sum(t["status"] == "clicked" for t, _ in group)
        enough = len(group) >= 20 and len({t["hcp_id"] for t, _ in group}) >= 10
        yield key, {
            "mails": len(group), "clicks": clicks, "click_share": clicks / len(group) if enough else None,
            "click_low": wilson(clicks, len(group))[0] if enough else None,
            "click_high": wilson(clicks, len(group))[1] if enough else None,
        }


def refusals_by_load(world: World):
    order = lambda r: (r["occurred"], r["source"], r["event_id"], r["kind"])
    offers = world.commercial + [
        r for r in world.live if r["kind"] == "calls" and r["status"] == "no_access" and r["function"] != "medical"
    ]
    ways = {"calls": "visit", "emails": "e-mail", "congress": "invitation"}
    kept = [
        (t, b) for t, b in loaded(world, sorted(offers, key=order))
        if t["kind"] != "calls" or (t["channel"] == "face_to_face" and t["function"] == "sales")
    ]
    for (kind, load), group in by(kept, lambda m: (m[0]["kind"], m[1])).items():
        refused = sum(t["status"] in ("no_access", "unsubscribed", "marked_spam", "declined") for t, _ in group)
        enough = len(group) >= 20 and len({t["hcp_id"] for t, _ in group}) >= 10
        yield (ways[kind], load), {
            "offers": len(group), "refused": refused, "refused_share": refused / len(group) if enough else None,
        }


def access_this_year_and_last(world: World):
    visits = defaultdict(bool)
    for r in world.live:
        face = r["kind"] == "calls" and r["channel"] == "face_to_face" and r["function"] == "sales"
        if face and r["status"] in ("completed", "no_access") and world.at - 730 * DAY < r["occurred"] <= world.at:
            now = r["occurred"] > world.at - 365 * DAY
            key = (r["hcp_id"], r["owner_id"], r["occurred"].date(), now)
            visits[key] |= r["status"] == "completed"
    for territory in {"all"} | {world.territory(key[0]) for key in visits}:
        inside = [(k, seen) for k, seen in visits.items() if territory in ("all", world.territory(k[0]))]
        tally = defaultdict(lambda: [0, 0])
        owners = defaultdict(lambda: [0, 0])
        for (hcp_id, owner, _, now), seen in inside:
            tally[(hcp_id, now)][0] += 1
            tally[(hcp_id, now)][1] += seen
            owners[(owner, now)][0] += 1
            owners[(owner, now)][1] += not seen
        level = lambda n, x: 2 if x > 0.7 * n else 1 if x > 0.3 * n else 0
        hcps = {h for h, _ in list(tally) if tally[(h, True)][0] >= 4 and tally[(h, False)][0] >= 4}
        if not hcps:
            continue
        reporting = []
        for now in (False, True):
            asked = [closed > 0 for (_, year), (n, closed) in owners.items() if year == now and n >= 20]
            reporting.append(sum(asked) / len(asked) if asked else 0)
        told = len(hcps) >= 20 and min(reporting) >= 0.5
        levels = [(level(*tally[(h, False)]), level(*tally[(h, True)])) for h in hcps]
        yield (territory,), {
            "hcps_matched": len(hcps),
            "reason": None if told else "thin_support" if len(hcps) < 20 else "not_reported",
            "accessible_then": sum(a == 2 for a, _ in levels) / len(levels) if told else None,
            "accessible_now": sum(b == 2 for _, b in levels) / len(levels) if told else None,
            "hcps_down": sum(b < a for a, b in levels) if told else None,
        }


def calls_per_prescriber(world: World):
    touches = [t for t in world.within(world.commercial, 365) if t["function"] == "sales" and t.get("owner_id")]
    for owner, group in by(touches, lambda t: t["owner_id"]).items():
        calls = Counter(
            t["hcp_id"] for t in group
            if t.get("channel") == "face_to_face" and not t.get("solicited") and t.get("attendees", 1) < 2
            and t["purpose"] == "promotional"
        )
        if calls:
            yield (owner,), {
                "prescribers": len(calls), "calls": sum(calls.values()),
                "calls_mean": share(sum(calls.values()), len(calls), 5),
                "with_4_and_more": sum(n > 3 for n in calls.values()), "most_calls": max(calls.values()),
            }


def talked_past(world: World):
    asked = [r for r in world.live if r["kind"] == "requests" and r["status"] != "withdrawn" and r.get("product")]
    promotion = by([t for t in world.unsolicited if t["purpose"] == "promotional"], lambda t: t["hcp_id"])
    found = defaultdict(lambda: [0, 0, set()])
    for request in world.within(asked, 365):
        answered = request["status"] in ("answered", "closed") and request.get("answered_at")
        until = min(instant(answered), world.at) if answered else world.at
        met = [
            t for t in promotion[request["hcp_id"]]
            if t.get("product") == request["product"] and request["occurred"] < t["occurred"] <= until
        ]
        cell = found[(world.territory(request["hcp_id"]), request["product"])]
        cell[0] += 1
        cell[1] += bool(met)
        cell[2] |= {(t["kind"], t["source"], t["event_id"], t["hcp_id"]) for t in met}
    for key, (requests, past, touches) in found.items():
        yield key, {"requests": requests, "talked_past": past, "touches": len(touches), "share": share(past, requests, 10)}


def colliding_functions(world: World):
    collisions, chance = Counter(), Counter()
    for hcp_id, touches in by(world.within(world.unsolicited, 28), lambda t: t["hcp_id"]).items():
        territory, u = world.territory(hcp_id), len(touches)
        for a, b in itertools.pairwise(touches):
            differ = (a.get("owner_id"), a["function"]) != (b.get("owner_id"), b["function"])
            planned = a.get("plan_id") and a.get("plan_id") == b.get("plan_id")
            if differ and not planned and b["occurred"] - a["occurred"] < 2 * DAY:
                collisions[(territory, *sorted([a["function"], b["function"]]))] += 1
        for a, b in itertools.permutations(touches, 2):
            if (a.get("owner_id"), a["function"]) != (b.get("owner_id"), b["function"]):
                key = (territory, *sorted([a["function"], b["function"]]))
                chance[key] += (1 - math.exp(-u * 2 / 28)) / u
    for key in chance.keys() | collisions.keys():
        yield key, {"collisions": collisions[key], "chance_collisions": (chance[key], 2)}


def account_agreement(world: World):
    touches = world.within(world.commercial, 90)
    for account, group in by(touches, lambda t: world.account(t["hcp_id"], t["occurred"]) or "unassigned").items():
        themed = [t for t in group if t.get("theme")]
        pairs = [(a, b) for a, b in itertools.combinations(themed, 2) if a["function"] != b["function"]]
        same = [(a, b) for a, b in pairs if a["hcp_id"] == b["hcp_id"]]
        agree = lambda some: sum(a["theme"] == b["theme"] for a, b in some)
        if len(pairs) >= 10:
            yield (account,), {
                "pooled": agree(pairs) / len(pairs), "pooled_pairs": len(pairs), "within_pairs": len(same),
                "within_hcps": share(agree(same), len(same), 10),
            }


def concentration(world: World):
    touched = Counter(t["hcp_id"] for t in world.within(world.unsolicited, 28))
    for territory, rows in by(world.now("hcps"), lambda row: row["territory"] or "?").items():
        counts = sorted(touched[row["hcp_id"]] for row in rows)
        total, n = sum(counts), len(counts)
        if n < 20 or total < 20:
            continue
        differences = sum(abs(a - b) for a in counts for b in counts)
        yield (territory,), {
            "touches": total, "untouched": counts.count(0), "gini": differences / (2 * n * total),
            "top_tenth_share": sum(counts[-math.ceil(n / 10):]) / total,
        }


def late_sync(world: World):
    records = [
        r for r in world.log
        if r["first"] and r.get("op") != "delete" and r["kind"] in ("calls", "emails") and r["function"] != "medical"
        and r["status"] in ("completed", "no_access", "sent", "delivered")
        and world.at - 125 * DAY < r["occurred"] <= world.at - 35 * DAY
    ]
    feed = lambda r: r["kind"] + (f" {r['origin']}" if r.get("origin") else "")
    groups = defaultdict(list)
    for (territory, name), some in by(records, lambda r: (world.territory(r["hcp_id"], r["occurred"]), feed(r))).items():
        groups[(territory if len({r["owner_id"] for r in some}) >= 5 else "*", name)] += some
    for key, some in groups.items():
        if len({r["owner_id"] for r in some}) < 5:
            continue
        late = sorted((instant(r["recorded_at"]) - r["occurred"]) / timedelta(hours=1) for r in some)
        place = 0.5 * (len(late) - 1)
        low = math.floor(place)
        median = late[low] + (place - low) * (late[math.ceil(place)] - late[low])
        yield key, {"records": len(late), "late_records": sum(h > 72 for h in late), "late_p50_h": (median, 2)}


def request_answer_times(world: World):
    requests = [r for r in world.live if r["kind"] == "requests" and r["status"] != "withdrawn"]
    for intake, group in by(world.within(requests, 180), lambda r: r.get("intake", "?")).items():
        waits = []
        for r in group:
            answered = r["status"] in ("answered", "closed") and r.get("answered_at")
            until = instant(answered) if answered else world.at
            waits.append(((until - r["occurred"]) / timedelta(hours=1), bool(answered)))
        open_share, median = 1.0, None
        for hours in sorted({h for h, answered in waits if answered}):
            open_share *= 1 - waits.count((hours, True)) / sum(h >= hours for h, _ in waits)
            if open_share <= 0.5 + 1e-12:
                median = hours
                break
        yield (intake,), {
            "requests": len(waits), "unanswered": sum(not answered for _, answered in waits),
            "median_h": (median, 2) if median is not None and len(waits) >= 5 else None,
        }


def plans_in_order(world: World):
    steps = {}
    for plan_id, rows in by(world.now("plan_steps"), lambda row: row["plan_id"]).items():
        kept = sorted((r for r in rows if r["function"] != "medical"), key=lambda r: int(r["position"]))
        for place, row in enumerate(kept):
            before = row["after"].split(";") if row["after"] else [kept[place - 1]["step"]] if place else []
            steps[(plan_id, row["step"])] = (before, float(row["min_gap_h"] or 0), float(row["max_gap_h"] or math.inf))
    mapped = [t for t in world.within(world.commercial, 180) if (t.get("plan_id"), t.get("plan_step")) in steps]
    found = defaultdict(Counter)
    for (_, plan_id), touches in by(mapped, lambda t: (t["hcp_id"], t["plan_id"])).items():
        found[plan_id]["touches"] += len(touches)
        for a, b in itertools.pairwise(touches):
            before, least, most = steps[(plan_id, b["plan_step"])]
            gap = (b["occurred"] - a["occurred"]) / timedelta(hours=1)
            by_day = len(a["occurred_at"]) == 10 or len(b["occurred_at"]) == 10
            soon = gap < least and not (by_day and least < 24)
            late = gap > most and not (by_day and most < 24)
            verdict = "wrong_order" if a["plan_step"] not in before else "too_soon" if soon else "too_late" if late else "in_order"
            found[plan_id][verdict] += 1
    for plan_id, counts in found.items():
        yield (plan_id,), {name: counts[name] for name in ("touches", "in_order", "wrong_order", "too_soon", "too_late")}


def pilot_effect(world: World):
    starts = datetime(2026, 3, 24, tzinfo=timezone.utc)
    spans = {"pre": (starts, 56), "post": (starts + 70 * DAY, 56), "pre_1": (starts - 28 * DAY, 28), "pre_2": (starts, 28)}

    def fragmentation(touches: list[dict]) -> float | None:
        themed = [t for t in touches if t.get("theme")]
        pairs = [(a, b) for a, b in itertools.combinations(themed, 2) if a["function"] != b["function"]]
        if not pairs or len(touches) < 2:
            return None
        agreement = sum(a["theme"] == b["theme"] for a, b in pairs) / len(pairs)
        close = sum(
            b["occurred"] - a["occurred"] < 2 * DAY and (a["owner_id"], a["function"]) != (b["owner_id"], b["function"])
            for a, b in itertools.pairwise(touches)
        )
        return 1 - (agreement + 1 - close / (len(touches) - 1)) / 2

    for pilot, letter in (("one-theme", "p"), ("on-paper", "n")):
        units = {}
        for unit in range(1, 9):
            members = [row["hcp_id"] for row in world.now("hcps") if row["territory"] == f"ter-{letter}{unit:02}"]
            means = {}
            for span, (end, days) in spans.items():
                values = [fragmentation([t for t in world.within(world.unsolicited, days, end) if t["hcp_id"] == m]) for m in members]
                values = [v for v in values if v is not None]
                means[span] = sum(values) / len(values)
            units[unit] = means

        def difference(chosen: set, late: str, early: str) -> float:
            arms = [[m[late] - m[early] for u, m in units.items() if (u in chosen) == arm] for arm in (True, False)]
            return sum(arms[0]) / len(arms[0]) - sum(arms[1]) / len(arms[1])

        truth, choices = {1, 3, 5, 7}, [set(c) for c in itertools.combinations(range(1, 9), 4)]
        did = difference(truth, "post", "pre")
        as_large = sum(abs(difference(c, "post", "pre")) >= abs(did) - 1e-9 for c in choices)
        yield (pilot,), {"did": did, "p": as_large / len(choices), "placebo_did": difference(truth, "pre_2", "pre_1")}


QUESTIONS = {
    untouched_targets: 1, who_causes_over_touching: 4, rep_mails_after_waves: 1, clicks_by_load: 2, refusals_by_load: 2,
    access_this_year_and_last: 1, calls_per_prescriber: 1, talked_past: 2, colliding_functions: 3, concentration: 1,
    late_sync: 2, request_answer_times: 1, plans_in_order: 1, pilot_effect: 1, account_agreement: 1,
}
# Questions that show a part of their rows: the shown ones are compared.
PARTIAL = {account_agreement, concentration}


def differs(computed, shown: str) -> bool:
    """Whether a cell does not say what was computed."""
    if isinstance(computed, tuple):
        value, digits = computed
        return shown == "" or abs(float(shown) - value) > 0.51 * 10**-digits + 1e-9
    if computed is None or shown == "":
        return not (computed is None and shown == "")
    if isinstance(computed, float):
        return abs(float(shown) - computed) > 0.51e-4
    return str(computed) != shown


def compare(world: World, answers: pathlib.Path, question, keys: int) -> tuple[int, list[str]]:
    """Cells compared, and what differs."""
    name = question.__name__
    with (answers / f"{name}.csv").open() as stream:
        shown = {tuple(list(row.values())[:keys]): row for row in csv.DictReader(stream)}
    computed = dict(question(world))
    wrong = [f"{name}: {key} is not shown" for key in computed.keys() - shown.keys() if question not in PARTIAL]
    wrong += [f"{name}: {key} is not computed" for key in shown.keys() - computed.keys() if question is not concentration]
    cells = 0
    for key in computed.keys() & shown.keys():
        for column, value in computed[key].items():
            cells += 1
            if differs(value, shown[key][column]):
                wrong.append(f"{name}: {key} {column}: computed {value}, shown {shown[key][column]!r}")
    return cells, wrong


def main() -> int:
    """Compares every question; the exit code says whether all agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=pathlib.Path)
    parser.add_argument("answers", type=pathlib.Path)
    parser.add_argument("--at", required=True)
    options = parser.parse_args()
    world = World(options.files, instant(options.at))
    compared, wrong = {}, []
    for question, keys in QUESTIONS.items():
        cells, found = compare(world, options.answers, question, keys)
        compared[question.__name__] = cells
        wrong += found
    print(json.dumps(compared, indent=2))
    for line in wrong[:60]:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
