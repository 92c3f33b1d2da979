"""SQLAlchemy against the SQL server: reflection, inspection, core queries, a pool.

Usage and report: `sql_report.py`.
"""

import sqlalchemy as sa
from sql_report import answered, check, questions, same, server, typed

ENGINE = sa.create_engine(sa.URL.create("postgresql+psycopg", username=server()["user"], password=server()["password"],
                                        host=server()["host"], port=server()["port"], database="touchload"))


def ask_everything() -> None:
    """Every question with named parameters."""
    with ENGINE.connect() as connection:
        for question in questions():
            def ask():
                text, bound = question["bound_sql"], {}
                for number, (kind, value) in enumerate(question["values"], start=1):
                    text = text.replace(f"${number}", f":p{number}")
                    bound[f"p{number}"] = typed(kind, value)
                answered("SQLAlchemy", question, connection.execute(sa.text(text), bound).fetchall())
            check("SQLAlchemy", question["name"], ask)
            connection.rollback()


def inspection() -> None:
    """Tables, views, columns and comments as the inspector sees them."""
    inspector = sa.inspect(ENGINE)
    names = set(inspector.get_table_names()) | set(inspector.get_view_names())
    same({"touchpoint_log", "dead_letters", "hcp_metrics", "hcp_now", "touchpoints"} - names, set())
    same([name for name in names if name.startswith("pg_")], [])
    same("admin" in inspector.get_schema_names(), True)
    columns = {column["name"]: column for column in inspector.get_columns("touchpoint_log")}
    same({name: type(columns[name]["type"]).__name__ for name in ("kind", "version", "solicited", "duration_s", "occurred_at")},
         {"kind": columns["kind"]["type"].__class__.__name__, "version": "BIGINT", "solicited": "BOOLEAN",
          "duration_s": "INTEGER", "occurred_at": "TIMESTAMP"})
    same(columns["kind"]["type"].__class__.__name__ in ("TEXT", "VARCHAR"), True)
    same(columns["occurred_at"]["type"].timezone, True)
    same(inspector.has_table("nothing_of_the_kind"), False)
    same(inspector.get_pk_constraint("touchpoint_log")["constrained_columns"], [])
    same((inspector.get_foreign_keys("touchpoint_log"), inspector.get_indexes("touchpoint_log")), ([], []))


def reflection() -> None:
    """A reflected table is queried in the expression language, with filters, groups and limits that it writes."""
    log = sa.Table("touchpoint_log", sa.MetaData(), autoload_with=ENGINE)
    with ENGINE.connect() as connection:
        counted = sa.select(log.c.kind, sa.func.count()).where(log.c.hcp_id == "h1").group_by(log.c.kind).order_by(log.c.kind)
        same([tuple(row) for row in connection.execute(counted)], [("calls", 5), ("emails", 1), ("requests", 1)])
        some = sa.select(log.c.event_id).where(log.c.kind.in_(["emails", "requests"]), ~log.c.late).order_by(log.c.event_id).limit(2)
        same(connection.execute(some).scalars().all(), ["e1", "e2"])
        times = sa.select(sa.func.date_trunc("month", log.c.occurred_at).label("month"), sa.cast(log.c.version, sa.Integer))
        same(len(connection.execute(times.where(log.c.occurred_at.is_not(None))).all()), 9)
        function = sa.func.hcp_metrics_at("2026-03-12").table_valued("hcp_id", "window", "touches")
        found = sa.select(function.c.touches).where(function.c.hcp_id == "h1", function.c.window == "28d")
        same(connection.execute(found).scalar_one(), 4)


def streaming() -> None:
    """`yield_per` reads a cursor of the server in parts."""
    with ENGINE.connect() as connection:
        rows = connection.execution_options(yield_per=100).execute(sa.text("SELECT value FROM generate_series(1, 1000) AS given (value) ORDER BY value"))
        same([row[0] for row in rows], list(range(1, 1001)))


def levels() -> None:
    """The isolation level can be asked for and set, as pools do."""
    with ENGINE.connect() as connection:
        same(connection.get_isolation_level() in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"), True)
    with ENGINE.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        same(connection.execute(sa.text("SELECT 1")).scalar_one(), 1)


if __name__ == "__main__":
    ask_everything()
    for test in (inspection, reflection, streaming, levels):
        check("SQLAlchemy", test.__name__, test)
