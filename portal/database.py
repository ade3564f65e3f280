"""Statements past Django's cursors, which write the parameters into the text.

Here they go beside it, so that the server can keep a plan for the next time.
"""

import re
import select
from collections.abc import Sequence
from contextlib import contextmanager

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, transaction

LOCK_NOT_AVAILABLE = "55P03"  # what a lock_timeout ends with


def sqlstate(error: Exception) -> str:
    """Return PostgreSQL's code of what Django raised; empty where it is not PostgreSQL's."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def run(sql: str, params: dict, *, prepare: bool | None = None) -> Sequence[tuple]:
    """Run a statement with its parameters by name, %(today)s, and return its rows.

    `prepare` keeps the plan for the next time from the first; None: once it has come some times.
    """
    with _cursor(psycopg.Cursor) as cursor:
        cursor.execute(sql, params, prepare=prepare)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def _cursor(kind: type[psycopg.Cursor]):
    db = connections[DEFAULT_DB_ALIAS]  # once: `connection` would look for it at each word
    # As before a cursor of Django's: PostgreSQL may have been restarted since the last request.
    db.health_check_done = db.health_check_done or is_quiet(db.connection)
    db.close_if_health_check_failed()
    db.ensure_connection()
    with db.wrap_database_errors, kind(db.connection) as cursor:
        yield cursor


def is_quiet(connection: psycopg.Connection | None) -> bool:
    """Tell whether nothing stands to be read on a connection between two statements.

    Where the server has ended it, its end does. Asking the server itself, as Django does before
    the first statement of a request, takes as long as reading the session.
    """
    if connection is None or connection.closed:
        return False
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return not waiting.poll(0)


@contextmanager
def kept_plans():
    """Within, a prepared statement runs by the plan that the server has kept, for any people.

    Else it is planned anew each time: the server expects ten ids in a list, and most people have
    no children. Planning what a home page asks of the rules takes eight times as long as running.
    """
    with transaction.atomic():
        run("SET LOCAL plan_cache_mode = force_generic_plan", {})
        yield


class Kept:
    """A statement about one person, made once a process, whose plan the server keeps.

    `sql` has its places by name, %(today)s. psycopg would look for them anew each time, which
    takes as long as running what the rules are asked (18 kB).
    """

    def __init__(self, sql: str):
        self.names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
        text = sql % {name: f"${place}" for place, name in enumerate(self.names, start=1)}
        self.sql = text.encode()  # text would be encoded for each run, to look for its plan

    def rows(self, **params) -> Sequence[tuple]:
        values = [params[name] for name in self.names]
        with _cursor(psycopg.RawCursor) as cursor:
            return cursor.execute(self.sql, values, prepare=True).fetchall()
