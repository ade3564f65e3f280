"""What staff do with an opinion, by the deeds and by the pages."""

import csv
import io
import re
from datetime import date, datetime, timedelta
from html import unescape
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from feedback import review
from feedback.found import alike, counts_by_state, found, page_of
from feedback.models import Change, Opinion, Reply, Tag
from feedback.states import FOLLOWS, CannotReview
from portal.applications.ship import ship
from tasks.inbox import Inbox
from tests.factories import MunicipalityFactory, ResidentFactory, UserFactory
from tests.feedback.factories import ImprovementFactory, OpinionFactory, WordingFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

TODAY = date(2026, 11, 20)
LIST = "admin:feedback_opinion_changelist"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.fixture
def opinion():
    return OpinionFactory()


@pytest.fixture
def at_work(client, reviewer):
    client.force_login(reviewer)
    return client


def page_for(opinion):
    return reverse("admin:feedback_opinion_change", args=[opinion.uuid])


def deed(opinion, name):
    return reverse("admin:feedback_opinion_deed", args=[opinion.uuid, name])


# ---- states


@pytest.mark.parametrize("before", Opinion.State.values)
@pytest.mark.parametrize("after", Opinion.State.values)
def test_only_what_the_table_allows_follows(reviewer, before, after):
    given = {"why_declined": "x"} if before == "declined" else {}
    if before == "done":
        given["improvement"] = ImprovementFactory()
    if before == "counted":
        given["text"] = ""
    opinion = OpinionFactory(state=before, **given)
    more = {"why": "Not ours", "improvement": ImprovementFactory()}

    def change():
        review.change_state(opinion.uuid, seen=before, to=after, by=reviewer, **more)

    if after in FOLLOWS[Opinion.State(before)]:
        change()
        opinion.refresh_from_db()
        assert opinion.state == after
        assert opinion.changes.get().by == reviewer
    else:
        with pytest.raises((CannotReview, Opinion.DoesNotExist)):
            change()
        opinion.refresh_from_db()
        assert opinion.state == before


@pytest.mark.parametrize(
    ("to", "said"), [("declined", "Say why it is declined."), ("done", "Choose the improvement")]
)
def test_declining_needs_a_reason_and_done_an_improvement(reviewer, to, said):
    opinion = OpinionFactory(state="looking")

    with pytest.raises(CannotReview, match=said):
        review.change_state(opinion.uuid, seen="looking", to=to, by=reviewer, why="  ")


@pytest.mark.parametrize("state", ["declined", "done"])
def test_the_database_holds_it_too(state):
    with pytest.raises(IntegrityError):
        OpinionFactory(state=state)


def test_of_two_who_change_it_at_once_the_second_is_told(reviewer, publisher, opinion):
    review.change_state(opinion.uuid, seen="new", to="looking", by=reviewer)

    with pytest.raises(CannotReview, match="Somebody has changed it to “being looked at”"):
        review.change_state(opinion.uuid, seen="new", to="planned", by=publisher)


# ---- the same


def test_what_is_the_same_goes_with_the_other_through_all_states(reviewer, opinion):
    same, third = OpinionFactory(), OpinionFactory()
    review.merge(third.uuid, into=same.uuid, by=reviewer)
    review.merge(same.uuid, into=opinion.uuid, by=reviewer)

    review.change_state(opinion.uuid, seen="new", to="planned", by=reviewer)

    for one in (same, third):
        one.refresh_from_db()
        assert (one.merged_into, one.state) == (opinion, "planned")
    assert list(found({}, by=reviewer)) == [opinion]


def test_two_are_never_the_same_as_each_other_in_a_ring(reviewer, opinion):
    same = OpinionFactory()
    review.merge(same.uuid, into=opinion.uuid, by=reviewer)

    with pytest.raises(CannotReview, match="the other way round"):
        review.merge(opinion.uuid, into=same.uuid, by=reviewer)
    with pytest.raises(CannotReview, match="another opinion"):
        review.merge(opinion.uuid, into=opinion.uuid, by=reviewer)
    with pytest.raises(CannotReview, match="that is there"):
        review.merge(opinion.uuid, into=uuid4(), by=reviewer)


def test_separated_it_stands_alone_again(reviewer, opinion):
    same = OpinionFactory()
    review.merge(same.uuid, into=opinion.uuid, by=reviewer)

    review.separate(same.uuid, by=reviewer)

    assert set(found({}, by=reviewer)) == {opinion, same}


