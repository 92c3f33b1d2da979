"""The cookbook in DuckDB, over the Parquet files of the same Delta tables.

    cookbook_duckdb.py DATA REFERENCE REPOSITORY --at 2026-06-02T00:00:00Z [--threads 2] [--runs 2] [--answers FOLDER]

Views stand for `touchpoint_log` (the files that the Delta log lists), for `touchpoints` (`sql/views/touchpoints.sql`,
with DuckDB's words for semi and anti joins) and for the reference tables (CSV files of REFERENCE). The questions are the
files of `sql/cookbook` as they are; those that call table functions of Touchload, or read tables that only it has, are
left out. Prints one JSON object: seconds of the fastest run by question, or "out of memory" where DuckDB has no answer
in four fifths of the machine's. With --answers, a folder with what Touchload
answered as CSV, the rows are compared too: exit 1 when any differ.
"""

import argparse
import csv
import json
import pathlib
import re
import sys
import time

import deltalake
import duckdb

# What only Touchload has.
OURS = re.compile(r"\b(hcp_metrics_at|forecast|touch_metrics|alerts|generate_series)\b")
TABLES = ["hcps", "accounts", "affiliations", "people", "panels", "plans", "plan_steps"]
INSTANTS = ["valid_from", "valid_to", "revised_at"]
NUMBERS = ["sites", "decision_makers", "min_touches", "max_touches", "position"]
REALS = ["min_gap_h", "max_gap_h", "due_from_d", "due_to_d"]
FLAGS = ["is_target", "is_primary"]


def column_type(name: str) -> str:
    """The type of a reference column."""
    for names, kind in ((INSTANTS, "TIMESTAMPTZ"), (NUMBERS, "BIGINT"), (REALS, "DOUBLE"), (FLAGS, "BOOLEAN")):
        if name in names:
            return kind
    return "VARCHAR"


def connect(options: argparse.Namespace) -> duckdb.DuckDBPyConnection:
    """A connection with the views."""
    peer = duckdb.connect(config={"threads": options.threads})
    peer.execute("SET TimeZone = 'UTC'")
    files = deltalake.DeltaTable(str(options.data / "touchpoint_log")).file_uris()
    listed = ", ".join(f"'{file}'" for file in files)
    peer.execute(f"CREATE VIEW touchpoint_log AS SELECT * FROM read_parquet([{listed}], hive_partitioning = false, union_by_name = true)")
    view = (options.repository / "sql/views/touchpoints.sql").read_text()
    # DuckDB knows such joins with the kept rows on the left only.
    view = re.sub(r"FROM (\w+ \w)\s+RIGHT (SEMI|ANTI) JOIN (\w+ \w)\b", r"FROM \3 \2 JOIN \1", view)
    peer.execute("CREATE VIEW touchpoints AS " + view)
    for table in TABLES:
        path = options.reference / f"{table}.csv"
        if path.exists():
            with path.open() as stream:
                names = next(csv.reader(stream))
            columns = ", ".join(f"'{name}': '{column_type(name)}'" for name in names)
            # In memory, as Touchload holds them.
            peer.execute(f"CREATE TABLE {table}_history AS SELECT * FROM read_csv('{path}', header = true, columns = {{{columns}}})")
    # One owner's spans of a target neither meet nor overlap here; Touchload joins those that do.
    peer.execute("CREATE TABLE targets_history AS SELECT DISTINCT hcp_id, valid_from, valid_to FROM panels_history WHERE is_target")
    return peer


def questions(options: argparse.Namespace) -> dict[str, str]:
    """The questions that DuckDB can be asked, at the instant."""
    found = {}
    for path in sorted((options.repository / "sql/cookbook").glob("*.sql")):
        text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("--"))
        if not OURS.search(text):
            found[path.stem] = text.replace("now()", f"TIMESTAMPTZ '{options.at}'")
    return found


def shown(value: object) -> str:
    """A cell as text, numbers by value."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return f"{float(str(value)):.6g}"
    except ValueError:
        return re.sub(r"[ T]", " ", str(value)).replace("+00:00", "").rstrip("Z")


def differences(name: str, rows: list[tuple], answer: pathlib.Path) -> list[str]:
    """Rows that are not the same, in order."""
    with answer.open() as stream:
        ours = [tuple(shown(cell) for cell in row) for row in list(csv.reader(stream))[1:]]
    theirs = [tuple(shown(cell) for cell in row) for row in rows]
    wrong = [f"{name}: {left} here, {right} there" for left, right in zip(theirs, ours) if left != right]
    return wrong if len(ours) == len(theirs) else [*wrong, f"{name}: {len(theirs)} rows here, {len(ours)} there"]


def main() -> int:
    """Runs the questions; the exit code says whether the answers agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("reference", type=pathlib.Path)
    parser.add_argument("repository", type=pathlib.Path)
    parser.add_argument("--at", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--answers", type=pathlib.Path)
    options = parser.parse_args()
    peer = connect(options)
    seconds, wrong = {}, []
    for name, question in questions(options).items():
        taken = []
        try:
            for _ in range(options.runs):
                began = time.perf_counter()
                rows = [tuple(row.values()) for row in peer.execute(question).to_arrow_table().to_pylist()]
                taken.append(time.perf_counter() - began)
        except duckdb.OutOfMemoryException:
            if options.answers:
                raise
            seconds[name] = "out of memory"
            continue
        seconds[name] = min(taken)
        if options.answers:
            wrong += differences(name, rows, options.answers / f"{name}.csv")
    print(json.dumps(seconds, indent=2))
    for line in wrong[:60]:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
