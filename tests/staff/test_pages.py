"""Every staff page opens for those who may look, and refuses everybody else and every change."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.card.models import InsuranceUse
from portal.exchange.lines import reasons
from portal.exchange.models import QuarantinedLine, Upload
from portal.residents.change_freshness import change_freshness
from portal.residents.models import Resident, Source
from tasks.models import Sweep
from tasks.reconcile import Reconciled
from tasks.rules import registry
from tests.factories import (
    CHECKED_AT,
    BenefitAccountFactory,
    ResidentFactory,
    SourceFactory,
    UserFactory,
)
from tests.staff.conftest import TODAY, make_line, make_night, open_record

PAGES = [
    "/staff/",
    "/staff/residents/",
    "/staff/residents/resident/",
    "/staff/residents/resident/?q=R1",
    "/staff/residents/resident/{office.resident.uuid}/",
    "/staff/residents/source/",
    "/staff/residents/source/{office.resident.source_id}/change/",
    "/staff/tasks/rulerecord/",
    "/staff/tasks/rulerecord/{office.rule.id}/",
    "/staff/tasks/rulerecord/{office.rule.id}/?alone",
    "/staff/tasks/ruleversion/",
    "/staff/tasks/ruleversion/{office.rule.id}/",
    "/staff/tasks/sweep/",
    "/staff/tasks/sweep/?rule={office.rule.id}&until=2027-03-01",
    "/staff/tasks/sweep/?rule=none&until=yesterday",
    "/staff/tasks/sweep/{office.night.pk}/change/",
    "/staff/reminders/",
    "/staff/reminders/reminder/",
    "/staff/reminders/reminder/?until=2027-03-01",
    "/staff/reminders/reminder/?day=2027-03-01",
    "/staff/reminders/reminder/?day=2027-03-01&outcome__exact=sent&rule={office.rule.id}",
    "/staff/reminders/reminder/?day=2027-03-01&reason__exact=no-address&channel__exact=push",
    "/staff/reminders/message/?day=2027-03-01&state__exact=failed",
    "/staff/exchange/upload/",
    "/staff/exchange/upload/{office.upload.pk}/change/",
    "/staff/exchange/quarantinedline/",
    "/staff/exchange/quarantinedline/?taken=no&reason=unknown-person",
    "/staff/exchange/quarantinedline/?upload={office.upload.pk}",
    "/staff/exchange/quarantinedline/{office.line.pk}/change/",
]
ADD = [
    "/staff/residents/source/add/",
    "/staff/tasks/sweep/add/",
    "/staff/exchange/upload/add/",
    "/staff/exchange/quarantinedline/add/",
]
DELETE = [
    "/staff/residents/source/{office.resident.source_id}/delete/",
    "/staff/tasks/sweep/{office.night.pk}/delete/",
    "/staff/exchange/upload/{office.upload.pk}/delete/",
    "/staff/exchange/quarantinedline/{office.line.pk}/delete/",
]
DEEDS = [
    "/staff/residents/resident/{office.resident.uuid}/sign-in/",
    "/staff/residents/source/{office.resident.source_id}/change/",
    "/staff/tasks/sweep/start/",
    "/staff/reminders/reminder/start/",
    "/staff/exchange/quarantinedline/{office.line.pk}/try-again/",
]


def may(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("who", ["superuser", "help_desk"])
def test_a_page_opens_for_those_who_may_look(client, office, request, who, address):
    client.force_login(request.getfixturevalue(who))

    assert client.get(address.format(office=office)).status_code == 200


@pytest.mark.parametrize("address", [*PAGES, *DEEDS])
def test_a_page_is_refused_to_a_resident(client, office, address):
    client.force_login(office.resident.user)

    assert client.get(address.format(office=office), follow=True).status_code == 403


@pytest.mark.parametrize("address", [*PAGES, *DEEDS])
def test_who_has_not_signed_in_is_led_to_the_portals_sign_in(client, office, address):
    answer = client.get(address.format(office=office), follow=True)

    assert answer.redirect_chain[-1][0].startswith(reverse("account_login") + "?next=%2Fstaff%2F")


@pytest.mark.parametrize("address", [*ADD, *DELETE])
@pytest.mark.parametrize("who", ["superuser", "help_desk"])
def test_nobody_adds_or_deletes_what_comes_from_elsewhere(client, office, request, who, address):
    client.force_login(request.getfixturevalue(who))

    assert client.post(address.format(office=office)).status_code == 403


@pytest.mark.parametrize("address", DEEDS)
def test_the_help_desk_changes_nothing(client, office, help_desk, address):
    client.force_login(help_desk)
    open_record(client, office.resident)

    assert client.post(address.format(office=office), {"fresh_for": 1}).status_code == 403


@pytest.mark.parametrize("address", PAGES)
def test_the_help_desk_sees_no_button_for_what_it_may_not_do(client, office, help_desk, address):
    client.force_login(help_desk)

    content = client.get(address.format(office=office)).content.decode()

    night, reminders = "Run the night now", "Send reminders now"
    for button in ["Save", "Delete", night, reminders, "Try again", "try_again", "/add/"]:
        assert button not in content, button


def test_the_help_desk_does_not_read_the_text_of_a_line(client, office, help_desk):
    client.force_login(help_desk)
    address = f"/staff/exchange/quarantinedline/{office.line.pk}/change/"

    without = client.get(address).content.decode()
    may(help_desk, "view_line_text")
    with_it = client.get(address).content.decode()

    assert "the text of the line" not in without
    assert "the text of the line" in with_it
    assert "R999 has not been reported yet" in without


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("/staff/tasks/sweep/", make_night),
        ("/staff/exchange/quarantinedline/", make_line),
        ("/staff/residents/resident/", ResidentFactory),
    ],
)
def test_a_list_takes_the_same_queries_with_few_rows_and_with_many(
    client, office, help_desk, django_assert_max_num_queries, address, more
):
    client.force_login(help_desk)
    client.get(address)
    with django_assert_max_num_queries(20) as few:
        client.get(address)
    if more is make_night:
        Sweep.objects.update(run=2)
    for number in range(5):
        more(**({"ranges": 3, "run": number + 3} if more is make_night else {}))

    with django_assert_max_num_queries(len(few)):
        client.get(address)


class TestRules:
    def test_the_list_has_every_rule_with_its_live_tasks_and_the_last_night(
        self, client, office, help_desk
    ):
        office.night.ranges.filter(opened=3).update(by_rule={office.rule.id: [3, 2, 1]})
        client.force_login(help_desk)

        page = client.get("/staff/tasks/rulerecord/").content.decode()

        for rule in registry.values():
            assert f"/staff/tasks/rulerecord/{rule.id}/" in page
            assert rule.key in page
        row = page[page.index(office.rule.key) :].partition("</tr>")[0]
        assert cells(row) == ["2", "0", "0", "0", "3", "2", "1"]

    def test_a_rule_says_what_it_asks_how_many_tasks_it_has_and_when_it_reminds(
        self, client, office, help_desk
    ):
        client.force_login(help_desk)
        renewal = registry["card.user-authentication-renewal"]

        page = client.get(f"/staff/tasks/rulerecord/{renewal.id}/").content.decode()

        assert "It expires on [expires on]; you can renew it since [can be renewed from]." in page
        assert "A new certificate is issued and reported to this portal." in page
        assert "Open: 1" in page
        assert "90, 30, 7, 1 days before the due date" in page

    def test_a_rule_is_asked_of_made_up_people_and_of_nobody_else(self, client, office, help_desk):
        client.force_login(help_desk)

        page = client.get(f"/staff/tasks/rulerecord/{office.rule.id}/")

        assert [outcome for _example, outcome, _why in page.context["examples"]] == [
            *("open", "ended", "does-not-apply", "unknown", "does-not-apply"),
        ]
        assert "Yes: No certificate of eligibility has been reported." in page.content.decode()
        assert "山田" not in page.content.decode()

    def test_a_rule_is_asked_alone_when_somebody_wants_to_know_its_seconds(
        self, client, office, help_desk
    ):
        client.force_login(help_desk)
        address = f"/staff/tasks/rulerecord/{office.rule.id}/"

        page = client.get(address + "?alone").content.decode()

        assert "Asked alone just now about 2 people:" in page
        assert "Asked alone just now" not in client.get(address).content.decode()

    def test_a_rule_that_is_not_there_is_a_404(self, client, office, help_desk):
        client.force_login(help_desk)

        assert client.get("/staff/tasks/rulerecord/1/").status_code == 404


def cells(row):
    """Return what stands in the whole cells of a row."""
    return [cell.strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]


class TestNights:
    @pytest.fixture
    def chief(self, client, superuser):
        client.force_login(superuser)
        return superuser

    def test_a_night_says_what_each_range_is_at(self, client, chief):
        night = make_night(ranges=4, done=2)

        page = client.get(f"/staff/tasks/sweep/{night.pk}/change/").content.decode()

        for expected in ["2 of 4 ranges done", "finished", "being done", "waiting for a worker"]:
            assert expected in page

    def test_a_night_started_by_hand_is_there_to_be_done(self, client, chief, office, woken):
        answer = client.post("/staff/tasks/sweep/start/", follow=True)

        night = Sweep.objects.get(started_by=Sweep.StartedBy.STAFF)
        assert night.day == timezone.localdate()
        assert woken == list(night.ranges.values_list("pk", flat=True))
        assert "has been started (run 1): 1 range." in answer.content.decode()
        assert LogEntry.objects.get().user == chief

    def test_a_second_click_starts_nothing_more(self, client, chief, office, woken):
        client.post("/staff/tasks/sweep/start/")

        answer = client.post("/staff/tasks/sweep/start/", follow=True)

        assert Sweep.objects.filter(started_by=Sweep.StartedBy.STAFF).count() == 1
        assert "is running already (run 1)" in answer.content.decode()

    def test_a_silent_queue_is_said_and_the_night_is_there_all_the_same(
        self, client, chief, office, monkeypatch
    ):
        def silent(range_id):
            raise OperationalError("no broker")

        monkeypatch.setattr("tasks.jobs.sweep_range.delay", silent)

        answer = client.post("/staff/tasks/sweep/start/", follow=True)

        assert "The queue does not answer." in answer.content.decode()
        assert Sweep.objects.filter(started_by=Sweep.StartedBy.STAFF).exists()

    def test_a_night_for_nobody_says_so(self, client, chief, woken):
        answer = client.post("/staff/tasks/sweep/start/", follow=True)

        assert "no resident has been reported" in answer.content.decode()

    def test_the_question_changes_nothing(self, client, chief, office):
        client.get("/staff/tasks/sweep/start/")

        assert not Sweep.objects.filter(started_by=Sweep.StartedBy.STAFF).exists()


class TestWeeks:
    """The nights of some weeks, looked at three days after the office's night."""

    @pytest.fixture(autouse=True)
    def on_the_day(self, time_machine, client, help_desk):
        time_machine.move_to(datetime(2027, 3, 3, 12, tzinfo=CHECKED_AT.tzinfo))
        client.force_login(help_desk)

    def test_they_have_a_row_for_each_day_and_say_which_night_did_not_run(self, client):
        first = make_night(ranges=1, done=1)
        last = make_night(ranges=2, done=2, run=2)
        Sweep.objects.filter(pk=last.pk).update(day=TODAY + timedelta(2))

        page = client.get("/staff/tasks/sweep/").content.decode()

        table = page.partition("The same in figures")[2].partition("</table>")[0]
        rows = table.split("<tr>")[2:]
        assert [cells(row)[:2] for row in rows] == [
            ["March 3, 2027", "6"],
            ["March 2, 2027", "<strong>did not run</strong>"],
            ["March 1, 2027", "3"],
        ]
        assert page.count("×</text>") == 4  # in each row of bars
        assert reverse("admin:tasks_sweep_change", args=[first.pk]) in rows[2]

    def test_of_a_rule_they_show_what_was_done_by_it_alone(self, client, office):
        office.night.ranges.filter(opened=3).update(by_rule={office.rule.id: [2, 0, 1]})

        page = client.get(f"/staff/tasks/sweep/?rule={office.rule.id}")

        night, done = page.context["nights"][-1]
        assert (night.done.opened, done) == (3, Reconciled(opened=2, closed=1))

    def test_a_night_before_counts_by_rule_were_kept_says_so(self, client, office):
        page = client.get(f"/staff/tasks/sweep/?rule={office.rule.id}")

        assert "not counted by rule" in page.content.decode()

    def test_weeks_before_the_first_night_are_empty(self, client, office):
        page = client.get("/staff/tasks/sweep/?until=2020-01-01").content.decode()

        assert "There is no night in these weeks." in page


