"""The calls about webhooks: which there are, what came of their deliveries, and a replay.

Their addresses are set by staff, in the pages of the portal.
"""

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from django.http import Http404
from ninja import Field, Query, Router, Schema, Status
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from portal.exchange.models import WebhookDelivery, WebhookEndpoint
from portal.exchange.webhooks.plan import replay

router = Router(tags=["webhooks"])

State = WebhookDelivery.State


class WebhookOut(Schema):
    """A webhook. States: `active`, `paused` (three days without success), `gone` (it answered
    410), `off` (by staff)."""

    webhook: UUID
    url: str
    state: str
    last_taken_at: datetime | None
    failing_since: datetime | None


class WebhooksOut(Schema):
    webhooks: list[WebhookOut]


class DeliveryOut(Schema):
    """What came of one change. States: `waiting`, `taken`, `failed` (given up after three days).
    `status` is what your system answered last; `why` is a code where that was a failure."""

    change: UUID
    type: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    ended_at: datetime | None
    status: int | None
    why: str | None


class DeliveriesOut(Schema):
    deliveries: list[DeliveryOut]


def as_text(value):
    """Refuse what pydantic would take for seconds since 1970."""
    if not isinstance(value, str) or not re.match(r"\d{4}-", value, re.ASCII):
        raise ValueError("It must be a moment with its offset: 2026-11-01T00:00:00+09:00")
    return value


def in_utc(moment: datetime) -> datetime:
    """Return it as the database takes it, which knows offsets up to 16 hours."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # at the very ends of the calendar
        return moment.replace(tzinfo=UTC)


Moment = Annotated[AwareDatetime, BeforeValidator(as_text), AfterValidator(in_utc)]


class ReplayIn(Schema):
    since: Moment = Field(alias="from", description="With its offset from UTC.")

    model_config = {"json_schema_extra": {"examples": [{"from": "2026-11-01T00:00:00+09:00"}]}}


class ReplayOut(Schema):
    """How many changes are brought again."""

    changes: int


def own(request, webhook: UUID) -> WebhookEndpoint:
    """Return the connection's webhook; another's is not found, like one that does not exist."""
    found = request.auth.endpoints.filter(uuid=webhook).select_related("connection").first()
    if found is None:
        raise Http404
    return found


@router.get(
    "/webhooks",
    response=WebhooksOut,
    operation_id="list_webhooks",
    url_name="list_webhooks",
    summary="Which webhooks do I have?",
)
def list_webhooks(request):
    """Answers to which addresses your changes are brought, and whether they are taken there."""
    return {
        "webhooks": [
            {
                "webhook": one.uuid,
                "url": one.url,
                "state": one.state,
                "last_taken_at": one.taken_at,
                "failing_since": one.failing_since,
            }
            for one in request.auth.endpoints.order_by("pk")
        ]
    }


@router.get(
    "/webhooks/{uuid:webhook}/deliveries",
    response=DeliveriesOut,
    operation_id="list_deliveries",
    url_name="list_deliveries",
    summary="What came of my webhook’s deliveries?",
)
def list_deliveries(
    request,
    webhook: UUID,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
):
    """Answers the deliveries of the newest changes, the newest first."""
    deliveries = own(request, webhook).deliveries.order_by("-position").select_related("change")
    if state:
        deliveries = deliveries.filter(state=state)
    return {"deliveries": [as_told(one) for one in deliveries[:limit]]}


def as_told(one: WebhookDelivery) -> dict:
    return {
        "change": one.change.uuid,
        "type": one.change.what,
        "state": one.state,
        "attempts": one.attempts,
        "next_attempt_at": one.next_at if one.state == State.WAITING else None,
        "ended_at": one.ended_at,
        "status": one.status,
        "why": one.why or None,
    }


@router.post(
    "/webhooks/{uuid:webhook}/replay",
    response={202: ReplayOut},
    operation_id="replay_webhook",
    url_name="replay_webhook",
    summary="Bring me everything since then again",
    openapi_extra={"responses": {"400": {"description": "The body is not JSON."}}},
)
def replay_webhook(request, webhook: UUID, asked: ReplayIn):
    """Brings all changes since a moment again, in order, each with the id that it had. Asked
    twice, they come once more and not twice. Changes are kept for 90 days."""
    return Status(202, {"changes": replay(own(request, webhook), since=asked.since)})
