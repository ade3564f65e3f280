"""What a version of a procedure holds: as its file says it, and as the code reads it. No Django.

The file's form is checked by procedure.schema.json with the line of each mistake (read_text.py);
docs/procedures.md says it for those who write one.
"""

from typing import Literal

from msgspec import Struct, convert, field

Words = dict[str, str]  # by language: {"ja": …, "en": …}; ja is always there

QuestionType = Literal[
    "text", "kana", "date", "choice", "money", "address", "file", "person-of-household"
]


class Choice(Struct, frozen=True):
    value: str
    label: Words


class When(Struct, frozen=True):
    """Asked only if the earlier `question` was answered with one of `is_in`."""

    question: str
    is_in: tuple[str, ...]


class Question(Struct, frozen=True, kw_only=True):
    """One page of the form.

    `fills` names a known fact that answers it (known.py); then it is shown to be confirmed. `stops`
    gives, for a choice, what is said instead of going on: a civil servant claims elsewhere.
    """

    key: str
    type: QuestionType
    text: Words
    help: Words = field(default_factory=dict)
    why: Words = field(default_factory=dict)
    required: bool = True
    choices: tuple[Choice, ...] = ()
    when: tuple[When, ...] = ()  # all of them
    fills: str | None = None
    stops: dict[str, Words] = field(default_factory=dict)
    longest: int | None = None  # characters
    earliest: str | None = None  # a date, or "today", "today-90d", "today+365d"
    latest: str | None = None
    least: int | None = None  # yen
    most: int | None = None


class Step(Struct, frozen=True, kw_only=True):
    """A step of the procedure as the time-line shows it: who acts, and for how many days, usually.

    `state` is the application's while this step is on (models.State).
    """

    key: str
    name: Words
    state: Literal["received", "under-review", "with-others", "granted", "completed"]
    who: Literal["you", "office", "other"]
    usual_days: tuple[int, int] | None = None


class Deadline(Struct, frozen=True, kw_only=True):
    """By when to apply: so many days after the day of a known fact, the day after being day 1.

    `after`: "born" (of whom it is about), "moved" (of the resident), or a fixed `on`. With neither,
    only the words are shown: the day is counted from something that is not known here.
    """

    words: Words
    days: int | None = None
    after: Literal["born", "moved"] | None = None
    on: str | None = None
    late: Literal["warn", "stop"] = "warn"


class ForWhom(Struct, frozen=True, kw_only=True):
    """Who is offered it first, by what is known: all that are named must hold."""

    reason: Words
    child_under: int | None = None  # has a child younger than so many years
    child_over: int | None = None  # and at least so old
    age_from: int | None = None
    age_under: int | None = None
    moved_within_days: int | None = None


class Definition(Struct, frozen=True, kw_only=True):
    key: str
    name: Words
    summary: Words
    who: Words
    basis: Words
    office: Words
    needs: tuple[Words, ...]
    fee: Words
    kind: Literal["application", "notification"] = "application"
    about: Literal["self", "child"] = "self"
    deadline: Deadline | None = None
    life_events: tuple[str, ...] = ()  # of catalogue.LIFE_EVENTS
    keywords: tuple[str, ...] = ()
    reading: str = ""  # of the Japanese name, in kana
    for_whom: tuple[ForWhom, ...] = ()
    gives: Words | None = None  # the service in use once granted: "Child allowance, every 2 months"
    does_task: str = ""  # the key of the rule whose to-do is done by sending
    steps: tuple[Step, ...]
    questions: tuple[Question, ...]

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)

    def step_of_state(self, state: str) -> Step | None:
        """Return the first step that is on while the application is in `state`."""
        return next((step for step in self.steps if step.state == state), None)


def definition_of(stored: dict) -> Definition:
    """Return the definition that a version stored. Raises msgspec.ValidationError."""
    return convert(stored, Definition)
