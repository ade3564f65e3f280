"""Bring what is due to an endpoint: one at a time, each under its row's lock, in order.

A process killed anywhere gives the lock up at once, and the message goes again with the same id:
of what was posted and not yet noted, the receiver gets a second one. Of one application or upload
a later change waits until the earlier one has been taken or given up; others go on.
"""

import json
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from portal.crash_points import reached
from portal.database import run
from portal.exchange.models import Change, WebhookDelivery, WebhookEndpoint
from portal.exchange.webhooks.plan import alone_with, awake, plan
from portal.exchange.webhooks.post import Answer, post
from portal.exchange.webhooks.sign import headers

logger = logging.getLogger(__name__)

GIVES_UP_AFTER = timedelta(days=3)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=6)
LONGEST_REST = timedelta(hours=1)
FAILURES_IN_A_ROW = 10  # of any kind: then it is the receiver and not the messages

State = WebhookDelivery.State
OF_ENDPOINT = ["taken_at", "failing_since", "failures", "rests_until"]


def send_due(endpoint_id: int, *, until: Callable[[], bool] = lambda: False) -> int:
    """Bring an endpoint what is due, until nothing is or `until()`; return how many it took."""
    many = False
    while plan(endpoint_id) and not until():
        many = True
    if many:
        # By itself PostgreSQL counts the table a minute later; until then it would read all that
        # waits for each message.
        run(f"ANALYZE (SKIP_LOCKED) {WebhookDelivery._meta.db_table}", {})
    taken = 0
    while not until() and (answer := send_next(endpoint_id)):
        taken += answer.taken
    return taken


def send_next(endpoint_id: int) -> Answer | None:
    """Bring an endpoint the next that is due; None if nothing is, or somebody else is at it."""
    with transaction.atomic():
        if not alone_with(endpoint_id):
            return None
        now = timezone.now()
        endpoint = awake(now).filter(pk=endpoint_id).first()
        delivery = endpoint and next_due(endpoint, now)
        if not delivery:
            return None
        reached("webhook", "taken")
        answer = bring(endpoint, delivery.change, now)
        reached("webhook", "answered")
        note(delivery, endpoint, answer, now=timezone.now())
        reached("webhook", "before_commit")
    reached("webhook", "after_commit")
    return answer


def bring(endpoint: WebhookEndpoint, change: Change, now: datetime) -> Answer:
    """Post a change. A fault of ours in one must not hold up those behind it."""
    try:
        return post(endpoint.url, **message(endpoint, change, now))
    except Exception:
        logger.exception("Change %s could not be posted.", change.uuid)
        return Answer(why="error")


def next_due(endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery | None:
    """Return the next that is due, of those that are the first to wait of what they are about."""
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    of_the_same = waiting.filter(about=OuterRef("about")).order_by("position")
    due = waiting.filter(
        next_at__lte=now, position=Subquery(of_the_same.values("position")[:1])
    ).order_by("next_at", "position")
    return due.select_related("change").select_for_update(of=["self"], skip_locked=True).first()


def message(endpoint: WebhookEndpoint, change: Change, now: datetime) -> dict:
    """Return body and headers: the same body at each attempt, signed anew each time."""
    told = {
        "id": str(change.uuid),
        "type": change.what,
        "timestamp": change.at.isoformat(),
        "data": change.data,
    }
    return signed(endpoint, message_id=change.uuid, told=told, now=now)


def signed(endpoint: WebhookEndpoint, *, message_id, told: dict, now: datetime) -> dict:
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return {
        "body": body.encode(),
        "headers": {
            "Content-Type": "application/json",
            "User-Agent": "Annai-Webhooks/1",
            **headers(endpoint, message_id=message_id, body=body, now=now),
        },
    }


# ---- what came of it
def note(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, answer: Answer, *, now: datetime
) -> None:
    """Write down what came of one attempt, for the delivery and for its endpoint."""
    delivery.attempts += 1
    delivery.first_tried_at = delivery.first_tried_at or now
    delivery.status, delivery.why = answer.status, answer.why
    if answer.taken:
        end(delivery, State.TAKEN, now)
        endpoint.taken_at, endpoint.failing_since = now, None
        endpoint.failures, endpoint.rests_until = 0, None
    else:
        note_failure(delivery, endpoint, answer, now)
    delivery.save()
    here = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    here.update(**{name: getattr(endpoint, name) for name in OF_ENDPOINT})
    if endpoint.state != WebhookEndpoint.State.ACTIVE:  # else as staff may have set it meanwhile
        here.update(state=endpoint.state)


def note_failure(delivery, endpoint, answer: Answer, now: datetime) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    delivery.next_at = now + wait(delivery.attempts, LONGEST_WAIT)
    if answer.nobody_there or endpoint.failures >= FAILURES_IN_A_ROW:
        rest = wait(endpoint.failures, LONGEST_REST)
        if answer.later is not None:
            rest = max(rest, min(timedelta(seconds=answer.later), LONGEST_REST))
        # It is not this message's fault, which so is among the first when the rest is over.
        endpoint.rests_until = delivery.next_at = now + rest
    if answer.why == "gone":
        endpoint.state = WebhookEndpoint.State.GONE
    elif now - endpoint.failing_since >= GIVES_UP_AFTER:
        # It takes nothing at all: so nothing is given up, and nothing more is tried.
        endpoint.state = WebhookEndpoint.State.PAUSED
    elif now - delivery.first_tried_at >= GIVES_UP_AFTER:
        end(delivery, State.FAILED, now)


def end(delivery: WebhookDelivery, state: State, now: datetime) -> None:
    delivery.state, delivery.ended_at = state, now


def wait(failures: int, longest: timedelta) -> timedelta:
    """Return how long to wait: 5 and 20 seconds, 1, 5, 21 minutes …, give or take half.

    By chance, so that what failed together does not come back together.
    """
    whole = min(FIRST_WAIT * 4 ** min(failures - 1, 10), longest)
    return whole * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
