"""OAuth clients of connections, and the tokens that they fetched: made, found, forgotten."""

import secrets
from datetime import datetime

from allauth.idp.oidc.models import Client, Token
from django.db import transaction
from django.utils import timezone

from portal.exchange.models import Connection, OAuthClient


@transaction.atomic
def make_client(
    connection: Connection, *, by=None, ends_at: datetime | None = None
) -> tuple[OAuthClient, str]:
    """Return a new client and its secret, which can never be shown again: 256 bits of chance.

    It can fetch tokens for itself and do nothing else of OAuth, and without scopes: what it may do
    stands in its connection.
    """
    secret = secrets.token_urlsafe(32)
    client = Client(
        name=connection.source.key,
        type=Client.Type.CONFIDENTIAL,
        grant_types=Client.GrantType.CLIENT_CREDENTIALS,
        response_types="",
        scopes="",
    )
    client.set_secret(secret)
    client.save(force_insert=True)
    return (
        OAuthClient.objects.create(
            connection=connection, client=client, made_by=by, ends_at=ends_at
        ),
        secret,
    )


def token_of(text: str, *, now: datetime | None = None) -> Token | None:
    """Return the token that a text is, if it is good now, and its client too."""
    return (
        Token.objects.valid()
        .by_value(text)
        .filter(
            type=Token.Type.ACCESS_TOKEN,
            client__of_connection__in=OAuthClient.objects.good(now or timezone.now()),
        )
        .select_related(
            "client__of_connection__connection__source",
            "client__of_connection__connection__municipality",
        )
        .first()
    )


def forget_tokens() -> int:
    """Delete the tokens that have ended; return how many."""
    return Token.objects.expired().delete()[0]
