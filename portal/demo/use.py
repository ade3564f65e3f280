"""The demo's use: two months of sums, drafts that stand or stopped somewhere, marks for applying.

The drafts are of people who cannot sign in, and of procedures that no named person has a case of.
"""

from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from feedback.models import Opinion
from portal.applications.branch import asked
from portal.applications.definition import Definition, Question, definition_of
from portal.applications.models import Application, ProcedureVersion
from portal.demo import people
from portal.insights.events import count_events
from portal.insights.models import UseDay
from portal.insights.models.use import Measure
from portal.residents.models import Resident
from portal.residents.own import own_fact

DAYS, DRAFTS_WITHIN, SEED = 60, 25, 10
# An error that is shown more often in the last week.
RISES = "applications:question moving-in/old-address postcode:invalid"
# What is done on a working day, about how often.
USUAL = {
    Measure.PAGE: {
        "tasks:home": 160,
        "tasks:task": 95,
        "account_login": 120,
        "applications:catalogue": 44,
        "applications:question": 70,
        "childcare:child": 52,
        "tasks:why": 9,
        "insights:dashboard": 6,
    },
    Measure.SENT: {"applications:question": 58, "feedback:mark": 7, "tasks:snooze": 5},
    Measure.SIGN_IN: {"account_login": 96},
    Measure.TASK_SEEN: {
        "card.user-authentication-renewal": 31,
        "card.insurance-use": 22,
        "card.benefit-account": 14,
        "childcare.dose": 26,
    },
    Measure.TASK_OPENED: {
        "card.user-authentication-renewal": 9,
        "card.insurance-use": 6,
        "card.benefit-account": 4,
        "childcare.dose": 12,
    },
    Measure.TASK_DONE: {
        "card.user-authentication-renewal": 6,
        "card.insurance-use": 2,
        "card.benefit-account": 1,
        "childcare.dose": 10,
    },
    Measure.ERROR_SHOWN: {
        "account_login __all__:email_password_mismatch": 9,
        "applications:question moving-in/since answer:required": 5,
        RISES: 8,
        "applications:question nursery/from answer:invalid": 4,
        "tasks:task until:required": 2,
    },
}
OF_NO_LANGUAGE = {Measure.TASK_OPENED, Measure.TASK_DONE}
WEEKEND, ENGLISH = 0.45, 0.12  # parts of a working day, and of all languages
# Procedure, how many drafts, and how much more often a question of a kind is the last.
DRAFTS = {"moving-in": 46, "nursery": 34}
HARD = {"file": 7, "address": 3, "date": 2}
MARKS = {"residence-certificate": [2, 3, 9, 21, 18], "moving-in": [6, 8, 11, 9, 4]}


@transaction.atomic
def make_use(*, today: date) -> None:
    """Make it, once; people, procedures, cases and opinions are there."""
    if UseDay.objects.filter(measure=Measure.PAGE, day__lt=today - timedelta(30)).exists():
        return
    chance = Random(SEED)  # noqa: S311 - chance that repeats, no secret
    UseDay.objects.bulk_create(sums(today, chance), ignore_conflicts=True)
    office = people.CLERKS[1].office
    make_drafts(office=office, today=today, chance=chance)
    make_marks(office=office, today=today, chance=chance)
    count_events(today=today)


def sums(today: date, chance: Random) -> list[UseDay]:
    """Return sums of the days before `today`, fewer at weekends and a little more each week."""
    made = []
    for days_ago in range(DAYS, 0, -1):
        day = today - timedelta(days=days_ago)
        part = (WEEKEND if day.weekday() > 4 else 1) * (1.2 - 0.4 * days_ago / DAYS)
        for measure, abouts in USUAL.items():
            for about, usual in abouts.items():
                more = 2 if about == RISES and days_ago <= 7 else 1
                times = round(usual * part * more * chance.triangular(0.8, 1.25))
                made += [
                    UseDay(day=day, measure=measure, about=about, language=language, times=many)
                    for language, many in languages(measure, times, chance)
                    if many > 0
                ]
    return made


def languages(measure: Measure, times: int, chance: Random) -> list[tuple[str, int]]:
    if measure in OF_NO_LANGUAGE:
        return [("", times)]
    english = round(times * ENGLISH * chance.triangular(0.5, 1.5))
    return [("ja", times - english), ("en", english)]


# ---- drafts
def make_drafts(*, office: str, today: date, chance: Random) -> None:
    who = list(
        Resident.objects.filter(
            municipality=office, state=Resident.State.ACTIVE, user=None, acts_from__lte=today
        )
        .exclude(ref__in=[one.ref for one in people.PEOPLE])
        .order_by("-ref")[:500]
    )
    if not who:
        return
    residents, fact, made = cycle(who), own_fact(), []
    for key, many in DRAFTS.items():
        version = ProcedureVersion.objects.offered_in(office).get(procedure__key=key)
        definition = definition_of(version.definition)
        for _number in range(many):
            resident, begun = next(residents), chance.randrange(1, DRAFTS_WITHIN)
            answered = at(today, chance.randrange(begun + 1))
            made.append(
                Application(
                    resident=resident,
                    about=resident,
                    municipality_id=office,
                    version=version,
                    procedure_key=key,
                    answers=begun_answers(definition, chance),
                    started_at=at(today, begun),
                    saved_at=answered,
                    state_since=at(today, begun),
                    **fact,
                )
            )
    Application.objects.bulk_create(made)


def begun_answers(definition: Definition, chance: Random) -> dict:
    """Return the answers of somebody who went on for a while, and then no further."""
    answers: dict = {}
    while rest := [one for one in asked(definition, answers) if one.key not in answers]:
        question = rest[0]
        if chance.random() < 0.03 * HARD.get(question.type, 1):
            break
        answers[question.key] = answer_to(question, chance)
        if question.stops and answers[question.key] in question.stops:
            break
    return answers


def answer_to(question: Question, chance: Random):
    match question.type:
        case "choice":
            values = [one.value for one in question.choices]
            going_on = [value for value in values if value not in question.stops]
            return chance.choice(values if chance.random() < 0.1 else going_on or values)
        case "address":
            return {"postcode": "100-0001", "address": "東京都千代田区千代田（デモ）"}
        case "date":
            return "2026-11-01"
        case "file":
            return []
        case _:
            return "（デモ）"


# ---- marks
def make_marks(*, office: str, today: date, chance: Random) -> None:
    Opinion.objects.bulk_create(
        Opinion(
            once=UUID(int=chance.getrandbits(128)),
            kind=Opinion.Kind.APPLYING,
            rating=rating,
            given_at=at(today, chance.randrange(1, 28)),
            route="applications:sent",
            procedure=key,
            procedure_version=1,
            language="en" if chance.random() < ENGLISH else "ja",
            width=chance.choice(["narrow", "narrow", "wide"]),
            municipality_id=office,
            state=Opinion.State.COUNTED,
        )
        for key, marks in MARKS.items()
        for rating, times in enumerate(marks, start=1)
        for _mark in range(times)
    )


def at(today: date, days_ago: int) -> datetime:
    """Return a moment of that day which is past, whenever on `today` it is looked at."""
    return timezone.make_aware(datetime.combine(today - timedelta(days_ago), time(0, 10)))