def test_lines_are_found_by_their_reason_in_words(client, office, help_desk):
    client.force_login(help_desk)

    page = client.get("/staff/exchange/quarantinedline/?reason=unknown-person")

    assert "the person has not been reported" in page.content.decode()
    assert list(page.context["cl"].result_list) == [office.line]


def test_every_reason_has_a_name():
    assert set(reasons.NAMES) == set(reasons.SENTENCES)


class TestSources:
    def test_the_list_shows_for_how_long_a_source_has_been_silent(self, client, office, help_desk):
        SourceFactory(key="silent", delivered_at=timezone.now() - timedelta(days=40, hours=1))
        client.force_login(help_desk)

        page = client.get("/staff/residents/source/").content.decode()

        assert "40 days" in page

    def test_the_days_of_freshness_move_the_day_from_which_its_facts_are_unknown(self, superuser):
        kokin, other = SourceFactory(key="kokin"), SourceFactory(key="other")
        mine = BenefitAccountFactory(source=kokin)
        others = BenefitAccountFactory(source=other)

        changed = change_freshness(source=kokin, days=30, by=superuser)

        mine.refresh_from_db()
        assert changed == 1
        assert mine.stale_on == date(2026, 12, 1)
        assert others.stale_on == CHECKED_AT.date() + timedelta(days=365)
        assert Source.objects.get(key="kokin").fresh_for == 30

    def test_every_kind_of_fact_moves_by_the_day_of_its_check_in_japan(self, office, superuser):
        evening = CHECKED_AT.replace(hour=23)
        Resident.objects.update(checked_at=evening)

        change_freshness(source=office.resident.source, days=10, by=superuser)

        assert set(Resident.objects.values_list("stale_on", flat=True)) == {date(2026, 11, 11)}
        assert office.child.guardianships.get().stale_on == date(2026, 11, 11)
        assert InsuranceUse.objects.first().stale_on == date(2027, 11, 1)

    def test_the_same_days_write_nothing(self, office, superuser):
        assert change_freshness(source=office.resident.source, days=365, by=superuser) == 0

    def test_the_page_says_how_many_facts_that_changed(self, client, office, superuser):
        client.force_login(superuser)
        source = Source.objects.get(key="insurer-0601")
        address = f"/staff/residents/source/{source.pk}/change/"

        answer = client.post(address, {"fresh_for": 7, "name": "", "name_en": ""}, follow=True)

        assert "2 facts have another day now" in answer.content.decode()
        assert set(InsuranceUse.objects.values_list("stale_on", flat=True)) == {date(2026, 11, 8)}

    @pytest.mark.parametrize("days", ["-1", "40000", "soon"])
    def test_days_out_of_range_are_refused_and_change_nothing(
        self, client, office, superuser, days
    ):
        client.force_login(superuser)
        source = office.resident.source

        client.post(f"/staff/residents/source/{source.pk}/change/", {"fresh_for": days})

        source.refresh_from_db()
        assert source.fresh_for == 365


