"""Make the stored tasks equal to the wanted ones: for a range of people, or for some of them.

Both are the same two statements. The first opens and updates, and names the people who hold a
live task that is not wanted; the second, run only for those, asks each such task what ends it.
All is done in one transaction, under a lock that makes two reconciliations of a person follow
one another, so that the later sees every fact of the earlier.
"""

from collections.abc import Iterable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from django.db import connection, transaction

from portal import clock
from portal.database import run
from portal.residents.locks import BLOCK, LOCK_OF_BLOCK, LOCK_OF_FACTS, LOCK_OF_PERSON
from portal.residents.models import Guardianship
from tasks.compile import DAY_IN_SQL, IDS, LIVE_IN_SQL, RANGE, Scope, Wanted
from tasks.models import Task, TaskEvent
from tasks.rules import registry

MANY = 64  # of more people than this their blocks are locked, not each of them


@dataclass(frozen=True)
class Reconciled:
    """How many tasks were opened, updated and closed; and the same by rule (number)."""

    opened: int = 0
    updated: int = 0
    closed: int = 0
    by_rule: dict[int, "Reconciled"] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, rule_id: int, **counts):
        return cls(**counts, by_rule={rule_id: cls(**counts)})

    def __add__(self, other):
        by_rule = dict(self.by_rule)
        for rule_id, counts in other.by_rule.items():
            by_rule[rule_id] = by_rule.get(rule_id, Reconciled()) + counts
        return Reconciled(
            self.opened + other.opened,
            self.updated + other.updated,
            self.closed + other.closed,
            by_rule,
        )


class Statements:
    """The SQL of a reconciliation for one scope."""

    def __init__(self, scope: Scope):
        rules = Wanted(registry.values(), scope)
        tasks, events = Task._meta.db_table, TaskEvent._meta.db_table

        def live(name):
            return f"{scope.of(f'{name}.about_id')} AND {name}.status IN ({LIVE_IN_SQL})"

        # Only what is different is kept: on a quiet night that is nothing. The stored side is
        # bounded wherever it is named, or the planner may read all of it for each range. Whom the
        # statement is for nobody else reconciles meanwhile, so only two rows of one person with
        # the same subject could want a task twice: DISTINCT, where ON CONFLICT would cost a fifth
        # of a first night, and in this order a person's tasks lie together on disk.
        self.open_and_update = f"""
            WITH different AS MATERIALIZED ({rules.different}),
            opened AS (
                INSERT INTO {tasks} (resident_id, about_id, rule_id, subject, status, opens_on,
                    due_on, priority, opened_on, opened_source_id, opened_checked_at)
                SELECT DISTINCT ON (wanted_by, about_id, rule_id, subject)
                    wanted_by, about_id, rule_id, {rules.named("d")}, 'open', opens_on, due_on,
                    priority, {DAY_IN_SQL}, source_id, checked_at
                FROM different d WHERE id IS NULL
                ORDER BY wanted_by, about_id, rule_id, subject, due_on
                RETURNING rule_id),
            updated AS (
                UPDATE {tasks} t SET
                    opens_on = CASE WHEN d.differs THEN d.opens_on ELSE t.opens_on END,
                    due_on = CASE WHEN d.differs THEN d.due_on ELSE t.due_on END,
                    priority = CASE WHEN d.differs THEN d.priority ELSE t.priority END,
                    status = CASE WHEN d.wakes THEN 'open' ELSE t.status END,
                    wake_on = CASE WHEN d.wakes THEN NULL ELSE t.wake_on END
                FROM different d
                WHERE t.id = d.id AND t.resident_id = d.resident_id AND {live("t")}
                    AND (d.wakes OR d.differs)
                RETURNING t.resident_id, t.id, t.rule_id, d.wakes),
            noted AS (
                INSERT INTO {events} (resident_id, task_id, what, day)
                SELECT resident_id, id, CASE WHEN wakes THEN 'woken' ELSE 'updated' END,
                    {DAY_IN_SQL} FROM updated)
            SELECT rule_id, count(*) FILTER (WHERE what = 'opened'),
                count(*) FILTER (WHERE what = 'updated'),
                array_agg(about_id) FILTER (WHERE what = 'unwanted'),
                array_agg(id) FILTER (WHERE what = 'unwanted')
            FROM (SELECT 'opened' AS what, rule_id, NULL::bigint AS about_id, NULL::bigint AS id
                FROM opened
                UNION ALL SELECT 'updated', rule_id, NULL, NULL FROM updated
                UNION ALL SELECT 'unwanted', live_rule, live_about, id FROM different
                WHERE unwanted) done
            GROUP BY rule_id"""
        self.close = f"""
            WITH ended AS (
                UPDATE {tasks} t SET status = e.ending, ended_on = {DAY_IN_SQL}, wake_on = NULL
                FROM ({rules.endings}) e
                WHERE t.id = e.id AND t.resident_id = e.resident_id AND {live("t")}
                    AND e.ending IS NOT NULL
                RETURNING t.resident_id, t.id, t.rule_id, t.status),
            noted AS (
                INSERT INTO {events} (resident_id, task_id, what, day)
                SELECT resident_id, id, status, {DAY_IN_SQL} FROM ended)
            SELECT rule_id, count(*) FROM ended GROUP BY rule_id"""


