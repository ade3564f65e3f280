"""Made-up families, for the pages of the rules about births and checkups: what each has said.

Besides what sources report there is what a family tells the portal; here it is noted as reports of
a kind of its own, out of which `settle` makes the family's entries.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from childcare import examples
from childcare.after_birth.plan import notify_by
from childcare.models import AllowanceAnswer, AnnouncedBirth, StepDone
from portal.accounts.models import User
from portal.residents.models import FactReport
from tasks.examples import Example, Examples, Report

FAMILY = "said-by-the-family"
NEWBORN, OVER_A_YEAR = 5, 400  # days
GROWN_UP = Example(said=_("A grown-up, of whom no birth is recorded."))


def settle(ids: Iterable[int]) -> None:
    ids = list(ids)
    examples.settle(ids)
    by = User.objects.create(email="made-up@example.invalid")
    for report in FactReport.objects.filter(resident__in=ids, kind=FAMILY):
        said = report.value
        if report.key == "told":
            _tell(report, by, **said)
        elif report.key == "earner":
            AllowanceAnswer.objects.create(child_id=report.resident_id, entered_by=by, **said)
        else:
            on = report.checked_at.date()
            StepDone.objects.create(
                child_id=report.resident_id, step=report.key, on=on, entered_by=by
            )


def _tell(report: FactReport, by: User, *, born: str, registered_on: str | None = None) -> None:
    day = date.fromisoformat(born)
    AnnouncedBirth.objects.create(
        resident_id=report.resident_id,
        born=day,
        notify_by=notify_by(day, abroad=False),
        registered_on=registered_on,
        entered_by=by,
        source_id=report.source_id,
        checked_at=report.checked_at,
        stale_on=date.max,
    )


def family(key: str, **value) -> Report:
    return Report(kind=FAMILY, key=key, value=value)


CIVIL_SERVANT = family("earner", main_earner="me", civil_servant="yes")


def child(
    said, today: date, *reports: Report, days: int = NEWBORN, subject: str = "", **columns
) -> Example:
    """Return a made-up child of so many days."""
    of_that_age = examples.child_of(today, days=days)
    return Example(said=said, reports=reports, columns=of_that_age | columns, subject=subject)


def _allowance(today: date) -> Sequence[Example]:
    return [
        child(_("A child of 5 days. The family has answered nothing."), today),
        child(_("A child of 5 days. A civil servant earns most."), today, CIVIL_SERVANT),
        child(_("A child of 5 days. The family has claimed it."), today, family("allowance")),
        child(_("A child of 400 days."), today, days=OVER_A_YEAR),
        GROWN_UP,
    ]


def _employer(today: date) -> Sequence[Example]:
    claimed = (CIVIL_SERVANT, family("allowance"))
    return [
        child(_("A child of 5 days. A civil servant earns most."), today, CIVIL_SERVANT),
        child(_("A child of 5 days. The family has answered nothing."), today),
        child(_("A civil servant earns most, and has claimed it."), today, *claimed),
        child(_("A civil servant, and a child of 400 days."), today, CIVIL_SERVANT, days=400),
        GROWN_UP,
    ]


def _insurance(today: date) -> Sequence[Example]:
    return [
        child(_("A child of 5 days. The family has said nothing."), today),
        child(_("A child of 5 days. It is insured."), today, family("insurance")),
        child(_("A child of 400 days."), today, days=OVER_A_YEAR),
        child(_("A child of 5 days, who has moved away."), today, **examples.MOVED_AWAY),
        GROWN_UP,
    ]


def _medical(today: date) -> Sequence[Example]:
    insured = family("insurance")
    return [
        child(_("A child of 5 days. It is insured."), today, insured),
        child(_("A child of 5 days. The family has said nothing."), today),
        child(_("It is insured, and the subsidy applied for."), today, insured, family("medical")),
        child(_("A child of 400 days, insured."), today, insured, days=OVER_A_YEAR),
        child(_("It is insured, and has moved away."), today, insured, **examples.MOVED_AWAY),
    ]


def _low_weight(today: date) -> Sequence[Example]:
    def born(grams: int, days: int = NEWBORN) -> Report:
        value = {"born": (today - timedelta(days)).isoformat(), "weight_g": grams}
        return Report(kind="birth", value=value)

    notified = family("low-weight")
    return [
        child(_("2,100 g at birth, five days ago."), today, born(2100)),
        child(_("3,000 g at birth, five days ago."), today, born(3000)),
        child(_("2,100 g at birth, and notified."), today, born(2100), notified),
        child(_("2,100 g at birth, 150 days ago."), today, born(2100, 150), days=150),
        child(_("Born five days ago. The weight is not reported."), today),
    ]


def _notification(today: date) -> Sequence[Example]:
    def told(days_ago: int, **said) -> Report:
        return family("told", born=(today - timedelta(days_ago)).isoformat(), **said)

    return [
        Example(said=_("A parent told of a birth 5 days ago."), reports=[told(5)]),
        Example(
            said=_("A parent told of a birth 5 days ago. The register has the child."),
            reports=[told(5, registered_on=today.isoformat())],
        ),
        Example(said=_("A parent told of a birth 400 days ago."), reports=[told(400)]),
        Example(
            said=_("A parent told of a birth, and has moved away."),
            reports=[told(5)],
            columns=examples.MOVED_AWAY,
        ),
        Example(said=_("Nobody has told of a birth.")),
    ]


def _checkups(today: date) -> Sequence[Example]:
    done = Report(
        kind="checkup",
        key="18m",
        value={"checkup": "18m", "on": (today - timedelta(3)).isoformat()},
    )
    old_enough = {"days": 560, "subject": "18m"}  # 18 months are 546 to 550 days
    return [
        child(_("A child of 560 days: the 18-month checkup."), today, **old_enough),
        child(_("A child of 400 days: the 18-month checkup."), today, days=400, subject="18m"),
        child(_("A child of 560 days, whose checkup is reported."), today, done, **old_enough),
        child(_("A child of 760 days: the 18-month checkup."), today, days=760, subject="18m"),
        GROWN_UP,
    ]


ALLOWANCE = Examples(_allowance, settle, examples.plan)
EMPLOYER = Examples(_employer, settle, examples.plan)
INSURANCE = Examples(_insurance, settle, examples.plan)
MEDICAL = Examples(_medical, settle, examples.plan)
LOW_WEIGHT = Examples(_low_weight, settle, examples.plan)
NOTIFICATION = Examples(_notification, settle)
CHECKUPS = Examples(_checkups, settle, examples.plan)
