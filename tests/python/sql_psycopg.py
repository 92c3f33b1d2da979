"""psycopg 3 against the SQL server: text and binary, prepared on the server, named cursors, pipelines, bound values, cancel.

Usage and report: `sql_report.py`.
"""

import datetime
import threading
import time

import psycopg
from psycopg import pq, sql
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo
from psycopg.types.range import RangeInfo
from sql_report import answered, check, questions, same, server, typed


def connect(**more) -> psycopg.Connection:
    """One statement, one transaction, unless said otherwise."""
    return psycopg.connect(**server(), dbname="touchload", autocommit=more.pop("autocommit", True), **more)


def values(question: dict) -> list:
    """Bound values as Python has them."""
    return [typed(kind, text) for kind, text in question["values"]]


def ask_everything() -> None:
    """Every question: simple protocol, bound values in both formats, and prepared on the server."""
    with connect() as connection:
        for question in questions():
            name = question["name"]
            for how, binary in (("psycopg text", False), ("psycopg binary", True)):
                def ask(binary=binary, how=how):
                    with psycopg.RawCursor(connection) as cursor:
                        cursor.execute(question["bound_sql"], values(question), binary=binary)
                        answered(how, question, cursor.fetchall())
                check(how, name, ask)

            def prepared():
                with psycopg.RawCursor(connection) as cursor:
                    for _ in range(2):
                        cursor.execute(question["bound_sql"], values(question), prepare=True)
                    answered("psycopg prepared", question, cursor.fetchall())
            check("psycopg prepared", name, prepared)

            def simple():
                with psycopg.ClientCursor(connection) as cursor:
                    cursor.execute(question["sql"].replace("%", "%%"), ())
                    answered("psycopg client-side", question, cursor.fetchall())
            check("psycopg client-side", name, simple)


def named_cursor() -> None:
    """DECLARE, FETCH and CLOSE in a transaction: all rows, a part of them at a time."""
    with connect(autocommit=False) as connection, connection.cursor(name="rows of the test") as cursor:
        cursor.itersize = 300
        cursor.execute("SELECT value FROM generate_series(1, 1000) AS given (value) ORDER BY value")
        same([row[0] for row in cursor], list(range(1, 1001)))
    with connect(autocommit=False) as connection, connection.cursor(name="few") as cursor:
        cursor.execute("SELECT value FROM generate_series(1, 1000) AS given (value) ORDER BY value")
        same([row[0] for row in cursor.fetchmany(3)], [1, 2, 3])
        same([row[0] for row in cursor.fetchmany(2)], [4, 5])


def pipeline() -> None:
    """Many statements without waiting; one that fails fails those behind it up to the next sync, and no others."""
    with connect() as connection, connection.pipeline():
        cursors = [connection.execute("SELECT %s::int8 * 2", (n,)) for n in range(20)]
        same([cursor.fetchone()[0] for cursor in cursors], [2 * n for n in range(20)])
    with connect() as connection:
        try:
            with connection.pipeline() as batch:
                connection.execute("SELECT 1")
                connection.execute("SELECT no_such_column")
                connection.execute("SELECT 2")
                batch.sync()
            raise AssertionError("an error in a pipeline was not reported")
        except psycopg.errors.UndefinedColumn:
            pass
        same(connection.execute("SELECT 3").fetchone()[0], 3)


def bound_instants() -> None:
    """An instant, a text of it and the audience reach the table function as bound values."""
    instant = datetime.datetime(2026, 3, 12, tzinfo=datetime.timezone.utc)
    asked = 'SELECT touches FROM hcp_metrics_at(%s) WHERE hcp_id = %s AND "window" = %s'
    with connect() as connection:
        for at in (instant, instant.astimezone(datetime.timezone(datetime.timedelta(hours=9))), "2026-03-12"):
            for binary in (False, True):
                found = connection.execute(asked, (at, "h1", "28d"), binary=binary).fetchall()
                same((at, found), (at, [(4,)]))
        commercial = 'SELECT touches FROM hcp_metrics_at(%s, %s) WHERE hcp_id = %b AND "window" = %b'
        same(connection.execute(commercial, (instant, "commercial", "h1", "28d")).fetchall(), [(3,)])
        same(connection.execute("SELECT %s::text", (None,)).fetchone(), (None,))


