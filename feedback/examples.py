"""Made-up people who asked for an answer, for the page of the rule about answers."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from feedback.models import Opinion, Reply
from feedback.pairs import pairs
from portal.accounts.models import User
from portal.residents.models import FactReport
from tasks.examples import Example, Examples, Report

KIND = "made-up-answer"
FOREVER = date(2200, 1, 1)
SAID, ANSWER = "カードで払えますか", "はい、窓口で払えます。"


def settle(ids: Iterable[int]) -> None:
    by = User.objects.create(email="made-up-reviewer@example.invalid")
    for report in FactReport.objects.filter(resident__in=ids, kind=KIND):
        opinion = Opinion.objects.create(
            once=report.value["once"],
            kind=Opinion.Kind.FREE,
            text=SAID,
            pairs=pairs(SAID),
            language="ja",
            asker_id=report.resident_id,
        )
        Reply.objects.create(
            resident_id=report.resident_id,
            opinion=opinion,
            said=SAID,
            text=ANSWER,
            answered_on=timezone.localdate(report.checked_at),
            by=by,
            source_id=report.source_id,
            checked_at=report.checked_at,
            stale_on=FOREVER,
        )


def answered(days_ago: int) -> list[Report]:
    once = f"00000000-0000-4000-8000-{days_ago:012d}"
    return [Report(kind=KIND, value={"once": once}, days_ago=days_ago)]


def _people(today: date) -> Sequence[Example]:
    return [
        Example(said=_("Answered yesterday."), reports=answered(1)),
        Example(said=_("Answered 59 days ago."), reports=answered(59)),
        Example(said=_("Answered 60 days ago."), reports=answered(60)),
        Example(said=_("Answered half a year ago."), reports=answered(180)),
        Example(said=_("Has not asked for an answer.")),
    ]


REPLY = Examples(_people, settle)
