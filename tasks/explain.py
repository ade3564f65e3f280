"""Why a task is there, why it is not, what makes it go away, and what is coming up.

All of it is asked of the same rules that the reconciliation uses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db.models import F

from portal.database import Kept
from portal.residents.models import Resident, Source
from tasks.compile import DAY_IN_SQL, IDS, Wanted, column
from tasks.reconcile import with_wards
from tasks.rules import Condition, Rule, Text, registry
from tasks.words import fill


@dataclass(frozen=True)
class Finding:
    """How one condition came out, in words, and who said so when."""

    name: str
    value: bool | None
    sentence: str
    source: str
    checked_at: datetime | None
    ends_when: str = ""


@dataclass(frozen=True)
class Explanation:
    """How a rule comes out for one occurrence. `row` has the facts that its sentences name."""

    rule: Rule
    about: Resident
    subject: str
    verdict: bool | None
    findings: list[Finding]
    opens_on: date | None
    due_on: date | None
    row: dict

    @property
    def title(self) -> Text:
        return self.rule.title_of(self.subject)

    @property
    def deciding(self) -> Finding | None:
        """The first finding that keeps the task away, or the last of those that make it."""
        for value in (False, None):
            for finding in self.findings:
                if finding.value is value:
                    return finding
        return self.findings[-1] if self.findings else None

    @property
    def goes_away_when(self) -> list[str]:
        return [finding.ends_when for finding in self.findings if finding.ends_when]


def explain(rule: Rule, about: Resident, *, today: date) -> list[Explanation]:
    """Explain every occurrence of `rule` about one person, the one that counts most first.

    With no fact at all there is one explanation, whose verdict is unknown.
    """
    of_person = _person_findings(rule, about, today)
    explained = [_explained(rule, about, of_person, row) for row in _rows(rule, about, today)]
    if not explained:
        nothing = Finding("recorded", None, str(rule.nothing_recorded), "", None)
        findings = [*of_person, nothing]
        return [Explanation(rule, about, "", _verdict(findings), findings, None, None, row={})]
    rank = {True: 0, None: 1, False: 2}
    return sorted(
        sorted(explained, key=lambda e: (e.due_on or date.max, e.subject), reverse=True),
        key=lambda e: rank[e.verdict],
    )


def _rows(rule: Rule, about: Resident, today: date) -> Iterable[dict]:
    tests = {column(c.name): c.value(today) for c in rule.conditions}
    dates = {
        "task_opens_on": F(rule.opens_on) if rule.opens_on else None,
        "task_due_on": F(rule.due_on) if rule.due_on else None,
        "task_subject": F(rule.subject) if rule.subject else None,
        "task_source": F("source__key"),
    }
    columns = tests | {name: value for name, value in dates.items() if value is not None}
    rows = rule.rows(today).filter(**{rule.about: about.pk})
    named = rule.columns_named(rows)
    found = rows.annotate(**columns).values(*columns, "checked_at", *named)
    return [row | rule.in_words(row) for row in found] if rule.in_words else found


def _explained(rule, about, of_person, row) -> Explanation:
    findings = [*of_person, *(_finding(c, row, row["task_source"]) for c in rule.conditions)]
    return Explanation(
        rule=rule,
        about=about,
        subject=str(row.get("task_subject") or about.ref),  # which may be a date
        verdict=_verdict(findings),
        findings=findings,
        opens_on=row.get("task_opens_on"),
        due_on=row.get("task_due_on"),
        row=row,
    )


def _person_findings(rule: Rule, about: Resident, today: date) -> list[Finding]:
    tests = {column(c.name): c.value(today) for c in rule.person_conditions}
    row = (
        Resident.objects.filter(pk=about.pk)
        .annotate(**tests)
        .values(*tests, "checked_at", source_key=F("source__key"))
        .get()
    )
    return [_finding(c, row, row["source_key"]) for c in rule.person_conditions]


def _finding(condition: Condition, row: dict, source: str) -> Finding:
    value = row[column(condition.name)]
    text = {True: condition.holds, False: condition.fails, None: condition.unknown}[value]
    return Finding(
        condition.name,
        value,
        fill(text, row),
        source,
        row["checked_at"],
        fill(condition.ends_when, row),
    )


def _verdict(findings: list[Finding]) -> bool | None:
    values = {finding.value for finding in findings}
    return False if False in values else None if None in values else True


def source_names(explanations: Iterable[Explanation]) -> dict[str, str]:
    """Return what to call the sources of some explanations: {key: name}."""
    keys = {finding.source for one in explanations for finding in one.findings}
    return {source.key: source.called() for source in Source.objects.filter(key__in=keys)}


@dataclass(frozen=True)
class Coming:
    """A task that the rules will open on `opens_on`."""

    rule: Rule
    about_id: int
    subject: str
    opens_on: date
    due_on: date | None

    @property
    def title(self) -> Text:
        return self.rule.title_of(self.subject)


def coming_up(
    resident_id: int, *, today: date, until: date, people: Iterable[int] | None = None
) -> list[Coming]:
    """Return what the rules will open for a resident after `today`, up to and on `until`.

    Without what a rule does not want foretold. `people` are the resident and every ward, whether
    of now or not (ids); asked for if not given.
    """
    rows = _coming_up().rows(
        ids=sorted(with_wards([resident_id]) if people is None else people),
        resident=resident_id,
        today=today,
        until=until,
    )
    found = [
        Coming(registry.by_id(rule_id), about_id, subject, day, due_on)
        for rule_id, about_id, subject, day, due_on in rows
    ]
    return sorted(found, key=lambda c: (c.opens_on, c.rule.key, c.about_id, c.subject))


@cache
def _coming_up() -> Kept:
    """The first day, of today and every later one on which an answer may change, of each task.

    What is wanted today has its first day today, and so does not come. A test of `< today` turns a
    day after its date, hence the day after each. On a day that turns some rules only these are
    asked: a family has many days.
    """
    rules = Wanted([rule for rule in registry.values() if rule.foretold], IDS)
    turned = "(days.rules IS NULL OR held.rule_id = ANY(days.rules))"
    wanted = rules.wanted_where(turned).replace(DAY_IN_SQL, "days.day")
    return Kept(f"""
        WITH turning AS ({rules.turning_days}),
        days AS (
            SELECT {DAY_IN_SQL} AS day, NULL::int[] AS rules UNION ALL
            SELECT day, CASE WHEN count(*) = count(rule_id) THEN array_agg(rule_id) END
            FROM (SELECT * FROM turning UNION ALL SELECT day + 1, rule_id FROM turning) both_days
            WHERE day > {DAY_IN_SQL} AND day <= %(until)s::date GROUP BY day)
        SELECT rule_id, about_id, subject, day, due_on FROM (
            SELECT DISTINCT ON (w.rule_id, w.about_id, w.subject)
                w.rule_id, w.about_id, {rules.named("w")} AS subject, days.day, w.due_on
            FROM days CROSS JOIN LATERAL ({wanted}) w
            WHERE w.resident_id = %(resident)s::bigint
            ORDER BY w.rule_id, w.about_id, w.subject, days.day) first
        WHERE day > {DAY_IN_SQL}""")


@dataclass(frozen=True)
class Verdict:
    """How a rule comes out for somebody; where that is unknown, when it was last checked."""

    value: bool | None
    checked_at: datetime | None


def verdicts(people: Iterable[int], *, today: date) -> dict[tuple[str, int], Verdict]:
    """Return how every rule comes out for some people (ids): {(rule key, about id): verdict}.

    A pair is missing where nothing at all has been reported.
    """
    rows = _verdicts().rows(ids=sorted(people), today=today)
    return {
        (registry.by_id(rule_id).key, about_id): Verdict(value, checked_at)
        for rule_id, about_id, value, checked_at in rows
    }


@cache
def _verdicts() -> Kept:
    return Kept(Wanted(registry.values(), IDS).verdicts)
