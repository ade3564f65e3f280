"""Who may come in: a connection, by key or token. What it may do there is asked by each call."""

from datetime import datetime
from typing import NamedTuple

from django.http import HttpRequest
from ninja.security import HttpBearer

from portal import clock
from portal.exchange.api import problems
from portal.exchange.api.problems import Problem
from portal.exchange.connections import keys, oauth_clients
from portal.exchange.models import Connection


class SignedInBy(NamedTuple):
    """By what a request came in: its public name and, if it ends, when."""

    kind: str
    name: str
    ends_at: datetime | None


class Door(HttpBearer):
    """Takes `Authorization: Bearer …`. Afterwards `request.auth` is the Connection."""

    def authenticate(self, request: HttpRequest, token: str) -> Connection | None:
        token = token.strip()
        if not token:
            return None
        connection = (
            by_key(request, token) if keys.looks_like_one(token) else by_token(request, token)
        )
        if connection is None:
            raise Problem(
                problems.NOT_GOOD, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
            )
        if not connection.active:
            raise Problem(problems.INACTIVE)
        return connection


def by_key(request, text: str) -> Connection | None:
    key = keys.key_of(text)
    if key is None:
        return None
    request.signed_in_by = SignedInBy("key", key.prefix, key.ends_at)
    used_today(key)
    return key.connection


def by_token(request, text: str) -> Connection | None:
    token = oauth_clients.token_of(text)
    if token is None:
        return None
    client = token.client.of_connection
    ends_at = min(filter(None, [token.expires_at, client.ends_at]))
    request.signed_in_by = SignedInBy("token", client.client_id, ends_at)
    used_today(client)
    return client.connection


def used_today(way_in) -> None:
    """Note that it was used: one write a day, so that calls at once do not wait for each other."""
    today = clock.today()
    if way_in.last_used_on != today:
        others = type(way_in).objects.filter(pk=way_in.pk).exclude(last_used_on=today)
        others.update(last_used_on=today)