def test_what_is_the_same_can_be_read_from_the_page_of_the_other(at_work, reviewer, opinion):
    same = OpinionFactory(text="言葉がむずかしい")
    review.merge(same.uuid, into=opinion.uuid, by=reviewer)

    page = at_work.get(page_for(opinion))

    assertContains(page, f'<a href="{page_for(same)}"><bdi>言葉がむずかしい</bdi></a>')


def test_what_is_alike_is_shown_the_likest_first(opinion):
    Opinion.objects.filter(pk=opinion.pk).delete()
    one = OpinionFactory(text="保育所の申請の言葉がむずかしい")
    further = OpinionFactory(text="保育所の申請は言葉がむずかしいです")
    near = OpinionFactory(text="申請の言葉がむずかしい")
    OpinionFactory(text="カードの写真を変えたい")

    assert alike(one) == [near, further]


# ---- tags, notes


def test_tags_are_made_once_and_replaced(reviewer, opinion):
    Tag.objects.create(name="words")

    review.change_tags(opinion.uuid, names=[" words ", "words", "", "phone"], by=reviewer)
    review.change_tags(opinion.uuid, names=["phone"], by=reviewer)

    assert list(opinion.tags.values_list("name", flat=True)) == ["phone"]
    assert Tag.objects.count() == 2
    assert [one.before for one in opinion.changes.all()] == ["", "phone, words"]


def test_a_note_is_for_staff_and_is_masked_like_an_opinion(reviewer, opinion):
    review.add_note(opinion.uuid, text="Ask a@example.jp", by=reviewer)

    assert Change.objects.get().after == "Ask [e-mail address]"


# ---- an answer


@pytest.fixture
def asked(november):
    resident = ResidentFactory(user=UserFactory(language="en"), email="hanako@example.jp")
    return OpinionFactory(asker=resident, text="May I pay by card?")


def test_an_answer_stands_in_the_inbox_with_what_was_asked(
    reviewer, asked, client, django_capture_on_commit_callbacks
):
    many = review.reply(asked.uuid, text="Yes, at the counter.", by=reviewer, today=TODAY)

    assert many == 1
    [item] = Inbox(asked.asker, today=TODAY).know
    client.force_login(asked.asker.user)
    answer = client.get(reverse("tasks:task", args=[item.task.id]))
    assertContains(answer, "You wrote: “May I pay by card?” The answer: “Yes, at the counter.”")


def test_everyone_who_asked_the_same_is_answered_once(reviewer, asked):
    again = OpinionFactory(asker=asked.asker, text="Card?")
    other = OpinionFactory(asker=ResidentFactory(user=UserFactory()), text="Card, please")
    for same in (again, other):
        review.merge(same.uuid, into=asked.uuid, by=reviewer)

    assert review.reply(asked.uuid, text="Yes.", by=reviewer, today=TODAY) == 2

    assert {one.said for one in Reply.objects.all()} == {"May I pay by card?", "Card, please"}


def test_an_answer_is_forgotten_in_the_list_after_60_days(reviewer, asked):
    review.reply(asked.uuid, text="Yes.", by=reviewer, today=TODAY)

    assert len(Inbox(asked.asker, today=TODAY + timedelta(days=59)).know) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [("  ", "Write the answer first."), ("1234 5678 9018", "may be a My Number")],
)
def test_what_is_no_answer_is_refused(reviewer, asked, text, said):
    with pytest.raises(CannotReview, match=said):
        review.reply(asked.uuid, text=text, by=reviewer, today=TODAY)


def test_where_nobody_asked_nobody_is_answered(reviewer, opinion):
    with pytest.raises(CannotReview, match="Nobody asked for an answer"):
        review.reply(opinion.uuid, text="Yes.", by=reviewer, today=TODAY)


# ---- the list


@pytest.mark.parametrize(
    ("given", "asked_for"),
    [
        ({"kind": "free", "clear": None}, {"kind": "free"}),
        ({"route": "tasks:why"}, {"route": "tasks:why"}),
        ({"rule": "card.card-renewal"}, {"rule": "card.card-renewal"}),
        ({"procedure": "child-allowance"}, {"procedure": "child-allowance"}),
        ({"language": "en"}, {"language": "en"}),
        ({"clear": True}, {"clear": "yes"}),
        ({"reasons": ["too-long", "hard-words"]}, {"reason": "hard-words"}),
        ({"state": "planned"}, {"state": "planned"}),
        ({"given_at": NOON}, {"since": "2026-11-20", "until": "2026-11-20"}),
        ({"text": "窓口が遠い"}, {"q": "窓口"}),
        ({"text": "ＡＢＣ Office"}, {"q": "office"}),
    ],
)
def test_each_filter_finds_what_it_names_and_nothing_else(reviewer, given, asked_for):
    OpinionFactory(given_at=NOON - timedelta(days=30))
    wanted = OpinionFactory(**({"given_at": NOON - timedelta(days=9)} | given))

    assert list(found(asked_for, by=reviewer)) == [wanted]


