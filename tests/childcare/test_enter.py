"""What a family writes has one effect, however often and in whatever order it is sent."""

from datetime import date
from uuid import uuid4

import pytest

from childcare import enter
from childcare.enter import Dose, Entered
from childcare.models import (
    FamilyStatement,
    FamilyVaccination,
    SeriesEnd,
)
from tasks.acts import Refused
from tests.factories import GuardianshipFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 25)
PCV = Dose(vaccine="PCV", on=date(2026, 10, 1))
HEPB = Dose(vaccine="HEPB", on=date(2026, 10, 1), lot="HB1", clinic="ひまわり小児科")


@pytest.fixture
def wardship(db):
    return GuardianshipFactory(
        guardian=ResidentFactory(user=UserFactory()), child__born=date(2026, 8, 1)
    )


@pytest.fixture
def child(wardship):
    return wardship.child


@pytest.fixture
def acting(wardship):
    """Who does what to whom, and when."""
    return {"child": wardship.child, "by": wardship.guardian.user, "today": TODAY}


def standing():
    return sorted(FamilyVaccination.objects.standing().values_list("vaccine", "on"))


def test_a_page_is_entered_with_who_and_what(acting):
    page = uuid4()

    entered = enter.enter_page(page=page, doses=[PCV, HEPB], **acting)

    assert entered == Entered(saved=2, known=0)
    entry = FamilyVaccination.objects.get(vaccine="HEPB")
    assert (entry.page, entry.lot, entry.clinic) == (page, "HB1", "ひまわり小児科")
    assert entry.entered_by == acting["by"]


def test_the_same_page_twice_is_entered_once(acting):
    page = uuid4()

    first = enter.enter_page(page=page, doses=[PCV, HEPB], **acting)
    second = enter.enter_page(page=page, doses=[PCV, HEPB], **acting)

    assert first == second == Entered(saved=2, known=0)
    assert FamilyVaccination.objects.count() == 2


def test_what_another_page_had_is_not_entered_again(acting):
    enter.enter_page(page=uuid4(), doses=[PCV], **acting)

    entered = enter.enter_page(page=uuid4(), doses=[PCV, HEPB], **acting)

    assert entered == Entered(saved=1, known=1)
    assert len(standing()) == 2


def test_undo_takes_back_the_whole_page_and_nothing_else(acting):
    first, second = uuid4(), uuid4()
    enter.enter_page(page=first, doses=[PCV], **acting)
    enter.enter_page(page=second, doses=[HEPB], **acting)

    counts = [enter.take_back_page(page=first, **acting) for _twice in range(2)]

    assert counts == [1, 0]
    assert standing() == [("HEPB", HEPB.on)]
    taken_back = FamilyVaccination.objects.get(vaccine="PCV")
    assert taken_back.removed_by == acting["by"]


def test_a_late_copy_of_a_page_does_not_bring_back_what_was_taken_back(acting):
    page = uuid4()
    enter.enter_page(page=page, doses=[PCV], **acting)
    enter.take_back_page(page=page, **acting)

    with pytest.raises(Refused):
        enter.enter_page(page=page, doses=[PCV], **acting)

    assert standing() == []


def test_a_correction_takes_the_place_of_the_entry_and_keeps_it(acting):
    enter.enter_page(page=uuid4(), doses=[PCV], **acting)
    old = FamilyVaccination.objects.get()
    right = Dose(vaccine="PCV", on=date(2026, 10, 2))

    for _twice in range(2):
        enter.correct(entry=old.uuid, dose=right, **acting)

    assert standing() == [("PCV", date(2026, 10, 2))]
    old.refresh_from_db()
    assert old.removed_at


def test_a_correction_to_what_stands_already_is_refused(acting):
    enter.enter_page(page=uuid4(), doses=[PCV, HEPB], **acting)
    entry = FamilyVaccination.objects.get(vaccine="HEPB")

    with pytest.raises(Refused):
        enter.correct(entry=entry.uuid, dose=PCV, **acting)

    assert len(standing()) == 2


def test_an_entry_of_another_child_is_not_there(acting):
    others = GuardianshipFactory().child
    enter.enter_page(page=uuid4(), doses=[PCV], **acting | {"child": others})
    entry = FamilyVaccination.objects.get()

    with pytest.raises(FamilyVaccination.DoesNotExist):
        enter.correct(entry=entry.uuid, dose=HEPB, **acting)
    assert enter.take_back_dose(entry=entry.uuid, **acting) == 0
    assert enter.take_back_page(page=entry.page, **acting) == 0


# ---- what is said of the child


def test_girl_and_boy_replace_each_other(acting):
    for what in ("girl", "girl", "boy"):
        enter.state(what=what, **acting)

    assert [one.what for one in FamilyStatement.objects.standing()] == ["boy"]


def test_a_statement_can_be_taken_back_and_made_again(acting):
    enter.state(what="none-given", **acting)
    enter.take_back_statement(what="none-given", **acting)
    assert not FamilyStatement.objects.standing().exists()

    enter.state(what="none-given", **acting)

    assert FamilyStatement.objects.standing().count() == 1


def test_of_a_disease_had_the_newest_note_stands(acting):
    for note in ("", "", "at the age of 2"):
        enter.end_series(had="varicella", on=None, note=note, **acting)

    assert SeriesEnd.objects.standing().get().note == "at the age of 2"
    assert SeriesEnd.objects.count() == 2
    enter.take_back_end(had="varicella", **acting)
    assert not SeriesEnd.objects.standing().exists()
