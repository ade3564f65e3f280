"""The text of a procedure: what is taken, and which line of what is not."""

import json

import pytest

from portal.applications.branch import asked
from portal.applications.definition import definition_of
from portal.applications.known import FACTS
from portal.applications.read_text import LONGEST, SCHEMA, Mistakes, read_text
from portal.applications.ship import SHIPPED

pytestmark = pytest.mark.usefixtures("english")


def schema_names():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    parts = schema["$defs"]
    return {*schema["properties"], *parts["step"]["properties"], *parts["question"]["properties"]}


FILES = sorted(SHIPPED.glob("*.yaml"))
TEXT = (SHIPPED / "child-allowance.yaml").read_text(encoding="utf-8")


def line_of(part, text=TEXT):
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_shipped_is_right_and_in_both_languages(file):
    definition = definition_of(read_text(file.read_text(encoding="utf-8")))

    assert definition.key == file.stem
    texts = [definition.name, definition.summary, definition.who, definition.fee]
    texts += [words for question in definition.questions for words in (question.text,)]
    assert all(words.keys() == {"ja", "en"} for words in texts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_question_of_what_is_shipped_can_be_reached(file):
    definition = definition_of(read_text(file.read_text(encoding="utf-8")))

    for question in definition.questions:
        answers = {}
        for when in reversed(question.when):
            answers[when.question] = when.is_in[0]
            for before in definition.question(when.question).when:
                answers.setdefault(before.question, before.is_in[0])
        assert question in asked(definition, answers)


@pytest.mark.parametrize(
    ("part", "instead", "says"),
    [
        ("type: kana", "type: kanna", "must be one of"),
        ("fee: {", "cost: {", "no field “cost”"),
        ("usual_days: [0, 3]", "usual_days: [4, 3]", "smaller number"),
        ("usual_days: [0, 3]", "usual_days: [0, many]", "whole number"),
        ("is_in: [other]", "is_in: [another]", "none of the choices"),
        ("fills: resident.name_kana", "fills: resident.salary", "No known fact"),
        ("key: name-kana", "key: name", "is taken already"),
        ("key: child-address", "key: Child Address", "wrong form"),
        ("earliest: today", "earliest: 2026-02-30", "no day"),
        ("life_events: [birth", "life_events: [party", "must be one of"),
        ("about: child", "about: child\nabout: self", "twice"),
    ],
)
def test_a_mistake_is_said_with_its_line(part, instead, says):
    with pytest.raises(Mistakes) as refused:
        read_text(TEXT.replace(part, instead, 1))

    found = [mistake.line for mistake in refused.value.mistakes if says in mistake.text]
    assert line_of(part) + instead.count("\n") in found, refused.value.mistakes


@pytest.mark.parametrize(
    ("part", "instead", "at", "says"),
    [
        ("state: received", "state: granted", "steps:", "No step has the state “received”"),
        ("state: under-review", "state: completed", "state: granted", "cannot come after"),
        ("is_in: [unknown]", 'is_in: ["yes"]', 'is_in: ["yes"]', "never asked"),
        ("fills: resident.name\n", "most: 3\n", "most: 3", "for questions of the type money"),
        ("type: kana", "type: date", "fills: resident.name_kana", "is no date"),
        ("question: lives-with-child", "question: phone", "question: phone", "no earlier"),
        ("question: lives-with-child", "question: account", "question: account", "no earlier"),
        ("fee: {ja: 無料, en", "fee: {en", "fee: {en", "lacks “ja”"),
        ("  days: 15\n", "", "deadline:", "together"),
        ("earliest: today", "earliest: 2026-03-01\n    latest: 2026-02-01", "latest:", "below"),
        (
            "type: kana",
            "type: choice",
            "type: choice\n    text: {ja: お名前（カナ）",
            "needs “choices”",
        ),
        ("お子さんを育てている家庭", "\a", "\a", "cannot be read"),
    ],
)
def test_a_mistake_elsewhere_than_what_was_changed_is_said_with_its_line(part, instead, at, says):
    text = TEXT.replace(part, instead, 1)
    with pytest.raises(Mistakes) as refused:
        read_text(text)

    found = [mistake.line for mistake in refused.value.mistakes if says in mistake.text]
    assert line_of(at, text) in found, refused.value.mistakes


def test_a_choice_that_always_ends_the_form_is_refused():
    text = TEXT.replace(
        "      other:\n        ja: 収入",
        "      me: {ja: 終わり}\n      unknown: {ja: 終わり}\n      other:\n        ja: 収入",
    )
    with pytest.raises(Mistakes, match="Every answer ends the form"):
        read_text(text)


def test_the_example_of_the_documentation_is_a_procedure():
    page = (SHIPPED.parents[2] / "docs" / "procedures.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]

    assert definition_of(read_text(example)).key == "bulky-waste"


@pytest.mark.parametrize("name", sorted({*FACTS, *schema_names()}))
def test_the_documentation_names_every_field_and_fact(name):
    page = (SHIPPED.parents[2] / "docs" / "procedures.md").read_text(encoding="utf-8")

    assert f"`{name}`" in page


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("- a", 1),
        ("a: [", 1),
        ("key: x\n\tname: y", 2),
        ("a: &a [1]\nb: *a", 2),
        ("a: " + "[" * 2000, 1),
        ("x" * (LONGEST + 1), 1),
    ],
)
def test_what_is_no_procedure_at_all_is_refused_with_a_line(text, line):
    with pytest.raises(Mistakes) as refused:
        read_text(text)

    assert refused.value.mistakes[0].line == line


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("key: x\nname: a: b", 2, "a colon too many here"),
        ("key: x\n\tname: y", 2, "Indent with spaces"),
        ("key: x\nname: {ja: a\nwho: b", 3, "not closed"),
        ("key: x\nname\nwho: b", 3, "lacks its colon"),
        ("key: x\nname", 2, "lacks its colon"),
        ('key: x\nname: "a', 2, "quotation mark"),
        ("key:\n  - a\n name: b", 3, "indentation"),
    ],
)
def test_what_is_no_yaml_is_said_in_words_of_ours(text, line, says):
    with pytest.raises(Mistakes) as refused:
        read_text(text)

    [mistake] = refused.value.mistakes
    assert (mistake.line, says in mistake.text) == (line, True), mistake


