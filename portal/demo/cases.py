"""The demo's applications: finished cases that say what is usual, some open, one in each state."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.applications.branch import asked
from portal.applications.correct_request import ask_for_correction
from portal.applications.definition import Definition, definition_of
from portal.applications.durations import count_durations
from portal.applications.messages import write
from portal.applications.models import (
    Application,
    ApplicationEvent,
    Message,
    MessageTemplate,
    ProcedureVersion,
    State,
)
from portal.applications.receipt import next_number
from portal.applications.states import TURN
from portal.applications.usual import usual_until
from portal.demo import children, people
from portal.residents.models import Guardianship, OfficeMembership, Resident
from portal.residents.own import own_fact
from tasks.reconcile import reconcile_people

KEY = "child-allowance"
FINISHED, OPEN = 60, 12
SEED = 8
TEMPLATES = {
    "振込先の口座の確認": (
        "振込先の口座は、請求する人の名義のものに限られます。口座の写しをもう一度送ってください。",
        "The account must be in the name of the person who claims. Please send its copy again.",
    ),
    "審査の状況": (
        "申請の内容を確認しています。確認が終わりましたら、ここでお知らせします。",
        "We are checking your application, and will write here when we have finished.",
    ),
}
CORRECTION = (
    "お名前のカナが、登録されているものと違います。確認して、もう一度送ってください。",
    ["name-kana"],
)


@dataclass(frozen=True)
class Case:
    """An application of `resident` about `about`; `history` says how many days ago which state."""

    resident: Resident
    about: Resident
    history: list[tuple[State, int]]
    clerk: User | None = None
    answers: dict = field(default_factory=dict)


@transaction.atomic
def make_cases(*, today: date) -> None:
    """Make the cases, once; people, staff and procedures are there."""
    if Application.objects.filter(version__isnull=False).exists():
        return
    clerk, decider, elsewhere = (put_in_office(one) for one in people.CLERKS)
    put_in_office(people.REGISTER_CLERK)
    put_in_office(people.SECOND_REGISTER_CLERK)
    office = Resident.objects.get(ref=people.YOSHINO.ref).municipality
    for name, (text_ja, text_en) in TEMPLATES.items():
        MessageTemplate.objects.get_or_create(
            municipality=office, name=name, defaults={"text_ja": text_ja, "text_en": text_en}
        )
    desk = Desk(today)
    for case in [*finished(office.pk, decider), *waiting(office.pk, 1)]:
        desk.make(case)
    for case in waiting(elsewhere.offices.get().municipality_id, 2, most=3):
        desk.make(case)
    count_durations(today=today)  # so that the named people's cases are measured by them
    named = [desk.make(case) for case in of_named_people(clerk, decider)]
    to_correct = next(one for one in named if one.about.ref == children.OF_YOSHINO[2].ref)
    text, questions = CORRECTION
    answer_by = today + timedelta(days=14)
    ask_for_correction(
        to_correct, text=text, questions=questions, answer_by=answer_by, by=clerk, today=today
    )
    write_about(named[1], clerk)
    reconcile_people(desk.people, today=today)


def put_in_office(person: people.Person) -> User:
    user = User.objects.get(email=person.email)
    OfficeMembership.objects.get_or_create(user=user, municipality_id=person.office)
    return user


def finished(municipality: str, decider: User) -> list[Case]:
    """Cases paid out in the last two years, most after two or three weeks, some much later."""
    chance = Random(SEED)  # noqa: S311 - chance that repeats, no secret
    cases = []
    for guardian, child in families(municipality)[:-OPEN][:FINISHED]:
        ended = chance.randrange(90, 600)
        review = round(chance.triangular(6, 40, 12))
        waited = chance.randrange(4)
        paid = 10
        history = [
            (State.RECEIVED, ended + paid + review + waited),
            (State.UNDER_REVIEW, ended + paid + review),
            (State.GRANTED, ended + paid),
            (State.COMPLETED, ended),
        ]
        cases.append(Case(guardian, child, history, decider))
    return cases


def waiting(municipality: str, seed: int, *, most: int = OPEN) -> list[Case]:
    """Cases that nobody has taken yet."""
    chance = Random(seed)  # noqa: S311 - as above
    return [
        Case(guardian, child, [(State.RECEIVED, chance.randrange(12))])
        for guardian, child in families(municipality)[-most:]
    ]


def families(municipality: str) -> list[tuple[Resident, Resident]]:
    """Return each guardian with each child who lives in the municipality, without named people."""
    rows = (
        Guardianship.objects.filter(
            guardian__municipality=municipality, guardian__state=Resident.State.ACTIVE
        )
        .exclude(guardian__ref__in=[one.ref for one in people.PEOPLE])
        .select_related("guardian", "child")
        .order_by("guardian__ref", "child__ref")
    )
    return [(row.guardian, row.child) for row in rows]


def of_named_people(clerk: User, decider: User) -> list[Case]:
    """One in each state: a draft, under review, to correct, granted, and one slower than usual."""
    yoshino, misaki = (Resident.objects.get(ref=one.ref) for one in (people.YOSHINO, people.MISAKI))
    baby, small, schoolchild, youth = (
        Resident.objects.get(ref=one.ref) for one in children.OF_YOSHINO
    )
    school_next = Resident.objects.get(ref=children.OF_MISAKI[3].ref)
    received, review = State.RECEIVED, State.UNDER_REVIEW
    granted = [(received, 30), (review, 28), (State.GRANTED, 3)]
    return [
        Case(yoshino, baby, [(State.DRAFT, 2)], answers={"main-earner": "me"}),
        Case(yoshino, small, [(received, 6), (review, 4)], clerk),
        Case(yoshino, schoolchild, [(received, 9), (review, 8)], clerk),
        Case(yoshino, youth, granted, decider),
        Case(misaki, school_next, [(received, 82), (review, 80)], clerk),
    ]


class Desk:
    """Makes cases as they stand on the day `today`, as if they had come about one by one."""

    def __init__(self, today: date):
        self.today = today
        self.fact = own_fact()
        self.people: list[int] = []
        self.versions: dict[str, ProcedureVersion] = {}

    def make(self, case: Case) -> Application:
        version = self.version_for(case.resident.municipality_id)
        definition = definition_of(version.definition)
        [state, days_ago] = case.history[-1]
        sent = next((ago for one, ago in case.history if one == State.RECEIVED), None)
        step = definition.step_of_state(state)
        application = Application(
            resident=case.resident,
            about=case.about,
            municipality_id=case.resident.municipality_id,
            version=version,
            procedure_key=KEY,
            **self.fact,
            state=state,
            turn=TURN[state],
            state_since=self.at(days_ago),
            step=step.key if step else "",
            answers=case.answers or usual_answers(definition, case),
            started_at=self.at(case.history[0][1]),
            saved_at=self.at(case.history[0][1]),
            assigned_to=case.clerk if state == State.UNDER_REVIEW else None,
            **self.sent(sent),
            **self.decided(case),
        )
        since = self.today - timedelta(days=days_ago)
        application.usual_until = usual_until(application, definition, since=since)
        application.save()
        self.people.append(case.resident.pk)
        self.note(application, case, definition)
        # The public id is made by the database.
        return Application.objects.for_resident(case.resident).get(pk=application.pk)

    def version_for(self, municipality: str) -> ProcedureVersion:
        if municipality not in self.versions:
            offered = ProcedureVersion.objects.offered_in(municipality)
            self.versions[municipality] = offered.get(procedure__key=KEY)
        return self.versions[municipality]

    def at(self, days_ago: int) -> datetime:
        """Return a moment of that day which is past, whenever on `today` it is looked at."""
        day = self.today - timedelta(days=days_ago)
        return datetime.combine(day, time(0, 10), tzinfo=timezone.get_default_timezone())

    def sent(self, days_ago: int | None) -> dict:
        if days_ago is None:
            return {}
        day = self.today - timedelta(days=days_ago)
        return {"sent_at": self.at(days_ago), "receipt_number": next_number(day)}

    def decided(self, case: Case) -> dict:
        days_ago = next((ago for one, ago in case.history if one == State.GRANTED), None)
        if days_ago is None:
            return {}
        return {
            "outcome": "granted",
            "decided_at": self.at(days_ago),
            "decided_by": case.clerk,
        }

    def note(self, application: Application, case: Case, definition: Definition) -> None:
        events = []
        for state, days_ago in case.history:
            if state == State.DRAFT:
                continue
            step = definition.step_of_state(state)
            by = None if state == State.RECEIVED else case.clerk
            events.append(
                ApplicationEvent(
                    resident=case.resident,
                    application=application,
                    what=ApplicationEvent.What.STATE,
                    state=state,
                    turn=TURN[state],
                    step=step.key if step else "",
                    by=by,
                    at=self.at(days_ago),
                    told=True,
                )
            )
        ApplicationEvent.objects.bulk_create(events)


def usual_answers(definition: Definition, case: Case) -> dict:
    """Return what most people answer to this procedure's questions."""
    usual = {
        "main-earner": "me",
        "civil-servant": "no",
        "name": case.resident.name,
        "name-kana": case.resident.name_kana,
        "phone": "",
        "address": {"postcode": "100-0001", "address": "東京都千代田区千代田（デモ）"},
        "lives-with-child": "yes",
        "account": "registered",
    }
    return {one.key: usual[one.key] for one in asked(definition, usual) if one.key in usual}


def write_about(application: Application, clerk: User) -> None:
    """Let the resident ask, and the office answer."""
    resident = application.resident
    for side, by, text in [
        (Message.Side.RESIDENT, resident.user, "いつごろ決まりますか。"),
        (Message.Side.OFFICE, clerk, TEMPLATES["審査の状況"][0]),
    ]:
        write(application, side=side, text=text, token=uuid4(), by=by)
