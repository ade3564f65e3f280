"""A test event, sent at once and kept nowhere: so that staff see what a receiver answers."""

from uuid import uuid4

from django.utils import timezone

from portal.exchange.models import WebhookEndpoint
from portal.exchange.webhooks.post import Answer, post
from portal.exchange.webhooks.send import signed


def send_test(endpoint: WebhookEndpoint) -> Answer:
    """Post a signed message of the type `test`, whatever state the endpoint is in."""
    now, message_id = timezone.now(), uuid4()
    told = {"id": str(message_id), "type": "test", "timestamp": now.isoformat(), "data": {}}
    return post(endpoint.url, **signed(endpoint, message_id=message_id, told=told, now=now))
