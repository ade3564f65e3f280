"""What would change if a rule went live as this process has it. Reads, and writes nothing.

It is asked in the ranges of a night, of the very statements of a night, so that it says what the
night would do; each range is counted by the database. Beside it: whether two versions of a rule
give the same, whatever their text.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection, transaction

from portal.database import run
from portal.residents.models import Resident
from tasks.compile import DAY_IN_SQL, IDS, LIVE_IN_SQL, RANGE, Scope, Wanted
from tasks.models import Task
from tasks.reconcile import no_nested_loops
from tasks.reminders import ladder as steps
from tasks.rules import Rule
from tasks.sweep import range_starts

RANGE_SIZE = 50_000  # people
PATIENCE = 60_000  # milliseconds for one statement about one range
DAYS_OF_MAILS = 90
EXAMPLES = 10  # of each kind
MUNICIPALITIES = 50
AGES = [18, 40, 65, 75]  # the first year of each band but the youngest
KINDS = ["open", "update", "close"]
# On which days from today two versions must give the same to count as the same.
DAYS_TO_COMPARE = [0, 1, 7, 30, 90, 365]


@dataclass(frozen=True)
class Ladder:
    """The part of a rule that says when it reminds."""

    remind: Iterable[int] = ()
    remind_every: int | None = None


@dataclass
class Change:
    """What a night would do for one rule, in tasks; and the mails of the days from today on.

    `live` are the tasks that stand now. `mails_now` are those to come if nothing changed, and
    `mails_then` if the version went live: at most, since several reminders of one person travel
    in one mail, and who has no address or turned them off gets none.
    """

    day: date
    counts: Counter = field(default_factory=Counter)
    endings: Counter = field(default_factory=Counter)
    municipalities: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    ages: dict[int, Counter] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    mails_now: list[int] = field(default_factory=lambda: [0] * DAYS_OF_MAILS)
    mails_then: list[int] = field(default_factory=lambda: [0] * DAYS_OF_MAILS)

    @property
    def nothing(self) -> bool:
        return not any(self.counts[kind] for kind in KINDS)

    def as_json(self) -> dict:
        """Return all but the day, of the municipalities those with the most changes."""
        most = sorted(self.municipalities.items(), key=lambda one: (-one[1].total(), one[0]))
        return {
            "counts": self.counts,
            "endings": self.endings,
            "municipalities": most[:MUNICIPALITIES],
            "other_municipalities": len(most[MUNICIPALITIES:]),
            "ages": sorted(self.ages.items()),
            "examples": self.examples,
            "mails_now": self.mails_now,
            "mails_then": self.mails_then,
        }


def dry_run(
    rule: Rule | None,
    *,
    rule_id: int,
    today: date,
    now: Ladder,
    then: Ladder,
    progress: Callable[[list[int]], Iterable[int]] = list,
) -> Change:
    """Return what a night of `today` would do for the rule, were it released; None: taken away.

    `now` is the ladder in force and `then` the new one. `progress` may wrap the list of ranges.
    Raises OperationalError where a range takes longer than PATIENCE.
    """
    change = Change(today)
    opening, closing = in_sql(rule, rule_id, by_opening=bool(now.remind_every))
    for low in progress(list(range_starts(RANGE_SIZE))):
        whom = {"today": today, "low": low, "high": low + RANGE_SIZE}
        with reading():
            with no_nested_loops():
                [(groups, examples, people, unwanted)] = run(opening, whom)
            _add(change, groups, examples, now, then)
            if unwanted:
                whom = {"today": today, "ids": people, "unwanted": unwanted}
                [(groups, examples)] = run(closing, whom)
                _add(change, groups, examples, now, then)
    return change


@contextmanager
def reading():
    """Read in a transaction that cannot write, and in which no statement runs for long."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE}")
        yield
        transaction.set_rollback(True)  # and with it both settings, also within another


