"""Statements with their parameters beside them, prepared by the server when they come often."""

from collections.abc import Sequence

import psycopg
from django.db import connection


def run(sql: str, params: dict, *, prepare: bool | None = None) -> Sequence[tuple]:
    """Run a statement and return its rows. Django's own cursors write parameters into the text.

    `prepare` keeps the plan for the next time from the first; None: once it has come some times.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, params, prepare=prepare)
        return cursor.fetchall() if cursor.description else []
