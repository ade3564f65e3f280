"""What the staff pages say of pages that have become less clear, until somebody has seen it."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from feedback.alerts import waiting_for
from feedback.models import Alert
from portal.accounts.models import User
from tasks.alarms import Alarm
from tasks.templatetags.annai import grouped


def of_the_pages(at: datetime, whom: User | None) -> Iterator[Alarm]:
    waiting = waiting_for(whom) if whom else Alert.objects.filter(seen_at=None)
    alerts = list(waiting)
    if alerts:
        yield Alarm(
            what=_what(alerts),
            next=_(
                "Read what people wrote there and what was changed lately. Press “Seen” on the "
                "alert, and this goes away."
            ),
            url=_address(alerts),
            link=_("To the alert") if len(alerts) == 1 else _("To the alerts"),
            told_there=True,
        )


def _what(alerts: list[Alert]) -> str:
    if len(alerts) == 1:
        return _("A page has become less clear: %(page)s.") % {"page": alerts[0].page}
    return _("%(pages)s pages have become less clear.") % {"pages": grouped(len(alerts))}


def _address(alerts: list[Alert]) -> str:
    if len(alerts) == 1:
        return reverse("admin:feedback_alert_change", args=[alerts[0].uuid])
    return reverse("admin:feedback_alert_changelist") + "?seen=no"
