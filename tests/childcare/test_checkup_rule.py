"""The task that asks a child to a checkup; and how a changed calendar reaches the children."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from childcare.checkups.calendars import calendars_of, children_of, out_of_date
from childcare.checkups.windows import due_rows
from childcare.models import CheckupCalendar, DueCheckup
from portal.residents.models import Resident
from tasks.explain import coming_up, explain
from tasks.models import Priority, Task
from tasks.reconcile import reconcile_people
from tasks.rules import registry
from tests.factories import (
    CHECKED_AT,
    CHIYODA,
    GuardianshipFactory,
    MunicipalityFactory,
    ResidentFactory,
    SourceFactory,
)

pytestmark = pytest.mark.django_db

KEY = "childcare.checkup"
BORN = date(2026, 4, 30)
OPENS, FIRST, LAST = date(2027, 9, 30), date(2027, 10, 30), date(2028, 4, 29)
SAPPORO = "011002"


@pytest.fixture
def hanako():
    return ResidentFactory()


@pytest.fixture
def child(hanako):
    return GuardianshipFactory(guardian=hanako, child__born=BORN).child


def calendar(checkup="3-4m", **columns):
    return CheckupCalendar.objects.create(
        **{
            "municipality_id": CHIYODA,
            "checkup": checkup,
            "born_from": date(2026, 4, 1),
            "born_until": date(2026, 4, 30),
            "held_from": date(2026, 8, 5),
            "held_until": date(2026, 8, 7),
            **columns,
        }
    )


def plan(child, done=None):
    """Write the rows as the plan does."""
    child.refresh_from_db()
    DueCheckup.objects.filter(resident=child).delete()
    calendars = calendars_of([child.municipality_id]).get(child.municipality_id, [])
    DueCheckup.objects.bulk_create(
        DueCheckup(
            resident=child,
            source=SourceFactory(),
            checked_at=CHECKED_AT,
            stale_on=date(2200, 1, 1),
            **row._asdict(),
        )
        for row in due_rows(born=child.born, done=done or {}, calendars=calendars)
    )


def statuses(resident):
    return dict(Task.objects.for_resident(resident).values_list("subject", "status"))


@pytest.mark.parametrize(
    ("today", "status"),
    [
        (OPENS - timedelta(days=1), None),
        (OPENS, "open"),
        (FIRST, "open"),
        (LAST, "open"),
        (LAST + timedelta(days=1), None),
    ],
)
def test_it_is_asked_for_from_thirty_days_before_until_the_last_day(hanako, child, today, status):
    plan(child)

    reconcile_people([child.pk], today=today)

    assert statuses(hanako).get("18m") == status


def test_after_the_last_day_its_date_has_passed(hanako, child):
    plan(child)
    reconcile_people([child.pk], today=LAST)

    reconcile_people([child.pk], today=LAST + timedelta(days=1))

    assert statuses(hanako) == {"18m": "expired"}


def test_what_the_municipality_reports_as_done_is_done(hanako, child):
    plan(child)
    reconcile_people([child.pk], today=FIRST)
    plan(child, done={"18m": FIRST})

    reconcile_people([child.pk], today=FIRST)

    assert statuses(hanako) == {"18m": "done"}


def test_the_task_is_due_on_the_last_day_and_urgent_in_its_last_two_weeks(hanako, child):
    plan(child)
    reconcile_people([child.pk], today=LAST - timedelta(days=15))
    task = Task.objects.for_resident(hanako).get()
    assert (task.opens_on, task.due_on, task.priority) == (OPENS, LAST, Priority.NORMAL)

    reconcile_people([child.pk], today=LAST - timedelta(days=14))

    task.refresh_from_db()
    assert task.priority == Priority.URGENT


@pytest.mark.parametrize(
    ("language", "name"), [("ja", "1歳6か月児健診"), ("en", "18-month checkup")]
)
def test_a_checkup_is_called_by_its_name(language, name):
    with translation.override(language):
        assert registry[KEY].title_of("18m") == name


def test_without_a_calendar_nothing_comes_up_but_what_the_law_says(hanako, child):
    plan(child)

    coming = coming_up(hanako.pk, today=BORN, until=date(2033, 4, 1))

    assert [(one.subject, one.opens_on) for one in coming if one.rule.key == KEY] == [
        ("18m", OPENS),
        ("3y", date(2029, 3, 31)),
    ]


def test_a_calendar_opens_a_task_with_its_place(hanako, child):
    calendar(place="神田保健所")
    plan(child)

    reconcile_people([child.pk], today=date(2026, 7, 6))

    assert statuses(hanako) == {"3-4m": "open"}
    with translation.override("en"):
        why = next(
            one
            for one in explain(registry[KEY], child, today=date(2026, 7, 6))
            if one.subject == "3-4m"
        )
    assert why.row["place"] == "神田保健所"
    assert "Your municipality’s calendar says so." in why.findings[-2].sentence


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("done", [{}, {"18m": FIRST}])
def test_every_sentence_has_its_facts(child, done, language):
    plan(child, done)

    with translation.override(language):
        found = explain(registry[KEY], child, today=FIRST)

    assert len(found) == 2
    for finding in (finding for one in found for finding in one.findings):
        assert finding.sentence and not set("{}–") & set(finding.sentence)


# ---- a calendar that staff change


def outdated(*children, today=date(2026, 6, 1)):
    ids = [child.pk for child in children]
    return out_of_date("{id} = ANY(%(ids)s::bigint[])", today, ids=ids)


def test_what_is_stored_as_the_calendar_says_is_up_to_date(child):
    calendar()
    calendar("pregnancy")
    plan(child)

    assert outdated(child) == set()


@pytest.mark.parametrize(
    "change",
    [
        {"held_from": date(2026, 8, 6)},
        {"held_until": date(2026, 8, 8)},
        {"place": "神田保健所"},
        {"note": "午後1時"},
        {"born_until": date(2026, 4, 29)},
        {"born_from": date(2026, 5, 1), "born_until": date(2026, 5, 31)},
        {"checkup": "6-7m"},
        {"municipality_id": SAPPORO},
    ],
)
def test_a_changed_calendar_puts_its_children_out_of_date(child, change):
    MunicipalityFactory(code=SAPPORO)
    calendar()
    plan(child)
    CheckupCalendar.objects.update(**change)

    assert outdated(child) == {child.pk}

    plan(child)
    assert outdated(child) == set()


def test_a_new_calendar_and_one_taken_away_do_too(child):
    plan(child)
    new = calendar()
    assert outdated(child) == {child.pk}
    plan(child)
    assert outdated(child) == set()

    new.delete()

    assert outdated(child) == {child.pk}


@pytest.mark.parametrize("later", [date(2026, 4, 2), date(2026, 4, 30)])
def test_of_two_calendars_the_same_one_counts_here_as_in_the_plan(child, later):
    calendar(place="later", born_from=later)
    calendar(place="earlier")

    plan(child)

    assert DueCheckup.objects.get(checkup="3-4m").place == "later"
    assert outdated(child) == set()


def test_a_move_to_another_municipality_does_too(child):
    calendar()
    plan(child)
    MunicipalityFactory(code=SAPPORO)
    Resident.objects.filter(pk=child.pk).update(municipality=SAPPORO)

    assert outdated(child) == {child.pk}


@pytest.mark.parametrize(
    ("columns", "today"),
    [({"state": "moved-away"}, date(2026, 6, 1)), ({}, date(2044, 4, 30))],
)
def test_whoever_is_not_planned_for_is_not_out_of_date(child, columns, today):
    calendar()
    Resident.objects.filter(pk=child.pk).update(**columns)

    assert outdated(child, today=today) == set()


def test_only_those_asked_about_are_named(child):
    calendar()
    sibling = GuardianshipFactory(child__born=BORN).child

    assert outdated(sibling) == {sibling.pk}
    assert outdated() == set()


@pytest.mark.parametrize(
    ("born", "state", "concerned"),
    [
        ("2026-03-31", "active", False),
        ("2026-04-01", "active", True),
        ("2026-04-30", "active", True),
        ("2026-05-01", "active", False),
        ("2026-04-30", "moved-away", False),
    ],
)
def test_a_calendar_is_for_the_children_born_in_its_period_who_live_there(born, state, concerned):
    child = GuardianshipFactory(child__born=date.fromisoformat(born), child__state=state).child

    concerns = set(children_of(calendar(), today=date(2026, 6, 1)))

    assert concerns == ({child} if concerned else set())
