"""The demo's applications: one in each state, and enough finished ones to say what is usual."""

from collections import Counter
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.applications.models import Application, MessageTemplate, UsualDuration
from portal.applications.receipt import is_receipt_number
from portal.applications.usual import FEWEST_CASES
from portal.demo import cases, data, people
from portal.residents.models import Resident
from tasks.models import Task

TODAY = date(2026, 11, 25)

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tmp_path, time_machine):
    time_machine.move_to(timezone.make_aware(timezone.datetime(2026, 11, 25, 12)))
    path = tmp_path / "facts.ndjson"
    data.write_facts(path, residents=900, today=TODAY)
    data.load(path, today=TODAY)
    data.let_sign_in("kamota-sanehe-417")
    cases.make_cases(today=TODAY)


def test_finished_cases_say_what_is_usual(made):
    [whole] = UsualDuration.objects.filter(step="", procedure_key=cases.KEY)

    assert whole.cases >= FEWEST_CASES
    assert whole.median_days < whole.ninetieth_days
    assert Application.objects.get(resident__ref=people.MISAKI.ref).usual_until < TODAY
    numbers = Application.objects.exclude(receipt_number=None)
    assert all(is_receipt_number(one.receipt_number) for one in numbers)


def test_there_is_one_in_each_state_and_it_is_in_the_inbox(made):
    refs = [one.ref for one in people.PEOPLE]
    named = Application.objects.filter(resident__ref__in=refs)
    states = Counter(named.filter(version__isnull=False).values_list("state", flat=True))
    live = Task.objects.filter(resident__ref__in=refs).live()

    assert states == {"draft": 1, "under-review": 2, "correction": 1, "granted": 1}
    assert named.filter(version__isnull=True).count() == 2
    assert set(live.values_list("rule__key", flat=True)) >= {
        "applications.correction",
        "applications.draft-not-sent",
        "applications.decided",
        "applications.slower-than-usual",
        "applications.with-the-office",
    }


def test_every_page_about_them_opens(made, settings):
    settings.DEMO = True
    for resident in Resident.objects.filter(user__isnull=False):
        browser = Client()
        browser.force_login(resident.user)
        assert browser.get("/applications/mine/").status_code == 200
        for one in Application.objects.for_resident(resident):
            assert browser.get(f"/applications/{one.uuid}/", follow=True).status_code == 200


def test_clerks_work_in_their_own_office_with_texts_to_begin_with(made):
    members = User.objects.filter(offices__isnull=False)

    assert dict(members.values_list("email", "offices__municipality")) == {
        one.email: one.office for one in people.STAFF if one.office
    }
    assert MessageTemplate.objects.count() == len(cases.TEMPLATES)


def test_made_again_nothing_changes(made):
    before = list(Application.objects.order_by("pk").values())

    cases.make_cases(today=TODAY)

    assert list(Application.objects.order_by("pk").values()) == before


def test_each_clerks_queue_and_cases_open_and_nobody_elses(made):
    queue = "/staff/applications/application/"
    numbers = Application.objects.exclude(receipt_number=None)
    of_misaki = numbers.get(resident__ref=people.MISAKI.ref)

    for person in people.CLERKS:
        browser = Client()
        browser.force_login(User.objects.get(email=person.email))
        own = person.office == of_misaki.municipality_id
        assert browser.get(queue).status_code == 200
        assert (of_misaki.receipt_number in browser.get(queue).content.decode()) is own
        page = browser.get(f"{queue}{of_misaki.uuid}/")
        assert page.status_code == (200 if own else 404)