class TestTryingAgain:
    INSURANCE = (
        '{"kind":"insurance","source":"insurer-0601","resident":"R1","status":"registered",'
        '"checked_at":"2026-11-20T03:00:00+09:00"}'
    )

    def post(self, client, *lines):
        action = {"action": "try_again", "_selected_action": [line.pk for line in lines]}
        answer = client.post("/staff/exchange/quarantinedline/", action, follow=True)
        return answer.content.decode()

    def test_a_line_that_can_be_taken_now_is_taken(self, client, office, superuser):
        client.force_login(superuser)
        QuarantinedLine.objects.update(text=self.INSURANCE)

        page = self.post(client, office.line)

        office.line.refresh_from_db()
        assert "1 line has been taken." in page
        assert office.line.resolved_at is not None
        assert InsuranceUse.objects.get(resident=office.resident).status == "registered"
        assert Upload.objects.latest("pk").by == superuser

    def test_a_line_that_still_cannot_be_taken_stays(self, client, office, superuser):
        client.force_login(superuser)
        QuarantinedLine.objects.update(text=self.INSURANCE.replace("R1", "R999"))

        page = self.post(client, office.line)

        office.line.refresh_from_db()
        assert "0 lines have been taken. 1 line is still set aside" in page
        assert office.line.resolved_at is None

    def test_a_line_whose_text_is_not_kept_is_said_to_be_untried(self, client, office, superuser):
        client.force_login(superuser)
        QuarantinedLine.objects.update(text="")

        assert "1 line was not tried" in self.post(client, office.line)

    def test_a_line_has_a_button_of_its_own(self, client, office, superuser):
        client.force_login(superuser)
        QuarantinedLine.objects.update(text=self.INSURANCE)
        address = f"/staff/exchange/quarantinedline/{office.line.pk}/"

        page = client.get(address + "change/").content.decode()
        answer = client.post(address + "try-again/", follow=True)

        assert f'action="{address}try-again/"' in page
        assert "1 line has been taken." in answer.content.decode()

    def test_the_help_desk_cannot_choose_the_action(self, client, office, help_desk):
        client.force_login(help_desk)

        self.post(client, office.line)

        assert not Upload.objects.filter(name="retry").exists()


@pytest.mark.parametrize("like", ["山田", "ヤマダ"])
def test_a_name_is_found_by_an_index_among_many(office, like):
    column = "name" if like == "山田" else "name_kana"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT 1 FROM residents_resident WHERE {column} LIKE '{like}%'")
        plan = "\n".join(line for [line] in cursor)

    assert "resident_by_" in plan


def test_staff_who_may_see_nothing_see_an_empty_index(client, office):
    client.force_login(UserFactory(is_staff=True, language="en", password=None))

    assert client.get("/staff/residents/resident/").status_code == 403
    assert client.get("/staff/").status_code == 200


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/staff/feedback/alertlook/", "Looks at all pages"),
        ("/staff/feedback/improvement/", "Improvements"),
        ("/staff/tasks/sweep/", "Nights"),
    ],
)
def test_a_list_is_called_by_what_stands_in_it(client, superuser, address, title):
    client.force_login(superuser)

    content = client.get(address).content.decode()

    assert f"<h1>{title}</h1>" in content
    assert f"<title>{title} | " in content
