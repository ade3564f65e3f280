"""What is to be done after a birth, and by when; and the rules that ask for it."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from childcare.after_birth import plan as after_birth
from childcare.after_birth.plan import (
    Newborn,
    note_registered,
    notify_by,
    parents_told_wrong,
    plan_rows,
)
from childcare.models import AfterBirth, AllowanceAnswer, AnnouncedBirth, StepDone
from portal.residents.models import Resident
from tasks.explain import explain
from tasks.models import Priority, Task
from tasks.reconcile import reconcile_people
from tasks.rules import registry
from tests.factories import (
    CHECKED_AT,
    GuardianshipFactory,
    ResidentFactory,
    SourceFactory,
    UserFactory,
)

BORN = date(2026, 4, 30)
TODAY = date(2026, 5, 3)
NEVER = date(2200, 1, 1)
ALLOWANCE = "childcare.after-birth.child-allowance"
EMPLOYER = "childcare.after-birth.child-allowance-employer"
INSURANCE = "childcare.after-birth.insurance"
MEDICAL = "childcare.after-birth.medical-subsidy"
LOW_WEIGHT = "childcare.after-birth.low-birth-weight"
NOTIFICATION = "childcare.after-birth.notification"


# ---- dates


@pytest.mark.parametrize(
    ("born", "fifteenth", "due"),
    [
        pytest.param("2026-04-30", "2026-05-15", "2026-05-15", id="the example of 30 April"),
        pytest.param("2026-05-01", "2026-05-16", "2026-05-18", id="a Saturday"),
        pytest.param("2026-05-02", "2026-05-17", "2026-05-18", id="a Sunday"),
        pytest.param("2026-04-17", "2026-05-02", "2026-05-07", id="Golden Week"),
        pytest.param("2026-04-16", "2026-05-01", "2026-05-01", id="the day before Golden Week"),
        pytest.param("2026-12-13", "2026-12-28", "2026-12-28", id="the last day of work"),
        pytest.param("2026-12-14", "2026-12-29", "2027-01-04", id="the turn of the year"),
        pytest.param("2026-12-31", "2027-01-15", "2027-01-15", id="New Year's Eve"),
        pytest.param("2028-02-14", "2028-02-29", "2028-02-29", id="29 February"),
        pytest.param("2028-02-29", "2028-03-15", "2028-03-15", id="born on 29 February"),
        pytest.param("2027-02-14", "2027-03-01", "2027-03-01", id="no 29 February"),
    ],
)
def test_the_child_allowance_has_fifteen_days_from_the_day_after(born, fifteenth, due):
    born = date.fromisoformat(born)

    assert after_birth.allowance_counts_until(born) == date.fromisoformat(fifteenth)
    assert after_birth.allowance_due_on(born) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("born", "last"),
    [
        pytest.param("2026-05-15", "2026-05-28", id="the day of birth is the first of 14"),
        pytest.param("2026-04-30", "2026-05-13", id="30 April"),
        pytest.param("2026-04-19", "2026-05-07", id="Golden Week"),
        pytest.param("2026-12-16", "2027-01-04", id="the turn of the year"),
        pytest.param("2026-12-15", "2026-12-28", id="the last day of work"),
        pytest.param("2028-02-16", "2028-02-29", id="29 February"),
        pytest.param("2026-05-03", "2026-05-18", id="a Saturday"),
    ],
)
def test_a_birth_is_notified_within_fourteen_days_the_day_of_birth_being_the_first(born, last):
    assert notify_by(date.fromisoformat(born), abroad=False) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("born", "last"),
    [
        pytest.param("2026-05-15", "2026-08-14", id="the day of birth is the first"),
        pytest.param("2026-11-30", "2027-02-28", id="no 30 February"),
        pytest.param("2027-11-30", "2028-02-29", id="29 February"),
        pytest.param("2028-02-29", "2028-05-28", id="born on 29 February"),
        pytest.param("2026-10-01", "2026-12-31", id="a closed day moves nothing abroad"),
    ],
)
def test_a_birth_abroad_is_notified_within_three_months(born, last):
    assert notify_by(date.fromisoformat(born), abroad=True) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("born", "ends"),
    [
        ("2026-04-30", "2027-04-30"),
        ("2026-12-31", "2027-12-31"),
        ("2028-02-29", "2029-03-01"),
        ("2027-02-28", "2028-02-28"),
    ],
)
def test_nothing_is_shown_from_the_first_birthday_on(born, ends):
    assert after_birth.ends_on(date.fromisoformat(born)) == date.fromisoformat(ends)


# ---- rows


@pytest.fixture
def hanako(db):
    return ResidentFactory(user=UserFactory())


@pytest.fixture
def child(hanako):
    return GuardianshipFactory(guardian=hanako, child__born=BORN).child


def answer(child, main_earner="me", civil_servant="no", **columns):
    return AllowanceAnswer.objects.create(
        child=child,
        main_earner=main_earner,
        civil_servant=civil_servant,
        entered_by=child.guardianships.get().guardian.user,
        **columns,
    )


def done(child, step, on=TODAY, **columns):
    return StepDone.objects.create(
        child=child,
        step=step,
        on=on,
        entered_by=child.guardianships.get().guardian.user,
        **columns,
    )


def row_of(child, *, weight_g=None, today=TODAY):
    [row] = plan_rows([Newborn(child.pk, child.born, weight_g)], today=today)
    return row


def store(child, **said):
    """Write the row as the plan does, and reconcile."""
    row = row_of(child, **said)
    fact = {"source": SourceFactory(), "checked_at": CHECKED_AT, "stale_on": NEVER}
    AfterBirth(**row._asdict(), **fact).save()
    reconcile_people([child.pk], today=said.get("today", TODAY))
    return row


def test_a_row_has_the_dates_and_says_nothing_that_nobody_said(child):
    row = row_of(child)

    assert (row.resident_id, row.born) == (child.pk, BORN)
    assert (row.allowance_counts_until, row.allowance_due_on) == (date(2026, 5, 15),) * 2
    assert row.ends_on == date(2027, 4, 30)
    assert row.claim_at == "unknown"
    assert row.low_weight is None
    assert not any(getattr(row, column) for column in after_birth.COLUMN_OF_STEP.values())


@pytest.mark.parametrize(
    ("weight_g", "low"), [(None, None), (2499, True), (2500, False), (3010, False)]
)
def test_a_low_weight_is_one_under_2500_g_and_none_reported_is_unknown(child, weight_g, low):
    assert row_of(child, weight_g=weight_g).low_weight is low


@pytest.mark.parametrize(
    ("main_earner", "civil_servant", "where"),
    [
        ("me", "no", "municipality"),
        ("other", "no", "municipality"),
        ("unknown", "no", "municipality"),
        ("me", "yes", "employer"),
        ("other", "yes", "employer"),
        ("unknown", "yes", "unknown"),
        ("me", "unknown", "unknown"),
        ("unknown", "unknown", "unknown"),
    ],
)
def test_where_the_allowance_is_claimed_follows_from_the_answer(
    child, main_earner, civil_servant, where
):
    answer(child, main_earner, civil_servant)

    assert row_of(child).claim_at == where


def test_what_was_taken_back_does_not_count(child):
    answer(child, civil_servant="yes", removed_at=CHECKED_AT)
    done(child, "insurance", removed_at=CHECKED_AT)

    row = row_of(child)

    assert (row.claim_at, row.insurance_done_on) == ("unknown", None)


@pytest.mark.parametrize(("step", "column"), after_birth.COLUMN_OF_STEP.items())
def test_a_step_that_was_done_has_its_day(child, step, column):
    done(child, step, on=date(2026, 5, 7))

    assert getattr(row_of(child), column) == date(2026, 5, 7)


@pytest.mark.parametrize(
    ("today", "rows"), [(date(2027, 4, 30), 1), (date(2027, 6, 28), 1), (date(2027, 6, 29), 0)]
)
def test_a_row_stays_until_a_night_has_ended_its_tasks(child, today, rows):
    assert len(plan_rows([Newborn(child.pk, BORN, None)], today=today)) == rows


def test_many_children_take_as_many_statements_as_one(child, django_assert_num_queries):
    children = [Newborn(child.pk + n, BORN, None) for n in range(500)]

    with django_assert_num_queries(2):
        rows = plan_rows(children, today=TODAY)

    assert len(rows) == 500
    with django_assert_num_queries(0):
        assert plan_rows([Newborn(child.pk, date(2016, 4, 1), None)], today=TODAY) == []


# ---- the rules


def tasks(resident):
    """Return the live tasks by rule: due date."""
    live = Task.objects.for_resident(resident).live()
    return {registry.by_id(task.rule_id).key: task.due_on for task in live}


def status(resident, key):
    return Task.objects.for_resident(resident).get(rule_id=registry[key].id).status


def test_a_birth_asks_for_the_allowance_by_the_fifteenth_day_and_for_insurance(hanako, child):
    store(child)

    assert tasks(hanako) == {ALLOWANCE: date(2026, 5, 15), INSURANCE: None}


def test_both_guardians_are_asked(hanako, child):
    father = GuardianshipFactory(child=child).guardian

    store(child)

    assert tasks(father) == tasks(hanako)


def test_the_allowance_stands_first_and_is_urgent_in_its_last_week(hanako, child):
    store(child, today=date(2026, 5, 7))
    task = Task.objects.for_resident(hanako).get(rule_id=registry[ALLOWANCE].id)
    assert task.priority == Priority.PRIORITY

    reconcile_people([child.pk], today=date(2026, 5, 8))

    task.refresh_from_db()
    assert task.priority == Priority.URGENT


def test_the_allowance_has_three_reminders():
    assert len(registry[ALLOWANCE].remind) == len(registry[EMPLOYER].remind) == 3


@pytest.mark.parametrize("civil_servant", ["no", "unknown"])
def test_it_is_claimed_at_the_municipality_unless_a_civil_servant_earns_most(
    hanako, child, civil_servant
):
    answer(child, civil_servant=civil_servant)

    store(child)

    assert ALLOWANCE in tasks(hanako) and EMPLOYER not in tasks(hanako)


def test_for_a_civil_servant_it_is_claimed_from_the_employer(hanako, child):
    store(child)
    answer(child, civil_servant="yes")

    store(child)

    assert tasks(hanako) == {EMPLOYER: date(2026, 5, 15), INSURANCE: None}
    assert status(hanako, ALLOWANCE) == "withdrawn"


def test_to_the_employer_a_closed_fifteenth_day_does_not_move(hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=date(2026, 5, 1)).child
    answer(child, civil_servant="yes")

    store(child)

    assert tasks(hanako)[EMPLOYER] == date(2026, 5, 16)


def test_an_answer_that_is_changed_leads_back_to_the_municipality(hanako, child):
    first = answer(child, civil_servant="yes")
    store(child)
    first.removed_at = CHECKED_AT
    first.save()
    answer(child, civil_servant="no")

    store(child)

    assert ALLOWANCE in tasks(hanako)
    assert status(hanako, EMPLOYER) == "withdrawn"


@pytest.mark.parametrize(
    ("key", "step", "said"),
    [
        (ALLOWANCE, "allowance", {}),
        (EMPLOYER, "allowance", {"civil_servant": "yes"}),
        (INSURANCE, "insurance", {}),
        (MEDICAL, "medical", {"insured": True}),
        (LOW_WEIGHT, "low-weight", {"weight_g": 2100}),
    ],
)
def test_what_the_family_says_is_done_is_done_and_taken_back_is_open_again(
    hanako, child, key, step, said
):
    if "civil_servant" in said:
        answer(child, civil_servant="yes")
    if "insured" in said:
        done(child, "insurance")
    weight = {"weight_g": said["weight_g"]} if "weight_g" in said else {}
    store(child, **weight)
    assert key in tasks(hanako)

    said_done = done(child, step)
    store(child, **weight)
    assert status(hanako, key) == "done"

    said_done.removed_at = CHECKED_AT
    said_done.save()
    store(child, **weight)
    assert key in tasks(hanako)


def test_the_medical_subsidy_waits_for_the_insurance_and_does_not_go_when_that_is_unknown(
    hanako, child
):
    store(child)
    assert MEDICAL not in tasks(hanako)
    insured = done(child, "insurance")
    store(child)
    assert tasks(hanako)[MEDICAL] is None

    insured.delete()
    store(child)

    assert MEDICAL in tasks(hanako)


@pytest.mark.parametrize(("weight_g", "asked"), [(2499, True), (2500, False), (None, False)])
def test_a_low_weight_is_to_be_notified_where_it_is_known(hanako, child, weight_g, asked):
    store(child, weight_g=weight_g)

    assert (LOW_WEIGHT in tasks(hanako)) == asked


def test_a_weight_that_is_no_longer_known_takes_nothing_away(hanako, child):
    store(child, weight_g=2100)

    store(child, weight_g=None)

    assert LOW_WEIGHT in tasks(hanako)


def test_a_low_weight_is_asked_for_as_long_as_newborns_are_visited(hanako, child):
    store(child, weight_g=2100)
    reconcile_people([child.pk], today=BORN + timedelta(days=121))
    assert LOW_WEIGHT in tasks(hanako)

    reconcile_people([child.pk], today=BORN + timedelta(days=122))

    assert status(hanako, LOW_WEIGHT) == "expired"


def test_all_ends_on_the_first_birthday(hanako, child):
    done(child, "insurance")
    store(child)
    reconcile_people([child.pk], today=date(2027, 4, 29))
    assert set(tasks(hanako)) == {ALLOWANCE, MEDICAL}

    reconcile_people([child.pk], today=date(2027, 4, 30))

    assert tasks(hanako) == {}
    assert status(hanako, ALLOWANCE) == status(hanako, MEDICAL) == "expired"


@pytest.mark.parametrize(("born", "asked"), [(date(2025, 5, 3), False), (date(2025, 5, 4), True)])
def test_a_child_that_is_one_year_old_when_it_comes_is_not_asked_for(hanako, born, asked):
    child = GuardianshipFactory(guardian=hanako, child__born=born).child

    store(child)

    assert bool(tasks(hanako)) == asked


def test_a_child_that_has_died_is_not_asked_for(hanako, child):
    store(child)
    Resident.objects.filter(pk=child.pk).update(state="deceased")

    reconcile_people([child.pk], today=TODAY)

    assert tasks(hanako) == {}
    assert status(hanako, ALLOWANCE) == "withdrawn"


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("key", [ALLOWANCE, EMPLOYER, INSURANCE, MEDICAL, LOW_WEIGHT])
def test_every_sentence_of_a_rule_has_its_facts(child, key, language):
    answer(child, civil_servant="yes")
    for step in StepDone.Step:
        done(child, step)
    store(child, weight_g=2100)

    with translation.override(language):
        [why] = explain(registry[key], child, today=TODAY)

    for finding in why.findings:
        assert not set("{}–") & set(finding.sentence), finding.sentence


def test_the_reason_of_the_date_is_told(child):
    store(child)

    with translation.override("en"):
        [why] = explain(registry[ALLOWANCE], child, today=TODAY)

    assert why.findings[-1].sentence == (
        "The child was born on 30 April 2026 (Thu). Fifteen days, counted from the day after the "
        "birth, end on 15 May 2026 (Fri). If the offices are closed on that day, the last day is "
        "the next on which they are open: 15 May 2026 (Fri)."
    )


# ---- a birth that a parent told of


def announce(parent, born=BORN, *, abroad=False, **columns):
    told = AnnouncedBirth.objects.create(
        resident=parent,
        born=born,
        abroad=abroad,
        notify_by=notify_by(born, abroad=abroad),
        entered_by=parent.user,
        source=SourceFactory(),
        checked_at=CHECKED_AT,
        stale_on=NEVER,
        **columns,
    )
    reconcile_people([parent.pk], today=TODAY)
    return told


def test_a_birth_that_was_told_is_to_be_notified(hanako):
    announce(hanako)

    [task] = Task.objects.for_resident(hanako)
    assert (task.about_id, task.subject, task.due_on) == (
        hanako.pk,
        "2026-04-30",
        date(2026, 5, 13),
    )
    with translation.override("en"):
        assert registry[NOTIFICATION].title_of(task.subject) == (
            "Notification of the birth on 30 April 2026 (Thu)"
        )


@pytest.mark.parametrize(
    ("abroad", "reason"),
    [
        (False, "13 May 2026 (Wed): 14 days, the day of birth being the first."),
        (True, "29 July 2026 (Wed): three months, for a birth abroad."),
    ],
)
def test_it_says_how_the_date_was_counted(hanako, abroad, reason):
    announce(hanako, abroad=abroad)

    with translation.override("en"):
        [why] = explain(registry[NOTIFICATION], hanako, today=TODAY)

    assert reason in why.findings[-1].sentence


def registered(child, today=TODAY):
    """Note what the register says of the child; return the parents whom that concerns."""
    parents = parents_told_wrong([child.pk])
    note_registered(parents, today=today)
    return parents


def test_it_ends_when_the_register_reports_the_child(hanako):
    announce(hanako)
    child = GuardianshipFactory(guardian=hanako, child__born=BORN).child

    assert registered(child) == {hanako.pk}
    assert registered(child, today=TODAY + timedelta(days=1)) == set()

    reconcile_people([hanako.pk], today=TODAY)
    assert status(hanako, NOTIFICATION) == "done"
    assert AnnouncedBirth.objects.get().registered_on == TODAY


@pytest.mark.parametrize("born", [BORN - timedelta(days=1), BORN + timedelta(days=1)])
def test_a_child_of_another_day_ends_nothing(hanako, born):
    announce(hanako)
    child = GuardianshipFactory(guardian=hanako, child__born=born).child

    assert registered(child) == set()


def test_another_persons_child_ends_nothing(hanako):
    announce(hanako)
    child = GuardianshipFactory(child__born=BORN).child

    assert registered(child) == set()


def test_a_date_that_the_register_corrects_opens_it_again(hanako):
    announce(hanako)
    child = GuardianshipFactory(guardian=hanako, child__born=BORN).child
    registered(child)
    Resident.objects.filter(pk=child.pk).update(born=date(2026, 3, 30))

    assert registered(child) == {hanako.pk}

    assert AnnouncedBirth.objects.get().registered_on is None


def test_what_was_taken_back_is_withdrawn_and_stays_as_it_was(hanako):
    told = announce(hanako)
    told.removed_at = CHECKED_AT
    told.save()
    child = GuardianshipFactory(guardian=hanako, child__born=BORN).child

    reconcile_people([hanako.pk], today=TODAY)

    assert status(hanako, NOTIFICATION) == "withdrawn"
    assert registered(child) == set()


def test_after_a_year_it_is_no_longer_asked(hanako):
    announce(hanako)
    reconcile_people([hanako.pk], today=BORN + timedelta(days=365))
    assert NOTIFICATION in tasks(hanako)

    reconcile_people([hanako.pk], today=BORN + timedelta(days=366))

    assert status(hanako, NOTIFICATION) == "expired"
