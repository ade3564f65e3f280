"""What is said after a birth, said many times at the same moment."""

from datetime import date
from functools import partial

import pytest

from childcare.after_birth import acts
from childcare.models import AllowanceAnswer, AnnouncedBirth, StepDone
from tasks.models import Task
from tests.at_once import at_once
from tests.exchange.facts import guardianship, load_lines, resident
from tests.factories import GuardianshipFactory, ResidentFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
]

TODAY = date(2026, 5, 6)
BORN = date(2026, 4, 30)


@pytest.fixture
def hanako():
    return ResidentFactory(ref="HANAKO", user=UserFactory())


def test_fifty_words_that_a_step_is_done_are_one(hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=BORN).child

    say = partial(acts.say_done, child=child, step="insurance", by=hanako.user, today=TODAY)
    at_once(*[say] * 50)

    assert StepDone.objects.count() == 1


def test_of_answers_at_the_same_moment_one_stands(hanako):
    child = GuardianshipFactory(guardian=hanako, child__born=BORN).child
    answers = iter(["yes", "no"] * 10)

    def answer():
        said = {"main_earner": "me", "civil_servant": next(answers)}
        acts.answer_allowance(child=child, **said, by=hanako.user, today=TODAY)

    at_once(*[answer] * 20)

    standing = AllowanceAnswer.objects.standing().get()
    [rule] = {
        task.rule.key
        for task in Task.objects.live().select_related("rule")
        if "allowance" in task.rule.key
    }
    assert rule.endswith("-employer") == (standing.civil_servant == "yes")


def test_a_birth_told_while_the_register_reports_it_is_told_once_and_nothing_waits(hanako):
    lines = [
        resident("BABY", born=BORN.isoformat(), checked_at="2026-05-05T00:00:00Z"),
        guardianship("BABY", "HANAKO", **{"from": BORN.isoformat()}),
    ]
    numbers = iter(range(20))

    def tell_or_load():
        if next(numbers) == 7:
            return load_lines(*lines, today=TODAY)
        try:
            return acts.announce(
                parent=hanako, born=BORN, abroad=False, by=hanako.user, today=TODAY
            )
        except acts.Refused:
            return None

    at_once(*[tell_or_load] * 20)

    assert AnnouncedBirth.objects.count() <= 1
