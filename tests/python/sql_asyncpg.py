"""asyncpg against the SQL server: type introspection, prepared statements, a cursor in a transaction, a pool.

Usage and report: `sql_report.py`.
"""

import asyncio
import datetime
from collections.abc import Awaitable, Callable

import asyncpg
from sql_report import PATIENCE, answered, check, questions, same, server, typed


async def connect() -> asyncpg.Connection:
    """One connection; never over TLS here."""
    return await asyncpg.connect(**server(), database="touchload", ssl=False, command_timeout=PATIENCE)


def run(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """A test of coroutines as a plain one."""
    return lambda: asyncio.run(test())


def values(statement, question: dict) -> list:
    """Bound values as the server's parameter types ask for them: asyncpg takes their word for it."""
    given = zip(statement.get_parameters(), question["values"], strict=True)
    return [value(parameter.name, kind, text) for parameter, (kind, text) in given]


def value(wanted: str, kind: str, text: str) -> object:
    """One of them. A day is its first instant."""
    if wanted in ("timestamptz", "timestamp"):
        instant = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        return instant.replace(tzinfo=datetime.timezone.utc) if wanted == "timestamptz" else instant.replace(tzinfo=None)
    return text if wanted in ("text", "varchar", "unknown") else typed(kind, text)


async def ask(question: dict) -> None:
    """A prepared statement, executed twice."""
    connection = await connect()
    try:
        statement = await connection.prepare(question["bound_sql"])
        bound = values(statement, question)
        await statement.fetch(*bound)
        answered("asyncpg", question, [list(row.values()) for row in await statement.fetch(*bound)])
    finally:
        await connection.close()


async def cursor() -> None:
    """A portal that gives its rows in parts, within a transaction."""
    connection = await connect()
    try:
        async with connection.transaction(readonly=True):
            found = [row["n"] async for row in connection.cursor("SELECT value AS n FROM generate_series(1, 777) AS given (value) ORDER BY value", prefetch=100)]
        same(found, list(range(1, 778)))
    finally:
        await connection.close()


async def pool() -> None:
    """A pool cleans a connection between its users."""
    async with asyncpg.create_pool(**server(), database="touchload", ssl=False, min_size=1, max_size=2) as pool:
        counts = await asyncio.gather(*(pool.fetchval("SELECT count(*) FROM touchpoints") for _ in range(8)))
        same(len(set(counts)), 1)


async def introspection() -> None:
    """Types of arrays are looked up in the catalogue, which asyncpg reads by a recursive query."""
    connection = await connect()
    try:
        same(await connection.fetchval("SELECT array_agg(value ORDER BY value) FROM generate_series(1, 3) AS given (value)"), [1, 2, 3])
        same(await connection.fetchval("SELECT count(*) FROM touchpoints WHERE hcp_id = ANY($1::text[])", ["h1", "h2"]) > 0, True)
        same(await connection.fetchval("SELECT count(*) FROM touchpoints WHERE hcp_id = ANY($1)", ["h1", "h2"]) > 0, True)
        same(await connection.fetchval("SELECT count(*) FROM generate_series(1, 9) AS given (value) WHERE value = ANY($1)", [2, 3, 99]), 2)
        same(await connection.fetchval("SELECT array_agg(x ORDER BY x) FROM (VALUES (1.5), (2.5)) AS given (x)"), [1.5, 2.5])
    finally:
        await connection.close()


async def errors() -> None:
    """SQLSTATEs become classes."""
    connection = await connect()
    try:
        for statement, kind in (
            ("SELECT * FROM nothing_of_the_kind", asyncpg.UndefinedTableError),
            ("DROP TABLE touchpoint_log", asyncpg.ReadOnlySQLTransactionError),
        ):
            try:
                await connection.fetch(statement)
                raise AssertionError(f"{statement} ran")
            except asyncpg.PostgresError as error:
                same(type(error).__name__, kind.__name__)
        same(await connection.fetchval("SELECT 1"), 1)
    finally:
        await connection.close()


async def stopped() -> None:
    """A time-out of the client cancels the statement, and the connection goes on."""
    connection = await connect()
    try:
        endless = "SELECT count(*) FROM generate_series(1, 300000) AS a (x), generate_series(1, 300000) AS b (y) WHERE a.x % 7 = b.y % 11"
        try:
            await connection.fetchval(endless, timeout=0.5)
            raise AssertionError("it came to an end")
        except asyncio.TimeoutError:
            pass
        same(await connection.fetchval("SELECT 1"), 1)
    finally:
        await connection.close()


if __name__ == "__main__":
    for each in questions():
        check("asyncpg", each["name"], run(lambda each=each: ask(each)))
    for test in (cursor, pool, introspection, errors, stopped):
        check("asyncpg", test.__name__, run(test))
