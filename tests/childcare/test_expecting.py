"""What an expecting parent is shown from the expected date of birth alone."""

import html
import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from childcare.after_birth.expecting import Pregnancy
from childcare.schedule import the_schedule
from tests.factories import ResidentFactory, UserFactory

TODAY = date(2026, 11, 25)
DUE_ON = date(2027, 3, 3)  # 14 weeks from TODAY, which is so 26 weeks 0 days
EXPECTING = "/children/expecting/"


def weeks_before(due_on, weeks, days):
    """Return the day of `weeks` weeks `days` days, counted afresh from the text of the order."""
    return due_on - timedelta(days=40 * 7 - weeks * 7 - days)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


# ---- the dates


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (weeks_before(DUE_ON, 27, 6), "to come"),
        (weeks_before(DUE_ON, 28, 0), "now"),
        (weeks_before(DUE_ON, 28, 1), "now"),
        (weeks_before(DUE_ON, 36, 5), "now"),
        (weeks_before(DUE_ON, 36, 6), "now"),
        (weeks_before(DUE_ON, 37, 0), "over"),
    ],
)
def test_the_vaccination_is_free_from_28_weeks_0_days_to_36_weeks_6_days(today, state):
    (vaccine,) = Pregnancy(DUE_ON, today).vaccines

    assert (vaccine.dose.free_from, vaccine.dose.free_until) == (
        date(2026, 12, 9),
        date(2027, 2, 9),
    )
    assert vaccine.state == state


@pytest.mark.parametrize("today", [weeks_before(DUE_ON, 5, 0), TODAY, DUE_ON])
def test_the_dates_do_not_move_as_days_go_by(today):
    (vaccine,) = Pregnancy(DUE_ON, today).vaccines

    assert vaccine.bounds == [
        (date(2026, 12, 9), "28 weeks 0 days", 84),
        (date(2027, 2, 9), "36 weeks 6 days", 22),
    ]


def test_a_leap_day_is_a_day_like_others():
    (vaccine,) = Pregnancy(date(2028, 4, 1), date(2028, 1, 1)).vaccines

    assert [day for day, _weeks, _days in vaccine.bounds] == [date(2028, 1, 8), date(2028, 3, 10)]


@pytest.mark.parametrize(
    ("today", "weeks"),
    [
        (DUE_ON - timedelta(days=280), "0 weeks 0 days"),
        (DUE_ON - timedelta(days=8), "38 weeks 6 days"),
        (DUE_ON - timedelta(days=6), "39 weeks 1 day"),
        (DUE_ON, "40 weeks 0 days"),
        (DUE_ON + timedelta(days=28), "44 weeks 0 days"),
    ],
)
def test_weeks_are_counted_up_to_the_expected_date(today, weeks):
    assert Pregnancy(DUE_ON, today).weeks_today == weeks


@pytest.mark.parametrize(
    ("today", "left"),
    [
        (date(2026, 12, 11), None),
        (date(2026, 12, 12), 59),
        (date(2027, 2, 8), 1),
        (date(2027, 2, 9), None),
    ],
)
def test_days_left_are_said_when_they_are_few(today, left):
    (vaccine,) = Pregnancy(DUE_ON, today).vaccines

    assert vaccine.days_left == left
    assert vaccine.is_last_day == (today == date(2027, 2, 9))


def test_a_vaccination_on_the_last_day_is_14_days_old_in_week_38():
    (vaccine,) = Pregnancy(DUE_ON, TODAY).vaccines

    assert vaccine.established_on == date(2027, 2, 23)
    assert vaccine.established_in_week == "38 weeks 6 days"


# ---- the page


@pytest.fixture
def visit(client, db, time_machine):
    """Open the page on a day, as someone who is signed in, with what was typed."""
    resident = ResidentFactory(user=UserFactory(language="en"))

    def visit(typed=None, *, today=TODAY):
        time_machine.move_to(
            datetime(today.year, today.month, today.day, 9, tzinfo=timezone.get_default_timezone())
        )
        client.force_login(resident.user)
        return client.get(EXPECTING, {} if typed is None else {"due_on": typed})

    return visit


def text(response):
    said = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", response.content.decode(), flags=re.S)
    return re.sub(" (?=[.,:)])", "", " ".join(html.unescape(said).split()))


def test_the_page_asks_for_one_date_and_says_that_it_is_not_stored(visit):
    response = visit()

    assertContains(response, "Expected date of birth")
    assertContains(response, "None of this is stored here.")
    assertContains(response, f'href="{reverse("childcare:born")}"')
    assertNotContains(response, "Please correct")


