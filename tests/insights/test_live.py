"""The page of what people say now: what it reads, how often, and what it tells."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import caches
from django.db import connection
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from feedback.rising_now import look
from portal.applications.definition import definition_of
from portal.applications.models import ProcedureVersion
from portal.applications.ship import ship
from portal.insights import live
from portal.insights.models import UseDay
from tests.applications.factories import ApplicationFactory
from tests.factories import UserFactory
from tests.feedback.factories import AlertFactory, OpinionFactory
from tests.tasks.plans import plan_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
PAGE = "/staff/insights/saidnow/"


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    caches["fragments"].clear()
    time_machine.move_to(NOW, tick=False)
    yield
    caches["fragments"].clear()


@pytest.fixture
def reviewer(db, client):
    from django.contrib.auth.models import Group

    from feedback.review_groups import REVIEWERS

    user = UserFactory(is_staff=True, language="en", password=None)
    user.groups.add(Group.objects.get(name=REVIEWERS))
    client.force_login(user)
    return user


def opinions(number, *, days_ago=1, **more):
    more = {"text": "", "state": "counted"} | more
    return OpinionFactory.create_batch(number, given_at=NOW - timedelta(days=days_ago), **more)


def error(about, times, *, days_ago=0):
    day = NOW.date() - timedelta(days=days_ago)
    UseDay.objects.create(day=day, measure="error-shown", about=about, language="ja", times=times)


# ---- who may see it
def test_reviewers_see_it_and_find_it_on_the_start_page(client, reviewer):
    assert client.get(PAGE).status_code == 200
    assert PAGE in client.get(reverse("admin:index")).content.decode()


def test_other_staff_do_not_see_it(client, db):
    client.force_login(UserFactory(is_staff=True, password=None))

    assert client.get(PAGE).status_code == 403
    assert client.get(PAGE, headers={"HX-Request": "true"}).status_code == 403
    assert PAGE not in client.get(reverse("admin:index")).content.decode()


def test_nobody_is_asked_for_a_sign_in_inside_the_part(client, db):
    assert client.get(PAGE, headers={"HX-Request": "true"}).status_code == 302


# ---- what it reads
def test_a_page_has_its_share_of_a_week_beside_the_four_weeks_before():
    opinions(15, clear=False)
    opinions(15, clear=True, days_ago=6)
    opinions(10, clear=False, days_ago=8)
    opinions(30, clear=True, days_ago=34)
    opinions(99, clear=False, days_ago=36)

    [row] = live.pages(NOW).rows

    assert (row.share.lately.percent, row.share.before.percent) == (50, 25)
    assert row.share.lately.between == pytest.approx((33.15, 66.85), abs=0.01)


def test_the_picture_ends_at_the_next_round_share():
    opinions(4, clear=False)
    opinions(36, clear=True)

    found = live.pages(NOW)

    assert found.scale == 25
    low, high = found.rows[0].share.lately.between
    between = found.rows[0].between
    assert between["middle"] == 40
    assert between["left"] == pytest.approx(4 * low, abs=0.01)
    assert between["left"] + between["width"] == pytest.approx(4 * high, abs=0.02)


def test_of_too_few_answers_nothing_is_drawn():
    opinions(19, clear=False)

    found = live.pages(NOW)

    assert (found.scale, found.rows[0].between, found.rows[0].before) == (25, None, None)


def test_a_page_keeps_its_place_while_answers_come_in():
    opinions(2, route="a", days_ago=10)
    opinions(1, route="b", days_ago=10)
    before = [row.share.route for row in live.pages(NOW).rows]

    opinions(50, route="b")

    assert [row.share.route for row in live.pages(NOW).rows] == before == ["a", "b"]


def test_pages_beyond_the_most_are_counted_and_not_shown(monkeypatch):
    monkeypatch.setattr(live, "MOST_PAGES", 2)
    for route in "abc":
        opinions(1, route=route)

    found = live.pages(NOW)

    assert (len(found.rows), found.more) == (2, 1)


def test_marks_are_counted_by_procedure_for_four_weeks():
    for rating, days_ago in [(5, 1), (5, 27), (2, 1), (1, 29)]:
        opinions(1, kind="applying", clear=None, rating=rating, procedure="a", days_ago=days_ago)

    [marks] = live.marks(NOW)

    assert (marks.times, marks.answers, marks.mean) == ([0, 1, 0, 0, 2], 3, 4)
    assert marks.bars == [(0, 30, 0), (20, 15, 15), (40, 30, 0), (60, 30, 0), (80, 0, 30)]


def test_languages_and_widths_are_of_the_last_week():
    opinions(3, language="ja", width="narrow", clear=False)
    opinions(2, language="en", width="wide", clear=True)
    opinions(4, language="en", width="", days_ago=8)

    found = live.screens(NOW)

    shares = {kind: [(n, s.not_clear, s.answers) for n, s in found[kind]] for kind in found}
    assert shares == {
        "languages": [("ja", 3, 3), ("en", 0, 2)],
        "widths": [("narrow", 3, 3), ("wide", 0, 2)],
    }


def test_errors_of_the_week_are_told_with_a_week_of_those_before():
    error("account_login __all__:email_password_mismatch", 2)
    error("account_login __all__:email_password_mismatch", 8, days_ago=7)
    error("account_login __all__:email_password_mismatch", 99, days_ago=35)
    error("applications:question child-allowance/account answer:required", 7, days_ago=6)
    error("tasks:task date:invalid", 5, days_ago=8)

    assert live.errors(NOW.date()) == [
        live.Error("applications:question", "child-allowance/account", "answer", "required", 7, 0),
        live.Error("account_login", "", "__all__", "email_password_mismatch", 2, 2),
    ]


def test_an_error_is_told_in_words_with_what_the_question_asks(client, reviewer):
    ship(using="default")
    error("applications:question child-allowance/account answer:required", 7)
    error("applications:attach child-allowance/account-copy file:too-large", 5)
    error("applications:question child-allowance/gone answer:own-code", 3)

    page = client.get(PAGE)

    definition = definition_of(
        ProcedureVersion.objects.offered().get(procedure__key="child-allowance").definition
    )
    assertContains(page, definition.question("account").text["en"])
    for said in (
        "Nothing was entered",
        "The file is too large",
        "child-allowance/gone",
        "own-code",
    ):
        assertContains(page, said)
    assertNotContains(page, "child-allowance/account<")
    assertNotContains(page, "applications:")


def test_everything_that_it_shows_can_be_kept(client, reviewer):
    ship(using="default")
    ApplicationFactory(
        version=ProcedureVersion.objects.offered().get(procedure__key="child-allowance"),
        started_at=NOW,
        saved_at=NOW,
    )
    opinions(30, rule="card.insurance-use")
    opinions(1, kind="applying", clear=None, rating=4, procedure="child-allowance")
    for term in ("窓口 予約", "窓口"):
        for number in range(9):
            said = f"窓口の予約 {number}"
            opinions(1, text=said, state="new", terms=[term, f"{number}"])
    for number in range(40):
        opinions(1, text=f"前 {number}", state="new", terms=[f"前{number}"], days_ago=20)
    look(now=NOW)
    error("account_login login:invalid", 2)
    UseDay.objects.create(
        day=NOW.date(), measure="task-seen", about="card.insurance-use", language="ja", times=3
    )
    alert = AlertFactory()

    first = client.get(PAGE).content.decode()
    kept = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()

    for page in (first, kept):
        for said in (
            "Register the card for use as health insurance card",
            "Claim for the child allowance",
            "Sign in",
            "窓口",
            reverse("admin:feedback_alert_change", args=[alert.uuid]),
        ):
            assert said in page


def test_rising_words_are_never_counted_by_the_page_which_says_of_when_they_are(
    client, reviewer, statements
):
    before = client.get(PAGE).content.decode()
    assert "The words have not been counted yet" in before
    look(now=NOW - timedelta(hours=3))
    caches["fragments"].clear()
    statements.clear()

    after = client.get(PAGE).content.decode()

    day = '<time datetime="2026-11-24">24 November 2026 (Tue)</time>'
    assert f"Counted on {day} at 09:00." in after
    assert "No word is rising beyond what chance does." in after
    assert [one for one in statements if "unnest(terms)" in one] == []


def test_an_alert_that_was_seen_stands_no_more():
    alert = AlertFactory(route="a")
    AlertFactory(route="b", seen_by=UserFactory(), seen_at=NOW)

    assert live.said(NOW)["alerts"] == [alert]


# ---- how it moves
def test_it_tells_how_many_came_in_since_the_page_was_opened(client, reviewer, time_machine):
    opinions(2)
    page = client.get(PAGE)
    since = page.context["since"]
    assert page.context["new"] == 0

    time_machine.move_to(NOW + timedelta(seconds=10), tick=False)
    opinions(3, days_ago=0)
    OpinionFactory(given_at=NOW + timedelta(seconds=9))
    part = client.get(PAGE, {"since": since}, headers={"HX-Request": "true"})

    assert part.context["new"] == 1
    assert "1 answer since you opened this page" in part.content.decode()
    assert "<html" not in part.content.decode()


@pytest.mark.parametrize("since", ["", "x", "2026-11-24", "9999-12-31T00:00:00", "\x00"])
def test_a_since_that_means_nothing_is_passed_over(client, reviewer, since):
    opinions(1)

    assert client.get(PAGE, {"since": since}).context["new"] == 0


def test_ten_who_watch_cost_as_one(client, reviewer, statements):
    opinions(1)
    client.get(PAGE, headers={"HX-Request": "true"})
    del statements[:]
    for _watcher in range(10):
        client.get(PAGE, headers={"HX-Request": "true"})

    assert not [one for one in statements if "feedback_opinion" in one]


@pytest.mark.parametrize("many", [1, 30])
def test_it_asks_at_most_twelve_statements_however_much_there_is(statements, many):
    """Beside those about session and person, which every page of staff asks."""
    ship(using="default")
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    for number in range(many):
        opinions(2, route=f"page:{number}")
        opinions(1, kind="applying", clear=None, rating=3, procedure=f"p-{number}")
        error(f"page:{number} field:code", 1)
        ApplicationFactory(version=version, started_at=NOW, saved_at=NOW)

    del statements[:]
    live.live(now=NOW)

    assert len(statements) <= 11, statements  # and the names of procedures, once a minute


def test_of_years_of_opinions_only_the_last_weeks_are_read(db):
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO feedback_opinion (once, kind, given_at, clear, reasons, text, pairs,
                masked, route, rule, rule_version, procedure, question, errors, language, width,
                state, why_declined)
            SELECT gen_random_uuid(), 'clear', %s - n * interval '2 hours', n %% 5 > 0, '{}', '',
                '{}', '{}', 'page:' || n %% 9, '', '', '', '', '{}', 'ja', '', 'counted', ''
            FROM generate_series(1, 20000) n""",
            [NOW],
        )
        cursor.execute("ANALYZE feedback_opinion")
    for sql, since in ((live.MARKS, live.BEFORE), (live.SCREENS, live.LATELY)):
        nodes = plan_of(sql, since=NOW - since, now=NOW)

        read = [(kind, rows) for kind, table, rows in nodes if table == "feedback_opinion"]
        assert read
        assert all(kind != "Seq Scan" and rows <= 28 * 12 for kind, rows in read), nodes