# ---- the statements
def in_sql(rule: Rule | None, rule_id: int, *, by_opening: bool) -> tuple[str, str]:
    """Return SQL for what would be opened and updated in a range, and for what would be closed.

    Both give counts in groups and examples; the first also the people and tasks to ask the
    second about, as in tasks.reconcile.
    """
    tasks = Task._meta.db_table
    live = f"""
        SELECT * FROM {tasks} live WHERE {RANGE.of("live.about_id")}
            AND live.status IN ({LIVE_IN_SQL}) AND live.rule_id = {rule_id}"""
    if rule is None:
        different = """SELECT id, resident_id, about_id AS live_about, true AS unwanted,
            false AS differs, NULL::date AS due_on, NULL::bigint AS wanted_by,
            NULL::bigint AS about_id, NULL::int AS rule_id, NULL::text AS subject FROM live"""
        ended = f"""
            SELECT id, resident_id, 'withdrawn' AS ending FROM {tasks}
            WHERE {IDS.of("about_id")} AND status IN ({LIVE_IN_SQL})
                AND id = ANY(%(unwanted)s::bigint[])"""
    else:
        different = Wanted([rule], RANGE, as_if_released=True).different
        ended = Wanted([rule], IDS, as_if_released=True).endings
    opening = f"""
        WITH live AS MATERIALIZED ({live}),
        different AS MATERIALIZED ({different}),
        opened AS (
            SELECT DISTINCT ON (wanted_by, about_id, rule_id, subject)
                wanted_by AS resident_id, about_id, due_on
            FROM different WHERE id IS NULL
            ORDER BY wanted_by, about_id, rule_id, subject, due_on),
        changes AS (
            SELECT 'open' AS what, NULL AS ending, resident_id, about_id,
                {DAY_IN_SQL} AS opened_on, due_on, 'open' AS status FROM opened
            UNION ALL
            SELECT 'live', NULL, resident_id, about_id, opened_on, due_on, status FROM live
            UNION ALL
            SELECT 'update', NULL, live.resident_id, live.about_id, live.opened_on,
                different.due_on, live.status
            FROM different JOIN live USING (resident_id, id) WHERE different.differs
            UNION ALL
            SELECT 'before', NULL, live.resident_id, live.about_id, live.opened_on,
                live.due_on, live.status
            FROM different JOIN live USING (resident_id, id) WHERE different.differs)
        SELECT {_groups(RANGE, by_opening)},
            (SELECT array_agg(DISTINCT live_about) FROM different WHERE unwanted),
            (SELECT array_agg(id) FROM different WHERE unwanted)"""
    closing = f"""
        WITH changes AS (
            SELECT 'close' AS what, e.ending, t.resident_id, t.about_id, t.opened_on, t.due_on,
                t.status
            FROM ({ended}) e JOIN {tasks} t ON t.resident_id = e.resident_id AND t.id = e.id
                AND {IDS.of("t.about_id")} AND t.status IN ({LIVE_IN_SQL})
            WHERE e.ending IS NOT NULL)
        SELECT {_groups(IDS, by_opening)}"""
    return opening, closing


def _groups(scope: Scope, by_opening: bool) -> str:
    """SQL over `changes`: counts by what, ending, municipality, age and dates; and examples.

    A group stands for its dates alone as far as reminders go by them.
    """
    opened_on = "opened_on" if by_opening else "CASE WHEN due_on IS NULL THEN opened_on END"
    age = f"width_bucket(extract(year FROM age({DAY_IN_SQL}, who.born)), ARRAY{AGES}::numeric[])"
    return f"""
        (SELECT coalesce(json_agg(g), '[]') FROM (
            SELECT what, ending, municipality, age, opened_on::text, due_on::text,
                grouping(ending, municipality, age, due_on) AS by, count(*) AS tasks,
                count(DISTINCT resident_id) FILTER (WHERE status = 'open') AS people
            FROM (SELECT what, ending, resident_id, {opened_on} AS opened_on, due_on, status,
                    who.municipality_id AS municipality, {age} AS age
                FROM changes JOIN {Resident._meta.db_table} who ON who.id = changes.about_id
                    AND {scope.of("who.id")}) c
            GROUP BY GROUPING SETS
                ((what, ending), (what, municipality), (what, age), (what, opened_on, due_on))) g),
        (SELECT coalesce(json_agg(e), '[]') FROM unnest(ARRAY{KINDS}) kind, LATERAL (
            SELECT what, about_id FROM changes WHERE what = kind
            ORDER BY about_id LIMIT {EXAMPLES}) e)"""


