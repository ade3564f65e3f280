"""From rules to SQL, once a process: the set of wanted tasks, and the verdict on stored ones.

A rule is asked with TODAY, an expression in place of a date, so that one text serves every day.
The parameters left open are named in the text: `%(today)s`, and `%(low)s` and `%(high)s` or
`%(ids)s` for whom. Every arm names the range itself: the planner carries neither a range nor
an IN over a join or a UNION, and would read whole tables for each range.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache, cached_property

from django.db.models import CharField, DateField, Expression, F, Field, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast
from psycopg.sql import quote

from portal.residents.models import Guardianship, Resident
from tasks.models import LIVE, Priority, RuleVersion, Status, Task
from tasks.rules import Condition, Rule


class Parameter(Expression):
    """A named place in compiled SQL, filled in when the statement runs."""

    def __init__(self, name: str, sql_type: str, output_field: Field | None = None):
        super().__init__(output_field=output_field)
        self.name, self.sql_type = name, sql_type

    def as_sql(self, compiler, connection):
        return f"%s::{self.sql_type}", [self]


TODAY = Parameter("today", "date", DateField())
DAY_IN_SQL = "%(today)s::date"


def as_text(queryset: QuerySet) -> str:
    """Return the queryset's SQL with constants written out and parameters by name."""
    sql, params = queryset.query.sql_with_params()
    return sql.replace("%%", "%%%%") % tuple(
        f"%({one.name})s" if isinstance(one, Parameter) else constant(one) for one in params
    )


def constant(value) -> str:
    return quote(getattr(value, "value", value)).replace("%", "%%")


LIVE_IN_SQL = ", ".join(constant(status) for status in LIVE)


class Scope:
    """Whom a statement is for: the people whose ids are in a range, or in a list."""

    def __init__(self, test: str):
        self.test = test

    def of(self, column: str) -> str:
        return self.test.format(id=column)


RANGE = Scope("{id} >= %(low)s::bigint AND {id} < %(high)s::bigint")
IDS = Scope("{id} = ANY(%(ids)s::bigint[])")


