"""What a resident does on a task's page, with and without JavaScript."""

import re
from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from portal.card.models import InsuranceUse
from tasks import acts
from tasks.models import Status, Task, TaskEvent
from tasks.reconcile import reconcile_people
from tasks.rules import Start
from tests.factories import (
    CertificateFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    ResidentFactory,
    UserFactory,
)
from tests.tasks.changed_rules import change, other_code

pytestmark = pytest.mark.django_db

TODAY = date(2027, 4, 22)
ACTS = ["report-done", "snooze", "dismiss", "undo"]


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2027, 4, 22, 22, 30, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def hanako(client):
    resident = ResidentFactory(user=UserFactory(language="en"))
    client.force_login(resident.user)
    return resident


@pytest.fixture
def renewal(hanako):
    """A task that is due and has to be done."""
    return opened(hanako, CertificateFactory(resident=hanako))


@pytest.fixture
def insurance(hanako):
    """A task without a date that may be left."""
    return opened(hanako, InsuranceUseFactory(resident=hanako))


def opened(resident, _fact):
    reconcile_people([resident.pk], today=TODAY)
    return Task.objects.get(resident=resident)


def address(name, task):
    return reverse(f"tasks:{name}", args=[task.pk])


@pytest.mark.parametrize(
    ("act", "data", "status"),
    [
        ("report-done", {}, Status.REPORTED),
        ("snooze", {"until": "2027-04-30"}, Status.SNOOZED),
        ("snooze", {"ready": "2027-04-29", "until": ""}, Status.SNOOZED),
        ("dismiss", {}, Status.DISMISSED),
    ],
)
def test_an_act_changes_the_task_and_undo_takes_it_back(client, insurance, act, data, status):
    response = client.post(address(act, insurance), data, follow=True)

    insurance.refresh_from_db()
    assert insurance.status == status
    assertContains(response, "Undo</button>")

    client.post(address("undo", insurance))

    insurance.refresh_from_db()
    assert (insurance.status, insurance.wake_on) == (Status.OPEN, None)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_leads_to_a_page_that_may_be_reloaded(client, insurance, act):
    response = client.post(address(act, insurance), {"until": "2027-04-30"})

    assertRedirects(response, address("task", insurance))


def test_undo_in_a_list_leads_back_to_the_list(client, insurance):
    response = client.post(address("undo", insurance), {"from": "home"})

    assertRedirects(response, "/")


@pytest.mark.parametrize("act", ACTS)
def test_opening_the_address_of_an_act_does_nothing(client, insurance, act):
    response = client.get(address(act, insurance))

    assertRedirects(response, address("task", insurance))
    insurance.refresh_from_db()
    assert insurance.status == Status.OPEN


@pytest.mark.parametrize("act", ACTS)
def test_the_same_act_twice_is_one_effect(client, insurance, act):
    for _click in range(2):
        client.post(address(act, insurance), {"until": "2027-04-30"})

    assert TaskEvent.objects.count() <= 1


@pytest.mark.parametrize("act", ACTS)
def test_an_act_on_a_foreign_task_is_a_404_and_changes_nothing(client, hanako, act):
    other = ResidentFactory(user=UserFactory())
    foreign = opened(other, InsuranceUseFactory(resident=other))

    response = client.post(address(act, foreign), {"until": "2027-04-30"})

    assert response.status_code == 404
    foreign.refresh_from_db()
    assert foreign.status == Status.OPEN


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Choose the date on which you want to be reminded."),
        ("next week", "Write the date as year-month-day, for example 2027-05-20."),
        ("2027-02-30", "Write the date as year-month-day, for example 2027-05-20."),
        ("2027-04-22", "Choose a date after today, 22 April 2027 (Thu)."),
        ("2027-05-21", "Choose a date no later than the due date, 20 May 2027 (Thu)."),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_wrong_date_is_said_at_the_top_and_what_was_typed_is_kept(
    client, renewal, typed, sentence, headers
):
    response = client.post(address("snooze", renewal), {"until": typed}, headers=headers)

    assertContains(response, f'<a href="#id_until">{sentence}</a>', status_code=422)
    assertContains(response, f'id="id_until_error">{sentence}</p>', status_code=422)
    assertContains(response, 'aria-invalid="true"', status_code=422)
    if typed:
        assertContains(response, f'value="{typed}"', status_code=422)
    renewal.refresh_from_db()
    assert renewal.status == Status.OPEN


@pytest.mark.parametrize(
    ("due_on", "offered"),
    [
        (date(2027, 5, 22), ["2027-04-23", "2027-04-29", "2027-05-22"]),
        (date(2027, 5, 21), ["2027-04-23", "2027-04-29"]),
        (date(2027, 4, 23), ["2027-04-23"]),
        (date(2027, 4, 22), []),
    ],
)
def test_ready_choices_lie_before_the_due_date(client, hanako, due_on, offered):
    task = opened(hanako, CertificateFactory(resident=hanako, expires_on=due_on))

    page = client.get(address("task", task)).content.decode()

    days = ["2027-04-23", "2027-04-29", "2027-05-22"]
    assert [day for day in days if f'name="ready" value="{day}"' in page] == offered


def test_not_now_is_refused_in_a_sentence_where_it_is_not_lawful(client, renewal):
    response = client.post(address("dismiss", renewal), follow=True)

    assertContains(response, "This cannot be put away. You can be reminded later.")


def test_an_act_on_what_has_ended_is_refused_in_a_sentence(client, hanako, renewal):
    hanako.certificates.all().delete()
    reconcile_people([hanako.pk], today=TODAY)

    response = client.post(address("report-done", renewal), follow=True)

    assertContains(response, "This has ended in the meantime.")


