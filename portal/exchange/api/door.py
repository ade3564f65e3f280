"""Who may come in: a connection, by one of its keys. What it may do there is asked by each call."""

from typing import NamedTuple

from django.http import HttpRequest
from ninja.security import HttpBearer

from portal import clock
from portal.exchange import keys
from portal.exchange.api import problems
from portal.exchange.api.problems import Problem
from portal.exchange.models import Connection, Key


class SignedInBy(NamedTuple):
    """By what a request came in: its public name and, if it ends, when."""

    kind: str
    name: str
    ends_at: object


class Door(HttpBearer):
    """Takes `Authorization: Bearer …`. Afterwards `request.auth` is the Connection."""

    def authenticate(self, request: HttpRequest, token: str) -> Connection:
        token = token.strip()
        if not token:
            return None
        key = keys.key_of(token) if token.startswith(keys.BEGINS) else None
        if key is None:
            raise not_good()
        request.signed_in_by = SignedInBy("key", key.prefix, key.ends_at)
        used_today(key)
        return active(key.connection)


def not_good() -> Problem:
    return Problem(problems.NOT_GOOD, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def active(connection: Connection) -> Connection:
    if not connection.active:
        raise Problem(problems.INACTIVE)
    return connection


def used_today(key: Key) -> None:
    """Note that a key was used: one write a day, so that calls at once do not wait for another."""
    today = clock.today()
    if key.last_used_on != today:
        Key.objects.filter(pk=key.pk).exclude(last_used_on=today).update(last_used_on=today)
