#!/usr/bin/env python3
"""Touchload on its demo broker with a real Prometheus and a real Alertmanager, for machines without containers.

    stack.py --touchload BINARY [--once] [options]      (`make stack ARGS="--once"` builds the binary and names it)

Starts Alertmanager, Prometheus and `touchload demo` with the files of this folder, their addresses replaced; says where each
is; then touches one HCP too often and follows the alert, station by station, to Alertmanager. With --once it ends there, with 0
if the alert arrived and 1 if not; otherwise it stays until Ctrl-C. Whatever it started it stops, in either case; data and logs of
a run that failed are kept, and it says where. Nothing beyond Python's standard library is needed.
"""

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
# As the files of this folder name them.
IN_COMPOSE = {"touchload": "touchload:8080", "prometheus": "prometheus:9090", "alertmanager": "alertmanager:9093"}
RULE = "over_budget"
# What `touchload touch` names unless it is told otherwise; the demo's policy has a budget for it.
PRODUCT = "demo-launch"


class Trouble(Exception):
    """What went wrong, whose fault it is, and what helps: for the person at the terminal."""


class Stopped(Exception):
    """Ctrl-C or SIGTERM."""


class Part:
    """One process with its log."""

    def __init__(self, name, command, log):
        self.name, self.log = name, log
        with open(log, "wb") as out:
            # A session of its own: Ctrl-C reaches this script alone, which stops the parts in order.
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def said(self):
        return self.log.read_text(errors="replace")

    def check(self):
        code = self.process.poll()
        if code is not None:
            end = "\n".join("    " + line for line in self.said().splitlines()[-12:])
            raise Trouble(f"{self.name} ended by itself ({code}); the end of its log {self.log}:\n{end}")

    def stop(self, patience):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                print(f"{self.name} did not end within {patience} s and is killed", file=sys.stderr)
                self.process.kill()
        self.process.wait()


class Stack:
    """The parts that run, in the order in which they were started."""

    def __init__(self, options, folder):
        self.options, self.folder, self.parts = options, folder, []
        ports = free_ports(options)
        self.ports = ports
        self.url = {name: f"http://127.0.0.1:{port}" for name, port in ports.items() if name != "sql"}

    def start(self, name, command):
        part = Part(name, command, self.folder / f"{name}.log")
        self.parts.append(part)
        return part

    def until(self, what, ask):
        """Asks again and again; a part that ends meanwhile, or too long a wait, is trouble."""
        deadline = time.monotonic() + self.options.patience
        while True:
            answer = ask()
            if answer:
                return answer
            for part in self.parts:
                part.check()
            if time.monotonic() > deadline:
                raise Trouble(f"waited {self.options.patience} s in vain for {what}; logs are in {self.folder}")
            time.sleep(0.1)

    def ready(self, name, path):
        self.until(f"{name} at {self.url[name]}{path}", lambda: get(self.url[name] + path) is not None)

    def stop(self):
        # Who sends ends before who receives.
        for part in reversed(self.parts):
            part.stop(30)


def free_ports(options):
    """The wanted port of each part, 0 replaced by a free one. A port that is taken is told before anything starts."""
    wanted = {
        "touchload": options.http_port,
        "sql": options.sql_port,
        "prometheus": options.prometheus_port,
        "alertmanager": options.alertmanager_port,
    }
    found, held, taken = {}, [], []
    for name, port in wanted.items():
        listener = socket.socket()
        # As the servers themselves do: a port whose last connections are closing is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            option = "http" if name == "touchload" else name
            taken.append(f"port {port} for {name}: {error.strerror.lower()}; free it, or choose another with --{option}-port")
            continue
        held.append(listener)
        found[name] = listener.getsockname()[1]
    for listener in held:
        listener.close()
    if taken:
        raise Trouble("\n".join(taken))
    return found


