"""Who is asked to a dose, from when, how urgently, and what ends it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import resolve
from django.utils.translation import override

from childcare.models import DueDose, SeriesEnd
from childcare.plan import replan
from portal.residents.models import Guardianship
from tasks.explain import coming_up, explain
from tasks.forms import SnoozeForm
from tasks.models import Priority, Status, Task
from tasks.reconcile import reconcile_people
from tasks.rules import registry
from tasks.sweep import run_sweep
from tasks.task_page import TaskPage
from tests.factories import (
    ChildFactory,
    FamilyVaccinationFactory,
    GuardianshipFactory,
    MunicipalityFactory,
    UserFactory,
    VaccinationFactory,
)

pytestmark = pytest.mark.django_db
RULE = registry["childcare.dose"]
BORN = date(2026, 8, 1)
TODAY = date(2026, 11, 24)


@pytest.fixture
def child():
    MunicipalityFactory()
    child = ChildFactory(born=BORN)
    GuardianshipFactory(child=child)
    return child


def asked(child, today=TODAY):
    """Work out the plan and the tasks; return the subjects of what is to do."""
    replan([child.pk], today=today)
    reconcile_people([child.pk], today=today)
    return set(live().values_list("subject", flat=True))


def live():
    return Task.objects.live().filter(rule__key=RULE.key)


def task(subject):
    return Task.objects.get(rule__key=RULE.key, subject=subject)


# ---- opening
def test_a_guardian_is_asked_to_what_the_child_may_have_now(child):
    assert asked(child) >= {"PCV-1", "HEPB-1", "DPT_IPV_HIB-1", "ROTA-1"}
    assert {one.resident for one in live()} == {Guardianship.objects.get().guardian}
    assert {one.about for one in live()} == {child}


@pytest.mark.parametrize(
    ("today", "shown"),
    [(date(2026, 11, 30), False), (date(2026, 12, 1), True), (date(2027, 7, 31), True)],
)
def test_a_dose_is_shown_from_30_days_before_it_is_recommended_until_it_is_free_no_longer(
    child, today, shown
):
    # BCG: recommended from five months on, free until the first birthday.
    VaccinationFactory(resident=child)

    assert ("BCG-1" in asked(child, today)) is shown


def test_what_comes_later_is_coming_up(child):
    VaccinationFactory(resident=child)
    asked(child)
    guardian = Guardianship.objects.get().guardian

    found = coming_up(guardian.pk, today=TODAY, until=date(2027, 12, 31))

    days = {one.subject: one.opens_on for one in found}
    assert days["BCG-1"] == date(2026, 12, 1)
    assert days["MR-1"] == date(2027, 7, 31) - timedelta(30)


# ---- what is not known
def test_of_a_young_child_without_any_record_the_first_doses_are_asked_for(child):
    assert "PCV-1" in asked(child)


def test_of_an_older_one_nothing_is_opened_and_nothing_closed(child):
    asked(child)
    before = list(live().values_list("pk", "status"))
    older = ChildFactory(born=BORN - timedelta(200))
    GuardianshipFactory(child=older)
    later = BORN + timedelta(200)

    asked(older)
    asked(child, later)

    assert not Task.objects.filter(about=older, rule__key=RULE.key).exists()
    still = live().filter(subject="PCV-1").values_list("pk", "status")
    assert set(still) <= set(before)
    assert still
    with override("en"):
        found = [one for one in explain(RULE, older, today=TODAY) if one.verdict is None]
        assert "it is not known whether" in found[0].deciding.sentence


# ---- ending
@pytest.mark.parametrize("factory", [VaccinationFactory, FamilyVaccinationFactory])
def test_a_dose_is_done_when_either_side_has_it_and_the_next_one_comes(child, factory):
    asked(child)
    whose = "resident" if factory is VaccinationFactory else "child"

    factory(**{whose: child}, on=TODAY - timedelta(30))

    assert {"PCV-2"} <= asked(child)
    assert task("PCV-1").status == Status.DONE


def test_a_dose_has_expired_when_its_free_period_is_over(child):
    VaccinationFactory(resident=child)
    asked(child, date(2027, 7, 31))
    assert task("BCG-1").status == Status.OPEN

    asked(child, date(2027, 8, 1))

    assert task("BCG-1").status == Status.EXPIRED


def test_a_disease_had_withdraws_what_it_makes_needless_and_taking_it_back_brings_it_again(child):
    VaccinationFactory(resident=child)
    today = date(2027, 8, 2)
    asked(child, today)
    end = SeriesEnd.objects.create(child=child, had="varicella", entered_by=UserFactory())

    asked(child, today)
    assert task("VAR-1").status == Status.WITHDRAWN
    [why] = [one for one in explain(RULE, child, today=today) if one.subject == "VAR-1"]
    assert why.deciding.name == "dose-needed"

    end.delete()
    assert "VAR-1" in asked(child, today)


def test_a_night_withdraws_the_doses_of_who_became_18():
    MunicipalityFactory()
    girl = ChildFactory(born=date(2008, 11, 25))
    GuardianshipFactory(child=girl)
    asked(girl, TODAY)
    DueDose.objects.filter(subject="HPV-1").update(
        legal_until=date(2027, 3, 31), due_on=date(2027, 3, 31), record_known=True
    )
    reconcile_people([girl.pk], today=TODAY)

    run_sweep(day=TODAY + timedelta(1), worker="test")

    assert not live().exists()
    assert not DueDose.objects.exists()


def test_a_night_works_out_the_plan_of_a_child_who_has_none(child):
    run_sweep(day=TODAY, worker="test")

    assert live().filter(subject="PCV-1").exists()


# ---- dates and urgency
def test_it_is_due_when_the_recommended_period_ends_and_urgent_near_the_end_of_the_free_one(child):
    VaccinationFactory(resident=child)
    asked(child, date(2027, 6, 30))
    assert task("BCG-1").due_on == date(2027, 3, 31)
    assert task("BCG-1").priority == Priority.NORMAL

    asked(child, date(2027, 7, 1))

    assert task("BCG-1").priority == Priority.URGENT


def test_a_reminder_comes_when_a_dose_is_shown(child):
    """Its first step is reached on any day of any recommended period."""
    VaccinationFactory(resident=child)
    for age in range(0, 18 * 365, 40):
        replan([child.pk], today=BORN + timedelta(age))
        for dose in DueDose.objects.filter(given_on=None, recommended_until__isnull=False):
            assert (dose.due_on - dose.opens_on).days <= RULE.remind[0]


# ---- words
@pytest.mark.parametrize(
    ("language", "title", "reason"),
    [
        ("en", "Vaccination: Pneumococcal, dose 2", "27 full days"),
        ("ja", "小児用肺炎球菌", "27日以上"),
    ],
)
def test_it_is_named_and_explained_in_the_readers_language(child, language, title, reason):
    VaccinationFactory(resident=child)
    asked(child)

    with override(language):
        [found] = [one for one in explain(RULE, child, today=TODAY) if one.subject == "PCV-2"]

        assert title in str(found.title)
        assert any(reason in finding.sentence for finding in found.findings)


def test_a_dose_that_comes_after_its_recommended_period_is_not_called_recommended():
    MunicipalityFactory()
    child = ChildFactory(born=date(2026, 1, 5))
    VaccinationFactory(resident=child, vaccine="HEPB", on=date(2026, 10, 5))
    asked(child)

    with override("en"):
        [found] = [one for one in explain(RULE, child, today=TODAY) if one.subject == "HEPB-2"]
        said = " ".join(finding.sentence for finding in found.findings)

    assert "The time to have it begins on" in said
    assert "recommended" not in said.casefold()


@pytest.mark.parametrize(
    ("subject", "today", "told", "untold"),
    [
        ("ROTA-1", date(2026, 11, 15), "is not advised", "for a day soon"),
        ("PCV-1", date(2027, 3, 1), "Ask the clinic for a day soon", "is not advised"),
    ],
)
def test_past_the_recommended_period_its_page_says_what_stands_beside_the_dose(
    child, subject, today, told, untold
):
    VaccinationFactory(resident=child, vaccine="BCG", on=date(2026, 11, 1))
    asked(child, today)

    with override("en"):
        page = TaskPage(
            task(subject),
            at=datetime(today.year, today.month, today.day, tzinfo=UTC),
            snooze=SnoozeForm(),
        )
        what = page.what

    assert "It was recommended until" in what
    assert told in what
    assert untold not in what


def test_its_page_leads_to_where_the_dose_is_entered(child):
    asked(child)

    address, _mark, query = RULE.start.address(task("DPT_IPV_HIB-1")).partition("?")

    assert resolve(address).kwargs == {"uuid": child.uuid}
    assert query == "vaccine=DPT_IPV_HIB"


@pytest.mark.parametrize("subject", ["PCV-2", "GONE-1", ""])
def test_a_series_that_the_schedule_no_longer_has_can_still_be_named(subject):
    assert str(RULE.title_of(subject))
