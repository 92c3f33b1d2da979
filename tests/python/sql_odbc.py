"""psqlODBC under unixODBC against the SQL server: rows, bound values, the catalogue functions, as Excel and Power BI use them.

    sql_odbc.py QUESTIONS_JSON DRIVER_LIBRARY        else as `sql_report.py`
"""

import re
import sys

import pyodbc
from sql_report import answered, check, questions, same, server, typed


def connect(**more: object) -> pyodbc.Connection:
    """One connection; `more` are keywords of the driver."""
    at = server()
    words = {"Driver": sys.argv[2], "Server": at["host"], "Port": at["port"], "Uid": at["user"], "Pwd": "{" + at["password"] + "}",
             "Database": "touchload", "SSLmode": "disable", "BoolsAsChar": 0, "MaxVarcharSize": 8190} | more
    return pyodbc.connect(";".join(f"{name}={value}" for name, value in words.items()), autocommit=True)


def ask_everything() -> None:
    """Every question: prepared on the server, and with cursors that fetch in parts."""
    for how, more in (("ODBC", {"UseServerSidePrepare": 1}), ("ODBC in parts", {"UseDeclareFetch": 1, "Fetch": 100})):
        connection = connect(**more)
        for question in questions():
            def ask():
                cursor = connection.cursor()
                bound = [typed(kind, text) if kind != "timestamptz" else text for kind, text in question["values"]]
                cursor.execute(re.sub(r"\$\d", "?", question["bound_sql"]), bound)
                answered(how, question, zoned(cursor))
            check(how, question["name"], ask)
        connection.close()


def zoned(cursor: pyodbc.Cursor) -> list[list]:
    """Rows; ODBC knows no zones, and the driver gives instants in that of the session, UTC."""
    import datetime
    rows = []
    for row in cursor.fetchall():
        rows.append([value.replace(tzinfo=datetime.timezone.utc) if isinstance(value, datetime.datetime) else value for value in row])
    return rows


def catalogue() -> None:
    """SQLTables, SQLColumns, SQLGetTypeInfo, SQLPrimaryKeys, SQLStatistics: the dialogue in which a person picks a table."""
    connection = connect()
    cursor = connection.cursor()
    names = {row.table_name for row in cursor.tables()}
    same({"touchpoint_log", "dead_letters", "hcp_now", "touchpoints"} - names, set())
    columns = {row.column_name: row.type_name for row in cursor.columns(table="touchpoint_log")}
    same({name: columns.get(name) for name in ("version", "solicited", "duration_s", "occurred_at")},
         {"version": "int8", "solicited": "bool", "duration_s": "int4", "occurred_at": "timestamptz"})
    same(len(cursor.getTypeInfo().fetchall()) > 5, True)
    same(cursor.primaryKeys("touchpoint_log").fetchall(), [])
    same(len(cursor.statistics("touchpoint_log").fetchall()) <= 1, True)
    same(connection.getinfo(pyodbc.SQL_DBMS_NAME), "PostgreSQL")
    connection.close()


def transactions() -> None:
    """With autocommit off a statement opens a transaction, which is rolled back."""
    connection = connect()
    connection.autocommit = False
    same(connection.execute("SELECT 1").fetchone()[0], 1)
    connection.rollback()
    connection.close()


if __name__ == "__main__":
    check("ODBC", "every question", ask_everything)
    for test in (catalogue, transactions):
        check("ODBC", test.__name__, test)
