"""Facts in words: what a rule makes of a row's values, in any of its sentences."""

from datetime import date, datetime

import pytest
from django.core.exceptions import FieldError
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from pytest_django.asserts import assertContains, assertNotContains

from portal.card.models import Certificate
from tasks.explain import explain
from tasks.models import Task
from tasks.rules import Condition, registry
from tests.factories import CertificateFactory, ResidentFactory, UserFactory
from tests.tasks.changed_rules import change, other_code

pytestmark = pytest.mark.django_db

TODAY = date(2027, 4, 22)
RENEWAL = "card.user-authentication-renewal"


def in_words(row):
    """A column in other words, and something made of a column that no sentence names."""
    return {
        "type": f"a card ({get_language()})",
        "years": row["expires_on"].year - row["known_since"].year,
    }


@pytest.fixture(autouse=True)
def rule():
    newest = Condition(
        name="newest",
        test=lambda today: Q(current=True),
        holds="It is {type}.",
        fails="It was {type}.",
        ends_when="{type} is replaced.",
    )
    with other_code():
        yield change(
            RENEWAL,
            reads=["known_since"],
            in_words=in_words,
            conditions=[newest, registry[RENEWAL].conditions[-1]],
            what="{type}, number {serial}, for {years} years.",
            where="Where {type} was issued.",
            bring="{type}.",
            cost="{years} yen.",
        )


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2027, 4, 22, 10, 0, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def hanako(client):
    resident = ResidentFactory(user=UserFactory(language="en"))
    CertificateFactory(resident=resident, serial="A")
    client.force_login(resident.user)
    return resident


@pytest.fixture
def opened(rule, hanako):
    return Task.objects.create(
        resident=hanako, about=hanako, rule_id=rule.id, subject="A", opened_on=TODAY
    )


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_condition_names_what_the_rule_made_of_the_row(rule, hanako, language):
    with translation.override(language):
        [explained] = explain(rule, hanako, today=TODAY)

    said = {finding.name: finding for finding in explained.findings}["newest"]
    assert said.sentence == f"It is a card ({language})."
    assert said.ends_when == f"a card ({language}) is replaced."


def test_only_columns_are_asked_for(rule):
    rows = Certificate.objects.all()

    named = rule.columns_named(rows)

    assert {"type", "serial", "known_since"} <= named
    assert "years" not in named


def test_without_words_a_name_that_is_no_column_is_an_error(hanako):
    with pytest.raises(FieldError):
        explain(change(RENEWAL, in_words=None), hanako, today=TODAY)


def test_where_what_to_bring_and_the_cost_are_filled_on_the_page(client, hanako, opened):
    response = client.get(reverse("tasks:task", args=[opened.pk]))

    for text in (
        "a card (en), number A, for 5 years.",
        "<dd>Where a card (en) was issued.</dd>",
        "<dd>a card (en).</dd>",
        "<dd>5 yen.</dd>",
    ):
        assertContains(response, text)


def test_a_card_leaves_out_what_names_facts(client, hanako, opened):
    assertNotContains(client.get("/"), "card-where")


def test_without_facts_only_sentences_that_name_none_are_said(client, hanako, opened):
    change(RENEWAL, bring="The card.")
    hanako.certificates.all().delete()

    response = client.get(reverse("tasks:task", args=[opened.pk]))

    assertContains(response, "<dd>The card.</dd>")
    assertNotContains(response, "yen")
