"""What the staff pages say of records that may be one person's: how many wait for a decision."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import User
from portal.exchange.merges import one_person
from tasks.alarms import Alarm
from tasks.templatetags.annai import grouped

AT_MOST = 1000


def of_merges(at: datetime, whom: User | None) -> Iterator[Alarm]:
    """Yield how many records the register has merged that nobody has decided about."""
    people = one_person.waiting_for(whom) if whom else one_person.waiting()
    if count := people.order_by()[:AT_MOST].count():
        yield Alarm(
            what=ngettext(
                "The register says of %(count)s record that another stands for the same person.",
                "The register says of %(count)s records that others stand for the same persons.",
                count,
            )
            % {"count": grouped(count)},
            next=_("Look at both side by side, and say yes or no. Until then they stay two."),
            url=reverse("admin:exchange_merge_changelist"),
            link=_("To the records"),
            told_there=True,
        )
