"""What a client program of the SQL server is asked and how it reports.

    PROGRAM QUESTIONS_JSON        the server and the user stand in libpq's variables: PGHOST, PGPORT, PGUSER, PGPASSWORD

Prints one JSON object a line: `{"how", "name", "rows"}` for a question that was asked in some way, `{"how", "checked"}` for
something else that holds, `{"how", "fault"}` for what does not. Rows are compared by whoever started the program, in one form:
JSON numbers, booleans and NULL; text for words, days and exact numbers; instants in RFC 3339 with microseconds, with `Z` where
they have a zone.
"""

import datetime
import decimal
import json
import os
import pathlib
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

# Every statement ends within this many seconds, or its program fails.
PATIENCE = 60


def questions() -> list[dict]:
    """`name`, `sql` with literals, `bound_sql` with $1, $2 …, `values` as pairs of a type and a text."""
    return json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))


def server() -> dict[str, Any]:
    """Where the server is and who logs in."""
    env = os.environ
    return {"host": env["PGHOST"], "port": int(env["PGPORT"]), "user": env["PGUSER"], "password": env["PGPASSWORD"]}


def say(**what: Any) -> None:
    """One line of the report."""
    print(json.dumps(what, ensure_ascii=False), flush=True)


def answered(how: str, question: dict, rows: Iterable[Iterable[Any]]) -> None:
    """The answer to a question."""
    say(how=how, name=question["name"], rows=[[plain(value) for value in row] for row in rows])


def check(how: str, what: str, test: Callable[[], None]) -> None:
    """Runs a test of its own; an exception is a fault, and the next test goes on."""
    try:
        test()
        say(how=how, checked=what)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises is the finding
        where = traceback.extract_tb(error.__traceback__)[-1]
        say(how=how, fault=f"{what}: {type(error).__name__}: {error} ({where.name}:{where.lineno})")


def same(found: Any, expected: Any) -> None:
    """Equality that names both sides."""
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


def plain(value: Any) -> Any:
    """A driver's value in the compared form; what has none is text of its type, which equals nothing."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        zone = "" if value.tzinfo is None else "Z"
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(timespec="microseconds") + zone
    if isinstance(value, datetime.date):
        return value.isoformat()
    return f"{type(value).__name__} {value!r}"


def typed(kind: str, text: str) -> Any:
    """A bound value as Python has it."""
    if kind.startswith("int"):
        return int(text)
    if kind == "timestamptz":
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return text
