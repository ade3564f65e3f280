"""Statements that are asked for every page: made once a process, planned once a connection."""

import re
from collections.abc import Sequence

import psycopg
from django.db import connection


class Kept:
    """A statement about one person, made once a process, whose plan the server keeps.

    `sql` has its places by name, %(today)s. psycopg would look for them anew each time, which
    takes as long as running what the rules are asked (18 kB).
    """

    def __init__(self, sql: str):
        self.names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
        self.sql = sql % {name: f"${place}" for place, name in enumerate(self.names, start=1)}

    def rows(self, **params) -> Sequence[tuple]:
        values = [params[name] for name in self.names]
        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
            return cursor.execute(self.sql, values, prepare=True).fetchall()
