"""The demo's figures for everyone: some months of applications and to-dos, summed by the week.

The applications are of procedures that none of the named people's cases is of, so that no queue
and no usual duration of theirs changes.
"""

from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.applications.models import Application, ApplicationEvent, ProcedureVersion, State
from portal.applications.receipt import next_number
from portal.applications.states import TURN
from portal.demo import people
from portal.demo.past import make_past_to_dos
from portal.insights.models import Week
from portal.insights.roll_up import monday_of, roll_up
from portal.residents.models import Resident
from portal.residents.own import own_fact

WEEKS, SEED = 34, 5
# By municipality, procedure, and about how many are sent in a week.
USUAL = {
    people.CLERKS[1].office: {"residence-certificate": 26, "moving-in": 14, "medical-subsidy": 4},
    "281000": {"residence-certificate": 16, "moving-in": 12},  # Kobe
}


@transaction.atomic
def make_figures(*, today: date) -> None:
    """Make them, once; people, staff and procedures are there."""
    if Week.objects.exists():
        return
    decider = User.objects.get(email=people.CLERKS[1].email)
    office = people.CLERKS[1].office
    who = list(
        Resident.objects.filter(
            municipality=office, state=Resident.State.ACTIVE, user=None, acts_from__lte=today
        )
        .exclude(ref__in=[one.ref for one in people.PEOPLE])
        .order_by("ref")[:500]
    )
    if who:
        made = Application.objects.bulk_create(
            one
            for place in USUAL
            for one in finished(cycle(who), office=place, decider=decider, today=today)
        )
        ApplicationEvent.objects.bulk_create(event for one in made for event in events_of(one))
        make_past_to_dos(who, today=today)
    roll_up(today=today)


def finished(who, *, office: str, decider: User, today: date) -> list[Application]:
    """Return what was sent from Monday to Thursday, and decided and completed by the Sunday."""
    chance = Random(f"{SEED} {office}")  # noqa: S311 - chance that repeats, no secret
    fact, made = own_fact(), []
    for key, usual in USUAL[office].items():
        version = ProcedureVersion.objects.offered_in(office).get(procedure__key=key)
        for weeks in range(WEEKS, 0, -1):
            monday = monday_of(today) - timedelta(weeks=weeks)
            for _number in range(round(chance.triangular(usual * 0.7, usual * 1.3))):
                sent = monday + timedelta(days=chance.randrange(4))
                made.append(completed(next(who), version, sent, office, decider, fact))
    return made


def completed(resident, version, sent: date, office: str, decider: User, fact) -> Application:
    return Application(
        resident=resident,
        about=resident,
        municipality_id=office,
        version=version,
        procedure_key=version.procedure.key,
        state=State.COMPLETED,
        turn=TURN[State.COMPLETED],
        state_since=at(sent, 3),
        started_at=at(sent, 0),
        saved_at=at(sent, 0),
        sent_at=at(sent, 0),
        receipt_number=next_number(sent),
        outcome="granted",
        decided_at=at(sent, 2),
        decided_by=decider,
        **fact,
    )


def events_of(one: Application) -> list[ApplicationEvent]:
    moments = [
        (State.RECEIVED, one.sent_at, None),
        (State.UNDER_REVIEW, one.decided_at - timedelta(days=1), one.decided_by),
        (State.GRANTED, one.decided_at, one.decided_by),
        (State.COMPLETED, one.state_since, one.decided_by),
    ]
    return [
        ApplicationEvent(
            resident=one.resident,
            application=one,
            what=ApplicationEvent.What.STATE,
            state=state,
            turn=TURN[state],
            by=by,
            at=moment,
            told=True,
        )
        for state, moment, by in moments
    ]


def at(day: date, days_later: int) -> datetime:
    moment = datetime.combine(day, time(10), tzinfo=timezone.get_default_timezone())
    return moment + timedelta(days=days_later)
