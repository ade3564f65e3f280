"""Mails of the opinions: to who asked that there is an answer, to an owner that there is an alert.

Neither opinion nor answer is in them.
"""

from functools import partial

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from feedback.alerts import NO_OWNER, shares_of
from feedback.models import Alert, Reply
from tasks import owed_mails
from tasks.owed_mails import Kind, Whom, Words, to_resident

SEEN = "seen"


# ---- there is an answer
def owed_replies() -> QuerySet:
    return Reply.objects.filter(mail=Reply.Mail.WAITING).select_related("resident")


def words_of_reply(reply: Reply) -> Words:
    return Words(
        uuid=reply.uuid,
        subject=_("News from Annai"),
        said=_("You asked for an answer to your opinion. It stands under “To know” on your page."),
        page=reverse("tasks:home"),
    )


REPLIES = Kind(
    owed=owed_replies,
    own=lambda reply: Reply.objects.filter(pk=reply.pk),
    whom=lambda reply: to_resident(reply.resident),
    words=words_of_reply,
)
send_replies = partial(owed_mails.send_due, REPLIES)


# ---- a page has become less clear
def owed_alerts() -> QuerySet:
    return Alert.objects.filter(mail=Alert.Mail.WAITING).select_related("owner")


def owner(alert: Alert) -> Whom:
    """Return where its owner reads of an alert, or why not there."""
    if alert.seen_at:
        return Whom(why=SEEN)
    if alert.owner is None or not alert.owner.has_perm("feedback.review_opinion"):
        return Whom(why=NO_OWNER)
    return Whom(alert.owner.email, alert.owner.language)


def words_of_alert(alert: Alert) -> Words:
    before, lately = shares_of(alert)
    return Words(
        uuid=alert.uuid,
        subject=_("A page has become less clear, from Annai"),
        said=_("More people than before say that a page of yours is not clear: %(page)s")
        % {"page": alert.page},
        page=reverse("admin:feedback_alert_change", args=[alert.uuid]),
        lines=(
            _("Not clear in the last seven days: %(share)s") % {"share": lately},
            _("In the four weeks before: %(share)s") % {"share": before},
        ),
    )


ALERTS = Kind(
    owed=owed_alerts,
    own=lambda alert: Alert.objects.filter(pk=alert.pk),
    whom=owner,
    words=words_of_alert,
)
send_alerts = partial(owed_mails.send_due, ALERTS)
