"""Secrets of webhooks, and signatures by them (Standard Webhooks 1.0, symmetric: `v1`).

A secret is not kept but made out of the installation's key and the endpoint's public id: what is
not in the database is in no backup of it. Changing it counts its number up; for a while both sign.
"""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from standardwebhooks import Webhook

from portal.exchange.models import WebhookEndpoint

FORMER_SIGNS_FOR = timedelta(days=7)


def secret_of(endpoint: WebhookEndpoint, number: int | None = None) -> str:
    """Return the secret as receivers keep it, `whsec_…`; the present one unless told otherwise."""
    text = f"webhook {endpoint.uuid} {number or endpoint.secret_number}"
    digest = hmac.digest(settings.WEBHOOK_KEY.encode(), text.encode(), "sha256")
    return f"whsec_{base64.b64encode(digest).decode()}"


def change_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """Give an endpoint a new secret, and return it. For a week the former one signs too."""
    endpoint.secret_number += 1
    endpoint.former_until = now + FORMER_SIGNS_FOR
    endpoint.save(update_fields=["secret_number", "former_until"])
    return secret_of(endpoint)


def headers(endpoint: WebhookEndpoint, *, message_id: str | UUID, body: str, now: datetime) -> dict:
    """Return the headers of a message. Its id stays the same when it is sent again."""
    numbers = [endpoint.secret_number]
    if endpoint.former_until and now < endpoint.former_until:
        numbers.append(endpoint.secret_number - 1)
    at = now.astimezone(UTC)  # the library takes any other time for UTC
    signatures = [
        Webhook(secret_of(endpoint, number)).sign(str(message_id), at, body) for number in numbers
    ]
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
