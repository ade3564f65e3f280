"""What can be applied for: first what is for this person, and found as people type it."""

import re
from datetime import date, timedelta

import pytest
from django.utils import translation

from portal.applications.catalogue import by_life_event, for_person, search
from portal.applications.definition import definition_of
from portal.applications.models import ProcedureVersion
from portal.applications.searched import one_form, searched_form
from portal.applications.start import start
from portal.residents.models import Resident
from tests.applications.factories import ProcedureFactory, SentApplicationFactory, VersionFactory
from tests.factories import (
    CHIYODA,
    ChildFactory,
    GuardianshipFactory,
    MunicipalityFactory,
    ResidentFactory,
)

TODAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


def definition(key="alpha", **more):
    words = {"ja": key, "en": key}
    step = {"key": "received", "name": words, "state": "received", "who": "office"}
    question = {"key": "name", "type": "text", "text": words}
    asked = dict.fromkeys(("name", "summary", "who", "basis", "office", "fee"), words)
    return {"key": key, **asked, "needs": [], "steps": [step], "questions": [question], **more}


def offer(key, municipality=CHIYODA, **more):
    stored = definition(key, **more)
    return VersionFactory(
        procedure=ProcedureFactory(key=key, municipality_id=municipality),
        definition=stored,
        searched=searched_form(definition_of(stored)),
    )


def sorted_out(for_whom, *, children=(), **resident):
    one = definition_of(definition(for_whom=[{"reason": {"ja": "理由"}, **for_whom}]))
    return for_person([one], resident=ResidentFactory(**resident), children=children, today=TODAY)


@pytest.mark.parametrize(
    ("for_whom", "born", "is_for"),
    [
        ({"age_from": 65}, date(1961, 11, 20), True),
        ({"age_from": 65}, date(1961, 11, 22), False),
        ({"age_under": 18}, date(1990, 1, 1), False),
        ({"age_under": 18}, date(2010, 1, 1), True),
    ],
)
def test_by_ones_own_age(for_whom, born, is_for):
    first, others = sorted_out(for_whom, born=born)

    assert [one.reason for one in first] == (["理由"] if is_for else [])
    assert [one.unknown for one in others] == ([] if is_for else [False])


@pytest.mark.parametrize(
    ("moved", "is_for", "unknown"),
    [
        (TODAY - timedelta(days=29), True, False),
        (TODAY - timedelta(days=30), False, False),
        (None, False, True),
    ],
)
def test_a_move_of_which_nothing_is_known_is_said_and_not_hidden(moved, is_for, unknown):
    first, others = sorted_out({"moved_within_days": 30}, identity_changed_on=moved)

    assert bool(first) is is_for
    assert any(one.unknown for one in others) is unknown


def test_children_too_old_speak_against_it_and_no_known_child_does_not():
    grown = ChildFactory(born=date(2000, 1, 1))

    _first, [with_child] = sorted_out({"child_under": 18}, children=[grown])
    _first, [without] = sorted_out({"child_under": 18})

    assert (with_child.unknown, without.unknown) == (False, True)


def test_a_child_of_the_age_is_a_reason():
    first, others = sorted_out({"child_under": 18}, children=[ChildFactory()])

    assert (len(first), others) == (1, [])


def test_each_stands_under_its_life_events_and_the_others_at_the_end():
    some = [definition("a", life_events=["death", "birth"]), definition("b")]
    _first, others = for_person(
        map(definition_of, some), resident=ResidentFactory(), children=[], today=TODAY
    )

    with translation.override("en"):
        groups = [
            (str(name), [one.definition.key for one in of]) for name, of in by_life_event(others)
        ]

    assert groups == [
        ("Pregnancy and birth", ["a"]),
        ("When somebody has died", ["a"]),
        ("Others", ["b"]),
    ]


@pytest.mark.parametrize(
    "typed",
    [
        *("児童手当", "手当", "じどうてあて", "ジドウテアテ", "ｼﾞﾄﾞｳﾃｱﾃ", "児童手等"),
        *("児重手当", "児手当", "児童の手当", "じどうてあた"),
        *("こども 手当", "こども手当", "子供手当"),
        *("child allowance", "CHILD", "child alowance", "child benifit", "alowance", "出産"),
    ],
)
def test_it_is_found_as_people_type_it(shipped, typed):
    found = search(ResidentFactory(), typed)

    assert "child-allowance" in [one.definition.key for one in found]


@pytest.mark.parametrize("typed", ["", "  ", "xyzxyz", "猫猫猫猫", "%", "\\", "児童[（"])
def test_nothing_is_found_by_what_no_procedure_says(shipped, typed):
    assert search(ResidentFactory(), typed) == []


def test_two_words_with_the_same_beginning_are_not_alike(shipped):
    assert search(ResidentFactory(), "dog") == []  # though “doctor” is found


def test_what_holds_the_word_comes_before_what_is_alike():
    offer("alike", keywords=["dog licencs"])
    offer("as-typed", keywords=["a dog licence of the town"])

    found = search(ResidentFactory(), "dog licence")

    assert [one.definition.key for one in found] == ["as-typed", "alike"]


