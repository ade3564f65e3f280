"""Pages that have become less clear: looked for among all once a day, and told once.

Why so, and how often chance alone raises an alert: docs/adr/0017.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from feedback.before_after import Share
from feedback.models import Alert, AlertLook
from feedback.owners import owner_of, reviewers
from feedback.shares import PageShare, page_shares
from portal.accounts.models import User
from portal.database import run
from portal.residents.locks import LOCK_OF_ALERTS

A_WEEK = 0.05  # how likely a week brings any alert, if no page has changed
LOOKS_A_WEEK = 7
A_LOOK = A_WEEK / LOOKS_A_WEEK
AGAIN_AFTER = timedelta(days=28)
NO_OWNER = "no-owner"


@transaction.atomic
def look(*, day: date) -> list[Alert]:
    """Compare all pages by the whole days before `day`, once a day; return the alerts made.

    A second time that day, or while another does it, nothing happens.
    """
    run("SELECT pg_advisory_xact_lock(%(lock)s, 0)", {"lock": LOCK_OF_ALERTS})
    if AlertLook.objects.filter(day=day).exists():
        return []
    compared = [one for one in page_shares(until=beginning_of(day)) if one.p is not None]
    near = Alert.objects.filter(day__gt=day - AGAIN_AFTER, day__lt=day + AGAIN_AFTER)
    told = set(near.values_list("route", "rule"))
    found = [
        _alert(share, day)
        for share in less_clear(compared)
        if (share.route, share.rule) not in told
    ]
    AlertLook.objects.create(day=day, pages=len(compared), found=len(found))
    return found


def beginning_of(day: date) -> datetime:
    """Return the moment at which a day begins in Japan."""
    return timezone.make_aware(datetime.combine(day, time.min))


def less_clear(shares: Sequence[PageShare], at: float = A_LOOK) -> list[PageShare]:
    """Return the pages whose share is above what it was, by Holm's procedure (1979).

    The likeliest to have changed first, each held against as many pages as are left; at the first
    that chance may have made it ends. Any false one comes with `at` at the most.
    """
    found = []
    for place, share in enumerate(sorted(shares, key=lambda one: one.p)):
        if share.p > at / (len(shares) - place):
            break
        found.append(share)
    return found


def _alert(share: PageShare, day: date) -> Alert:
    owner = owner_of(route=share.route, rule=share.rule)
    mail = {} if owner else {"mail": Alert.Mail.SKIPPED, "why": NO_OWNER}
    return Alert.objects.create(
        route=share.route,
        rule=share.rule,
        day=day,
        not_clear=share.not_clear,
        of=share.of,
        before_not_clear=share.before_not_clear,
        before_of=share.before_of,
        p=share.p,
        owner=owner,
        **mail,
    )


def shares_of(alert: Alert) -> tuple[Share, Share]:
    """Return the share before, and the one that raised the alert."""
    return Share(alert.before_not_clear, alert.before_of), Share(alert.not_clear, alert.of)


# ---- whom they wait for


def waiting_for(user: User) -> QuerySet:
    """Return the alerts that somebody has to look at: the own ones, and as a publisher those of
    nobody, or of somebody who reviews no more."""
    own = Q(owner=user)
    if user.has_perm("feedback.publish_improvement"):
        own |= Q(owner=None) | ~Q(owner__in=reviewers())
    return Alert.objects.filter(own, seen_at=None)


def see(alert: Alert, *, by: User) -> None:
    """Note that somebody has seen an alert that waits for them; the first time counts."""
    waiting_for(by).filter(pk=alert.pk).update(seen_by=by, seen_at=timezone.now())
