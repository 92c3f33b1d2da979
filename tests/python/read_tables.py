"""Opens Touchload's tables with readers that share no code with it and prints what each saw, as one JSON object.

    read_tables.py DATA_FOLDER [TABLE ...]

Readers: `deltalake` (its own log and Parquet code), `polars` (its own Parquet code), `duckdb` (the Parquet files that
the Delta log lists). Per table and reader: `rows`; `positions`, the number of distinct keys; and `groups`, per kind
(reason, window) the rows, the sums of the numeric columns and the counts of the true flags. Exit 1 when two readers
differ, 2 when a table cannot be opened.
"""

import json
import pathlib
import sys
from dataclasses import dataclass, field

import deltalake
import duckdb
import polars
import pyarrow.compute as pc
from ending import end

POSITION = ["kafka_topic", "kafka_partition", "kafka_offset"]


@dataclass(frozen=True)
class Table:
    """What is compared of a table: its key, the column that groups it, the columns added up, the flags counted."""

    key: list[str]
    group: str
    sums: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


TABLES = {
    "touchpoint_log": Table(
        key=POSITION,
        group="kind",
        sums=["version", "duration_s", "attendees", "kafka_offset"],
        flags=["late", "supersedes", "solicited"],
    ),
    "dead_letters": Table(key=POSITION, group="reason", sums=["payload_bytes", "kafka_offset"]),
    "hcp_metrics": Table(
        key=["hcp_id", "window", "as_of", "revision"],
        group="window",
        sums=["touches", "unsolicited", "collisions", "requests", "interruption_load", "revision"],
    ),
}


def with_deltalake(path: str, table: Table) -> dict:
    """Counts with the Delta reader and Arrow's kernels."""
    rows = deltalake.DeltaTable(path).to_pyarrow_table(
        columns=list(dict.fromkeys(table.key + [table.group] + table.sums + table.flags))
    )
    groups = {}
    for name in pc.unique(rows[table.group]).to_pylist():
        part = rows.filter(pc.equal(rows[table.group], name))
        groups[name] = {"rows": part.num_rows}
        groups[name] |= {column: pc.sum(part[column]).as_py() or 0 for column in table.sums}
        groups[name] |= {flag: pc.sum(pc.cast(part[flag], "int64")).as_py() or 0 for flag in table.flags}
    return {"rows": rows.num_rows, "positions": rows.group_by(table.key).aggregate([]).num_rows, "groups": groups}


def with_polars(path: str, table: Table) -> dict:
    """Counts with Polars."""
    rows = polars.read_delta(path)
    totals = [polars.len().cast(polars.Int64).alias("rows")]
    totals += [polars.col(column).sum() for column in table.sums]
    totals += [polars.col(flag).cast(polars.Int64).sum() for flag in table.flags]
    groups = {}
    for row in rows.group_by(table.group).agg(totals).to_dicts():
        groups[row.pop(table.group)] = row
    return {"rows": rows.height, "positions": rows.select(table.key).unique().height, "groups": groups}


def with_duckdb(path: str, table: Table) -> dict:
    """Counts with DuckDB over the Parquet files of the newest version."""
    files = deltalake.DeltaTable(path).file_uris()
    if not files:
        return {"rows": 0, "positions": 0, "groups": {}}
    source = duckdb.connect().read_parquet(files, hive_partitioning=False, union_by_name=True)
    sums = [f'coalesce(sum("{column}"), 0) AS "{column}"' for column in table.sums]
    sums += [f'count(*) FILTER (WHERE "{flag}") AS "{flag}"' for flag in table.flags]
    grouped = source.aggregate(", ".join([f'"{table.group}" AS name', "count(*) AS rows", *sums]), f'"{table.group}"')
    groups = {}
    for row in grouped.fetchall():
        name, *values = row
        groups[name] = {column: plain(value) for column, value in zip(grouped.columns[1:], values)}
    key = ", ".join(f'"{column}"' for column in table.key)
    rows = source.aggregate("count(*) AS n").fetchall()[0][0]
    return {"rows": rows, "positions": source.project(key).distinct().aggregate("count(*)").fetchall()[0][0], "groups": groups}


def plain(value: object) -> object:
    """DuckDB's HUGEINT sums and decimals as JSON numbers."""
    return value if isinstance(value, (int, float)) else int(value)


def same(left: object, right: object) -> bool:
    """Equal, doubles within 1e-9 relative or 1e-12 absolute."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, float) or isinstance(right, float):
        return abs(left - right) <= max(1e-12, 1e-9 * max(abs(left), abs(right)))
    return left == right


READERS = {"deltalake": with_deltalake, "polars": with_polars, "duckdb": with_duckdb}


def main() -> int:
    """Reads what was asked for; the exit code says whether the readers agree."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:] or list(TABLES)
    seen, differing = {}, []
    for name in names:
        path = folder / name
        if not (path / "_delta_log").is_dir():
            print(f"{path} is not a Delta table", file=sys.stderr)
            return 2
        seen[name] = {reader: read(str(path), TABLES[name]) for reader, read in READERS.items()}
        first, *others = seen[name].values()
        if not all(same(first, other) for other in others):
            differing.append(name)
    print(json.dumps(seen, indent=2, sort_keys=True))
    for name in differing:
        print(f"the readers of {name} differ", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    end(main())