def test_wording_municipality_tag_owner_and_asking_narrow_the_list(reviewer, asked):
    wording, tag = WordingFactory(), Tag.objects.create(name="words")
    wanted = OpinionFactory(
        wording=wording, owner=reviewer, asker=asked.asker, municipality=asked.asker.municipality
    )
    wanted.tags.add(tag)
    Opinion.objects.filter(pk=asked.pk).delete()
    OpinionFactory()

    for narrowed in [
        {"wording": wording.version},
        {"municipality": wanted.municipality.code},
        {"municipality": wanted.municipality.name},
        {"municipality": f" {wanted.municipality}"},
        {"tag": "words"},
        {"whose": "mine"},
        {"asks": "1"},
    ]:
        assert list(found(narrowed, by=reviewer)) == [wanted]


@pytest.mark.parametrize(
    "asked_for",
    [
        {"state": "nonsense"},
        {"clear": "perhaps"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"before": "x"},
        {"before": "1e400_1"},
        {"before": "1_" + "9" * 5000},
        {"q": "\x00"},
        {"municipality": "\x00"},
        {"kind": "x" * 5000, "q": "%"},
    ],
)
def test_what_means_nothing_breaks_no_list(at_work, opinion, asked_for):
    assert at_work.get(reverse(LIST), asked_for).status_code == 200


def test_pages_follow_each_other_without_a_gap_or_a_repetition(reviewer):
    for _number in range(120):
        OpinionFactory(given_at=NOON)

    seen, before = [], ""
    for _page in range(3):
        shown, before = page_of(found({}, by=reviewer), {"before": before})
        seen += [one.pk for one in shown]

    assert before == ""
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("count", [2, 60])
def test_the_list_and_the_page_ask_the_database_at_most_ten_times(at_work, reviewer, count):
    tag, chiyoda = Tag.objects.create(name="words"), MunicipalityFactory()
    for number in range(count):
        about = {"procedure": f"procedure-{number}", "procedure_version": 1, "question": "name"}
        OpinionFactory(owner=reviewer, municipality=chiyoda, **about).tags.add(tag)
    own = 3  # the session, who is signed in, and what that person may

    with CaptureQueriesContext(connection) as asked:
        page = at_work.get(reverse(LIST), {"municipality": "千代田区", "state": "all"})

    assert len(page.context["opinions"]) == min(count, 50)
    assert len(asked) - own <= 10


def test_what_was_on_the_screen_is_told_by_name_and_leads_to_all_that_have_it_in_common(at_work):
    ship(using="default")
    wording = WordingFactory()
    about = {
        "route": "applications:question",
        "procedure": "residence-certificate",
        "procedure_version": 1,
        "question": "copies",
        "wording": wording,
        "reasons": ["hard-words"],
        "errors": ["answer:required"],
        "municipality": MunicipalityFactory(),
    }
    opinion, other = OpinionFactory(**about), OpinionFactory(text="別のこと")

    page = at_work.get(page_for(opinion))

    names = ["A question of an application", "Copy of the resident record", "How many copies?"]
    for words in names:
        assertContains(page, f">{words}</a>")
    assertContains(page, "Answer: Nothing was entered <code>answer:required</code>")
    shown = at_work.get(reverse(LIST))
    assertContains(shown, " / ".join(names))
    links = re.findall(r'<a href="([^"]+\?state=all&amp;[^"]+)"', page.content.decode())
    assert len(links) == 7  # reason, page, procedure, question, wording, language, municipality
    for link in links:
        found_there = at_work.get(unescape(link)).context["opinions"]
        assert opinion in found_there
        assert other not in found_there or "language" in link


def test_a_reason_that_is_no_more_is_called_by_its_key(at_work):
    opinion = OpinionFactory(reasons=["no-more"])

    assertContains(at_work.get(page_for(opinion)), "?state=all&amp;reason=no-more")


def test_a_narrowed_list_says_by_what_it_is_narrowed(at_work):
    ship(using="default")
    narrowed = {"procedure": "residence-certificate", "question": "copies", "width": "narrow"}

    page = at_work.get(reverse(LIST), narrowed)

    assertContains(page, "selected>Copy of the resident record</option>")
    assertContains(page, 'name="question" id="question" value="copies"')
    assertContains(page, '<option value="narrow" selected>')


