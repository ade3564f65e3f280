"""Statements past Django's cursors, on a real connection that the server may end."""

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection

from portal.database import Kept, is_quiet, run

PLUS_ONE = Kept("SELECT %(number)s::int + 1")
WAYS = [
    lambda: PLUS_ONE.rows(number=1),
    lambda: run("SELECT %(number)s + 1", {"number": 1}),
]


@pytest.fixture
def ended(transactional_db):
    """A connection that the server has ended, as when it is restarted."""
    connection.ensure_connection()
    own = connection.connection.info
    with psycopg.connect(own.dsn, password=own.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [own.backend_pid])
    yield
    connection.close()  # Django opens the next by itself


@pytest.mark.parametrize("ask", WAYS)
def test_the_first_statement_of_a_request_finds_a_connection_that_lives(ended, ask):
    close_old_connections()  # as Django does before each request

    assert ask() == [(2,)]


@pytest.mark.parametrize("ask", WAYS)
def test_a_connection_that_lives_is_not_asked_whether_it_does(transactional_db, statements, ask):
    connection.ensure_connection()
    close_old_connections()
    statements.clear()

    ask()
    connection.cursor().close()

    assert connection.health_check_enabled
    assert len(statements) == 1


def test_a_connection_that_the_server_has_ended_is_not_quiet(ended):
    assert not is_quiet(connection.connection)


@pytest.mark.parametrize("ask", WAYS)
def test_a_connection_that_ends_in_the_midst_is_an_error_of_djangos(ended, ask):
    with pytest.raises(OperationalError):
        ask()
