"""The staff page of use: by day and week, narrowed, as a picture, a table and a file."""

import csv
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import override

from feedback.page_names import page_name
from feedback.review_groups import REVIEWERS
from portal.insights.models import UseDay
from portal.insights.models.use import Measure
from portal.insights.used import COLUMNS, asked_of, called, used
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)  # a Tuesday
PAGE, FILE = "/staff/insights/useday/", "/staff/insights/useday/use.csv"


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Tokyo")), tick=False)


@pytest.fixture
def reviewer(db, client):
    user = UserFactory(is_staff=True, language="en", password=None)
    user.groups.add(Group.objects.get(name=REVIEWERS))
    client.force_login(user)


def count(times, *, days_ago=0, measure="page", about="tasks:home", language="ja"):
    day = TODAY - timedelta(days=days_ago)
    UseDay.objects.create(day=day, measure=measure, about=about, language=language, times=times)


def asked(query=""):
    return asked_of(QueryDict(query), today=TODAY)


def test_days_are_summed_over_pages_and_languages():
    count(3)
    count(4, about="tasks:task")
    count(5, language="en")
    count(2, days_ago=55)
    count(99, days_ago=56)
    count(99, measure="sent")

    found = used(asked())

    assert found["total"] == 14
    assert [found["rows"][0], found["rows"][-1]] == [(TODAY, 12), (date(2026, 9, 30), 2)]
    assert found["abouts"] == [
        ("tasks:home", page_name("tasks:home"), 10),
        ("tasks:task", page_name("tasks:task"), 4),
    ]
    assert found["languages"] == [("ja", 9), ("en", 5)]


def test_weeks_begin_on_monday_and_the_running_one_is_not_finished():
    count(1)
    count(2, days_ago=1)
    count(4, days_ago=2)  # a Sunday
    count(8, days_ago=1 + 7 * 51)
    count(99, days_ago=2 + 7 * 51)

    found = used(asked("by=week"))

    assert len(found["rows"]) == 52
    assert found["rows"][:2] == [(date(2026, 11, 23), 3), (date(2026, 11, 16), 4)]
    assert found["rows"][-1][1] == 8
    assert found["bars"].unfinished == {date(2026, 11, 23)}


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("about=tasks:task", 4),
        ("language=en", 5),
        ("measure=task-seen", 6),
        ("until=2026-11-23", 0),
        ("until=2099-01-01", 12),
        ("measure=x&by=x&language=x&until=x&about=%00", 12),
    ],
)
def test_it_is_narrowed_and_nonsense_is_passed_over(query, total):
    count(3)
    count(4, about="tasks:task")
    count(5, language="en")
    count(6, measure="task-seen", about="card.insurance-use")

    assert used(asked(query))["total"] == total


@pytest.mark.parametrize(
    ("query", "earlier", "later"),
    [
        ("", date(2026, 9, 29), None),
        ("until=2026-09-29", date(2026, 8, 4), TODAY),
        ("until=2026-11-20", date(2026, 9, 25), TODAY),
        ("until=2026-08-04", date(2026, 6, 9), date(2026, 9, 29)),
        ("by=week", date(2025, 11, 30), None),
    ],
)
def test_it_leads_to_the_days_before_and_after(query, earlier, later):
    assert (asked(query).earlier, asked(query).later) == (earlier, later)


def test_rules_are_told_by_their_titles(client, reviewer):
    count(6, measure="task-seen", about="card.insurance-use")
    count(1, measure="task-seen", about="a.rule-that-is-gone")

    page = client.get(PAGE, {"measure": "task-seen"}).content.decode()

    assert "<code>card.insurance-use</code>" in page
    assert "a.rule-that-is-gone" in page


@pytest.mark.parametrize("many", [1, 60])
def test_it_asks_three_statements_of_the_sums_however_many(client, reviewer, statements, many):
    for number in range(many):
        count(1, about=f"page:{number}", days_ago=number)
    del statements[:]

    client.get(PAGE)

    assert len([one for one in statements if "insights_useday" in one]) == 3


def test_the_file_has_what_the_page_sums_up_and_no_formula(client, reviewer):
    count(3, days_ago=1)
    count(5, about="=HYPERLINK(1)", language="en")
    count(7, days_ago=60)

    answer = client.get(FILE, {"measure": "page"})
    text = b"".join(answer.streaming_content).decode()

    assert text.startswith("\ufeff")
    assert list(csv.DictReader(io.StringIO(text[1:]))) == [
        dict(zip(COLUMNS, ["2026-11-23", "page", "tasks:home", "ja", "3"], strict=True)),
        dict(zip(COLUMNS, ["2026-11-24", "page", "'=HYPERLINK(1)", "en", "5"], strict=True)),
    ]


def test_other_staff_see_neither_page_nor_file(client, db):
    client.force_login(UserFactory(is_staff=True, password=None))

    for address in (PAGE, FILE):
        assert client.get(address).status_code == 403
    assert PAGE not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (
            "applications:question child-allowance/account answer:required",
            "A question of an application – child-allowance/account – Answer: Nothing was entered",
        ),
        (
            "account_login __all__:email_password_mismatch",
            "Sign in – the whole form: E-mail address and password do not match",
        ),
        ("tasks:snooze until:required", "A thing to do – Day: Nothing was entered"),
        ("left:long-ago some-field:own-code", "left:long-ago – some-field: own-code"),
        ("nothing-known", "nothing-known"),
        ("", ""),
    ],
)
def test_an_error_is_called_by_words(about, said):
    with override("en"):
        assert called(Measure.ERROR_SHOWN, about) == said
