"""What is rendered once a process shows nothing of one request in the next, nor of a language."""

import pytest
from django.template import Template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils.translation import override

from portal.fragments import fragment

SWITCH = "_languages.html"
ASKS = "feedback/_ask.html"


def test_what_is_of_one_request_is_escaped_and_gone_in_the_next():
    first = fragment(SWITCH, next='/?q="><script>', csrf_token="first")
    second = fragment(SWITCH, next="/{0}{csrf_token}", csrf_token="second")

    assert 'value="/?q=&quot;&gt;&lt;script&gt;"' in first
    assert "first" in first
    assert 'value="/{0}{csrf_token}"' in second
    assert "first" not in second


def test_each_language_has_its_own_and_so_has_what_many_have_in_common():
    def asked(language, applying):
        with override(language):
            places = {"shown": "", "back": "", "csrf_token": ""}
            return fragment(ASKS, same=(("applying", applying),), **places)

    assert len({asked(*both) for both in [("ja", True), ("en", True), ("ja", False)]}) == 3
    assert "Was this page clear?" in asked("en", False)
    assert "How was it to apply here?" in asked("en", True)


def test_the_address_of_a_page_is_the_one_that_its_route_has():
    def shown(source):
        return Template(source).render(Context({"name": "tasks:why", "number": 7}))

    assert shown("{% url 'tasks:home' %}") == reverse("tasks:home")
    assert shown("{% url name %}") == reverse("tasks:why")
    assert shown("{% url 'tasks:task' number %}") == reverse("tasks:task", args=[7])
    assert shown("{% url 'tasks:nowhere' as there %}[{{ there }}]") == "[]"
    with pytest.raises(NoReverseMatch):
        shown("{% url 'tasks:nowhere' %}")
