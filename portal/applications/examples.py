"""Made-up applications, for the pages of the rules about them.

What happens to an application is no report, but here it is noted as one of a kind of its own, out
of which `settle` makes the application.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.applications.models import (
    Application,
    CorrectionRequest,
    Procedure,
    ProcedureVersion,
    State,
)
from portal.applications.states import TURN
from portal.residents.models import FactReport, Resident
from tasks.examples import Example, Examples, Report

HERE, ELSEWHERE = "made-up-application", "made-up-application-elsewhere"
FOREVER = date(2200, 1, 1)
NAME = {"ja": "児童手当 認定請求", "en": "Child allowance"}
NOTHING = Example(said=_("Nothing has been applied for."))
MOVED_AWAY = {"state": Resident.State.MOVED_AWAY}


# ---- from what is said of them to rows
def settle(ids: Iterable[int]) -> None:
    procedure = Procedure.objects.create(key="made-up")
    version = ProcedureVersion.objects.create(
        procedure=procedure, number=1, text="{}", definition={"name": NAME}, searched=""
    )
    by = User.objects.create(email="made-up-clerk@example.invalid")
    told = FactReport.objects.filter(resident__in=ids, kind__in=[HERE, ELSEWHERE])
    for number, report in enumerate(told.select_related("resident"), start=1):
        _make(report, number, version, by)


def _make(report: FactReport, number: int, version: ProcedureVersion, by: User) -> None:
    said = dict(report.value)
    asked = said.pop("asked", None)
    made_here = report.kind == HERE
    state = said["state"]
    sent = made_here and state != State.DRAFT
    decided = state in (State.GRANTED, State.COMPLETED) and made_here
    about = {
        "source_id": report.source_id,
        "checked_at": report.checked_at,
        "stale_on": FOREVER if made_here else said.pop("stale_on"),
    }
    application = Application.objects.create(
        resident=report.resident,
        about=report.resident,
        municipality=report.resident.municipality,
        version=version if made_here else None,
        procedure_key="made-up",
        ref="" if made_here else f"made-up-{number}",
        seq=None if made_here else 1,
        receipt_number=f"A-2026-{number:06d}-0" if sent else None,
        sent_at=report.checked_at if sent else None,
        started_at=report.checked_at,
        state_since=report.checked_at,
        turn=TURN[State(state)],
        outcome="granted" if decided else "",
        decided_at=report.checked_at if decided else None,
        decided_by=by if decided else None,
        **about,
        **said,
    )
    if asked:
        CorrectionRequest.objects.create(
            resident=report.resident,
            application=application,
            receipt_number=application.receipt_number,
            procedure_key="made-up",
            procedure_name=NAME,
            text="…",
            asked_by=by,
            **about,
            **asked,
        )


def application(state: State, *, days_ago: int = 1, kind: str = HERE, **said) -> Report:
    value = {"state": state.value, **said}
    return Report(kind=kind, key=state, days_ago=days_ago, value=value)


# ---- the people
def _asked(today: date, **said) -> dict:
    """Asked five days ago, for the day nine days from now, unless `said` is otherwise."""
    on = (today - timedelta(5)).isoformat()
    return {"asked_on": on, "answer_by": (today + timedelta(9)).isoformat(), **said}


def _correction(today: date) -> Sequence[Example]:
    yesterday = (today - timedelta(1)).isoformat()
    asked = application(State.CORRECTION, asked=_asked(today))
    return [
        Example(said=_("A correction is asked for, in nine days."), reports=[asked]),
        Example(
            said=_("A correction was asked for by yesterday, and was not sent."),
            reports=[application(State.CORRECTION, asked=_asked(today, answer_by=yesterday))],
        ),
        Example(
            said=_("The correction was sent yesterday."),
            reports=[
                application(State.UNDER_REVIEW, asked=_asked(today, answered_on=yesterday)),
            ],
        ),
        Example(
            said=_("The application was taken back yesterday."),
            reports=[application(State.WITHDRAWN, asked=_asked(today, ended_on=yesterday))],
        ),
        NOTHING,
    ]


def _reported(state: State, today: date, *, stale_in: int = 300, **said) -> Report:
    stale_on = (today + timedelta(stale_in)).isoformat()
    return application(state, kind=ELSEWHERE, stale_on=stale_on, **said)


def _correction_reported(today: date) -> Sequence[Example]:
    to_correct = _reported(State.CORRECTION, today)
    return [
        Example(said=_("An office reports: to be corrected."), reports=[to_correct]),
        Example(
            said=_("An office reports: under review."),
            reports=[_reported(State.UNDER_REVIEW, today)],
        ),
        Example(
            said=_("An office reported it long ago, and nothing since."),
            reports=[_reported(State.CORRECTION, today, stale_in=-1)],
        ),
        Example(
            said=_("An office reports: to be corrected. The person has moved away."),
            reports=[to_correct],
            columns=MOVED_AWAY,
        ),
        NOTHING,
    ]


def _drafts(today: date) -> Sequence[Example]:
    draft = application(State.DRAFT, days_ago=3)
    return [
        Example(said=_("An application was begun three days ago."), reports=[draft]),
        Example(
            said=_("An application was begun today."),
            reports=[application(State.DRAFT, days_ago=0)],
        ),
        Example(
            said=_("It was sent yesterday."), reports=[application(State.RECEIVED, days_ago=1)]
        ),
        Example(said=_("It was taken back."), reports=[application(State.WITHDRAWN, days_ago=1)]),
        NOTHING,
    ]


def _decided(today: date) -> Sequence[Example]:
    return [
        Example(said=_("Granted yesterday."), reports=[application(State.GRANTED)]),
        Example(said=_("Granted 60 days ago."), reports=[application(State.GRANTED, days_ago=60)]),
        Example(said=_("Under review."), reports=[application(State.UNDER_REVIEW)]),
        Example(
            said=_("An office reports: granted, yesterday."),
            reports=[_reported(State.GRANTED, today)],
        ),
        NOTHING,
    ]


def _slow(today: date) -> Sequence[Example]:
    def under_review(days: int | None) -> Report:
        until = {"usual_until": (today + timedelta(days)).isoformat()} if days else {}
        return application(State.UNDER_REVIEW, days_ago=40, **until)

    return [
        Example(said=_("Under review. Usually it was over yesterday."), reports=[under_review(-1)]),
        Example(said=_("Under review. Usually it is over by tomorrow."), reports=[under_review(1)]),
        Example(
            said=_("Under review. Nobody can say how long it takes."), reports=[under_review(None)]
        ),
        Example(
            said=_("It waits for a correction by the person."),
            reports=[application(State.CORRECTION, days_ago=40)],
        ),
        NOTHING,
    ]


def _with_the_office(today: date) -> Sequence[Example]:
    return [
        Example(said=_("Received yesterday."), reports=[application(State.RECEIVED)]),
        Example(said=_("To be corrected."), reports=[application(State.CORRECTION)]),
        Example(said=_("Completed."), reports=[application(State.COMPLETED)]),
        Example(
            said=_("An office reported it long ago, and nothing since."),
            reports=[_reported(State.RECEIVED, today, stale_in=-1)],
        ),
        NOTHING,
    ]


CORRECTION = Examples(_correction, settle)
CORRECTION_REPORTED = Examples(_correction_reported, settle)
DRAFT = Examples(_drafts, settle)
DECIDED = Examples(_decided, settle)
SLOW = Examples(_slow, settle)
WITH_THE_OFFICE = Examples(_with_the_office, settle)
