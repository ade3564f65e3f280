"""What the staff pages say of webhooks: receivers that take nothing, and what was given up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import User
from portal.exchange.models import WebhookDelivery, WebhookEndpoint
from tasks.alarms import Alarm
from tasks.words import day

FAILS_FOR = timedelta(hours=6)  # a receiver that is being mended by then needs nobody
GIVEN_UP_WITHIN = timedelta(days=7)

State = WebhookEndpoint.State


def of_the_webhooks(at: datetime, whom: User | None) -> Iterator[Alarm]:
    """Yield what is wrong with webhooks; their times are those of the servers, not of a demo."""
    now = timezone.now()
    silent = Q(state=State.ACTIVE, failing_since__lt=now - FAILS_FOR)
    ended = Q(state__in=[State.PAUSED, State.GONE])
    found = WebhookEndpoint.objects.filter(silent | ended, connection__active=True)
    for endpoint in found.select_related("connection__source"):
        yield of_one(endpoint)
    if given_up := WebhookDelivery.objects.filter(
        state=WebhookDelivery.State.FAILED, ended_at__gt=now - GIVEN_UP_WITHIN
    ).count():
        yield Alarm(
            what=ngettext(
                "%(count)s change was given up: its receiver refused it for three days.",
                "%(count)s changes were given up: their receivers refused them for three days.",
                given_up,
            )
            % {"count": given_up},
            next=_(
                "Ask whoever runs the receiving system why: the answers stand in the list. When it "
                "is mended, bring the changes again from that day on."
            ),
            url=reverse("admin:exchange_webhookdelivery_changelist") + "?state__exact=failed",
            link=_("To what was given up"),
        )


def of_one(endpoint: WebhookEndpoint) -> Alarm:
    who = {"source": endpoint.connection.source.called()}
    if endpoint.state == State.GONE:
        what = _("The system of %(source)s takes no more webhooks: it answered that it is gone.")
        todo = _(
            "If that is meant, switch the webhook off. If not, let its address be corrected and go "
            "on: what waits is kept for 90 days."
        )
    elif endpoint.state == State.PAUSED:
        what = _("The webhook of %(source)s is paused: nothing was taken for three days.")
        todo = _(
            "Ask whoever runs that system, send a test, and let it go on: what waits is kept for "
            "90 days and is brought in order."
        )
    else:
        what = _("The webhook of %(source)s has taken nothing since %(day)s.")
        who["day"] = day(timezone.localdate(endpoint.failing_since))
        todo = _(
            "It is tried on by itself. After three days it is paused; nothing is lost. A test says "
            "what is in the way."
        )
    return Alarm(
        what=what % who,
        next=todo,
        url=reverse("admin:exchange_webhookendpoint_deeds", args=[endpoint.pk]),
        link=_("To this webhook"),
    )