class Wanted:
    """The rules as SQL, for one scope.

    A rule counts only where what this process has compiled of it is what was released
    (tasks.versions); `as_if_released` asks of some rules alone what they would do if it were.
    """

    def __init__(self, rules: Iterable[Rule], scope: Scope, *, as_if_released: bool = False):
        self.rules, self.scope, self.as_if_released = list(rules), scope, as_if_released

    # ---- the two kinds of conditions
    @cached_property
    def person_tests(self) -> dict[str, Condition]:
        return {c.name: c for rule in self.rules for c in rule.person_conditions}

    @cached_property
    def people(self) -> str:
        """One row a person in scope: id, ref, acts_from, and a column for each person test."""
        tests = {column(name): c.value(TODAY) for name, c in self.person_tests.items()}
        people = Resident.objects.order_by().annotate(**tests)
        return self._in_scope(people.values("id", "ref", "acts_from", *tests), Resident, "id")

    def _in_scope(self, queryset: QuerySet, model, about: str) -> str:
        # Said in text, since Django has no `= ANY(array parameter)`; the table of the model is
        # the first of the FROM clause and stands under its own name.
        table = model._meta.db_table
        whom = self.scope.of(f'"{table}"."{about}"')
        text = as_text(queryset)
        return f"{text} AND {whom}" if queryset.query.where else f"{text} WHERE {whom}"

    def _rows(self, rule: Rule, *filters: Q, **columns) -> str:
        rows = rule.rows(TODAY).order_by()
        about = rows.model._meta.get_field(rule.about).attname
        fields = {
            "task_about": F(about),
            "task_subject": Cast(F(rule.subject), CharField())
            if rule.subject
            else Value(None, CharField()),
            **columns,
        }
        queryset = rows.filter(*filters).annotate(**fields).values(*fields)
        # The column in the database may be named otherwise than the attribute.
        column_name = rows.model._meta.get_field(rule.about).column
        return self._in_scope(queryset, rows.model, column_name)

    # ---- what is wanted
    def _held(self, rule: Rule) -> str:
        """The rows for which all of the rule's own conditions hold, as columns of a task."""
        columns = {
            **dates(rule),
            "task_source": F("source_id"),
            "task_checked_at": F("checked_at"),
        }
        certain = [c.holds_for_certain(TODAY) for c in rule.conditions]
        usual = Priority.PRIORITY if rule.priority else Priority.NORMAL
        priority = str(usual.value)
        if rule.urgent_days is not None:
            priority = (
                f"CASE WHEN {urgent_until(rule)} - {rule.urgent_days} <= {DAY_IN_SQL} "
                f"THEN {Priority.URGENT.value} ELSE {usual.value} END"
            )
        return f"""
            SELECT {rule.id} AS rule_id, task_about AS about_id, task_subject AS subject,
                task_opens_on::date AS opens_on, task_due_on::date AS due_on,
                {priority}::smallint AS priority,
                task_source AS source_id, task_checked_at AS checked_at
            FROM ({self._rows(rule, *certain, **columns)}) AS held"""

    @cached_property
    def acting(self) -> str:
        """Who acts for a child today: child_id, guardian_id."""
        table = Guardianship._meta.db_table
        return f"""
            SELECT g.child_id, g.guardian_id FROM {table} g
            WHERE g.starts_on <= {DAY_IN_SQL} AND g.ends_on > {DAY_IN_SQL}
                AND {self.scope.of("g.child_id")}
                AND (SELECT who.state FROM {Resident._meta.db_table} who
                    WHERE who.id = g.guardian_id) = 'active'"""

    @cached_property
    def particular(self) -> str:
        """The people of whom a rule may not want a task, or not from themselves.

        Most people live here, are of age and act for themselves: to look each up for each task
        that they have took a quarter of a quiet night.
        """
        usual = " AND ".join(f"p.{column(name)}" for name in self.person_tests)
        return f"""
            SELECT * FROM ({self.people}) p
            WHERE (p.acts_from <= {DAY_IN_SQL} AND {usual}) IS NOT TRUE"""

    @cached_property
    def wanted(self) -> str:
        """The wanted tasks in scope: every column that a task takes from its rule and fact.

        `subject` is NULL where there is one a person: see `named`.
        """
        return self.wanted_where("true")

    def wanted_where(self, test: str) -> str:
        """The same, of the rules alone for whose number, `held.rule_id`, a test in SQL holds."""
        arms = "\nUNION ALL".join(self._held(rule) for rule in self.rules)
        tests = " ".join(
            f"WHEN {rule.id} THEN " + " AND ".join(f"p.{column(c.name)}" for c in rule.person)
            for rule in self.rules
            if rule.person
        )
        allowed = f"AND CASE held.rule_id {tests} ELSE true END" if tests else ""
        in_force = "" if self.as_if_released else f"held.rule_id = ANY({released(self.rules)}) AND"
        return f"""
            SELECT coalesce(g.guardian_id, held.about_id) AS resident_id, held.about_id,
                held.rule_id, held.subject, held.opens_on, held.due_on, held.priority,
                held.source_id, held.checked_at
            FROM ({arms}) held
            LEFT JOIN ({self.particular}) p ON p.id = held.about_id
            LEFT JOIN ({self.acting}) g ON g.child_id = p.id AND p.acts_from > {DAY_IN_SQL}
            WHERE {in_force} {test} AND (p.id IS NULL OR (p.{column("lives-here")} {allowed}
                AND (p.acts_from <= {DAY_IN_SQL} OR g.guardian_id IS NOT NULL)))"""

    @staticmethod
    def named(row: str) -> str:
        """SQL for a wanted row's subject: the person's ref, where there is one each."""
        people = Resident._meta.db_table
        return f"coalesce({row}.subject, (SELECT ref FROM {people} WHERE id = {row}.about_id))"

    @cached_property
    def one_a_person(self) -> str:
        """The numbers of the rules of which a person has one task at most, as an SQL list."""
        return ", ".join(["NULL", *(str(rule.id) for rule in self.rules if not rule.subject)])

    # ---- wanted and stored side by side
    @cached_property
    def different(self) -> str:
        """What is to be done in scope: each wanted task beside its live one, where they differ.

        `id` is NULL where a task is to be opened; `unwanted` where one is not wanted, so that its
        rule is to be asked what ends it; `differs` and `wakes` say why one is to be updated. On a
        quiet night there is none. Tasks of a rule that waits to be released are never unwanted.
        """
        if self.as_if_released:
            these = ", ".join(["NULL", *(str(rule.id) for rule in self.rules)])
            mine, in_force = f"AND live.rule_id IN ({these})", "true"
        else:
            mine, in_force = "", f"l.rule_id = ANY({rules_in_force(self.rules)})"
        return f"""
            SELECT * FROM (
                SELECT w.resident_id AS wanted_by, w.about_id, w.rule_id, w.subject,
                    w.opens_on, w.due_on, w.priority, w.source_id, w.checked_at,
                    l.id, l.resident_id, l.about_id AS live_about, l.rule_id AS live_rule,
                    l.wake_on <= {DAY_IN_SQL} OR (l.status = '{Status.SNOOZED.value}'
                        AND coalesce(w.due_on, l.due_on) <= {DAY_IN_SQL}) AS wakes,
                    w.resident_id IS NOT NULL AND (w.opens_on, w.due_on, w.priority)
                        IS DISTINCT FROM (l.opens_on, l.due_on, l.priority) AS differs,
                    w.resident_id IS NULL AND {in_force} AS unwanted
                FROM ({self.wanted}) w
                FULL JOIN (
                    SELECT *, CASE WHEN rule_id IN ({self.one_a_person}) THEN ''
                        ELSE subject END AS occurrence
                    FROM {Task._meta.db_table} live
                    WHERE {self.scope.of("live.about_id")} AND live.status IN ({LIVE_IN_SQL})
                        {mine}) l
                    ON l.about_id = w.about_id AND l.rule_id = w.rule_id
                    AND l.occurrence = coalesce(w.subject, '')
                    AND l.resident_id = w.resident_id) both_sides
            WHERE id IS NULL OR unwanted OR wakes OR differs"""

    # ---- what becomes of a stored task that is not wanted
    def _judged(self, rule: Rule) -> str:
        values = {column(c.name): c.value(TODAY) for c in rule.conditions}
        return f"""
            SELECT task_subject AS subject, {verdict(rule.conditions)} AS ending
            FROM ({self._rows(rule, **values)}) AS judged
            WHERE live.rule_id = {rule.id}"""

    @cached_property
    def endings(self) -> str:
        """What ends the live tasks `%(unwanted)s` (ids) of the people in scope.

        Columns: id, resident_id, ending (NULL: the task stays). Each task asks its own rule
        about its own person: there are few, and how many the planner cannot guess.
        """
        of_task = Wanted(self.rules, Scope("{id} = live.about_id"))
        arms = "\nUNION ALL".join(of_task._judged(rule) for rule in self.rules)
        of_person = " ".join(
            f"WHEN {rule.id} THEN {verdict(rule.person_conditions, 'p.')}" for rule in self.rules
        )
        return f"""
            SELECT live.id, live.resident_id, CASE
                WHEN p.id IS NULL OR live.resident_id <> coalesce(g.guardian_id, p.id)
                    OR (p.acts_from > {DAY_IN_SQL} AND g.guardian_id IS NULL) THEN 'withdrawn'
                WHEN judged.subject IS NULL THEN coalesce(of_person.ending, 'withdrawn')
                ELSE coalesce(of_person.ending, judged.ending) END AS ending
            FROM {Task._meta.db_table} live
            LEFT JOIN LATERAL ({of_task.people}) p ON true
            LEFT JOIN LATERAL ({of_task.acting}) g ON g.guardian_id = live.resident_id
                AND p.acts_from > {DAY_IN_SQL}
            LEFT JOIN LATERAL (
                SELECT coalesce(arm.subject, p.ref) AS subject, arm.ending FROM ({arms}) arm)
                judged ON judged.subject = live.subject
            LEFT JOIN LATERAL (SELECT CASE live.rule_id {of_person} END AS ending)
                of_person ON true
            WHERE {self.scope.of("live.about_id")} AND live.status IN ({LIVE_IN_SQL})
                AND live.id = ANY(%(unwanted)s::bigint[])"""

    # ---- how each rule stands
    @cached_property
    def verdicts(self) -> str:
        """How every rule comes out for the people in scope: rule_id, about_id, verdict, checked_at.

        Of several occurrences the one that counts most: true, then unknown, then false. The time
        is that of the newest fact, where it is too old or says nothing: else NULL.
        """
        arms = []
        for rule in self.rules:
            values = {column(c.name): c.value(TODAY) for c in rule.conditions}
            person = [f"p.{column(c.name)}" for c in rule.person_conditions]
            every = " AND ".join([*(f"r.{name}" for name in values), *person])
            arms.append(f"""
                SELECT {rule.id} AS rule_id, r.task_about AS about_id, ({every}) AS verdict,
                    r.task_checked_at AS checked_at
                FROM ({self._rows(rule, task_checked_at=F("checked_at"), **values)}) r
                JOIN people p ON p.id = r.task_about""")
        return f"""
            WITH people AS ({self.people})
            SELECT rule_id, about_id, CASE WHEN bool_or(verdict) THEN true
                WHEN count(*) = count(verdict) THEN false END,
                max(checked_at) FILTER (WHERE verdict IS NULL)
            FROM ({" UNION ALL ".join(arms)}) every_rule GROUP BY rule_id, about_id"""

    # ---- when the answer may change
    @cached_property
    def turning_days(self) -> str:
        """Every day on which an answer about a person in scope may change: day, rule_id.

        The rule is NULL where the answers of all rules may.
        """
        people = Resident._meta.db_table
        arms = [
            f"SELECT unnest(ARRAY[{', '.join(sorted(self._person_days()))}]) AS day, "
            f"NULL::int AS rule_id FROM {people} WHERE {self.scope.of('id')}",
            f"SELECT unnest(ARRAY[starts_on, ends_on]), NULL FROM {Guardianship._meta.db_table} "
            f"WHERE {self.scope.of('child_id')}",
        ]
        for rule in self.rules:
            compared = sorted({path for c in rule.conditions for path in days_compared(c)})
            if compared:
                columns = {f"task_day_{n}": F(path) for n, (path, _) in enumerate(compared)}
                days = [f"task_day_{n}::date - ({by})" for n, (_, by) in enumerate(compared)]
                rows = self._rows(rule, **columns)
                arms.append(f"SELECT unnest(ARRAY[{', '.join(days)}]), {rule.id} FROM ({rows}) r")
        return "\nUNION ALL ".join(arms)

    def _person_days(self) -> set[str]:
        compared = {day for c in self.person_tests.values() for day in days_compared(c)}
        return {"acts_from"} | {f"{path} - ({offset})" for path, offset in compared}


