"""The peer of `touchload import`: DuckDB does the counting subset over the same NDJSON files, without writing.

    import_peer.py FOLDER --at 2026-03-01T00:00:00Z [--threads 1] [--versions ignore|resolve] [--runs 3]

FOLDER holds any of calls.ndjson, emails.ndjson, congress-invitations.ndjson and medical-requests.ndjson. For each HCP,
channel counts and weighted channel sums of the trailing windows 24h, 7d and 28d, `(at - W, at]`, are computed into an
in-memory table. The rest of what `import` does (validation, dead letters, every other column, the tables on disk) is
left out. `--versions ignore`, the default, counts every row and favours the peer; `resolve` keeps the live version of
each interaction first, and then its counts are those of Touchload (date-only instants apart, which lie at 00:00 UTC
here). Prints one JSON object: the fastest of the runs and the totals by window and channel.
"""

import argparse
import json
import pathlib
import time

import duckdb

WINDOWS = {"24h": "24 hours", "7d": "7 days", "28d": "28 days"}

# File, kind, the expression of its channel, its statuses in rising rank, those that make a touch.
KINDS = [
    (
        "calls.ndjson",
        "calls",
        "channel",
        ["planned", "cancelled", "no_access", "completed"],
        ["completed"],
    ),
    (
        "emails.ndjson",
        "emails",
        "CASE origin WHEN 'hq' THEN 'email_hq' ELSE 'email_rep' END",
        ["scheduled", "sent", "failed", "delivered", "dropped", "bounced", "opened", "clicked", "marked_spam", "unsubscribed"],
        ["sent", "delivered", "opened", "clicked", "marked_spam", "unsubscribed"],
    ),
    (
        "congress-invitations.ndjson",
        "congress",
        "'congress'",
        ["nominated", "cancelled", "invited", "declined", "accepted", "no_show", "attended"],
        ["invited", "declined", "accepted", "no_show", "attended"],
    ),
    ("medical-requests.ndjson", "requests", "'medical_request'", ["received", "answered", "closed", "withdrawn"], []),
]

WEIGHTS = {
    "face_to_face": 1.0,
    "phone": 0.9,
    "video": 0.8,
    "congress": 0.5,
    "chat": 0.4,
    "email_rep": 0.3,
    "email_hq": 0.2,
}

COLUMNS = {
    "event_id": "VARCHAR",
    "hcp_id": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "status": "VARCHAR",
    "op": "VARCHAR",
    "source": "VARCHAR",
    "version": "BIGINT",
    "channel": "VARCHAR",
    "origin": "VARCHAR",
}


def words(values: list[str]) -> str:
    """A SQL list of strings."""
    return "[" + ", ".join(f"'{value}'" for value in values) + "]"


def scan(folder: pathlib.Path, kind: tuple, versions: str) -> str:
    """One SELECT over a file: hcp_id, occurred_at, channel of every touch."""
    file, _, channel, ranks, touches = kind
    columns = "{" + ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items()) + "}"
    source = f"read_json('{folder / file}', format = 'newline_delimited', columns = {columns}, ignore_errors = true)"
    if versions == "resolve":
        rank = f"CASE op WHEN 'delete' THEN 99 ELSE list_position({words(ranks)}, status) END"
        # The line breaks ties: a later row of equal version and rank wins.
        source = f"""(SELECT * FROM (SELECT *, row_number() OVER () AS line FROM {source})
            QUALIFY row_number() OVER (PARTITION BY source, event_id, hcp_id
                ORDER BY coalesce(version, 0) DESC, {rank} DESC, line DESC) = 1)"""
    touch = f"list_contains({words(touches)}, status)" if touches else "false"
    return f"""SELECT hcp_id, occurred_at, {channel} AS channel FROM {source}
        WHERE coalesce(op, 'upsert') = 'upsert' AND {touch}"""


def windows_sql(touches: str, at: str) -> str:
    """The counting subset: a row per HCP, columns by window and channel."""
    columns = []
    for window, length in WINDOWS.items():
        inside = f"occurred_at > TIMESTAMP '{at}' - INTERVAL '{length}'"
        for channel, weight in WEIGHTS.items():
            of = f"FILTER (WHERE {inside} AND channel = '{channel}')"
            columns.append(f'count(*) {of} AS "{window}/{channel}/count"')
            columns.append(f'coalesce(sum({weight}::DOUBLE) {of}, 0) AS "{window}/{channel}/weight"')
    return f"SELECT hcp_id, {', '.join(columns)} FROM ({touches}) WHERE occurred_at <= TIMESTAMP '{at}' GROUP BY hcp_id"


def lines(files: list[pathlib.Path]) -> int:
    """Records in the files: their lines."""
    count = 0
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 24):
                count += chunk.count(b"\n")
    return count


def main() -> None:
    """Runs the peer and prints its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--at", required=True, help="the instant, as 2026-03-01T00:00:00Z")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--versions", choices=["ignore", "resolve"], default="ignore")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()

    kinds = [kind for kind in KINDS if (options.folder / kind[0]).exists()]
    if not kinds:
        parser.error(f"{options.folder} holds none of {', '.join(kind[0] for kind in KINDS)}")
    at = options.at.removesuffix("Z").replace("T", " ")
    touches = " UNION ALL ".join(scan(options.folder, kind, options.versions) for kind in kinds)

    seconds = []
    for _ in range(options.runs):
        peer = duckdb.connect(config={"threads": options.threads})
        started = time.perf_counter()
        peer.execute(f"CREATE TEMP TABLE windows AS {windows_sql(touches, at)}")
        seconds.append(time.perf_counter() - started)
    records = lines([options.folder / kind[0] for kind in kinds])
    print(json.dumps(report(peer, options, records, min(seconds)), indent=2))


def report(peer: duckdb.DuckDBPyConnection, options: argparse.Namespace, records: int, seconds: float) -> dict:
    """The figures of the fastest run and the totals of its table."""
    table = peer.table("windows")
    names = table.columns[1:]
    totals = table.aggregate(", ".join(f'sum("{name}")' for name in names)).fetchall()[0]
    windows: dict = {window: {channel: {} for channel in WEIGHTS} for window in WINDOWS}
    for name, total in zip(names, totals):
        window, channel, measure = name.split("/")
        value = total or 0
        windows[window][channel][measure] = float(value) if measure == "weight" else int(value)
    return {
        "engine": f"duckdb {duckdb.__version__}",
        "threads": options.threads,
        "versions": options.versions,
        "at": options.at,
        "records": records,
        "seconds": seconds,
        "records_per_second": records / seconds,
        "hcps": table.aggregate("count(*)").fetchall()[0][0],
        "windows": windows,
    }


if __name__ == "__main__":
    main()
