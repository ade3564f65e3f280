"""The day's steps into the ledger: one statement for everyone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from portal.crash_points import reached
from portal.database import run
from portal.residents.locks import LOCK_OF_REMINDERS
from portal.residents.models import Resident
from tasks import versions
from tasks.models import Sweep, Task, TaskEvent
from tasks.reminders import ladder
from tasks.reminders.models import Message, PushSubscription, Reason, Reminder, ReminderRound
from tasks.reminders.whom import WHY_NOT
from tasks.rules import Rule

DAY = "%(day)s::date"
# A task that was put off is reminded of when it is open again, or, after a stop, in this time.
WOKEN_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Promised:
    """Rows of the ledger: those that a message will carry, and those skipped with a reason."""

    promised: int = 0
    skipped: int = 0


def start_round(*, at: datetime, started_by: Sweep.StartedBy) -> tuple[ReminderRound, bool]:
    """Promise what is due on the day of `at`; return the round, and whether it is new.

    The schedule starts at most one a day, however often its message comes and however many
    beats there are. By hand it may be started again: what is promised already stays as it is.
    """
    day = timezone.localdate(at)
    with transaction.atomic():
        run("SELECT pg_advisory_xact_lock(%(lock)s, 0)", {"lock": LOCK_OF_REMINDERS})
        latest = ReminderRound.objects.filter(day=day).first()
        if latest and started_by == Sweep.StartedBy.BEAT:
            return latest, False
        done = promise(at)
        reached("round", "before_commit")
        return ReminderRound.objects.create(
            day=day,
            run=latest.run + 1 if latest else 1,
            started_by=started_by,
            promised=done.promised,
            skipped=done.skipped,
        ), True


def promise(at: datetime) -> Promised:
    """Write the day's steps into the ledger. A second time writes nothing.

    Runs in one transaction, under the lock of reminders. Of several steps of a task only the
    latest is promised; a resident who has had the day's message is left for tomorrow.
    """
    params = {"day": timezone.localdate(at), "at": at, "woken_since": WOKEN_WITHIN}
    run(CARRY_OVER, params)
    [counts] = run(promise_in_sql(versions.reminded()), params)
    return Promised(*counts)


# What could not go on its day travels with the next day's. Of two such messages of one person,
# which only a clock that jumps can make, the second waits for another day.
CARRY_OVER = f"""
    WITH late AS (
        SELECT DISTINCT ON (m.resident_id, m.channel) m.resident_id, m.id
        FROM {Message._meta.db_table} m
        WHERE m.state = 'waiting' AND m.day < {DAY} AND NOT EXISTS (
            SELECT FROM {Message._meta.db_table} other
            WHERE other.resident_id = m.resident_id AND other.channel = m.channel
                AND other.day = {DAY})
        ORDER BY m.resident_id, m.channel, m.day)
    UPDATE {Message._meta.db_table} m SET day = {DAY} FROM late
    WHERE m.resident_id = late.resident_id AND m.id = late.id AND m.state = 'waiting'"""


def promise_in_sql(rules: list[Rule]) -> str:
    tasks, events = Task._meta.db_table, TaskEvent._meta.db_table
    messages, reminders = Message._meta.db_table, Reminder._meta.db_table
    residents, users = Resident._meta.db_table, get_user_model()._meta.db_table
    devices = PushSubscription._meta.db_table
    step = _by_rule(rules, lambda rule: ladder.latest_step_in_sql(rule, DAY))
    reached_on = _by_rule(rules, ladder.day_of_in_sql)
    return f"""
        WITH woken AS (
            SELECT resident_id, task_id, max(day) AS day FROM {events}
            WHERE what = 'woken' AND day > {DAY} - %(woken_since)s::interval AND day <= {DAY}
            GROUP BY resident_id, task_id),
        on_ladder AS (
            SELECT t.*, {step} AS step FROM {tasks} t WHERE t.status = 'open'),
        reached AS (
            SELECT t.*, {reached_on} AS reached_on, woken.day AS woken_on FROM on_ladder t
            LEFT JOIN woken ON woken.resident_id = t.resident_id AND woken.task_id = t.id
            WHERE t.step IS NOT NULL OR woken.day IS NOT NULL),
        latest AS MATERIALIZED (
            SELECT resident_id, id, about_id, status, priority, due_on,
                CASE WHEN woken_on > coalesce(reached_on, '-infinity')
                    THEN opened_on - woken_on ELSE step END AS step,
                greatest(reached_on, woken_on) AS reached_on
            FROM reached),
        by_channel AS (
            SELECT *, 'mail' AS channel FROM latest
            UNION ALL
            SELECT *, 'push' FROM latest
            WHERE resident_id IN (SELECT resident_id FROM {devices})),
        due AS MATERIALIZED (
            SELECT t.*, {WHY_NOT.format(channel="t.channel", day=DAY)} AS reason
            FROM by_channel t
            JOIN {residents} who ON who.id = t.resident_id
            LEFT JOIN {users} account ON account.id = who.user_id
            LEFT JOIN {residents} about ON about.id = t.about_id
            WHERE NOT EXISTS (
                SELECT FROM {reminders} r
                WHERE r.resident_id = t.resident_id AND r.task_id = t.id AND r.channel = t.channel
                    AND (r.step = t.step OR r.day BETWEEN t.reached_on AND {DAY}))
            AND NOT EXISTS (
                SELECT FROM {messages} m
                WHERE m.resident_id = t.resident_id AND m.day = {DAY} AND m.channel = t.channel
                    AND m.state <> 'waiting')),
        carrier AS (
            INSERT INTO {messages} AS m (resident_id, day, channel, state, priority, due_on,
                promised_at, try_at)
            SELECT resident_id, {DAY}, channel, 'waiting', min(priority), min(due_on),
                %(at)s, %(at)s
            FROM due WHERE reason IS NULL GROUP BY resident_id, channel
            ORDER BY min(priority), min(due_on), resident_id, channel
            ON CONFLICT (resident_id, day, channel) DO UPDATE SET
                priority = least(m.priority, excluded.priority),
                due_on = least(m.due_on, excluded.due_on)
                WHERE m.state = 'waiting'
            RETURNING m.resident_id, m.channel, m.id),
        overtaken AS (
            UPDATE {reminders} r SET outcome = 'skipped', reason = '{Reason.OVERTAKEN.value}'
            FROM due JOIN carrier ON carrier.resident_id = due.resident_id
                AND carrier.channel = due.channel
            WHERE due.reason IS NULL AND r.resident_id = due.resident_id
                AND r.task_id = due.id AND r.channel = due.channel AND r.outcome = 'promised'),
        promised AS (
            INSERT INTO {reminders} (resident_id, task_id, step, channel, day, outcome, reason,
                message_id)
            SELECT due.resident_id, due.id, due.step, due.channel, {DAY},
                CASE WHEN reason IS NULL THEN 'promised' ELSE 'skipped' END,
                coalesce(reason, ''), carrier.id
            FROM due LEFT JOIN carrier ON carrier.resident_id = due.resident_id
                AND carrier.channel = due.channel
            WHERE due.reason IS NOT NULL OR carrier.id IS NOT NULL
            RETURNING outcome)
        SELECT count(*) FILTER (WHERE outcome = 'promised'),
            count(*) FILTER (WHERE outcome = 'skipped') FROM promised"""


def _by_rule(rules: list[Rule], in_sql: Callable[[Rule], str]) -> str:
    """Return SQL that is of each task what its own rule says."""
    return f"CASE rule_id {' '.join(f'WHEN {rule.id} THEN {in_sql(rule)}' for rule in rules)} END"
