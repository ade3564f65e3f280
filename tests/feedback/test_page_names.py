"""Staff know pages by names."""

import pytest
from django.utils.translation import override

from feedback.owners import known_routes
from feedback.page_names import NAMES, page_and_rule, page_name


def test_every_name_is_of_a_page_that_is_there():
    assert set(NAMES) <= set(known_routes())


@pytest.mark.parametrize(("language", "name"), [("ja", "お子さんのページ"), ("en", "A child")])
def test_a_page_has_a_name_in_the_language_of_who_reads(language, name):
    with override(language):
        assert page_name("childcare:child") == name


def test_a_page_without_a_name_is_called_by_its_route():
    assert page_name("left:long-ago") == "left:long-ago"


def test_a_page_about_a_rule_tells_its_title():
    with override("en"):
        found = page_and_rule("tasks:task", "card.insurance-use")
    assert found.startswith("A thing to do – ")
    assert "card." not in found