@cache
def statements(scope: Scope) -> Statements:
    return Statements(scope)


def reconcile_range(*, today: date, low: int, high: int) -> Reconciled:
    """Reconcile everyone whose id is from `low` up to but without `high`, in one transaction."""
    with transaction.atomic():
        _lock_blocks(_blocks(low, high))
        return _reconcile(RANGE, today, many=True, low=low, high=high)


def reconcile_people(people: Iterable[int], *, today: date | None = None) -> Reconciled:
    """Reconcile every task about these people (ids), whoever must act for them.

    Call it inside the transaction that changed the facts. `today` is a date in Japan.
    """
    ids = sorted(set(people))
    if not ids:
        return Reconciled()
    with transaction.atomic():
        hold(ids)
        return _reconcile(IDS, today or clock.today(), many=len(ids) > MANY, ids=ids)


def kept_though_unwanted(people: Iterable[int], *, today: date) -> list[int]:
    """Return the live tasks (ids) about people that no rule wants, and that stay: nothing is known.

    Call it after they have been reconciled, in the same transaction.
    """
    ids = sorted(set(people))
    rows = run(statements(IDS).open_and_update, {"today": today, "ids": ids}, prepare=False)
    return [task for *_counts, unwanted in rows for task in unwanted or []]


def hold(people: Iterable[int]) -> None:
    """Hold these people (ids) alone, as a reconciliation of them does, until the transaction ends.

    For what reads their facts and writes others, and reconciles them afterwards.
    """
    ids = set(people)
    if len(ids) > MANY:
        _lock_blocks(sorted({one // BLOCK for one in ids}))
    elif ids:
        lock_people(ids)


def hold_range(low: int, high: int) -> None:
    """Hold everyone in a range alone until the transaction ends, against loads of facts too."""
    _lock_blocks(_blocks(low, high), LOCK_OF_FACTS)
    _lock_blocks(_blocks(low, high))


def _blocks(low: int, high: int) -> range:
    return range(low // BLOCK, (high - 1) // BLOCK + 1)


def with_wards(people: Iterable[int]) -> set[int]:
    """Return the people and every child that one of them is or was a guardian of (ids)."""
    people = set(people)
    wards = Guardianship.objects.filter(guardian__in=people).values_list("child", flat=True)
    return people | set(wards)


def _reconcile(scope: Scope, today: date, *, many: bool, **whom) -> Reconciled:
    done = Reconciled()
    people, unwanted = set(), []
    # Prepared for one person: to plan some ten joined arms takes longer than to run them.
    with no_nested_loops() if many else nullcontext():
        rows = run(statements(scope).open_and_update, {"today": today, **whom}, prepare=not many)
    for rule_id, opened, updated, about, tasks in rows:
        done += Reconciled.of(rule_id, opened=opened, updated=updated)
        people.update(about or [])
        unwanted += tasks or []
    if unwanted:
        whom = {"today": today, "ids": sorted(people), "unwanted": unwanted}
        for rule_id, closed in run(statements(IDS).close, whom, prepare=not many):
            done += Reconciled.of(rule_id, closed=closed)
    return done


@contextmanager
def no_nested_loops():
    """Join by hash or merge, whose cost follows the range whatever the planner believes.

    After a large load it knows nothing of the tables yet, takes each for a row or two, and goes
    through all facts of the range again for each person: minutes for some hundred people.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def keep_loads_out(people: Iterable[int]) -> None:
    """Let no load of facts about these people (ids) go on until the transaction ends.

    For what writes facts elsewhere. As in a load, it comes before any lock of a reconciliation.
    """
    _lock_blocks(sorted({one // BLOCK for one in people}), LOCK_OF_FACTS)


def _lock_blocks(blocks: Iterable[int], kind: int = LOCK_OF_BLOCK) -> None:
    """Hold these blocks of people alone until the transaction ends; always in the same order."""
    run(
        "SELECT pg_advisory_xact_lock(%(kind)s, block) FROM unnest(%(blocks)s::int[]) block",
        {"kind": kind, "blocks": list(blocks)},
        prepare=False,
    )


def lock_people(ids: Iterable[int]) -> None:
    """Hold these people alone, and keep sweeps out of their blocks, until the transaction ends.

    Until then the server also takes the plans that it has kept, for any number of people; else it
    would plan anew each time, expecting some more people than it is given.
    """
    ids = sorted(set(ids))
    run(
        """SELECT set_config('plan_cache_mode', 'force_generic_plan', true)
        UNION ALL
        SELECT pg_advisory_xact_lock_shared(%(block)s, one)::text
        FROM unnest(%(blocks)s::int[]) one
        UNION ALL
        SELECT pg_advisory_xact_lock(%(person)s, hashint8(one))::text
        FROM unnest(%(ids)s::bigint[]) one
        """,
        {
            "block": LOCK_OF_BLOCK,
            "person": LOCK_OF_PERSON,
            "blocks": sorted({one // BLOCK for one in ids}),
            "ids": ids,
        },
        prepare=True,
    )