@pytest.mark.parametrize("gone", [{"procedure": "no-more"}, {"question": "no-more"}])
def test_what_is_no_more_is_called_by_its_key(at_work, gone):
    ship(using="default")
    about = {"procedure": "residence-certificate", "procedure_version": 1, "question": "copies"}
    opinion = OpinionFactory(**(about | gone))

    for address in (page_for(opinion), reverse(LIST)):
        assertContains(at_work.get(address), "no-more")


def test_states_are_counted_and_of_a_narrowed_list_those_that_are_open(reviewer):
    OpinionFactory(state="new", route="tasks:why")
    OpinionFactory(state="looking")
    OpinionFactory(state="declined", why_declined="x")

    assert counts_by_state({}, by=reviewer) == {
        "counted": 0,
        "new": 1,
        "looking": 1,
        "planned": 0,
        "done": 0,
        "declined": 1,
    }
    assert counts_by_state({"route": "tasks:why"}, by=reviewer) == {
        "new": 1,
        "looking": 0,
        "planned": 0,
    }


# ---- the pages


def test_an_opinion_is_reviewed_answered_and_done_through_the_pages(at_work, asked):
    WordingFactory()
    assertContains(at_work.get(reverse(LIST)), "May I pay by card?")
    assertContains(at_work.get(page_for(asked)), "May I pay by card?")
    improvement = ImprovementFactory()

    for name, data in [
        ("state", {"seen": "new", "to": "looking"}),
        ("tags", {"tags": "card, 窓口"}),
        ("owner", {"to": "me"}),
        ("note", {"text": "Ask the cash office."}),
        ("reply", {"text": "Yes, at the counter."}),
        ("state", {"seen": "looking", "to": "done", "improvement": improvement.pk}),
    ]:
        answer = at_work.post(deed(asked, name), data, follow=True)
        assert answer.status_code == 200
        assert 'class="errornote"' not in answer.content.decode()

    asked.refresh_from_db()
    assert (asked.state, asked.improvement) == ("done", improvement)
    assert [one.what for one in asked.changes.all()] == [
        *("state", "tags", "owner", "note", "reply", "state"),
    ]


def test_what_is_refused_is_said_and_what_was_typed_stays(at_work, opinion):
    answer = at_work.post(
        deed(opinion, "state"), {"seen": "planned", "to": "declined", "why": "What I typed"}
    )

    assertContains(answer, "Look again.", status_code=422)
    assertContains(answer, "What I typed", status_code=422)


def test_nothing_given_is_shown_unescaped(at_work):
    OpinionFactory(text="<script>alert(1)</script>")
    one = OpinionFactory(text="<img src=x>", route="<b>", errors=["<i>:x"])

    for address in [reverse(LIST), page_for(one)]:
        answer = at_work.get(address)
        for given in ("<script>alert", "<img src=x>", "<b>", "<i>:x"):
            assertNotContains(answer, given)


@pytest.mark.parametrize("who", ["nobody", "resident", "staff"])
def test_only_reviewers_come_in(client, opinion, who):
    if who != "nobody":
        client.force_login(UserFactory(is_staff=who == "staff"))

    for address in [reverse(LIST), page_for(opinion), reverse("admin:feedback_opinion_export")]:
        assert client.get(address).status_code in (302, 403)
    assert client.post(deed(opinion, "note"), {"text": "x"}).status_code in (302, 403)
    assert not Change.objects.exists()


def test_a_mark_alone_is_in_no_list_to_be_looked_at_and_nobody_changes_it(at_work):
    mark = OpinionFactory(text="", state="counted")

    assertContains(at_work.get(reverse(LIST)), "Nothing here.")
    assert at_work.post(deed(mark, "note"), {"text": "x"}).status_code == 404


# ---- a table


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", " =1", "＝1", "\n=1"])
def test_no_cell_is_a_formula(at_work, text):
    OpinionFactory(text=text)

    answer = at_work.get(reverse("admin:feedback_opinion_export"))

    table = b"".join(answer.streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(table))
    assert row["text"] == f"'{text}"


def test_the_table_holds_nothing_of_who_asked(at_work, asked):
    table = b"".join(at_work.get(reverse("admin:feedback_opinion_export")).streaming_content)

    assert asked.asker.name not in table.decode()
    assert asked.asker.ref not in table.decode()
    assert table.startswith("\ufeff".encode())


def test_the_texts_that_have_a_rising_word_are_found(reviewer):
    wanted = OpinionFactory(text="窓口の予約", terms=["窓口", "予約", "窓口 予約"])
    OpinionFactory(text="窓口で予約", terms=["窓口", "予約"])
    OpinionFactory(text="", state="counted")

    asked_for = {"state": "all", "term": "窓口 予約"}

    assert list(found(asked_for, by=reviewer)) == [wanted]