# ---- versions
def dates(rule: Rule) -> dict[str, Expression]:
    """Return the columns of a rule's rows from which its task has its dates and its urgency."""
    found = {
        "task_opens_on": F(rule.opens_on) if rule.opens_on else Value(None, DateField()),
        "task_due_on": F(rule.due_on) if rule.due_on else Value(None, DateField()),
    }
    # Only where it is said: a rule that does not say it stays the version that it is.
    return found | ({"task_urgent_until": F(rule.urgent_until)} if rule.urgent_until else {})


def urgent_until(rule: Rule) -> str:
    """Return the one of those columns whose date `urgent_days` counts back from."""
    return "task_urgent_until" if rule.urgent_until else "task_due_on"


def definition(rule: Rule) -> dict:
    """Return all that decides what the rule does, and nothing of what it says.

    The two statements ask a range of people how each condition comes out: `rows` of each fact,
    `people` of each person.
    """
    alone = Wanted([rule], RANGE)
    values = {column(c.name): c.value(TODAY) for c in rule.conditions}
    return {
        "rows": alone._rows(rule, **dates(rule), **values),
        "people": alone.people,
        "ends": [c.ends.value for c in rule.conditions],
        "ends_of_person": [c.ends.value for c in rule.person_conditions],
        "one_a_person": rule.subject is None,
        "priority": rule.priority,
        "urgent_days": rule.urgent_days,
    }


