"""The stored inboxes are those of the plain model, whatever happens in whatever order.

More examples by hand: `pytest tests/tasks/test_model.py --hypothesis-profile=long`.
"""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from portal.residents.models import Resident
from tasks import acts, versions
from tasks.models import Task
from tasks.reconcile import Reconciled, reconcile_people, reconcile_range
from tests.tasks import chance
from tests.tasks.changed_rules import change, other_code
from tests.tasks.model import Inbox
from tests.tasks.stored import Facts

MAY_BE_PUT_AWAY = {"card.insurance-use", "card.benefit-account"}
CONFIRMED_WITHIN = 3  # days


def task_rows():
    """Where each task's row stands: another place after any write."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid::text FROM tasks_task ORDER BY id")
        tasks = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM tasks_taskevent")
        return tasks, cursor.fetchone()


class Inboxes(RuleBasedStateMachine):
    """Some people, what is known of them, and days that pass (or are asked again)."""

    def __init__(self):
        super().__init__()
        self.rolled_back = transaction.atomic()
        self.rolled_back.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.rolled_back.__exit__(None, None, None)

    @initialize(data=st.data())
    def people_are_known(self, data):
        self.today = data.draw(chance.FIRST_DAYS)
        self.world = data.draw(chance.worlds(self.today))
        self.facts, self.expected = Facts(self.world), Inbox()

    @rule(
        days=st.sampled_from([0, 0, 1, 1, 1, 2, 3, 28, 31, 92, -1, -30]),
        data=st.data(),
    )
    def a_night_in_ranges(self, days, data):
        self.today += timedelta(days)
        for low, high in data.draw(self.ranges()):
            reconcile_range(today=self.today, low=low, high=high)
        self.reconciled(set(self.world.people))
        self.a_second_night_writes_nothing()

    def ranges(self):
        """Everyone's ids cut anywhere, in any order, some ranges twice."""
        first, end = min(self.facts.ids.values()), max(self.facts.ids.values()) + 1
        cuts = st.sets(st.integers(first, end), max_size=4)

        def between(cuts):
            edges = sorted({first - 3, *cuts, end + 3})
            ranges = list(pairwise(edges))
            return st.tuples(st.permutations(ranges), st.lists(st.sampled_from(ranges), max_size=2))

        return cuts.flatmap(between).map(lambda drawn: [*drawn[0], *drawn[1]])

    def a_second_night_writes_nothing(self):
        before = task_rows()
        ids = self.facts.ids.values()
        again = reconcile_range(today=self.today, low=min(ids), high=max(ids) + 1)
        again += reconcile_people(ids, today=self.today)
        assert (again, task_rows()) == (Reconciled(), before)

    @rule(days=st.sampled_from([0, 0, 0, 1, 30]), data=st.data())
    def facts_arrive(self, days, data):
        self.today += timedelta(days)
        changed = data.draw(st.sets(st.sampled_from(sorted(self.world.people)), min_size=1))
        touched = set()
        for ref in sorted(changed):
            touched |= self.world.household_of(ref)
            self.world = data.draw(chance.facts_of(self.world, ref, self.today))
            touched |= self.world.household_of(ref)
        self.facts.write(self.world)
        reconcile_people([self.facts.ids[ref] for ref in touched], today=self.today)
        self.reconciled(touched)

    @rule(
        act=st.sampled_from(["snooze", "report_done", "dismiss", "undo"]),
        days=st.sampled_from([-1, 0, 1, 2, 5, 40, 365, 366]),
        data=st.data(),
    )
    def a_resident_acts(self, act, days, data):
        if not self.expected.live:
            return
        key = data.draw(st.sampled_from(sorted(self.expected.live)))
        owner, rule_key, subject, about = key
        resident = Resident.objects.get(pk=self.facts.ids[owner])
        task = Task.objects.live().get(
            resident=resident,
            rule__key=rule_key,
            subject=subject,
            about=self.facts.ids[about],
        )
        until = self.today + timedelta(days)
        becomes = self.becomes(key, act, until)
        details = {"until": until} if act == "snooze" else {}
        details |= {"resident": resident, "task_id": task.pk, "by": None, "today": self.today}
        if becomes is None:
            with pytest.raises(acts.Refused):
                getattr(acts, act)(**details)
        else:
            getattr(acts, act)(**details)
            live = self.expected.live[key]
            if (live.status, live.wake_on) != becomes:
                live.status, live.wake_on = becomes
                self.expected.reconcile(self.world, self.today, {about})
        assert self.facts.inbox() == self.expected

    def becomes(self, key, act, until):
        """What the task becomes by the act, or None where the act is refused."""
        live = self.expected.live[key]
        if act == "undo":
            return ("open", None)
        if act == "report_done" and live.status == "reported":
            return ("reported", live.wake_on)
        if act == "report_done" and live.status in {"open", "snoozed"}:
            return ("reported", self.today + timedelta(CONFIRMED_WITHIN))
        if act == "dismiss" and live.status != "reported" and key[1] in MAY_BE_PUT_AWAY:
            return ("dismissed", None)
        in_time = self.today < until <= self.today + timedelta(365)
        before_due = live.due_on is None or self.today < until <= live.due_on
        if act == "snooze" and live.status in {"open", "snoozed"} and in_time and before_due:
            return ("snoozed", until)
        return None

    def reconciled(self, about):
        self.expected.reconcile(self.world, self.today, about)
        assert self.facts.inbox() == self.expected


class UrgentLater(Inboxes):
    """The same under a rule that is urgent until another date than the due date."""

    def __init__(self):
        super().__init__()
        self.this_code_again = other_code()
        self.this_code_again.__enter__()
        change("card.user-authentication-renewal", urgent_until="insurance_proof_until")
        versions.record()

    def teardown(self):
        self.this_code_again.__exit__(None, None, None)
        super().teardown()

    @initialize(data=st.data())
    def people_are_known(self, data):
        super().people_are_known(data)
        self.world.urgent_later = True


@pytest.mark.django_db
def test_stored_inboxes_are_those_of_the_model():
    run_state_machine_as_test(Inboxes)


@pytest.mark.django_db
def test_stored_inboxes_are_those_of_the_model_where_what_is_due_is_urgent_later():
    some = settings(max_examples=20, stateful_step_count=8)
    run_state_machine_as_test(UrgentLater, settings=some)
