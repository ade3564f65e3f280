"""Staff are told when a night or reminders did not go as they should, and otherwise of nothing."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.utils import translation

from portal.residents.access_log import note_access
from portal.residents.ask_access import answer_access_question, ask_about_access
from portal.residents.models import AccessLogCheck
from tasks import versions
from tasks.alarms import alarms
from tasks.models import RuleVersion, Sweep
from tasks.reminders.models import ReminderRound
from tests.applications.factories import OfficeMembershipFactory
from tests.factories import MunicipalityFactory, ResidentFactory, UserFactory
from tests.reminders.ledger import lines
from tests.staff.conftest import make_night

JAPAN = timezone(timedelta(hours=9))
TODAY, YESTERDAY = date(2027, 3, 1), date(2027, 2, 28)  # TODAY is that of make_night()


@pytest.fixture
def at(time_machine):
    """Return a function that sets the clock to a time of the day and gives what is wrong then."""

    def at(time, day=TODAY):
        moment = datetime.fromisoformat(f"{day} {time}").replace(tzinfo=JAPAN)
        time_machine.move_to(moment, tick=False)
        return [alarm.what for alarm in alarms(at=moment)]

    return at


def night(day, *, started="02:00", finished=True, run=1):
    started_at = datetime.fromisoformat(f"{day} {started}").replace(tzinfo=JAPAN)
    return Sweep.objects.create(
        day=day,
        run=run,
        started_by="beat",
        range_size=100,
        started_at=started_at,
        finished_at=started_at + timedelta(minutes=1) if finished else None,
    )


@pytest.fixture
def all_well(db):
    for day in (YESTERDAY, TODAY):
        night(day)
        ReminderRound.objects.create(day=day, started_by="beat")
        lines(day, "sent")
        lines(day, "skipped")
        lines(day, "failed")
    lines(TODAY, "promised")


NO_NIGHT = "The night of 1 March 2027 (Mon) did not run."
NO_NIGHT_YESTERDAY = "The night of 28 February 2027 (Sun) did not run."
NOT_FINISHED = "The night of 1 March 2027 (Mon) is not finished."
NOT_STARTED = "The reminders of 1 March 2027 (Mon) have not been started."


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize("time", ["00:00", "02:00", "08:29", "12:00", "23:59"])
def test_nothing_is_said_when_all_is_well(all_well, at, time):
    assert at(time) == []


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("00:00", []),
        ("02:29", []),
        ("02:30", [NO_NIGHT]),
        ("23:59", [NO_NIGHT]),
    ],
)
def test_a_night_that_did_not_run_is_told_half_an_hour_after_its_time(db, at, time, told):
    night(YESTERDAY)
    ReminderRound.objects.create(day=TODAY, started_by="beat")

    assert at(time) == told


@pytest.mark.parametrize(("time", "told"), [("00:00", [NO_NIGHT_YESTERDAY]), ("02:30", [NO_NIGHT])])
def test_of_several_only_the_newest_is_told(db, at, time, told):
    assert at(time) == told


def test_once_todays_night_has_run_yesterdays_is_made_up_for(db, at):
    night(TODAY)

    assert at("02:10") == []


@pytest.mark.parametrize(("time", "told"), [("06:00", []), ("06:01", [NOT_FINISHED])])
def test_a_night_that_is_not_finished_is_told_after_four_hours(db, at, time, told):
    night(TODAY, finished=False)

    assert at(time) == told


def test_what_is_told_of_a_night_is_told_of_its_newest_run(db, at):
    night(TODAY, finished=False)
    night(TODAY, started="06:30", run=2)
    ReminderRound.objects.create(day=TODAY, started_by="beat")

    assert at("12:00") == []


@pytest.mark.parametrize(
    ("time", "told"),
    [("08:29", []), ("08:30", [NOT_STARTED]), ("20:59", [NOT_STARTED]), ("21:00", [])],
)
def test_reminders_that_were_not_started_are_told_while_they_could_be(db, at, time, told):
    night(TODAY)

    assert at(time) == told


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (0, []),
        (1, ["1 of 4 reminders promised on 28 February 2027 (Sun) was neither sent nor skipped."]),
        (2, ["2 of 5 reminders promised on 28 February 2027 (Sun) were neither sent nor skipped."]),
    ],
)
def test_reminders_of_yesterday_that_still_wait_are_told(all_well, at, left, told):
    lines(YESTERDAY, "promised", left)

    assert at("00:00") == told
    assert at("23:59", day=YESTERDAY) == []


# ---- on the page
def test_the_start_page_says_what_is_wrong_what_next_and_where(client, superuser, time_machine):
    time_machine.move_to(datetime(2027, 3, 1, 9, 0, tzinfo=JAPAN))
    open_night = make_night(ranges=3)
    Sweep.objects.update(started_at=datetime(2027, 2, 28, 17, 0, tzinfo=UTC))
    client.force_login(superuser)

    content = client.get("/staff/").content.decode()

    assert NOT_FINISHED in content
    assert "2 ranges are still to do." in content
    assert f'<a href="/staff/tasks/sweep/{open_night.pk}/change/">' in content


def test_the_alarm_leads_to_the_reminders_that_wait(client, superuser, all_well, time_machine):
    time_machine.move_to(datetime(2027, 3, 1, 9, 0, tzinfo=JAPAN))
    lines(YESTERDAY, "promised", 2)
    client.force_login(superuser)

    start = client.get("/staff/").content.decode()
    [link] = re.findall(r'href="(/staff/reminders/[^"]+outcome[^"]+)"', start)
    ledger = client.get(unescape(link))

    assert ledger.context["cl"].result_count == 2


def test_every_other_page_says_it_in_one_line(client, superuser, time_machine):
    time_machine.move_to(datetime(2027, 3, 1, 3, 0, tzinfo=JAPAN))
    client.force_login(superuser)

    content = client.get("/staff/tasks/sweep/").content.decode()

    assert f'<a href="/staff/">{NO_NIGHT}</a>' in content
    assert "It starts by itself" not in content


def test_who_may_not_see_nights_is_not_told_of_them(client, help_desk, time_machine):
    time_machine.move_to(datetime(2027, 3, 1, 3, 0, tzinfo=JAPAN))
    client.force_login(help_desk)
    told = NO_NIGHT in client.get("/staff/").content.decode()
    help_desk.groups.get().permissions.remove(Permission.objects.get(codename="view_sweep"))

    assert told
    assert NO_NIGHT not in client.get("/staff/").content.decode()


def test_when_all_is_well_pages_say_nothing_of_it(client, superuser, all_well, time_machine):
    time_machine.move_to(datetime(2027, 3, 1, 9, 0, tzinfo=JAPAN))
    client.force_login(superuser)

    for address in ("/staff/", "/staff/tasks/sweep/"):
        assert "staff-alarm" not in client.get(address).content.decode()


@pytest.mark.django_db
def test_rules_that_wait_to_go_live_are_told(at, all_well):
    versions.record()
    assert at("12:00") == []
    RuleVersion.objects.filter(rule__key="card.benefit-account").update(fingerprint="before")
    assert at("12:00") == ["A new version of 1 rule waits to go live."]


# ---- who looked at whose data
def checked(day, broken=0, **found):
    at = datetime.fromisoformat(f"{day} 04:30").replace(tzinfo=JAPAN)
    return AccessLogCheck.objects.create(at=at, read=10, broken=broken, **found)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (0, []),
        (1, ["1 log does not fit together."]),
        (2, ["2 logs do not fit together."]),
    ],
)
def test_a_log_of_who_looked_that_was_changed_is_told_until_a_check_finds_none(
    all_well, at, broken, told
):
    checked(YESTERDAY, broken=broken)
    assert [what.split(": ")[1] for what in at("12:00")] == told

    checked(TODAY)
    assert at("12:00") == []


@pytest.mark.parametrize(("time", "told"), [("04:30", 0), ("04:31", 1)])
def test_that_nobody_checked_the_logs_is_told_after_two_days(all_well, at, time, told):
    checked("2027-02-27")

    found = [what for what in at(time) if "have not been checked since" in what]
    assert len(found) == told


def test_the_alarm_leads_to_the_places_that_were_changed(client, superuser, all_well, time_machine):
    time_machine.move_to(datetime(2027, 3, 1, 9, 0, tzinfo=JAPAN))
    found = checked(TODAY, broken=1, places=[{"resident": "R1", "number": 3, "why": "removed"}])
    client.force_login(superuser)

    address = f"/staff/residents/accesslogcheck/{found.pk}/change/"
    assert f'<a href="{address}">' in client.get("/staff/").content.decode()
    assert "R1: access 3 was removed" in client.get(address).content.decode()


@pytest.fixture
def question(all_well):
    """Asked of Chiyoda's office on 15 February, to be answered by 1 March."""
    resident = ResidentFactory()
    note_access(resident=resident, by=UserFactory(), office=resident.municipality, purpose="call")
    return ask_about_access(resident=resident, number=1, text="Why?", today=date(2027, 2, 15))


@pytest.mark.parametrize(("day", "told"), [(TODAY, 0), (date(2027, 3, 2), 1)])
def test_a_question_about_an_access_is_told_the_day_after_its_date(question, at, day, told):
    late = "1 question of a resident about who looked at their data is overdue."

    assert at("00:00", day=day).count(late) == told


def test_an_answered_question_is_not_told(question, at):
    answer_access_question(question=question, answer="You called us.", by=UserFactory())

    assert not [what for what in at("12:00", day=date(2027, 3, 2)) if "overdue" in what]


@pytest.mark.parametrize(("office", "told"), [("131016", True), ("131024", False)])
def test_a_clerk_is_told_of_questions_to_the_own_office_alone(
    client, question, time_machine, office, told
):
    time_machine.move_to(datetime(2027, 3, 2, 9, 0, tzinfo=JAPAN))
    MunicipalityFactory(code="131024", name="中央区", name_kana="チュウオウク")
    clerk = OfficeMembershipFactory(user__language="en", municipality_id=office).user
    clerk.user_permissions.add(Permission.objects.get(codename="view_accessquestion"))
    client.force_login(clerk)

    assert ("is overdue" in client.get("/staff/").content.decode()) == told
