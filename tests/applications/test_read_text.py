"""The text of a procedure: what is taken, and which line of what is not."""

import pytest

from portal.applications.branch import asked
from portal.applications.definition import definition_of
from portal.applications.read_text import LONGEST, Mistakes, read_text
from portal.applications.ship import SHIPPED

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


def test_a_required_step_that_lacks_is_named():
    with pytest.raises(Mistakes, match="No step has the state “granted”"):
        read_text(TEXT.replace("state: granted", "state: with-others"))