def get(url):
    """The body of an answer, None while there is none."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def found_json(url):
    body = get(url)
    return None if body is None else json.loads(body)


def tool(name):
    """The path of a program that the tests use too; it is fetched where that can be done."""
    script = HERE.parent / "tests" / "setup" / f"{name}.sh"
    answer = subprocess.run(["bash", str(script)], stdout=subprocess.PIPE, text=True, check=False)
    if answer.returncode != 0:
        raise Trouble(f"{name} is missing and could not be fetched (see above)")
    return answer.stdout.strip().splitlines()[-1]


def with_addresses(stack):
    """Copies of the files of this folder that name the processes of this run."""
    folder = stack.folder / "prometheus"
    folder.mkdir()
    for rules in sorted((HERE / "prometheus").glob("*.yaml")):
        shutil.copy(rules, folder)
    text = (HERE / "prometheus" / "prometheus.yml").read_text()
    for name, address in IN_COMPOSE.items():
        if f'"{address}"' not in text:
            raise Trouble(f"prometheus.yml does not name {address}: it and stack.py no longer fit each other")
        text = text.replace(f'"{address}"', f'"127.0.0.1:{stack.ports[name]}"')
    (folder / "prometheus.yml").write_text(text)
    return folder / "prometheus.yml", HERE / "alertmanager" / "alertmanager.yml"


def start_all(stack):
    options, folder, ports = stack.options, stack.folder, stack.ports
    alertmanager, prometheus = tool("alertmanager"), tool("prometheus")
    prometheus_yml, alertmanager_yml = with_addresses(stack)
    stack.start(
        "alertmanager",
        [
            alertmanager,
            f"--config.file={alertmanager_yml}",
            f"--storage.path={folder / 'alertmanager-data'}",
            f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
            # One replica that looks for no others.
            "--cluster.listen-address=",
        ],
    )
    stack.start(
        "prometheus",
        [
            prometheus,
            f"--config.file={prometheus_yml}",
            f"--storage.tsdb.path={folder / 'prometheus-data'}",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
        ],
    )
    stack.ready("alertmanager", "/-/ready")
    demo = [options.touchload, "demo", "--no-view", "--data", folder / "tables"]
    demo += ["--http", f"127.0.0.1:{ports['touchload']}", "--sql", f"127.0.0.1:{ports['sql']}"]
    demo += ["--alertmanager", stack.url["alertmanager"]]
    touchload = stack.start("touchload", demo + options.demo)
    stack.ready("prometheus", "/-/ready")
    stack.ready("touchload", "/readyz")
    return touchload


def printed(part, label):
    """The command that the demo prints behind a label."""
    for line in part.said().splitlines():
        if line.startswith(f"{label} ") and "touchload " in line:
            return line.split("touchload ", 1)[1].split()
    return None


class Account:
    """Says each station when it is reached, and how long it took."""

    def __init__(self):
        self.begun = time.monotonic()

    def station(self, name, *facts):
        print(f"  {time.monotonic() - self.begun:6.1f} s  {name}", flush=True)
        for fact in facts:
            print(f"            {fact}", flush=True)


def travel(stack, touchload):
    """From a touch too many to Alertmanager."""
    touch = stack.until("the command that touches", lambda: printed(touchload, "touch"))
    hcp = touch[touch.index("--hcp") + 1]
    looks = []
    stack.until("the end of the simulated history", lambda: history_is_read(stack, looks))
    print(f"\nOne HCP is touched too often: touchload {' '.join(touch)}", flush=True)
    account = Account()
    sent = subprocess.run([stack.options.touchload, *touch], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if sent.returncode != 0:
        raise Trouble(f"touchload touch ended with {sent.returncode}: {sent.stderr.strip()}")
    account.station("sent to Kafka", sent.stdout.strip())

    records, broken = stack.until("the records in Touchload", lambda: accepted(stack, hcp))
    account.station(
        "accepted by Touchload", f"{records} records about {PRODUCT} count", *(f"budget {one['name']}: {one['used']} of {one['cap']}" for one in broken)
    )

    listing = f"{stack.url['touchload']}/v1/alerts?rule={RULE}&state=firing&limit=1000"
    alert = stack.until(
        "the alert in Touchload",
        lambda: next((one for one in (found_json(listing) or {}).get("alerts", []) if one["subject"]["id"] == hcp), None),
    )
    account.station("firing in Touchload", f"alert {alert['alert_id']}: {alert['summary']}")

    query = urllib.parse.urlencode({"filter": f'alert_id="{alert["alert_id"]}"'})
    there = stack.until(
        "the alert in Alertmanager", lambda: found_json(f"{stack.url['alertmanager']}/api/v2/alerts?{query}")
    )[0]
    notes = there["annotations"]
    account.station(
        "seen in Alertmanager's API v2",
        f"{there['labels']['alertname']} {there['status']['state']}, for receiver {', '.join(one['name'] for one in there['receivers'])}",
        f"reason: {notes['summary']}",
        f"to do:  {notes['act']} until {notes.get('hold_until', 'an instant that nobody knows')}",
        f"whom:   pseudonym {there['labels']['subject_ref']}: no id leaves Touchload",
    )
    if hcp in json.dumps(there):
        raise Trouble(f"the id {hcp} left Touchload: {there}")

    # A scrape from before would count other alerts alone.
    series = f'touchload_alerts{{rule="{RULE}",state="firing"}}'
    query = urllib.parse.urlencode({"query": f"sum({series} and timestamp({series}) > {time.time():.0f}) > 0"})
    counted = stack.until(
        "the count of alerts in Prometheus",
        lambda: (found_json(f"{stack.url['prometheus']}/api/v1/query?{query}") or {}).get("data", {}).get("result"),
    )
    rules = found_json(f"{stack.url['prometheus']}/api/v1/rules") or {}
    rules = [rule for group in rules.get("data", {}).get("groups", []) for rule in group["rules"]]
    broken = [rule["name"] for rule in rules if rule.get("lastError")]
    if broken or not rules:
        raise Trouble(f"Prometheus cannot evaluate rules: {', '.join(broken) or 'it has none'}")
    account.station(
        "counted by Prometheus", f"{counted[0]['value'][1]} alerts of rule {RULE} fire; {len(rules)} rules are evaluated, none fails"
    )


def history_is_read(stack, looks):
    """Whether records come in slowly and none waits: then the demo shows its company, and nothing else is on the way."""
    page = get(f"{stack.url['touchload']}/metrics") or ""

    def total(name):
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith(name + "{"))

    now, read = time.monotonic(), total("touchload_records_total")
    looks.append((now, read))
    earlier = [count for at, count in looks if at < now - 1.5]
    return read > 0 and total("touchload_consumer_lag_records") < 50 and bool(earlier) and read - earlier[-1] < 50


def accepted(stack, hcp):
    """How many touches about the product Touchload knows of, and which budgets they break; None while it knows of none."""
    view = found_json(f"{stack.url['touchload']}/v1/hcps/{urllib.parse.quote(hcp)}") or {}
    ours = [one for one in view.get("timeline", []) if one.get("product") == PRODUCT]
    broken = [one for one in view.get("budgets", []) if one.get("cap") is not None and one["used"] > one["cap"]]
    return (len(ours), broken) if broken else None


def places(stack):
    print(f"live page     {stack.url['touchload']}/")
    print(f"metrics       {stack.url['touchload']}/metrics")
    print(f"SQL           psql -h 127.0.0.1 -p {stack.ports['sql']} -U demo touchload")
    print(f"Prometheus    {stack.url['prometheus']}/alerts")
    print(f"Alertmanager  {stack.url['alertmanager']}/")
    print(f"files, logs   {stack.folder}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description="Touchload with a real Prometheus and a real Alertmanager, without containers.")
    parser.add_argument("--touchload", metavar="BINARY", required=True, type=Path, help="the program")
    parser.add_argument("--once", action="store_true", help="show one alert travel, then stop")
    parser.add_argument("--http-port", metavar="N", type=int, default=8080, help="Touchload's port, 0 for a free one [8080]")
    parser.add_argument("--sql-port", metavar="N", type=int, default=5433, help="for Postgres clients [5433]")
    parser.add_argument("--prometheus-port", metavar="N", type=int, default=9090, help="[9090]")
    parser.add_argument("--alertmanager-port", metavar="N", type=int, default=9093, help="[9093]")
    parser.add_argument("--patience", metavar="SECONDS", type=int, default=120, help="longest wait for anything [120]")
    parser.add_argument("--demo", metavar="OPTION", nargs=argparse.REMAINDER, default=[], help="the rest is handed to touchload demo")
    options = parser.parse_args()
    if shutil.which(str(options.touchload)) is None:
        parser.error(f"{options.touchload} is no program: `make build` makes one")
    return options


def stopped(_signal, _frame):
    raise Stopped


def main():
    options = arguments()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, stopped)
    folder = Path(tempfile.mkdtemp(prefix="touchload-stack."))
    stack, code, keep = None, 0, False
    try:
        stack = Stack(options, folder)
        print("starting Alertmanager, Prometheus and Touchload …", flush=True)
        touchload = start_all(stack)
        places(stack)
        travel(stack, touchload)
        if not options.once:
            print("\nIt runs until Ctrl-C.", flush=True)
            stack.options.patience = float("inf")
            stack.until("Ctrl-C", lambda: None)
    except Trouble as trouble:
        print(f"stack: {trouble}", file=sys.stderr)
        code, keep = 1, stack is not None and bool(stack.parts)
    except Stopped:
        # Before anything was shown that is no success.
        code = 130 if options.once else 0
    finally:
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.SIG_IGN)
        if stack is not None and stack.parts:
            print("\nstopping …", flush=True)
            stack.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if code == 0 and options.once:
        print("the alert arrived; everything that was started has ended", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
