"""Statements with their parameters beside them, prepared by the server when they come often."""

from collections.abc import Sequence
from contextlib import contextmanager

import psycopg
from django.db import connection, transaction


def run(sql: str, params: dict, *, prepare: bool | None = None) -> Sequence[tuple]:
    """Run a statement and return its rows. Django's own cursors write parameters into the text.

    `prepare` keeps the plan for the next time from the first; None: once it has come some times.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, params, prepare=prepare)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def kept_plans():
    """Within, a prepared statement runs by the plan that the server has kept, for any people.

    Else it is planned anew each time: the server expects ten ids in a list, and most people have
    no children. Planning what a home page asks of the rules takes eight times as long as running.
    """
    with transaction.atomic():
        run("SET LOCAL plan_cache_mode = force_generic_plan", {})
        yield
