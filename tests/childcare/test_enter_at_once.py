"""The same page sent many times at the same moment, each with a connection of its own."""

from datetime import date, datetime
from functools import partial
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from childcare import enter
from childcare.enter import Dose
from childcare.models import FamilyVaccination
from tests.at_once import at_once
from tests.factories import GuardianshipFactory, ResidentFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
]

TODAY = date(2026, 11, 25)
TIMES = 50
PATIENCE = 60  # seconds
DOSES = [
    Dose(vaccine="PCV", on=date(2026, 10, 1)),
    Dose(vaccine="HEPB", on=date(2026, 10, 1)),
]


@pytest.fixture
def wardship():
    return GuardianshipFactory(
        guardian=ResidentFactory(user=UserFactory()), child__born=date(2026, 8, 1)
    )


def test_a_page_posted_fifty_times_at_once_is_entered_once(wardship, time_machine):
    time_machine.move_to(datetime(2026, 11, 25, 12, tzinfo=timezone.get_default_timezone()))
    address = reverse("childcare:enter", args=[wardship.child.uuid])
    page = uuid4()
    sent = {
        "page": page,
        "form-TOTAL_FORMS": 2,
        "form-INITIAL_FORMS": 0,
        "form-0-vaccine": "PCV",
        "form-0-on": "2026-10-01",
        "form-1-vaccine": "HEPB",
        "form-1-on": "2026-10-01",
    }
    client = Client()
    client.force_login(wardship.guardian.user)

    def post():
        browser = Client()
        browser.cookies = client.cookies
        return browser.post(address, sent).url

    answers = at_once(*[post] * TIMES)

    assert len(answers) == TIMES
    assert set(answers) == {f"/children/{wardship.child.uuid}/?saved={page}"}
    assert FamilyVaccination.objects.count() == len(DOSES)


def test_fifty_pages_with_the_same_doses_enter_them_once(wardship):
    acting = {"child": wardship.child, "by": wardship.guardian.user, "today": TODAY}

    enter_it = partial(enter.enter_page, doses=DOSES, **acting)
    entered = at_once(*[lambda: enter_it(page=uuid4())] * TIMES)

    assert sum(one.saved for one in entered) == len(DOSES)
    assert FamilyVaccination.objects.count() == len(DOSES)


def test_an_undo_amid_copies_of_its_page_leaves_all_of_it_or_nothing(wardship):
    acting = {"child": wardship.child, "by": wardship.guardian.user, "today": TODAY}
    page = uuid4()
    enter.enter_page(page=page, doses=DOSES, **acting)
    numbers = iter(range(20))

    def copy_or_undo():
        if next(numbers) == 7:
            return enter.take_back_page(page=page, **acting)
        try:
            return enter.enter_page(page=page, doses=DOSES, **acting)
        except enter.Refused:
            return None

    at_once(*[copy_or_undo] * 20)

    assert not FamilyVaccination.objects.standing().exists()
    assert FamilyVaccination.objects.count() == len(DOSES)
