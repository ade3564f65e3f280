"""A merge of two records while others decide or load, on connections of their own."""

import pytest
from django.db import connection, transaction

from portal.card.models import BenefitAccount
from portal.exchange.merges import one_person
from portal.exchange.models import Merge
from portal.residents.models import FactReport, Resident
from tasks.models import Task
from tasks.reconcile import keep_loads_out
from tests.at_once import at_once
from tests.exchange.facts import TODAY, account, insurance, load_lines
from tests.exchange.test_one_person import WHY, person, row, two
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
    pytest.mark.serial,
]


def decided(by, deed=one_person.ask):
    try:
        return deed(row("A"), by=by, why=WHY).state
    except one_person.Refused as refused:
        return str(refused)


def test_of_two_clerks_at_once_one_decides_and_the_other_is_told():
    two(account("A"))
    first, second = UserFactory(), UserFactory()

    results = at_once(lambda: decided(first), lambda: decided(second))

    assert sorted(results) == ["decided", "done"]
    assert Merge.objects.get().state == "done"


def test_a_yes_and_a_no_at_once_are_one_of_the_two():
    two(account("A"))
    first, second = UserFactory(), UserFactory()

    results = at_once(lambda: decided(first), lambda: decided(second, deed=one_person.decline))

    # After a no a yes is taken, since whoever says it has the page before them.
    assert sorted(results) in (["decided", "done"], ["declined", "done"])
    assert person("A") == row("B")


def test_files_that_are_merged_meanwhile_end_with_the_person():
    two()
    by = UserFactory()

    def loads():
        for day in range(3, 9):
            load_lines(account("A", checked_at=f"2026-11-{day:02d}T00:00:00Z"), insurance("A"))

    at_once(loads, lambda: one_person.ask(row("A"), by=by, why=WHY, today=TODAY))

    left = FactReport.objects.filter(resident=row("A")).values_list("kind", flat=True)
    assert set(left) == {"resident"}
    assert FactReport.objects.filter(resident=row("B"), kind="account").count() == 6
    assert BenefitAccount.objects.get().resident == row("B")
    assert set(Task.objects.live().values_list("about", flat=True)) == {row("B").pk}


def test_a_clerk_who_waits_too_long_is_told_to_try_again(monkeypatch):
    two()
    by, ids = UserFactory(), list(Resident.objects.values_list("pk", flat=True))
    monkeypatch.setattr(one_person, "PATIENCE", "0.2")

    with transaction.atomic():
        keep_loads_out(ids)
        [result] = at_once(lambda: decided(by))

    assert result == "busy"
    assert connection.in_atomic_block is False
    assert decided(by) == "done"
