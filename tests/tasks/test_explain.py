"""What is said of a rule is what the rule does: verdicts, sentences, and what is coming."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.residents.models import Resident
from tasks.explain import coming_up, explain, verdicts
from tasks.rules import registry
from tests.tasks import chance, model
from tests.tasks.stored import Facts

HORIZON = 100  # days: more than a renewal's three months
pytestmark = pytest.mark.django_db


@st.composite
def days_and_worlds(draw):
    day = draw(chance.FIRST_DAYS)
    return day, draw(chance.worlds(day))


class rolled_back:
    """Facts of a world that are gone at the end; one transaction for each example."""

    def __init__(self, world):
        self.world, self.atomic = world, transaction.atomic()

    def __enter__(self):
        self.atomic.__enter__()
        return Facts(self.world)

    def __exit__(self, *error):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


@settings(max_examples=40)
@given(days_and_worlds())
def test_what_is_coming_up_is_what_the_model_wants_on_each_day_until_then(day_and_world):
    today, world = day_and_world
    until = today + timedelta(HORIZON)
    with rolled_back(world) as facts:
        refs = {pk: ref for ref, pk in facts.ids.items()}
        for ref, pk in facts.ids.items():
            coming = {
                (ref, one.rule.key, one.subject, refs[one.about_id]): (one.opens_on, one.due_on)
                for one in coming_up(pk, today=today, until=until)
            }

            expected = model.coming_up(world, ref, today, until)
            assert {key: day for key, (day, _due_on) in coming.items()} == expected
            for key, (day, due_on) in coming.items():
                assert model.wanted(world, day)[key].due_on == due_on


@settings(max_examples=30)
@given(days_and_worlds())
def test_why_says_of_every_occurrence_what_the_model_and_the_compiled_rules_say(day_and_world):
    today, world = day_and_world
    expected = {}
    for one in model.occurrences(world, today):
        expected[one.rule, one.about, one.subject] = one.verdict
    with rolled_back(world) as facts:
        compiled = verdicts(facts.ids.values(), today=today)
        for rule in registry.values():
            for resident in Resident.objects.filter(pk__in=facts.ids.values()):
                explained = explain(rule, resident, today=today)
                found = {one.subject: one.verdict for one in explained if one.row}
                assert found == {
                    subject: verdict
                    for (key, ref, subject), verdict in expected.items()
                    if (key, ref) == (rule.key, resident.ref)
                }
                counts_most = compiled.get((rule.key, resident.pk))
                assert (counts_most is None) == (not found)
                if found:
                    assert counts_most.value == explained[0].verdict


@settings(max_examples=15)
@given(days_and_worlds())
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_sentence_has_its_places_filled(language, day_and_world):
    today, world = day_and_world
    with rolled_back(world) as facts, translation.override(language):
        for rule in registry.values():
            for resident in Resident.objects.filter(pk__in=facts.ids.values()):
                for one in explain(rule, resident, today=today):
                    for finding in one.findings:
                        assert finding.sentence
                        assert not set("{}–") & set(finding.sentence + finding.ends_when)
                    assert one.deciding in one.findings
                    assert (one.deciding.value is True) == (one.verdict is True)


def test_nothing_reported_is_unknown_and_says_so():
    person = Facts(model.World({"P": model.Person("P", *[date(1990, 4, 1)] * 2)})).ids["P"]

    for rule in registry.values():
        [only] = explain(rule, Resident.objects.get(pk=person), today=date(2027, 4, 1))

        assert (only.verdict, only.subject) == (None, "")
        assert only.deciding.sentence == str(rule.nothing_recorded)
