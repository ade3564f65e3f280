"""What a rule is: which rows give a task, about whom, and under which conditions.

One definition gives the SQL of the night, the explanation of one task, "why do I not see this"
and what is coming up. See docs/rules.md for how to add one.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.db.models import BooleanField, Case, Expression, ExpressionWrapper, Q, QuerySet, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks.models import Status, Task
from tasks.words import columns_in

if TYPE_CHECKING:
    from tasks.examples import Examples  # which asks the rules

# A date, or the expression that stands for it while a rule is compiled (tasks.compile).
Day = date | Expression
Text = str | Promise


@dataclass(frozen=True, kw_only=True, eq=False)
class Condition:
    """One test with the sentences that say how it came out.

    `test` and `known` are said positively (never `~Q` or `exclude`, which turn unknown into
    true). The value is that of `test` where `known` holds, else unknown: neither true nor false.
    Sentences may name columns of the row: "It expires on {expires_on}."
    """

    name: str
    test: Callable[[Day], Q]
    holds: Text
    fails: Text
    known: Callable[[Day], Q] | None = None
    unknown: Text = _("This is not known at the moment.")
    # What the task becomes when this turns false, and the event that turns it.
    ends: Status = Status.WITHDRAWN
    ends_when: Text = ""

    def value(self, today: Day) -> Expression:
        """Return the three-valued expression: true, false or NULL."""
        test = ExpressionWrapper(self.test(today), BooleanField())
        if self.known is None:
            return test
        return Case(When(self.known(today), then=test), output_field=BooleanField())

    def holds_for_certain(self, today: Day) -> Q:
        """Return the same as a plain filter, true exactly where `value` is true."""
        return self.test(today) if self.known is None else self.known(today) & self.test(today)


LIVES_HERE = Condition(
    name="lives-here",
    test=lambda today: Q(state="active"),
    holds=_("The person is in the resident register."),
    fails=_("The person is no longer in the resident register."),
)


@dataclass(frozen=True, eq=False)
class Start:
    """The page of the portal on which a task begins, and what its button says.

    `before` is a sentence above the button.
    """

    label: Text
    address: Callable[[Task], str]
    before: Text = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """What should be in the inbox, not how to put it there.

    `rows` are facts of one table whose `about` names the person; `subject` is the column that
    tells one occurrence from the next (none: there is one a person). `person` conditions are
    about the row of the person, `conditions` about the row of the fact.
    """

    key: str
    title: Text
    rows: Callable[[Day], QuerySet]
    conditions: list[Condition]
    person: list[Condition] = field(default_factory=list)
    about: str = "resident"
    subject: str | None = None
    # What one occurrence is called, from its subject; without it, every one is called `title`.
    names: Callable[[str], Text] | None = None
    opens_on: str | None = None
    due_on: str | None = None
    # Where the task stands: with what to do or what to know; first in the list; in the picture.
    information: bool = False
    # With what waits for the office: the resident can do nothing with it, and is not reminded.
    waiting: bool = False
    # Done on the page of `start`, where the portal sees it: nobody is asked to say so.
    done_there: bool = False
    # Whether “coming up” says it before: not what comes only if nobody does anything until then.
    foretold: bool = True
    priority: bool = False
    setup: bool = False
    # How many days before its due date a task is urgent; or before the date in another column.
    urgent_days: int | None = None
    urgent_until: str | None = None
    may_be_dismissed: bool = False
    # Reminders: on which days before the due date; and, without a date, every how many days.
    remind: Sequence[int] = ()
    remind_every: int | None = None
    # After "I have done this": days until the source should have confirmed it.
    confirm_within: int = 3
    # Where no source will: called as record_report(task=…, by=user, today=…), it writes down as a
    # fact what the resident says, and the rule's own conditions end the task (tasks.acts).
    record_report: Callable[..., None] | None = None
    # And, called alike but in a transaction of its own, takes that back.
    take_back_report: Callable[..., None] | None = None
    # The page on which that can be taken back, or "" where the task was not ended so.
    taken_back_at: Callable[[Task], str] | None = None
    # What the sentences of the rule and its conditions may name beside columns of the row: made of
    # the row, with the columns `reads`, in the reader's language. A key takes the column's place.
    reads: Sequence[str] = ()
    in_words: Callable[[Mapping], Mapping] | None = None
    theme: Text = ""
    short: Text = ""
    what: Text = ""
    where: Text = ""
    bring: Text = ""
    cost: Text = ""
    after_due: Text = ""
    if_not: Text = ""
    # The one main button of its page, where there is something to do on another page first.
    start: Start | None = None
    # The key of the procedure by which it is done, where a municipality offers that here.
    procedure: str = ""
    # Made-up people for the rule's own page in the staff pages.
    examples: "Examples | None" = None
    nothing_recorded: Text = _("Nothing about this has been reported for this person.")
    to_correct: Text = _("If this is wrong, ask your municipality to correct it.")

    @cached_property
    def id(self) -> int:
        """The number that stored rows carry: it needs no agreement between installations."""
        return zlib.crc32(self.key.encode()) & 0x7FFFFFFF

    def title_of(self, subject: str) -> Text:
        """Return what the occurrence named `subject` is called; "" names none."""
        return self.names(subject) if self.names and subject else self.title

    @property
    def person_conditions(self) -> list[Condition]:
        return [LIVES_HERE, *self.person]

    @property
    def all_conditions(self) -> list[Condition]:
        return [*self.person_conditions, *self.conditions]

    @cached_property
    def same_for_all(self) -> list[Text]:
        """Where, and at what cost, as far as that can be told without the facts of anybody."""
        return [text for text in (self.where, self.cost) if text and not columns_in(text)]

    def columns_named(self, rows: QuerySet) -> set[str]:
        """Return the columns of `rows` that the rule's sentences name or `in_words` reads."""
        sentences = [self.what, self.after_due, self.if_not, self.where, self.bring, self.cost]
        for condition in self.conditions:
            sentences += [condition.holds, condition.fails, condition.unknown, condition.ends_when]
        named = set().union(*map(columns_in, sentences))
        if self.in_words:  # which makes the other names
            fields = rows.model._meta.concrete_fields
            named &= {field.name for field in fields} | rows.query.annotations.keys()
        return named | {*self.reads}


