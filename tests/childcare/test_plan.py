"""What follows from a child's record: forecasts and doses, written by the set and only once."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from childcare import plan, stored
from childcare.change import changing
from childcare.checkups import calendars
from childcare.compare import compare
from childcare.forecast import Given, forecast
from childcare.models import (
    AfterBirth,
    Birth,
    Checkup,
    CheckupCalendar,
    DueCheckup,
    DueDose,
    FamilyStatement,
    NotMine,
    RecordAnswer,
    SeriesEnd,
    VaccinationForecast,
)
from childcare.plan import out_of_date, refresh, replan
from childcare.record import records_of
from childcare.schedule import LANGUAGES, edition
from portal.residents.models import Resident
from tests.factories import (
    ChildFactory,
    FamilyVaccinationFactory,
    ResidentFactory,
    UserFactory,
    VaccinationFactory,
)
from tests.tasks.crowd import analyze, make_crowd
from tests.tasks.plans import people_tables, plan_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
BORN = date(2026, 8, 1)
FIRST_BIRTHDAY = date(2027, 8, 1)


def planned(child, today=TODAY):
    replan([child.pk], today=today)
    return {dose.subject: dose for dose in DueDose.objects.filter(resident=child)}


def versions():
    """Every stored row with what PostgreSQL changes when it is written anew."""
    with connection.cursor() as cursor:
        for table in ("duedose", "vaccinationforecast", "duecheckup", "afterbirth"):
            cursor.execute(
                f"SELECT xmin::text, ctid::text, t.* FROM childcare_{table} t ORDER BY ctid"
            )
            yield from cursor.fetchall()


def what_is_planned():
    doses = DueDose.objects.order_by("resident", "subject").values_list(
        *("resident", "subject", "given_on", "earliest", "legal_until", "opens_on", "due_on"),
        *("ended", "record_known"),
    )
    forecasts = VaccinationForecast.objects.order_by("pk").values_list("pk", "edition", "again_on")
    return list(doses), list(forecasts)


# ---- the rows of a child
def test_each_series_has_its_given_doses_and_the_next_one():
    child = ChildFactory()
    VaccinationFactory(resident=child, on=date(2026, 10, 5))

    doses = planned(child)

    assert doses["PCV-1"].given_on == date(2026, 10, 5)
    assert doses["PCV-1"].due_on is None
    following = doses["PCV-2"]
    assert (following.earliest, following.legal_until) == (date(2026, 11, 2), date(2031, 7, 31))
    assert "PCV-3" not in doses
    assert {"HEPB-1", "BCG-1", "MR-1", "JE-1"} <= doses.keys()


def test_before_the_first_dose_the_two_rotavirus_vaccines_are_one_row_with_the_longer_period():
    doses = planned(ChildFactory(), today=date(2026, 10, 1))

    assert [subject for subject in doses if subject.startswith("ROTA")] == ["ROTA-1"]
    assert doses["ROTA-1"].legal_until == BORN + timedelta(weeks=32)


def test_a_dose_is_shown_30_days_before_it_is_recommended_and_due_when_that_ends():
    measles = planned(ChildFactory())["VAR-1"]

    assert measles.opens_on == date(2027, 7, 31) - timedelta(30)
    assert measles.due_on == date(2027, 10, 31)


def test_no_dose_is_shown_before_the_birth():
    assert planned(ChildFactory())["HEPB-1"].opens_on >= BORN


def test_where_the_recommended_period_is_over_before_a_dose_can_be_had_it_is_due_at_the_end():
    child = ChildFactory(born=date(2026, 1, 1))
    for on in (date(2026, 9, 15), date(2026, 10, 20)):
        VaccinationFactory(resident=child, vaccine="HEPB", on=on)

    third = planned(child)["HEPB-3"]

    assert third.earliest > date(2026, 9, 30)  # nine months
    assert third.due_on == third.legal_until


def test_when_a_period_has_passed_its_dose_stays_with_its_dates_and_the_next_stage_comes():
    child = ChildFactory(born=date(2022, 8, 1))
    VaccinationFactory(resident=child, on=date(2022, 10, 5))

    doses = planned(child)

    assert doses["MR-1"].legal_until == date(2024, 7, 31)
    assert doses["MR-2"].earliest > TODAY


def test_a_series_that_can_no_longer_be_had_stays_with_the_day_on_which_it_closed():
    doses = planned(ChildFactory(born=date(2024, 8, 1)))

    assert doses["BCG-1"].legal_until == date(2025, 7, 31)


def test_what_comes_within_another_vaccine_is_not_asked_for_twice():
    child = ChildFactory()
    for vaccine in ("DPT_IPV", "HIB"):
        VaccinationFactory(resident=child, vaccine=vaccine)

    doses = planned(child)

    assert doses["DPT_IPV_HIB-2"].vaccine == "DPT_IPV_HIB"
    assert "HIB-2" not in doses


def test_what_ends_a_series_is_told_of_its_next_dose():
    child = ChildFactory()
    SeriesEnd.objects.create(child=child, had="varicella", entered_by=UserFactory())

    doses = planned(child)

    assert [subject for subject, dose in doses.items() if dose.ended] == ["VAR-1"]


def test_an_adult_one_who_moved_away_and_one_not_born_yet_have_no_plan():
    people = [
        ResidentFactory(),
        ChildFactory(state="moved-away"),
        ChildFactory(born=TODAY + timedelta(1)),
        ChildFactory(born=date(2008, 11, 24)),
    ]

    assert replan([one.pk for one in people], today=TODAY) == set()
    assert not VaccinationForecast.objects.exists()


# ---- checkups, and what is to be done after a birth
def test_a_checkup_by_law_has_its_row_and_is_done_when_it_was():
    child = ChildFactory(born=date(2024, 8, 1))
    Checkup.objects.create(
        resident=child,
        record="18m 2026-03-03",
        checkup="18m",
        on=date(2026, 3, 3),
        source=child.source,
        checked_at=child.checked_at,
        stale_on=child.stale_on,
    )

    planned(child)

    done = dict(DueCheckup.objects.values_list("checkup", "done_on"))
    assert done == {"18m": date(2026, 3, 3), "3y": None}


def test_a_calendar_written_later_is_found_by_the_night():
    child = ChildFactory()
    planned(child)
    CheckupCalendar.objects.create(
        municipality=child.municipality,
        checkup="3-4m",
        born_from=BORN,
        born_until=BORN,
        held_from=TODAY,
        held_until=TODAY,
    )

    assert refresh(0, child.pk + 1, TODAY) == {child.pk}
    assert refresh(0, child.pk + 1, TODAY) == set()
    assert DueCheckup.objects.get(checkup="3-4m").window_until == TODAY


@pytest.mark.parametrize(("weight_g", "low"), [(None, None), (2499, True), (2500, False)])
def test_the_weight_at_birth_says_whether_it_is_to_be_notified(weight_g, low):
    child = ChildFactory()
    if weight_g:
        Birth.objects.create(
            resident=child,
            born=BORN,
            weight_g=weight_g,
            source=child.source,
            checked_at=child.checked_at,
            stale_on=child.stale_on,
        )

    planned(child)

    assert AfterBirth.objects.get().low_weight is low


# ---- what is known
def test_nothing_recorded_is_not_nothing_given():
    child = ChildFactory()
    assert not planned(child)["PCV-1"].record_known

    FamilyStatement.objects.create(child=child, what="none-given", entered_by=UserFactory())

    assert planned(child)["PCV-1"].record_known


def test_what_the_family_alone_has_counts():
    entry = FamilyVaccinationFactory()

    assert planned(entry.child)["PCV-1"].given_on == entry.on


@pytest.mark.parametrize(
    ("answer", "given_on"),
    [(None, date(2026, 10, 5)), ("municipal", date(2026, 10, 5)), ("family", date(2026, 10, 8))],
)
def test_of_records_that_differ_the_answer_decides_until_then_the_municipality(answer, given_on):
    municipal = VaccinationFactory()
    entry = FamilyVaccinationFactory(child=municipal.resident, on=date(2026, 10, 8))
    [pair] = compare([municipal], [entry])
    if answer:
        RecordAnswer.objects.create(
            child=municipal.resident,
            vaccination=municipal,
            entry=entry,
            of=pair.fingerprint,
            answer=answer,
            entered_by=entry.entered_by,
        )

    assert planned(municipal.resident)["PCV-1"].given_on == given_on


def test_what_is_said_not_to_be_the_childs_counts_nowhere_and_is_kept():
    municipal = VaccinationFactory()
    child = municipal.resident
    said = NotMine.objects.create(
        child=child,
        kind="vaccination",
        vaccination=municipal,
        evidence={},
        entered_by=UserFactory(),
    )

    assert planned(child)["PCV-1"].given_on is None
    record = records_of([child.pk])[child.pk]
    assert (record.municipal, [one.id for one in record.hidden]) == ([], [municipal.pk])

    NotMine.objects.filter(pk=said.pk).update(outcome="restored", handled_at=said.entered_at)
    assert planned(child)["PCV-1"].given_on == municipal.on


def test_what_the_source_withdrew_does_not_count():
    municipal = VaccinationFactory(withdrawn=True)

    assert planned(municipal.resident)["PCV-1"].given_on is None


def test_a_change_by_a_person_is_followed_by_the_plan_at_once_or_taken_back_whole():
    child = ChildFactory()
    with changing(child.pk, today=TODAY):
        FamilyVaccinationFactory(child=child)
    assert DueDose.objects.get(subject="PCV-1").given_on

    with pytest.raises(ZeroDivisionError), changing(child.pk, today=TODAY):
        FamilyVaccinationFactory(child=child, vaccine="HEPB")
        1 / 0  # noqa: B018

    assert not DueDose.objects.filter(subject="HEPB-1", given_on__isnull=False).exists()
    assert list(records_of([child.pk])[child.pk].family) != []


def test_two_hundred_doses_are_all_kept():
    child = ChildFactory(born=date(2012, 4, 1))
    for number in range(200):
        VaccinationFactory(resident=child, on=date(2013, 1, 1) + timedelta(number))

    doses = planned(child)

    assert sum(dose.given_on is not None for dose in doses.values()) == 200
    assert len(records_of([child.pk])[child.pk].municipal) == 200


@pytest.mark.parametrize("on", [BORN - timedelta(1), TODAY + timedelta(1)])
def test_a_dose_that_cannot_be_is_kept_and_counts_for_nothing(on):
    """Its line was right when it came: the register corrected the birth, or the clock was set."""
    dose = VaccinationFactory(on=on)

    assert planned(dose.resident)["PCV-1"].given_on is None
    assert [one.id for one in records_of([dose.resident_id])[dose.resident_id].municipal] == [
        dose.pk
    ]


def test_where_the_sex_is_not_known_hpv_is_not_asked_for():
    child = ChildFactory(born=date(2014, 8, 1))
    VaccinationFactory(resident=child, on=date(2014, 10, 5))
    assert not any(subject.startswith("HPV") for subject in planned(child))

    FamilyStatement.objects.create(child=child, what="girl", entered_by=UserFactory())

    assert "HPV-1" in planned(child)


# ---- once, whatever the order
def some_children(count=12):
    children = [ChildFactory(born=BORN - timedelta(days=300 * number)) for number in range(count)]
    for child in children[::2]:
        for months in (2, 3, 4):
            VaccinationFactory(resident=child, on=child.born + timedelta(31 * months))
    return [child.pk for child in children]


def test_a_second_time_nothing_is_written():
    ids = some_children()
    assert replan(ids, today=TODAY) == set(ids)
    before = list(versions())

    assert replan(ids, today=TODAY) == set()
    assert refresh(min(ids), max(ids) + 1, TODAY) == set()

    assert list(versions()) == before


def test_any_split_ends_the_same(monkeypatch):
    ids = some_children()
    replan(ids, today=TODAY)
    in_one = what_is_planned()
    VaccinationForecast.objects.all().delete()
    DueDose.objects.all().delete()
    monkeypatch.setattr(plan, "CHILDREN_AT_ONCE", 5)

    replan(ids[7:], today=TODAY)
    for low in range(min(ids), max(ids) + 1, 3):
        refresh(low, low + 3, TODAY)

    assert what_is_planned() == in_one


def test_a_range_broken_off_is_done_again_and_ends_the_same():
    ids = some_children()
    replan(ids, today=TODAY)
    undisturbed = what_is_planned()
    DueDose.objects.all().delete()
    VaccinationForecast.objects.update(edition="of last year")
    middle = ids[5]

    with transaction.atomic():
        refresh(min(ids), middle, TODAY)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        refresh(middle, max(ids) + 1, TODAY)
        1 / 0  # noqa: B018
    left = set(out_of_date(ids, today=TODAY))
    for low, high in ((min(ids), middle), (middle, max(ids) + 1)):
        with transaction.atomic():
            refresh(low, high, TODAY)

    assert left == {one for one in ids if one >= middle}
    assert what_is_planned() == undisturbed


def test_the_number_of_statements_does_not_grow_with_the_children(statements):
    def count(ids):
        del statements[:]
        replan(ids, today=TODAY)
        return len(statements)

    few, many = some_children(1), some_children(12)
    count(few)  # makes the source

    assert count(few) == count(many)


# ---- when a plan is out of date
def test_a_new_edition_is_worked_out_for_whom_it_concerns_and_nobody_else(monkeypatch):
    old, new = ChildFactory(), ChildFactory()
    replan([old.pk, new.pk], today=TODAY)
    VaccinationForecast.objects.filter(pk=old.pk).update(edition="of last year")

    assert refresh(0, new.pk + 1, TODAY) == {old.pk}
    assert refresh(0, new.pk + 1, TODAY) == set()


def test_a_corrected_date_of_birth_makes_a_plan_out_of_date():
    child = ChildFactory()
    replan([child.pk], today=TODAY)

    Resident.objects.filter(pk=child.pk).update(born=date(2026, 8, 2))

    assert out_of_date([child.pk], today=TODAY) == {child.pk}


@pytest.mark.parametrize(
    "gone", [{"born": TODAY.replace(year=2008)}, {"state": "moved-away"}, {"state": "deceased"}]
)
def test_who_is_no_child_here_any_more_loses_the_plan(gone):
    child = ChildFactory()
    replan([child.pk], today=TODAY)
    Resident.objects.filter(pk=child.pk).update(**gone)

    assert refresh(0, child.pk + 1, TODAY) == {child.pk}
    assert not DueDose.objects.exists()
    assert not VaccinationForecast.objects.exists()


def test_when_a_free_period_is_over_the_next_stage_is_found_without_any_event():
    child = ChildFactory(born=date(2022, 8, 1))
    VaccinationFactory(resident=child, on=date(2022, 10, 5))
    last_day = date(2024, 7, 31)
    replan([child.pk], today=last_day)
    assert not DueDose.objects.filter(subject="MR-2").exists()

    assert refresh(0, child.pk + 1, last_day) == set()
    assert refresh(0, child.pk + 1, last_day + timedelta(1)) == {child.pk}

    assert DueDose.objects.filter(subject="MR-2").exists()


def test_a_range_reads_what_concerns_its_own_people_only(monkeypatch):
    ids = make_crowd(8000)
    replan(list(ids)[:1500], today=TODAY)
    VaccinationForecast.objects.bulk_create(
        VaccinationForecast(
            resident_id=pk, edition=edition(TODAY), as_of=TODAY, born=born, again_on=None
        )
        for pk, born in Resident.objects.filter(pk__gte=ids[1500]).values_list("pk", "born")
    )
    analyze()
    asked = []
    for module in (plan, calendars):
        monkeypatch.setattr(module, "run", lambda sql, of, **_: asked.append((sql, of)) or [])

    refresh(ids[3000], ids[3050], TODAY)

    nodes = [node for sql, params in asked for node in plan_of(sql, **params)]
    scanned = {table for kind, table, _rows in people_tables(nodes) if kind == "Seq Scan"}
    assert len(asked) == 2
    assert scanned <= {"childcare_checkupcalendar"}


# ---- its sentences as they are stored
doses = st.lists(
    st.builds(
        Given,
        st.sampled_from(
            ["PCV", "HIB", "DPT_IPV", "DPT_IPV_HIB", "BCG", "MR", "JE", "HPV", "mumps"]
        ),
        st.integers(0, 5000).map(lambda days: date(2012, 4, 1) + timedelta(days)),
    ),
    max_size=12,
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    given_doses=doses,
    born=st.dates(date(2010, 1, 1), date(2026, 11, 1)),
    sex=st.sampled_from(["F", "M", None]),
    had=st.sampled_from([[], ["varicella"], ["measles"], ["PCV"], ["what the family wrote"]]),
)
def test_the_forecasts_sentences_are_read_as_they_were_stored(given_doses, born, sex, had):
    found = forecast(born=born, sex=sex, given=given_doses, as_of=TODAY, had=had)

    said = [sentence for dose in found.next for sentence in (*dose.reasons, *dose.warnings)]
    said += [*found.notes, *(review.why for review in found.review)]

    again = stored.sentences(json.loads(json.dumps(stored.stored_sentences(said))))

    for language in LANGUAGES:
        assert [one.text(language) for one in again] == [one.text(language) for one in said]


def test_a_page_reads_all_that_is_known_of_children_in_one_statement():
    first, second = VaccinationFactory(), FamilyVaccinationFactory()

    with CaptureQueriesContext(connection) as captured:
        records = records_of([first.resident_id, second.child_id])

    assert len(captured) <= 1
    assert len(records) == 2
