"""What is to be brought to an endpoint: its connection's changes, written down as deliveries."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portal.database import run
from portal.exchange.changes.number import number_changes
from portal.exchange.models import Change, Connection, Numbering, WebhookDelivery, WebhookEndpoint
from portal.residents.locks import LOCK_OF_WEBHOOK

AT_ONCE = 1000
RESET = ["state", "attempts", "first_tried_at", "next_at", "ended_at", "status", "why"]


def make_endpoint(*, connection: Connection, url: str, by) -> WebhookEndpoint:
    """Make an endpoint, which is told of what happens from now on. `url` has been checked."""
    return WebhookEndpoint.objects.create(
        connection=connection, url=url, made_by=by, position=reached()
    )


def reached() -> int:
    return Numbering.objects.values_list("last", flat=True).first() or 0


def alone_with(endpoint_id: int) -> bool:
    """Tell whether nobody else works for this endpoint until the transaction ends."""
    [(alone,)] = run(
        "SELECT pg_try_advisory_xact_lock(%(kind)s, %(endpoint)s::int)",
        {"kind": LOCK_OF_WEBHOOK, "endpoint": endpoint_id},
    )
    return alone


@transaction.atomic
def plan(endpoint_id: int) -> bool:
    """Write down deliveries for up to a thousand changes more. Tell whether there may be others.

    What was brought before, and is met again after a replay, waits again.
    """
    if not alone_with(endpoint_id):
        return False
    endpoint = WebhookEndpoint.objects.select_for_update(of=["self"]).get(pk=endpoint_id)
    if endpoint.state != WebhookEndpoint.State.ACTIVE or not endpoint.connection.active:
        return False
    last = reached()  # before the changes are read: what is numbered in between is not passed over
    changes = list(Change.objects.of(endpoint.connection, since=endpoint.position, limit=AT_ONCE))
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(endpoint=endpoint, change=one, position=one.position, about=one.about)
            for one in changes
        ],
        update_conflicts=True,
        unique_fields=["change", "endpoint"],
        update_fields=RESET,
    )
    full = len(changes) == AT_ONCE
    endpoint.position = changes[-1].position if full else max(endpoint.position, last)
    endpoint.save(update_fields=["position"])
    return full


def with_work(now: datetime) -> list[int]:
    """Return which endpoints (ids) have something due, or changes not yet looked at."""
    due = WebhookDelivery.objects.filter(
        endpoint=OuterRef("pk"), state=WebhookDelivery.State.WAITING, next_at__lte=now
    )
    return list(
        awake(now).filter(Q(position__lt=reached()) | Exists(due)).values_list("pk", flat=True)
    )


def awake(now: datetime):
    """Endpoints to which something may be sent now."""
    return WebhookEndpoint.objects.filter(
        Q(rests_until=None) | Q(rests_until__lte=now),
        state=WebhookEndpoint.State.ACTIVE,
        connection__active=True,
    )


# ---- by a person
def replay(endpoint: WebhookEndpoint, *, since: datetime) -> int:
    """Bring all changes since a moment again, in order, with the ids they had. Asked twice, once.

    Returns how many there are. Nothing is older than 90 days.
    """
    number_changes()
    first = (
        Change.objects.filter(at__gte=since, position__isnull=False)
        .order_by("position")
        .values_list("position", flat=True)
        .first()
    )
    if first is None:
        return 0
    again = WebhookEndpoint.objects.filter(pk=endpoint.pk, position__gte=first)
    again.update(position=first - 1)
    return Change.objects.told(endpoint.connection).filter(position__gte=first).count()


def go_on(endpoint: WebhookEndpoint) -> None:
    """Let an endpoint that was paused, ended or switched off be brought what waits, from now on."""
    now = timezone.now()
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            state=WebhookEndpoint.State.ACTIVE,
            failing_since=None,
            failures=0,
            rests_until=None,
        )
        # Three days are counted anew for each.
        endpoint.deliveries.filter(state=WebhookDelivery.State.WAITING).update(
            next_at=now, first_tried_at=None, attempts=0
        )
