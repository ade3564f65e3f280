"""Databases of one benchmark: made beside the one of DATABASE_URL, and dropped after it."""

import contextlib
import os
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo


@contextlib.contextmanager
def throw_away_database(name: str):
    """Make a database beside the one of DATABASE_URL; yield its connection string; drop it."""
    server = os.environ["DATABASE_URL"]
    name = f"annai_bench_{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def database_url(dsn: str) -> str:
    """Return libpq's connection string as an address, which is what the settings take."""
    parts = conninfo_to_dict(dsn)
    user = quote(parts.pop("user", ""), safe="")
    name = quote(parts.pop("dbname", ""), safe="")
    return f"postgresql://{user}@/{name}?{urlencode(parts)}"
