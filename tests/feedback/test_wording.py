"""Which words stood on a page, as a version."""

import pytest
from django.utils import translation

from feedback.wording import messages, wording_version


def test_a_page_has_one_version_in_a_language_and_another_in_the_next():
    japanese = wording_version("tasks/home.html")
    with translation.override("en"):
        english = wording_version("tasks/home.html")

    assert japanese == wording_version("tasks/home.html")
    assert japanese != english
    assert len(japanese) == 16


def test_what_a_rule_or_question_says_is_part_of_it():
    assert wording_version("tasks/task.html", ["a"]) != wording_version("tasks/task.html", ["b"])
    assert wording_version("tasks/task.html", ["a"]) != wording_version("tasks/task.html")


def test_the_messages_are_those_of_the_page_and_its_parts_without_the_frame():
    said = messages("tasks/task.html", "en")

    assert "Why do I see this?" in said
    assert "I have done this" in said  # of a part that the page takes in
    assert "Skip to the content" not in said


def test_both_forms_of_a_number_are_part_of_it():
    assert "{} months" not in messages("tasks/home.html", "en")
    assert any("%(count)s" in said or "%(" in said for said in messages("tasks/home.html", "en"))


@pytest.mark.parametrize(
    "template", ["404.html", "account/login.html", "applications/question.html"]
)
def test_every_kind_of_page_has_one(template):
    assert messages(template, "ja")