def check_reminders(rule: Rule) -> None:
    """Raise ImproperlyConfigured where a rule's reminders could never come, or come each day."""
    days = list(rule.remind)
    if days and not rule.due_on:
        raise ImproperlyConfigured(
            f'Rule "{rule.key}" reminds before a due date and has none. Give it `due_on`, or '
            "`remind_every`."
        )
    if days != sorted(set(days), reverse=True) or any(day < 0 for day in days):
        raise ImproperlyConfigured(
            f'Rule "{rule.key}" has remind={days}. Write the days before the due date from the '
            "first to the last, each once: remind=[90, 30, 7, 1]."
        )
    if rule.remind_every is not None and rule.remind_every < 7:
        raise ImproperlyConfigured(
            f'Rule "{rule.key}" would remind every {rule.remind_every} days. Take 7 or more.'
        )


def check_place(rule: Rule) -> None:
    """Raise ImproperlyConfigured where somebody would be asked to do what only the office can."""
    if rule.waiting and (rule.information or rule.setup or rule.may_be_dismissed):
        raise ImproperlyConfigured(
            f'Rule "{rule.key}" waits for the office, so it stands in no other list and '
            "cannot be put away. Take one of the two away."
        )
    if rule.done_there and not rule.start:
        raise ImproperlyConfigured(
            f'Rule "{rule.key}" is done on another page and does not say on which. Give it `start`.'
        )
    if rule.waiting and (rule.remind or rule.remind_every):
        raise ImproperlyConfigured(
            f'Rule "{rule.key}" waits for the office, so there is nothing to remind of. Take '
            "`waiting` or the reminders away."
        )


def check_urgency(rule: Rule) -> None:
    """Raise ImproperlyConfigured where a rule's tasks could never become urgent as it says."""
    if rule.urgent_until and rule.urgent_days is None:
        raise ImproperlyConfigured(
            f'Rule "{rule.key}" is urgent until "{rule.urgent_until}" and does not say for how '
            "long. Give it `urgent_days`, or take `urgent_until` away."
        )


class Registry(dict):
    """The rules by key, in the order in which they were registered."""

    def register(self, rule: Rule) -> Rule:
        for other in self.values():
            if other.key == rule.key or other.id == rule.id:
                raise ImproperlyConfigured(
                    f'Rule key "{rule.key}" is registered twice, or has the same number as '
                    f'"{other.key}". Rename one.'
                )
        check_reminders(rule)
        check_urgency(rule)
        check_place(rule)
        self[rule.key] = rule
        return rule

    def by_id(self, rule_id: int) -> Rule | None:
        return next((rule for rule in self.values() if rule.id == rule_id), None)


registry = Registry()
register = registry.register