def test_before_the_period_it_says_from_when_until_when_and_how_that_was_found(visit):
    said = text(visit("2027-03-03"))

    assert "Today: 26 weeks 0 days" in said
    assert "RSV vaccination of the mother" in said
    assert "From 9 December 2026 (Wed) Free until 9 February 2027 (Tue)" in said
    assert "free once in each pregnancy" in said
    assert "9 December 2026 (Wed) is 84 days before it: 28 weeks 0 days." in said
    assert "9 February 2027 (Tue) is 22 days before it: 36 weeks 6 days." in said
    assert "It has been free since 1 April 2026 (Wed)." in said
    assert "Schedule of FY2026, rule rsv-maternal" in said
    assert "the 14 days are over on 23 February 2027 (Tue) (38 weeks 6 days)" in said


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 12, 8), "From 9 December 2026 (Wed)"),
        (date(2026, 12, 9), "From now Free until 9 February 2027 (Tue) The RSV"),
        (date(2027, 2, 8), "Free until 9 February 2027 (Tue) (1 day left)"),
        (date(2027, 2, 9), "Free until 9 February 2027 (Tue) (today)"),
        (date(2027, 2, 10), "The period in which it is free ended on 9 February 2027 (Tue)."),
    ],
)
def test_the_period_is_said_as_it_lies_to_today(visit, today, words):
    assert words in text(visit("2027-03-03", today=today))


def test_once_the_expected_date_has_passed_it_leads_to_what_comes_after(visit):
    assert "The expected date has passed." not in text(visit("2027-03-03", today=DUE_ON))

    later = visit("2027-03-03", today=DUE_ON + timedelta(days=1))

    assert "Today: 40 weeks 1 day" in text(later)
    assertContains(later, "The expected date has passed.")


def test_the_number_of_checkups_is_not_told_as_certain(visit):
    said = text(visit("2027-03-03"))

    assert "Ask your municipality how many checkups it pays for" in said
    assert "That number is not confirmed here" in said


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Write the expected date of birth."),
        ("2027-02-30", "“2027-02-30” is not a date."),
        ("soon", "“soon” is not a date."),
        ("9999-12-31", "is more than 40 weeks away"),
        ("2027-09-02", "2 September 2027 (Thu) is more than 40 weeks away"),
        ("2026-10-27", "27 October 2026 (Tue) is more than 4 weeks ago"),
        ("0001-01-01", "is more than 4 weeks ago"),
    ],
)
def test_a_date_that_cannot_be_is_told_in_words_and_stays_in_the_form(visit, typed, words):
    response = visit(typed)

    assert response.status_code == 422
    assert words in text(response)
    assertContains(response, f'value="{typed}"' if typed else 'name="due_on"', status_code=422)
    assertNotContains(response, "vaccination of the mother</h2>", status_code=422)


@pytest.mark.parametrize("typed", ["2027-09-01", "2026-10-28", "2027年3月3日", "2027/3/3"])
def test_dates_from_40_weeks_ahead_to_4_weeks_ago_are_taken_as_people_write_them(visit, typed):
    assert visit(typed).status_code == 200


def test_before_the_vaccine_was_free_it_says_that_there_is_none(visit):
    response = visit("2026-07-01", today=date(2026, 3, 31))

    assertContains(response, "has no vaccination that would be free in this pregnancy")


def test_a_rule_that_nobody_confirmed_says_so(visit, monkeypatch):
    known = the_schedule()
    unconfirmed = tuple(replace(item, verified=False) for item in known.pregnancy)
    changed = replace(known, pregnancy=unconfirmed, _editions={})
    monkeypatch.setattr("childcare.forecast.the_schedule", lambda: changed)

    assertContains(visit("2027-03-03"), "has not been confirmed in a source yet")


def test_the_page_reads_who_is_signed_in_and_nothing_else(visit, client, statements):
    visit()

    statements.clear()
    client.get(EXPECTING, {"due_on": "2027-03-03"})

    assert len(statements) == 2  # the session, the person


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(client, db):
    response = client.get(EXPECTING)

    assertRedirects(response, f"/account/sign-in/?next={EXPECTING}", fetch_redirect_response=False)


@pytest.mark.parametrize("name", ["children", "born"])
def test_the_pages_of_children_lead_here(visit, client, name):
    visit()

    assertContains(client.get(reverse(f"childcare:{name}")), f'href="{EXPECTING}"')