def test_a_required_step_that_lacks_is_named():
    with pytest.raises(Mistakes, match="No step has the state “granted”"):
        read_text(TEXT.replace("state: granted", "state: with-others"))


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("fee: {ja: ", 'fee: {en: "a\\0b", ja: '),
        ("fee: {ja: ", 'fee: {en: "a\\ud800b", ja: '),
        ("fee: {ja: ", 'fee: {en: "\\u202eexe.fdp", ja: '),
        ("fee: {ja: ", 'fee: {"e\\0n": x, ja: '),
        ("key: name-kana", 'key: "name-kana\\n"'),
    ],
)
def test_what_no_page_or_database_can_show_is_a_mistake_with_its_line(part, instead):
    with pytest.raises(Mistakes) as refused:
        read_text(TEXT.replace(part, instead, 1))

    assert line_of(part) in [mistake.line for mistake in refused.value.mistakes]


@pytest.mark.parametrize("text", ["[" * 60_000, "{a: " * 20_000, "- " * 60_000, "a: [" + "[" * 13])
def test_what_is_nested_deep_is_refused_before_it_is_read_on(text):
    with pytest.raises(Mistakes, match="too deep"):
        read_text(text)


@pytest.mark.parametrize("amount", ["-1", "1000000000000", "9" * 4000])
def test_an_amount_that_no_one_can_mean_is_a_mistake(amount):
    money = f"\n  - {{key: income, type: money, text: {{ja: 収入}}, most: {amount}}}\n"

    with pytest.raises(Mistakes):
        read_text(TEXT.rstrip("\n") + money)
