"""ADBC's PostgreSQL driver against the SQL server: rows as Arrow columns, with and without COPY, and its catalogue queries.

Usage and report: `sql_report.py`.
"""

import adbc_driver_postgresql.dbapi
import pyarrow
from ending import end
from sql_report import answered, check, questions, same, server


def connect():
    """Autocommit, as a reader wants it."""
    at = server()
    return adbc_driver_postgresql.dbapi.connect(
        f"postgresql://{at['user']}:{at['password']}@{at['host']}:{at['port']}/touchload?sslmode=disable", autocommit=True
    )


def ask_everything() -> None:
    """Every question; exact numbers come as text, which the driver says by an extension type."""
    with connect() as connection:
        for question in questions():
            for how, copy in (("ADBC", False), ("ADBC with COPY", True)):
                def ask(copy=copy, how=how):
                    with connection.cursor(adbc_stmt_kwargs={"adbc.postgresql.use_copy": copy}) as cursor:
                        cursor.execute(question["sql"])
                        columns = [plain_column(column) for column in cursor.fetch_arrow_table().columns]
                        answered(how, question, list(zip(*columns)))
                check(how, question["name"], ask)


def plain_column(column: pyarrow.ChunkedArray) -> list:
    """Values of a column; of an extension type the stored ones."""
    if isinstance(column.type, pyarrow.BaseExtensionType):
        column = pyarrow.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    return column.to_pylist()


def objects() -> None:
    """The catalogue as ADBC's GetObjects and GetTableSchema see it."""
    with connect() as connection:
        schema = connection.adbc_get_table_schema("touchpoint_log")
        found = {name: str(schema.field(name).type) for name in ("kind", "version", "solicited", "duration_s", "occurred_at")}
        same(found, {"kind": "string", "version": "int64", "solicited": "bool", "duration_s": "int32",
                     "occurred_at": "timestamp[us, tz=UTC]"})
        listed = connection.adbc_get_objects(depth="tables", table_name_filter="touchpoint%").read_all().to_pylist()
        names = {table["table_name"] for catalog in listed for schema in catalog["catalog_db_schemas"] for table in schema["db_schema_tables"]}
        same({"touchpoint_log", "touchpoints"} - names, set())


def bound() -> None:
    """A row of bound values."""
    with connect() as connection, connection.cursor(adbc_stmt_kwargs={"adbc.postgresql.use_copy": False}) as cursor:
        cursor.execute("SELECT count(*) AS n FROM touchpoint_log WHERE hcp_id = $1", parameters=("h1",))
        same(cursor.fetchone()[0], 7)


if __name__ == "__main__":
    ask_everything()
    for test in (objects, bound):
        check("ADBC", test.__name__, test)
    end(0)
