"""The staff pages on reminders: promised against sent, the lines of a day, a start by hand."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from kombu.exceptions import OperationalError

from tasks.models import Sweep, Task
from tasks.reminders.models import Message, Reminder, ReminderRound
from tasks.rules import registry
from tests.factories import CHECKED_AT, BenefitAccountFactory, CertificateFactory
from tests.staff.conftest import TODAY, make_reminder, open_record

LEDGER = "/staff/reminders/reminder/"
DAY = f"{LEDGER}?day=2027-03-01"
START = f"{LEDGER}start/"


@pytest.fixture(autouse=True)
def noon(time_machine):
    time_machine.move_to(datetime(2027, 3, 3, 12, tzinfo=CHECKED_AT.tzinfo))


@pytest.fixture
def told(monkeypatch):
    """Return the list of messages for senders, without any worker."""
    said = []
    monkeypatch.setattr("tasks.reminders.jobs.send_reminders.delay", lambda: said.append("send"))
    return said


def tasks_of(count):
    """Return open tasks, each of a person of its own."""
    for number in range(count):
        account = BenefitAccountFactory(resident__ref=f"T{number}")
        yield Task.objects.create(
            resident_id=account.resident_id,
            about_id=account.resident_id,
            rule_id=registry["card.benefit-account"].id,
            subject=str(number),
            opened_on=TODAY,
        )


class TestDays:
    @pytest.fixture(autouse=True)
    def desk(self, client, office, help_desk):
        client.force_login(help_desk)

    def test_each_day_says_what_came_of_what_was_promised(self, client):
        outcomes = [("failed", "refused"), ("skipped", "no-address"), ("promised", "")]
        for task, (outcome, reason) in zip(tasks_of(3), outcomes, strict=True):
            make_reminder(task, outcome=outcome, reason=reason)

        [third, second, first] = client.get(LEDGER).context["days"]

        assert [first.promised, first.sent, first.skipped, first.failed, first.waiting] == [
            *(4, 1, 1, 1, 1)
        ]
        assert (second.rounds, third.rounds) == ([], [])

    def test_a_day_on_which_nothing_was_started_is_a_gap(self, client):
        page = client.get(LEDGER).content.decode()

        assert page.count("<strong>not started</strong>") == 2
        assert page.count("×</text>") == 2 * 5

    def test_today_is_no_gap_before_its_hour(self, client, time_machine):
        time_machine.move_to(datetime(2027, 3, 3, 7, 59, tzinfo=CHECKED_AT.tzinfo))

        assert len(client.get(LEDGER).context["days"]) == 2

    def test_before_the_first_start_there_is_nothing(self, client):
        ReminderRound.objects.all().delete()

        assert "Nobody was reminded in these weeks." in client.get(LEDGER).content.decode()


class TestLines:
    @pytest.fixture(autouse=True)
    def desk(self, client, office, help_desk):
        client.force_login(help_desk)

    def test_a_line_says_which_step_what_came_of_it_and_what_the_server_answered(self, client):
        for task in tasks_of(1):
            make_reminder(task, outcome="failed", reason="refused", attempts=2)

        page = client.get(DAY).content.decode()

        for expected in [
            "Reminders of 1 March 2027",
            "Register a bank account for receiving benefits",
            "30 days after it was opened",
            "failed: the server refuses this address or message for good",
            "2 attempts, 451",
        ]:
            assert expected in page

    def test_a_line_names_no_person(self, client, office):
        page = client.get(DAY).content.decode()

        assert str(office.resident.uuid) in page
        for private in ["山田", "ヤマダ", "hanako@example.jp", ">R1<"]:
            assert private not in page

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("", 3),
            ("&outcome__exact=failed", 1),
            ("&reason__exact=no-address", 1),
            ("&channel__exact=push", 0),
            ("&rule={account}", 2),
            ("&rule=nonsense", 3),
        ],
    )
    def test_lines_are_found_by_outcome_reason_channel_and_rule(self, client, asked, found):
        first, second = tasks_of(2)
        make_reminder(first, outcome="failed", reason="refused")
        make_reminder(second, outcome="skipped", reason="no-address")

        account = registry["card.benefit-account"].id
        page = client.get(DAY + asked.format(account=account))

        assert len(page.context["cl"].result_list) == found

    def test_lines_of_another_day_are_not_shown(self, client):
        page = client.get(f"{LEDGER}?day=2027-03-02")

        assert len(page.context["cl"].result_list) == 0

    def test_nonsense_for_a_day_leads_back_to_the_days(self, client):
        assert client.get(f"{LEDGER}?day=yesterday").headers["Location"] == LEDGER

    @pytest.mark.parametrize("address", [LEDGER, DAY, "/staff/reminders/message/?day=2027-03-01"])
    def test_a_page_takes_the_same_queries_with_few_lines_and_with_many(
        self, client, django_assert_max_num_queries, address
    ):
        client.get(address)
        with django_assert_max_num_queries(20) as few:
            client.get(address)
        for task in tasks_of(10):
            make_reminder(task)

        with django_assert_max_num_queries(len(few)):
            client.get(address)


class TestMessages:
    def test_without_a_day_todays_are_shown(self, client, office, help_desk):
        client.force_login(help_desk)

        answer = client.get("/staff/reminders/message/?state__exact=failed")

        assert answer.headers["Location"].endswith("?state__exact=failed&day=2027-03-03")

    def test_a_line_leads_to_its_message(self, client, office, help_desk):
        client.force_login(help_desk)
        lines = client.get(DAY).content.decode()

        [link] = re.findall(r'href="(/staff/reminders/message/[^"]+id=\d+)"', lines)
        page = client.get(unescape(link))

        assert list(page.context["cl"].result_list) == [Message.objects.get()]


class TestStart:
    @pytest.fixture(autouse=True)
    def chief(self, client, superuser):
        client.force_login(superuser)
        return superuser

    @pytest.fixture
    def due(self, office):
        """A certificate that expires in 60 days, of a person with an address."""
        certificate = CertificateFactory(
            expires_on=TODAY + timedelta(days=60),
            resident__ref="T",
            resident__email="taro@example.jp",
        )
        return Task.objects.create(
            resident=certificate.resident,
            about=certificate.resident,
            rule_id=registry["card.user-authentication-renewal"].id,
            subject=certificate.serial,
            opened_on=TODAY,
            due_on=certificate.expires_on,
        )

    def test_it_promises_tells_the_senders_and_says_what_it_did(self, client, chief, due, told):
        page = client.post(START, follow=True).content.decode()

        round_ = ReminderRound.objects.first()
        assert round_.started_by == Sweep.StartedBy.STAFF
        assert Reminder.objects.filter(task=due, day=round_.day, outcome="promised").exists()
        assert f"{round_.promised} more reminder" in page
        assert "due now, and the senders have been told." in page
        assert told
        assert LogEntry.objects.get().user == chief

    def test_a_second_click_promises_nothing_more(self, client, due, told):
        client.post(START)
        before = Reminder.objects.count()

        page = client.post(START, follow=True).content.decode()

        assert Reminder.objects.count() == before
        assert "0 more reminders are promised" in page

    def test_a_silent_queue_is_said_and_what_is_promised_stays(self, client, due, monkeypatch):
        def silent():
            raise OperationalError("no broker")

        monkeypatch.setattr("tasks.reminders.jobs.send_reminders.delay", silent)

        page = client.post(START, follow=True).content.decode()

        assert "The queue does not answer." in page
        assert Reminder.objects.filter(task=due).exists()

    def test_in_quiet_hours_nothing_is_started(self, client, due, told, time_machine):
        time_machine.move_to(datetime(2027, 3, 3, 21, 0, tzinfo=CHECKED_AT.tzinfo))

        page = client.post(START).content.decode()

        assert "nobody is reminded in these hours" in page
        assert not Reminder.objects.filter(task=due).exists()

    def test_the_question_changes_nothing(self, client, due, told):
        client.get(START)

        assert not Reminder.objects.filter(task=due).exists()
        assert told == []


def test_a_residents_record_shows_the_reminders(client, office, help_desk):
    client.force_login(help_desk)

    page = open_record(client, office.resident).content.decode()

    assert "Reminders (the newest 100)" in page
    assert "30 days" in page
    assert "1 attempt" in page