def test_which_word_was_found_is_said_unless_it_is_the_name(shipped):
    with translation.override("en"):
        [by_keyword] = [
            one
            for one in search(ResidentFactory(), "child benefit")
            if one.definition.key == "child-allowance"
        ]
        [by_name] = [
            one
            for one in search(ResidentFactory(), "child allowance")
            if one.definition.key == "child-allowance"
        ]

    assert (by_keyword.found_by, by_name.found_by) == ("child benefit", "")


def test_the_municipalitys_own_version_stands_for_the_one_of_all():
    resident = ResidentFactory()
    elsewhere = MunicipalityFactory(code="131024", name="中央区", name_en="Chuo City")
    offer("shared", None, keywords=["zebra"])
    offer("shared", keywords=["whale"])
    offer("elsewhere", elsewhere.pk, keywords=["zebra"])

    assert search(resident, "zebra") == []
    assert [one.definition.key for one in search(resident, "whale")] == ["shared"]


def test_one_form_makes_widths_and_kana_the_same():
    assert one_form(" ＡＢＣ　ｶﾞｲﾄﾞ ヴ ") == "abc がいど ゔ"


# ---- pages
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_puts_first_what_is_for_the_person(november, shipped, hers, hanako, language):
    hanako.user.language = language
    hanako.user.save()

    html = hers.get("/applications/").content.decode()

    reason = {"ja": "保護者です", "en": "You are the guardian"}[language]
    assert html.index(reason) < html.index("<h2>", html.index(reason))


def test_an_empty_result_says_what_next(november, shipped, hers):
    html = hers.get("/applications/", {"q": "xyzxyz"}).content.decode()

    assert "Nothing was found. Try another or a shorter word" in html


@pytest.mark.parametrize("more", [0, 40])
def test_the_page_takes_at_most_8_statements(
    november, shipped, hers, django_assert_max_num_queries, more
):
    for number in range(more):
        offer(f"procedure-{number}", keywords=["手当"])
    hers.get("/applications/")

    with django_assert_max_num_queries(8):
        hers.get("/applications/", {"q": "手当"})
    with django_assert_max_num_queries(8):
        hers.get("/applications/procedures/child-allowance/")


def test_one_main_button_leads_to_the_draft_that_is_there(november, shipped, hers, hanako):
    page = "/applications/procedures/child-allowance/"
    before = hers.get(page).content.decode()
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    draft = start(version=version, resident=hanako, about=hanako, today=TODAY)

    after = hers.get(page).content.decode()

    assert before.count("button-main") == after.count("button-main") == 1
    assert "/start/" in before
    assert f"/applications/{draft.uuid}/questions/" in after


@pytest.mark.parametrize(
    ("born", "said"),
    [
        (date(2026, 11, 10), "by 25 November 2026"),
        (date(2026, 11, 5), "by 20 November 2026"),
        (date(2026, 11, 4), "the last day was 19 November 2026"),
        (date(2026, 8, 9), "the last day was 24 August 2026"),
        (date(2026, 8, 7), None),
    ],
)
def test_the_last_day_is_counted_for_the_child(november, shipped, hers, hanako, born, said):
    Resident.objects.exclude(pk=hanako.pk).update(born=born)

    html = hers.get("/applications/procedures/child-allowance/").content.decode()

    text = " ".join(re.sub("<[^>]+>", "", html).split())
    if said:
        assert said in text
    else:
        assert "last day was" not in text
    assert "Confirm the day with your municipality." in text


def test_what_was_sent_before_is_said(november, shipped, hers, hanako):
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    sent = SentApplicationFactory(resident=hanako, version=version)

    html = hers.get("/applications/procedures/child-allowance/").content.decode()

    assert f"You have already applied for this: {sent.receipt_number}." in html


def test_of_which_children_it_was_sent_is_said_where_one_is_chosen(november, shipped, hers, hanako):
    second = GuardianshipFactory(guardian=hanako, child=ChildFactory(name="山田 次郎")).child
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    for state in ("withdrawn", "received"):
        SentApplicationFactory(resident=hanako, version=version, about=second, state=state)

    html = hers.get("/applications/procedures/child-allowance/start/").content.decode()

    assert html.count("already applied for") == 1
    assert html.index("山田 次郎") < html.index("already applied for")


def test_a_procedure_of_another_municipality_is_not_there(november, hers):
    elsewhere = MunicipalityFactory(code="131024", name="中央区", name_en="Chuo City")
    offer("elsewhere", elsewhere.pk)

    assert hers.get("/applications/procedures/elsewhere/").status_code == 404


@pytest.mark.parametrize(
    "sought", ["\0", "alpha\0", "\ud800", "%_[(\\", "あ(い", "[" * 60, "ﷺ" * 60, "㌫" * 60]
)
def test_a_search_for_nonsense_is_answered(sought):
    offer("alpha")

    assert [one.definition.key for one in search(ResidentFactory(), sought)] in ([], ["alpha"])
