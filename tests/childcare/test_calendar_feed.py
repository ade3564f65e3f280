"""What stands in a family's calendar, and who gets it."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from childcare.handover import calendar_feed
from childcare.models import CalendarFeed, DueCheckup, DueDose
from portal.residents.models import Guardianship
from tests.childcare.conftest import TODAY
from tests.childcare.factories import DueCheckupFactory, DueDoseFactory
from tests.factories import CHECKED_AT, GuardianshipFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed(family):
    return calendar_feed.create(resident=family.guardian, by=family.guardian.user)


@pytest.fixture
def fetch(feed, client):
    """Fetch the calendar as a program does: without a sign-in."""
    client.logout()
    address = reverse("childcare:feed", args=[calendar_feed.token_of(feed)])

    def fetch(**headers):
        return client.get(address, headers=headers)

    return fetch


def events(response):
    return [
        (event["dtstart"].dt, str(event["summary"]))
        for event in Calendar.from_ical(response.content).events
    ]


def days(response):
    return [day for day, _summary in events(response)]


# ---- which days


def test_a_period_to_come_has_its_first_and_its_last_day(fetch, child):
    DueDoseFactory(resident=child)

    assert events(fetch()) == [
        (date(2026, 11, 20), "Annai: there is something to do from today"),
        (date(2026, 12, 20), "Annai: the last day for something"),
    ]


def test_what_may_be_had_on_one_day_is_one_event(fetch, child):
    DueDoseFactory(resident=child)
    DueDoseFactory(resident=child, vaccine="HEPB", recommended_until=date(2026, 12, 24))

    assert days(fetch()) == [date(2026, 11, 20), date(2026, 12, 20), date(2026, 12, 24)]


def test_two_children_have_an_event_each(fetch, family):
    sister = GuardianshipFactory(guardian=family.guardian).child
    DueCheckupFactory(resident=family.child)
    DueCheckupFactory(resident=sister)

    assert days(fetch()) == [date(2027, 5, 1)] * 2 + [date(2027, 10, 31)] * 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"recommended_from": TODAY}, [TODAY, date(2026, 12, 20)]),
        ({"recommended_from": TODAY - timedelta(days=1)}, [date(2026, 12, 20)]),
        ({"earliest": date(2026, 12, 1)}, [date(2026, 12, 1), date(2026, 12, 20)]),
        (
            {"earliest": TODAY, "recommended_from": None, "recommended_until": None},
            [TODAY],
        ),
        # The recommended period has passed, the free one has not.
        (
            {
                "earliest": date(2026, 1, 5),
                "recommended_from": date(2026, 1, 5),
                "recommended_until": date(2026, 11, 14),
                "legal_until": date(2027, 3, 31),
            },
            [date(2027, 3, 31)],
        ),
        ({"recommended_until": date(2026, 11, 20)}, [date(2026, 11, 20)]),
        ({"earliest": date(2031, 1, 1)}, []),  # after the free period
        ({"given_on": date(2026, 11, 1)}, []),
        ({"ended": True}, []),
        ({"record_known": False}, []),
    ],
)
def test_the_days_of_a_dose_are_those_still_to_come(fetch, child, changes, expected):
    changes = {"earliest": date(2026, 11, 1)} | changes
    DueDoseFactory(resident=child, **changes)

    assert days(fetch()) == expected


def test_a_young_child_of_whom_nothing_is_recorded_is_asked_to_its_first_doses(fetch, family):
    baby = GuardianshipFactory(guardian=family.guardian, child__born=date(2026, 9, 20)).child
    DueDoseFactory(resident=baby, record_known=False)

    assert len(days(fetch())) == 2


@pytest.mark.parametrize(
    ("on", "shown"), [(TODAY + calendar_feed.AHEAD, 1), (date(2027, 11, 16), 0)]
)
def test_the_calendar_ends_a_year_ahead(fetch, child, on, shown):
    DueCheckupFactory(resident=child, window_from=on, window_until=date(2028, 10, 31))

    assert len(days(fetch())) == shown


def test_a_checkup_done_is_gone(fetch, child):
    DueCheckupFactory(resident=child, done_on=date(2026, 11, 1))

    assert days(fetch()) == []


# ---- what others read in it


def test_neither_name_nor_vaccine_nor_checkup_stands_in_the_calendar(fetch, child):
    due = DueDoseFactory(resident=child)
    DueCheckupFactory(resident=child, place="千代田保健所", note="母子手帳")

    text = fetch().content.decode()

    for private in (child.name, due.vaccine, due.subject, "18m", "千代田", "母子", str(child.uuid)):
        assert private not in text


def test_the_language_is_the_parents_own(fetch, family):
    DueCheckupFactory(resident=family.child)
    family.guardian.user.language = "ja"
    family.guardian.user.save()

    assert fetch().headers["Content-Language"] == "ja"


# ---- a program that asks again


def test_an_unchanged_calendar_is_not_sent_again(fetch, child):
    DueDoseFactory(resident=child)
    first = fetch()

    again = fetch(if_none_match=first.headers["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"
    DueDose.objects.update(given_on=TODAY)
    assert fetch(if_none_match=first.headers["ETag"]).status_code == 200


def test_an_event_whose_day_moves_stays_the_same_event_with_a_higher_sequence(fetch, child):
    DueCheckupFactory(resident=child, window_until=date(2028, 5, 1))
    (before,) = Calendar.from_ical(fetch().content).events

    DueCheckup.objects.update(
        window_from=date(2027, 6, 1), checked_at=CHECKED_AT + timedelta(days=1)
    )

    (after,) = Calendar.from_ical(fetch().content).events
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after["dtend"].dt == date(2027, 6, 2)


@pytest.mark.parametrize("many", [1, 5])
def test_a_fetch_asks_the_database_as_often_for_many_children(
    fetch, family, django_assert_max_num_queries, many
):
    for guardianship in GuardianshipFactory.create_batch(many, guardian=family.guardian):
        DueDoseFactory(resident=guardianship.child)

    with django_assert_max_num_queries(4):
        fetch()


# ---- who gets it


def test_revoked_and_never_made_addresses_are_the_same_404(fetch, feed, client):
    calendar_feed.revoke(resident=feed.resident, feed=feed.uuid, by=feed.resident.user)
    never = reverse("childcare:feed", args=["x.y"])

    responses = [fetch(), client.get(never)]

    assert [response.status_code for response in responses] == [404, 404]
    assert what_it_says(responses[0]) == what_it_says(responses[1])


def what_it_says(response):
    """Return the page without its own address and the token of its language form."""
    page = response.content.decode()
    page = page.replace(response.request["PATH_INFO"], "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


@pytest.mark.parametrize("change", ["x{}", "{}x", "{}."])
def test_a_changed_address_opens_nothing(feed, client, change):
    token = change.format(calendar_feed.token_of(feed))

    assert client.get(reverse("childcare:feed", args=[token])).status_code == 404


@pytest.mark.parametrize(("kept", "status"), [(True, 200), (False, 404)])
def test_an_address_outlives_a_new_key_only_where_the_old_one_is_kept(
    fetch, settings, kept, status
):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if kept else []
    settings.SECRET_KEY = "another key of this installation, and long enough for it"

    assert fetch().status_code == status


def test_who_may_no_longer_sign_in_gets_no_calendar(fetch, feed):
    feed.resident.user.is_active = False
    feed.resident.user.save()

    assert fetch().status_code == 404


def test_a_guardianship_that_ended_takes_its_childs_events_along(fetch, child):
    DueDoseFactory(resident=child)
    Guardianship.objects.update(until=TODAY - timedelta(days=1), ends_on=TODAY)

    assert days(fetch()) == []


def test_another_familys_child_is_not_in_it(fetch):
    DueDoseFactory(resident=GuardianshipFactory().child)

    assert days(fetch()) == []


# ---- the page and the file


def test_an_address_is_made_shown_and_revoked(client, family):
    page = reverse("childcare:calendar-settings")
    assertRedirects(client.post(page), page)
    feed = CalendarFeed.objects.get()
    address = reverse("childcare:feed", args=[calendar_feed.token_of(feed)])
    assertContains(client.get(page), f'value="http://testserver{address}"')

    client.post(reverse("childcare:revoke-calendar", args=[feed.uuid]))

    assertNotContains(client.get(page), address)
    feed.refresh_from_db()
    assert feed.revoked_by == family.guardian.user


def test_more_addresses_than_five_are_refused(client, family):
    page = reverse("childcare:calendar-settings")
    for _number in range(calendar_feed.MOST_ADDRESSES):
        client.post(page)

    assertContains(client.post(page, follow=True), "Revoke one that you no longer use")
    assert CalendarFeed.objects.count() == 5


def test_nobody_revokes_the_address_of_another(client, feed):
    other = ResidentFactory(user=UserFactory())
    client.force_login(other.user)

    client.post(reverse("childcare:revoke-calendar", args=[feed.uuid]))

    assert CalendarFeed.objects.standing().exists()


def test_looking_at_the_pages_makes_and_revokes_nothing(client, feed):
    client.get(reverse("childcare:calendar-settings"))
    client.get(reverse("childcare:revoke-calendar", args=[feed.uuid]))

    assert CalendarFeed.objects.standing().count() == 1


def test_the_file_has_one_childs_days_for_who_is_signed_in(client, family):
    DueDoseFactory(resident=family.child)
    sister = GuardianshipFactory(guardian=family.guardian).child
    DueCheckupFactory(resident=sister)
    address = reverse("childcare:calendar", args=[family.child.uuid])

    response = client.get(address)

    assert days(response) == [date(2026, 11, 20), date(2026, 12, 20)]
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "attachment" in response.headers["Content-Disposition"]
    client.logout()
    assert client.get(address).status_code == 302


def test_lines_are_folded_and_end_as_the_standard_says(fetch, family):
    DueDoseFactory(resident=family.child)
    family.guardian.user.language = "ja"
    family.guardian.user.save()

    content = fetch().content

    lines = content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-1] == b""
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75


def test_the_demos_clock_moves_the_calendar_along(fetch, child, time_machine):
    DueDoseFactory(resident=child)

    time_machine.move_to(datetime(2026, 12, 1, 9, 0, tzinfo=timezone.get_default_timezone()))

    assert days(fetch()) == [date(2026, 12, 20)]
