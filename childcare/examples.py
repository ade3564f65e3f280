"""Made-up children, for the rules' own pages: what is reported of each."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from childcare.plan import replan
from childcare.settle import settle_births, settle_checkups, settle_vaccinations
from portal.residents.models import Resident
from tasks.examples import Example, Examples, Report

MOVED_AWAY = {"state": Resident.State.MOVED_AWAY}


def settle(ids: Iterable[int]) -> None:
    ids = list(ids)
    for kind in (settle_births, settle_checkups, settle_vaccinations):
        kind(ids)


def plan(ids: Iterable[int], today: date) -> None:
    replan(ids, today=today)


def child_of(today: date, *, days: int) -> dict:
    return {"born": today - timedelta(days)}


def dose(today: date, vaccine: str, *, days_ago: int) -> Report:
    on = today - timedelta(days_ago)
    return Report(
        kind="vaccination",
        key=f"{vaccine} {on}",
        value={"vaccine": vaccine, "on": on.isoformat()},
    )


def _doses(today: date) -> Sequence[Example]:
    begun = {
        "reports": [dose(today, "PCV", days_ago=59)],
        "columns": child_of(today, days=120),
    }
    return [
        Example(
            said=_("A child of 120 days, who had the first pneumococcal vaccination 59 days ago."),
            subject="PCV-2",
            **begun,
        ),
        Example(said=_("The same child: measles and rubella."), subject="MR-1", **begun),
        Example(said=_("The same child: the dose that was given."), subject="PCV-1", **begun),
        Example(
            said=_("A child of 250 days, of whom no vaccination is recorded."),
            columns=child_of(today, days=250),
            subject="PCV-1",
        ),
        Example(
            said=_("A child of 120 days, who has moved away."),
            reports=begun["reports"],
            columns={**begun["columns"], **MOVED_AWAY},
        ),
    ]


DOSES = Examples(_doses, settle, plan)
