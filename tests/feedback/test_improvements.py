"""“You said, we did”: who publishes it, and what the figures before and after say."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from pytest_django.asserts import assertContains, assertNotContains

from feedback.before_after import Share, before_and_after
from feedback.models import Improvement
from feedback.publish import CannotPublish, publish
from tests.feedback.factories import ImprovementFactory, OpinionFactory, WordingFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english", "november")]

CHANGED = datetime(2026, 11, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
PAGE = reverse("feedback:improvements")
CHANGE_LIST = reverse("admin:feedback_improvement_changelist")


@pytest.fixture(autouse=True)
def in_english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


def marks(wording, *, no, yes, **about):
    for number in range(no + yes):
        OpinionFactory(wording=wording, clear=number >= no, text="", state="counted", **about)


def wordings(**about):
    """Return a wording from before the change, and one since."""
    old = WordingFactory(first_seen=CHANGED - timedelta(seconds=1), **about)
    return old, WordingFactory(first_seen=CHANGED, **about)


# ---- the figures


def test_the_share_of_not_clear_is_told_apart_by_wording_not_by_day():
    old, new = wordings()
    marks(old, no=30, yes=10)
    marks(new, no=5, yes=20)
    marks(old, no=1, yes=0, given_at=CHANGED + timedelta(days=3))  # a page that stood open
    marks(None, no=50, yes=0)
    improvement = ImprovementFactory(route="tasks:home")

    assert before_and_after([improvement]) == {improvement.pk: (Share(31, 41), Share(5, 25))}


def test_each_improvement_counts_its_own_page_rule_and_question_alone():
    old, new = wordings()
    about = {"procedure": "child-allowance", "question": "main-earner"}
    marks(old, no=3, yes=1, **about)
    marks(new, no=1, yes=3, **about)
    marks(new, no=9, yes=9, rule="card.card-renewal")
    question = ImprovementFactory(**about)
    rule = ImprovementFactory(rule="card.card-renewal")
    everywhere = ImprovementFactory()

    assert before_and_after([question, rule, everywhere]) == {
        question.pk: (Share(3, 4), Share(1, 4)),
        rule.pk: (Share(0, 0), Share(9, 18)),
        everywhere.pk: (Share(0, 0), Share(0, 0)),
    }


@pytest.mark.parametrize(
    ("share", "between"),
    [
        # Wilson (1927), as in Newcombe (1998), table I, method 3, for 81/263, 15/148, 0/20 and 1/29
        (Share(81, 263), (25.53, 36.62)),
        (Share(15, 148), (6.24, 16.05)),
        (Share(0, 20), (0.0, 16.11)),
        (Share(1, 29), (0.61, 17.18)),
    ],
)
def test_the_interval_is_that_of_the_literature(share, between):
    assert share.between == pytest.approx(between, abs=0.006)


@pytest.mark.parametrize(("answers", "too_few"), [(0, True), (19, True), (20, False)])
def test_under_twenty_answers_say_nothing(answers, too_few):
    assert Share(0, answers).too_few is too_few


# ---- publishing


def test_it_is_published_once_and_stands_as_it_was_read(publisher, reviewer):
    improvement = ImprovementFactory()

    publish(improvement.pk, by=publisher)
    publish(improvement.pk, by=reviewer)

    improvement.refresh_from_db()
    assert improvement.published_by == publisher


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"said_en": " "}, "Write both sentences in both languages first."),
        ({"done_ja": ""}, "Write both sentences in both languages first."),
        ({"changed_at": datetime(2026, 11, 21, tzinfo=ZoneInfo("Asia/Tokyo"))}, "Publish it once"),
        ({"done_en": "Call 1234 5678 9018"}, "may be a My Number"),
    ],
)
def test_what_is_not_ready_is_not_shown(publisher, given, said):
    improvement = ImprovementFactory(**given)

    with pytest.raises(CannotPublish, match=said):
        publish(improvement.pk, by=publisher)


def test_a_reviewer_writes_it_and_a_publisher_publishes_it(client, reviewer, publisher):
    client.force_login(reviewer)
    client.post(
        reverse("admin:feedback_improvement_add"),
        {
            "said_ja": "あ",
            "said_en": "a",
            "done_ja": "い",
            "done_en": "b",
            "version": "2",
            "changed_at": "2026-11-02T00:00",
            "route": "tasks:home",
        },
    )
    improvement = Improvement.objects.get()
    assert improvement.made_by == reviewer
    assert improvement.changed_at == datetime(2026, 11, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
    chosen = {"action": "publish_chosen", "_selected_action": [improvement.pk]}

    client.post(CHANGE_LIST, chosen)
    improvement.refresh_from_db()
    assert improvement.published_at is None
    client.force_login(publisher)
    client.post(CHANGE_LIST, chosen)

    improvement.refresh_from_db()
    assert improvement.published_by == publisher
    change = reverse("admin:feedback_improvement_change", args=[improvement.pk])
    assert client.post(change, {"said_ja": "Another"}).status_code == 403


def test_its_page_and_rule_are_chosen_by_what_staff_call_them(client, reviewer):
    reviewer.language = "en"
    reviewer.save()
    client.force_login(reviewer)
    add = reverse("admin:feedback_improvement_add")

    page = client.get(add, {"route": "tasks:home", "rule": "card.insurance-use"})

    chosen = '<option value="tasks:home" selected>What to do (first page) (tasks:home)</option>'
    assertContains(page, chosen, html=True)
    title = "Register the card for use as health insurance card (card.insurance-use)"
    assertContains(page, f'<option value="card.insurance-use" selected>{title}</option>', html=True)
    wrong = client.post(add, {"route": "left:long-ago"})
    assertContains(wrong, "left:long-ago is not one of the available choices")


# ---- the page


def test_everyone_reads_what_was_said_and_changed_with_before_and_after(client, publisher):
    old, new = wordings()
    marks(old, no=30, yes=10)
    marks(new, no=5, yes=20)
    published = ImprovementFactory(route="tasks:home")
    publish(published.pk, by=publisher)
    ImprovementFactory(said_en="Not published yet")

    answer = client.get(PAGE)

    assertContains(answer, "The words are plain now")
    assertContains(answer, "<td>75%</td><td>60–86%</td><td>40</td>")
    assertContains(answer, "<td>20%</td><td>9–39%</td><td>25</td>")
    assertNotContains(answer, "Not published yet")


def test_with_few_answers_it_says_so_and_shows_no_number(client, publisher):
    old, new = wordings()
    marks(old, no=30, yes=10)
    marks(new, no=1, yes=5)
    publish(ImprovementFactory(route="tasks:home").pk, by=publisher)

    answer = client.get(PAGE)

    assertContains(answer, "too few to say")
    assertNotContains(answer, "17%")


@pytest.mark.parametrize("many", [1, 30])
def test_the_page_asks_twice_however_much_there_is(client, publisher, many):
    old, new = wordings()
    for number in range(many):
        marks(new if number % 2 else old, no=1, yes=1)
        publish(ImprovementFactory(route="tasks:home").pk, by=publisher)

    with CaptureQueriesContext(connection) as asked:
        client.get(PAGE)

    assert len(asked) == 2


@pytest.mark.parametrize(
    ("language", "said"), [("ja", "言葉がむずかしい"), ("en", "The words are hard")]
)
def test_staff_read_what_was_said_in_their_language(client, publisher, language, said):
    improvement = ImprovementFactory()
    opinion = OpinionFactory()
    client.cookies["annai_language"] = publisher.language = language
    publisher.save()
    client.force_login(publisher)

    assertContains(client.get("/staff/feedback/improvement/"), f">{said}</a>")
    assertContains(client.get(f"/staff/feedback/opinion/{opinion.uuid}/"), f"{said} (1.2)")
    with override(language):
        assert str(improvement) == said