@cache
def fingerprint(rule: Rule) -> str:
    """Return what tells one version of a rule from the next: a hash of its definition."""
    text = json.dumps(definition(rule), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def released(rules: Iterable[Rule]) -> str:
    """SQL for an array, made once: the rules (numbers) of which just this was released."""
    compiled = ", ".join(f"({rule.id}, '{fingerprint(rule)}')" for rule in rules)
    return f"""ARRAY(SELECT v.rule_id FROM {RuleVersion._meta.db_table} v WHERE v.in_force
                AND (v.rule_id, v.fingerprint) IN ({compiled or "(NULL, NULL)"}))"""


def rules_in_force(rules: Iterable[Rule]) -> str:
    """SQL for an array, made once: the rules (numbers) whose tasks may be ended.

    Also those that were released as no longer there.
    """
    compiled = ", ".join(f"({rule.id}, '{fingerprint(rule)}')" for rule in rules)
    return f"""ARRAY(SELECT v.rule_id FROM {RuleVersion._meta.db_table} v WHERE v.in_force
                AND (v.fingerprint = '' OR (v.rule_id, v.fingerprint) IN ({compiled})))"""


def column(condition_name: str) -> str:
    return "test_" + condition_name.replace("-", "_")


def verdict(conditions: list[Condition], prefix: str = "") -> str:
    """SQL for what the first false condition makes of a task; NULL where none is false."""
    whens = " ".join(
        f"WHEN {prefix}{column(c.name)} IS FALSE THEN {constant(c.ends)}" for c in conditions
    )
    return f"CASE {whens} END::text" if whens else "NULL::text"


def days_compared(condition: Condition) -> set[tuple[str, int]]:
    """Return the date columns that a condition compares with today: (path, days added to today).

    Read from the condition itself, so that "coming up" needs no second list of dates.
    """
    found = set()

    def walk(node):
        if isinstance(node, Q):
            for child in node.children:
                walk(child)
        elif (offset := days_after_today(node[1])) is not None:
            found.add((node[0].rpartition("__")[0], offset))

    walk(condition.test(TODAY))
    if condition.known:
        walk(condition.known(TODAY))
    return found


def days_after_today(value) -> int | None:
    """Return the days between `value` and today, or None where it has nothing to do with today."""
    if isinstance(value, Parameter):
        return 0
    if isinstance(value, CombinedExpression) and isinstance(value.lhs, Parameter):
        days = value.rhs.value.days
        return days if value.connector == "+" else -days
    return None
