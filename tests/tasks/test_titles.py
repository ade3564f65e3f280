"""Each occurrence of a rule is called by its own name, wherever it is shown."""

from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from pytest_django.asserts import assertContains, assertNotContains

from portal.demo.people import HANAKO
from portal.residents.models import Resident
from tasks import acts
from tasks.models import Task
from tasks.reconcile import reconcile_people
from tasks.reminders.claim import claim
from tasks.reminders.promise import promise
from tasks.reminders.send import take
from tasks.rules import registry
from tests.factories import CertificateFactory, ResidentFactory, UserFactory
from tests.reminders.conftest import at
from tests.staff.conftest import open_record
from tests.tasks.changed_rules import change, other_code

pytestmark = pytest.mark.django_db

TODAY = date(2027, 4, 22)
RENEWAL = "card.user-authentication-renewal"
MORNING = at("2027-04-22 08:00")
FIRST, SECOND = "Certificate A (en)", "Certificate B (en)"


def called(serial):
    """The name is made there and then, so it shows in which language it was asked for."""
    return f"Certificate {serial} ({get_language()})"


@pytest.fixture(autouse=True)
def named():
    with other_code():
        yield change(RENEWAL, names=called)


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2027, 4, 22, 10, 0, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def hanako(client):
    """She has a certificate to renew, and one whose time comes in August."""
    resident = ResidentFactory(
        user=UserFactory(language="en", email="hanako@example.jp"), email="hanako@example.jp"
    )
    CertificateFactory(resident=resident, serial="A")
    CertificateFactory(resident=resident, serial="B", expires_on=date(2027, 11, 20))
    reconcile_people([resident.pk], today=TODAY)
    client.force_login(resident.user)
    return resident


def test_a_rule_without_names_calls_every_occurrence_by_its_title():
    rule = registry["card.card-renewal"]

    assert rule.title_of("A") == rule.title


def test_what_is_no_occurrence_has_the_title_of_the_rule(named):
    assert named.title_of("") == named.title


def test_home_names_each_to_do_and_coming_up(client, hanako, named):
    response = client.get("/")

    assertContains(response, f">{FIRST}</a>")
    assertContains(response, f"</time>: {SECOND}</li>")
    assertNotContains(response, named.title)


def test_what_waits_is_named_in_its_row_and_its_button(client, hanako):
    task = Task.objects.get()
    acts.report_done(resident=hanako, task_id=task.pk, by=hanako.user, today=TODAY)

    response = client.get("/")

    assertContains(response, f">{FIRST}</a>")
    assertContains(response, f"Undo: {FIRST}")


def test_what_is_done_is_named_in_its_list(client, hanako):
    hanako.certificates.filter(serial="A").update(current=False)
    reconcile_people([hanako.pk], today=TODAY)

    response = client.get("/")

    assertContains(response, "Done in the last 30 days")
    assertContains(response, f">{FIRST}</a>")


def test_the_page_of_a_task_has_its_name(client, hanako):
    response = client.get(reverse("tasks:task", args=[Task.objects.get().pk]))

    assertContains(response, f">{FIRST}</h1>")
    assertContains(response, f"<title>{FIRST} | Annai</title>")


def test_why_names_each_occurrence_under_the_name_of_the_rule(client, hanako, named):
    CertificateFactory(resident=hanako, serial="C")
    reconcile_people([hanako.pk], today=TODAY)

    response = client.get(f"/why/{RENEWAL}/")

    assertContains(response, f"<h1>{named.title}</h1>")
    assertContains(response, f"<h2>{FIRST}</h2>")
    assertContains(response, "<h2>Certificate C (en)</h2>")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_reminder_names_it_in_the_language_of_the_reader(hanako, language):
    hanako.user.language = language
    hanako.user.save()
    promise(MORNING)
    [one] = claim(at=MORNING, channels={"mail"}, past_leases=False)

    [line] = take(one, day=TODAY).letter.lines

    assert line.title == f"Certificate A ({language})"


def test_record_and_ledger_of_the_staff_name_it(client, hanako):
    promise(MORNING)
    client.force_login(
        UserFactory(email="chief@example.jp", is_staff=True, is_superuser=True, language="en")
    )

    assertContains(open_record(client, hanako), f"<td>{FIRST}</td>", count=2)
    assertContains(client.get("/staff/reminders/reminder/?day=2027-04-22"), FIRST)


def test_the_demos_clock_names_what_somebody_is_reminded_of(client, hanako, settings, tmp_path):
    settings.DEMO, settings.RUN_DIR = True, tmp_path
    Resident.objects.update(ref=HANAKO.ref)
    promise(MORNING)

    response = client.get(f"/demo/clock/?of={HANAKO.ref}", headers={"Accept-Language": "en"})

    assertContains(response, f"<li>{FIRST} (")