def test_what_happened_is_kept_on_the_page(client, insurance):
    client.post(address("snooze", insurance), {"until": "2027-04-30"})

    response = client.get(address("task", insurance))

    until = '<time datetime="2027-04-30">30 April 2027 (Fri)</time>'
    assertContains(response, f"put off until {until} – you")


# ---- a task that begins on another page
@pytest.fixture
def start():
    """The renewal begins on a page that knows which certificate it is about."""
    begins = Start(
        "Book a visit", lambda task: f"/visits/?of={task.subject}&b", before="Book <it>."
    )
    with other_code():
        change("card.user-authentication-renewal", start=begins)
        yield begins


def button(response, name):
    """Return the class of the button or link that says so."""
    found = re.search(rf'class="button ([a-z-]+)"[^>]*>(<svg.*?</svg>)?{name}<', response.text)
    return found.group(1)


def test_where_a_task_begins_is_the_main_button_and_done_the_second(client, start, renewal):
    response = client.get(address("task", renewal))

    assertContains(response, f'href="/visits/?of={renewal.subject}&amp;b">Book a visit</a>')
    assertContains(response, "<p>Book &lt;it&gt;.</p>")
    assert button(response, "Book a visit") == "button-main"
    assert button(response, "I have done this") == "button-outline"


def test_without_such_a_page_done_is_the_main_button(client, renewal):
    response = client.get(address("task", renewal))

    assert button(response, "I have done this") == "button-main"


def test_what_waits_or_has_ended_cannot_be_begun(client, start, renewal):
    client.post(address("report-done", renewal))

    assertNotContains(client.get(address("task", renewal)), "Book a visit")


# ---- a task that the resident's word ends
class Family:
    """What a family may say of the insurance; each time that it says it is counted."""

    said = 0

    def record_report(self, *, task, by, today):
        assert (by, today) == (task.resident.user, TODAY)
        self.said += 1
        InsuranceUse.objects.filter(resident=task.about_id).update(status="registered")

    def taken_back_at(self, task):
        return f"/said/?of={task.about.ref}"


@pytest.fixture
def family():
    family = Family()
    with other_code():
        change(
            "card.insurance-use",
            record_report=family.record_report,
            taken_back_at=family.taken_back_at,
        )
        yield family


def test_what_the_resident_says_ends_the_task_by_the_rules_own_condition(client, family, insurance):
    response = client.post(address("report-done", insurance), follow=True)

    insurance.refresh_from_db()
    assert (insurance.status, insurance.ended_on, insurance.wake_on) == (Status.DONE, TODAY, None)
    assertContains(response, "Noted: you have done this.<")
    assertContains(response, 'Noted as done on <time datetime="2027-04-22">')
    assertNotContains(response, "confirmed")


def test_it_says_how_to_take_it_back_once_it_is_done(client, hanako, family, insurance):
    link = f'<a href="/said/?of={hanako.ref}">Not done after all? Take it back</a>'
    assertNotContains(client.get(address("task", insurance)), link)

    client.post(address("report-done", insurance))

    assertContains(client.get(address("task", insurance)), link)


def test_a_rule_that_cannot_take_it_back_offers_no_way(client, family, insurance):
    change("card.insurance-use", taken_back_at=None)

    response = client.post(address("report-done", insurance), follow=True)

    assertNotContains(response, "Take it back")


def test_its_history_says_who_said_it_and_then_that_it_is_done(client, family, hanako, insurance):
    client.post(address("report-done", insurance))

    events = TaskEvent.objects.of(insurance).order_by("at", "pk")
    assert list(events.values_list("what", "by")) == [("reported", hanako.user.pk), ("done", None)]


def test_a_second_click_says_the_same_and_writes_nothing(client, family, insurance):
    client.post(address("report-done", insurance))

    response = client.post(address("report-done", insurance), follow=True)

    assertContains(response, "Noted: you have done this.<")
    assert family.said == 1
    assert TaskEvent.objects.count() == 2


def test_a_reason_not_to_record_it_is_said_and_leaves_the_task_open(client, insurance):
    def refuse(*, task, **said):
        InsuranceUse.objects.filter(resident=task.about_id).update(status="registered")
        raise acts.Refused("The date is missing.")

    with other_code():
        change("card.insurance-use", record_report=refuse)

        response = client.post(address("report-done", insurance), follow=True)

    assertContains(response, "The date is missing.")
    insurance.refresh_from_db()
    assert insurance.status == Status.OPEN
    assert InsuranceUse.objects.get().status == "not-registered"


def test_while_a_version_of_the_rule_waits_what_is_said_waits_too(client, family, insurance):
    change("card.insurance-use", priority=False)

    client.post(address("report-done", insurance))
    response = client.post(address("report-done", insurance), follow=True)

    insurance.refresh_from_db()
    assert (insurance.status, insurance.wake_on) == (Status.REPORTED, date(2027, 4, 25))
    assertContains(response, "Noted: you have done this. It is being confirmed.")
    assert family.said == TaskEvent.objects.count() == 1


def test_what_is_said_of_a_child_ends_the_task_of_every_guardian(client, hanako, family):
    child = GuardianshipFactory(guardian=hanako).child
    GuardianshipFactory(child=child)
    InsuranceUseFactory(resident=child)
    reconcile_people([child.pk], today=TODAY)

    client.post(address("report-done", Task.objects.get(resident=hanako)))

    assert [*Task.objects.values_list("status", flat=True)] == [Status.DONE] * 2