# As `grouping` numbers them: a bit each for ending, municipality, age and dates left out.
BY_ENDING, BY_MUNICIPALITY, BY_AGE, BY_DATES = 0b0111, 0b1011, 0b1101, 0b1110


def _add(change: Change, groups: list, examples: list, now: Ladder, then: Ladder) -> None:
    for group in groups:
        what, tasks, by = group["what"], group["tasks"], group["by"]
        if by == BY_DATES:
            _add_mails(change, group, now, then)
        elif by == BY_ENDING:
            change.counts[what] += tasks
            if group["ending"]:
                change.endings[group["ending"]] += tasks
        elif what in KINDS:
            of, name = {
                BY_MUNICIPALITY: (change.municipalities, group["municipality"]),
                BY_AGE: (change.ages, group["age"]),
            }[by]
            of[name][what] += tasks
    for example in examples:
        if len(change.examples[example["what"]]) < EXAMPLES:
            change.examples[example["what"]].append(example["about_id"])


# ---- mails
def _add_mails(change: Change, group: dict, now: Ladder, then: Ladder) -> None:
    """Count the mails to a group of people whose tasks have the same dates."""
    what, today = group["what"], change.day
    opened_on = date.fromisoformat(group["opened_on"]) if group["opened_on"] else today
    due_on = date.fromisoformat(group["due_on"]) if group["due_on"] else None
    dates = {"opened_on": opened_on, "due_on": due_on}
    reminded = _reached_on(now, **dates, today=today - timedelta(days=1))
    if what == "live":
        for day in mail_days(now, **dates, today=today, reminded=reminded):
            change.mails_now[day] += group["people"]
    more = -1 if what in ("close", "before") else 1
    if what == "open":
        reminded = date.min
    for day in mail_days(then, **dates, today=today, reminded=reminded):
        change.mails_then[day] += more * group["people"]


def mail_days(
    ladder: Ladder, *, opened_on: date, due_on: date | None, today: date, reminded: date
) -> Iterator[int]:
    """Yield in how many days from today a task is reminded of, up to DAYS_OF_MAILS.

    `reminded` is the day that the step of its last reminder was reached; only later steps count.
    """
    day, end = today, today + timedelta(days=DAYS_OF_MAILS)
    while day is not None and day < end:
        reached = _reached_on(ladder, opened_on=opened_on, due_on=due_on, today=day)
        if reached > reminded:
            yield (day - today).days
            reminded = reached
        day = steps.next_day(ladder, opened_on=opened_on, due_on=due_on, today=day)


def _reached_on(ladder: Ladder, *, opened_on: date, due_on: date | None, today: date) -> date:
    dates = {"opened_on": opened_on, "due_on": due_on}
    step = steps.latest_step(ladder, today=today, **dates)
    return date.min if step is None else steps.day_of(ladder, step, **dates)


# ---- two versions of one rule
def give_the_same(before: dict, after: dict, *, today: date, seconds: float | None = None) -> bool:
    """Return whether two definitions (tasks.compile) differ in their text alone.

    Every condition is asked of every row of facts and every person, today and on later days, once
    in each version's words. Raises TimeoutError when that takes longer than `seconds`; what the
    database no longer understands raises what Django raises for it.
    """
    asked = {"rows", "people"}
    if any(before.get(name) != after[name] for name in after.keys() - asked):
        return False
    until = time.monotonic() + seconds if seconds else None
    for low in range_starts(RANGE_SIZE):
        for days in DAYS_TO_COMPARE:
            if until and time.monotonic() > until:
                raise TimeoutError
            whom = {"today": today + timedelta(days=days), "low": low, "high": low + RANGE_SIZE}
            with reading():
                for name in sorted(asked):
                    if run(_difference(before[name], after[name]), whom):
                        return False
    return True


def _difference(before: str, after: str) -> str:
    return f"""
        (SELECT 1 FROM (({before}) EXCEPT ALL ({after})) missing LIMIT 1)
        UNION ALL
        (SELECT 1 FROM (({after}) EXCEPT ALL ({before})) more LIMIT 1)"""