def transactions() -> None:
    """A transaction is answered as one, also after an error in it; pools clean up between users."""
    with connect(autocommit=False) as connection:
        same(connection.execute("SELECT 1").fetchone(), (1,))
        same(connection.info.transaction_status, pq.TransactionStatus.INTRANS)
        try:
            connection.execute("SELECT * FROM no_such_table")
            raise AssertionError("a missing table was read")
        except psycopg.errors.UndefinedTable:
            pass
        same(connection.info.transaction_status, pq.TransactionStatus.INERROR)
        try:
            connection.execute("SELECT 1")
            raise AssertionError("a failed transaction went on")
        except psycopg.errors.InFailedSqlTransaction:
            pass
        connection.rollback()
        same(connection.execute("SELECT 2").fetchone(), (2,))
        connection.commit()
    with connect() as connection:
        connection.execute("SET application_name = 'a pool'")
        connection.execute("DISCARD ALL")
        same(connection.execute("SHOW application_name").fetchone()[0] in ("", None), True)


def announced() -> None:
    """What the server says of itself at login."""
    with connect() as connection:
        info = connection.info
        same(info.server_version >= 140_000, True)
        same(info.parameter_status("server_encoding"), "UTF8")
        same(info.parameter_status("integer_datetimes"), "on")
        same(info.parameter_status("standard_conforming_strings"), "on")
        shown = connection.execute("SHOW server_version").fetchone()[0]
        same(shown, info.parameter_status("server_version"))
        same(connection.execute("SELECT version()").fetchone()[0].startswith("PostgreSQL "), True)
        same(connection.execute("SELECT current_setting('server_version')").fetchone()[0], shown)


def types() -> None:
    """What psycopg looks up of types that it does not know: of a plain one, of one with parts, of none."""
    with connect() as connection:
        known = TypeInfo.fetch(connection, "int8")
        same((known.name, known.oid, known.array_oid), ("int8", 20, 1016))
        same(TypeInfo.fetch(connection, "nothing_of_the_kind"), None)
        same(CompositeInfo.fetch(connection, "nothing_of_the_kind"), None)
        same(list(CompositeInfo.fetch(connection, "int8").field_names), [])
        same(RangeInfo.fetch(connection, "int4range").subtype_oid, 23)


def errors() -> None:
    """SQLSTATEs that drivers turn into classes."""
    expected = {
        "SELEC 1": psycopg.errors.SyntaxError,
        "SELECT nothing_of_the_kind FROM touchpoints": psycopg.errors.UndefinedColumn,
        "SELECT * FROM nothing_of_the_kind": psycopg.errors.UndefinedTable,
        "SELECT nothing_of_the_kind(1)": psycopg.errors.UndefinedFunction,
        "DELETE FROM touchpoints": psycopg.errors.ReadOnlySqlTransaction,
        "SELECT 1 / 0": psycopg.errors.DivisionByZero,
    }
    with connect() as connection:
        for statement, kind in expected.items():
            try:
                connection.execute(sql.SQL(statement))
                raise AssertionError(f"{statement} ran")
            except psycopg.Error as error:
                same((statement, type(error).__name__), (statement, kind.__name__))


def cancel() -> None:
    """A statement that runs is stopped from another thread within a second, and the connection goes on."""
    endless = "SELECT count(*) FROM generate_series(1, 300000) AS a (x), generate_series(1, 300000) AS b (y) WHERE a.x % 7 = b.y % 11"
    with connect() as connection:
        asked = []

        def stop():
            # Until the statement runs there is nothing to stop, and nobody says when it does.
            while not ended.wait(0.2):
                asked.append(time.monotonic())
                connection.cancel_safe(timeout=5)

        ended = threading.Event()
        stopper = threading.Thread(target=stop)
        stopper.start()
        try:
            connection.execute(endless)
            raise AssertionError("it came to an end")
        except psycopg.errors.QueryCanceled:
            late = time.monotonic() - asked[0]
        finally:
            ended.set()
            stopper.join()
        same((late < 1.5, late), (True, late))
        # A cancel that was on its way when the statement ended may hit the next one.
        for _ in range(3):
            try:
                same(connection.execute("SELECT 1").fetchone(), (1,))
                break
            except psycopg.errors.QueryCanceled:
                continue


if __name__ == "__main__":
    ask_everything()
    for test in (named_cursor, pipeline, bound_instants, transactions, announced, types, errors, cancel):
        check("psycopg", test.__name__, test)
