"""The vaccination schedule: reads schedule.toml, checks it, and says what is in force on a day.

The file explains itself to whoever changes it. Here its tables become frozen dataclasses; a mistake
in it raises ScheduleError with the name of the rule and what to do. Nothing here knows Django.
"""

import hashlib
import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Self

from childcare import counting

FILE = Path(__file__).with_name("schedule.toml")
LANGUAGES = ("ja", "en")
# Part of every edition's fingerprint. Raise it when the code decides otherwise for the same file.
CODE_VERSION = 2
KINDS = {"inactivated", "live-oral", "live-injected"}
DAYS = re.compile(
    r"(?P<birth>birth)"
    r"|birth \+ (?P<weeks>\d+) weeks? (?P<days>\d+) days?"
    r"|(?P<after>day after )?age (?P<age>\d+) (?P<unit>month|year)s?"
    r"|(?P<edge>start|end) of fiscal year of age (?P<fiscal>\d+) years?"
    r"|(?P<school>start|end) of last year before school"
)
INTERVAL = re.compile(r"(\d+) (day|month|year)s? after (?:dose (\d)|previous dose)")
WEEK = re.compile(r"(\d+) weeks (\d) days?")


class ScheduleError(ValueError):
    """The schedule's file has a mistake. The message names the place and what to do."""


# ---- words


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the languages of the site; `code` names it."""

    code: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the schedule's file with what fills it in."""

    words: Words
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.words.code

    def text(self, language: str) -> str:
        """Return the sentence in "ja" or "en"."""
        values = {name: in_words(value, language) for name, value in self.values.items()}
        return getattr(self.words, language).format_map(values)


def in_words(value: Any, language: str) -> str:
    match value:
        case date():
            if language == "ja":
                return f"{value.year}年{value.month}月{value.day}日"
            return f"{value.day} {value:%B} {value.year}"
        case Words():
            return getattr(value, language)
        case Sentence():
            return value.text(language)
        case list() | tuple():
            return ("、" if language == "ja" else ", ").join(in_words(v, language) for v in value)
    return str(value)


# ---- days and intervals


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a child's life, such as "age 2 months"; `code` is that of its words."""

    code: str
    find: Callable[[date], date] = field(compare=False, repr=False)
    values: tuple[tuple[str, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError if `text` is no day."""
        if not (found := DAYS.fullmatch(text)):
            raise ValueError(f'"{text}" is no day. The head of the file lists how days are written')
        part = found.groupdict()
        if part["birth"]:
            return cls("day-birth", lambda born: born)
        if part["weeks"]:
            weeks, days = int(part["weeks"]), int(part["days"])
            return cls(
                "day-weeks",
                lambda born: counting.weeks_after(born, weeks, days),
                (("weeks", weeks), ("days", days)),
            )
        if part["age"]:
            return cls._age(int(part["age"]), part["unit"], after=bool(part["after"]))
        if part["fiscal"]:
            n = int(part["fiscal"])
            edge = {"start": counting.fiscal_year_first, "end": counting.fiscal_year_last}
            find = edge[part["edge"]]
            return cls(
                f"day-fiscal-{part['edge']}",
                lambda born: find(counting.reach(born, 12 * n)),
                (("n", n),),
            )
        if part["school"] == "start":
            return cls(
                "day-school-start",
                lambda born: counting.fiscal_year_first(
                    counting.enters_school_on(born) - counting.DAY
                ),
            )
        return cls("day-school-end", lambda born: counting.enters_school_on(born) - counting.DAY)

    @classmethod
    def _age(cls, n: int, unit: str, *, after: bool) -> Self:
        if n == 0 or (after and unit == "year"):
            raise ValueError(
                'an age of 0 is written "birth", and the day after an age in months '
                '("day after age 12 months")'
            )
        months = n * 12 if unit == "year" else n
        if after:
            return cls(
                "day-after-months",
                lambda born: counting.reach(born, months) + counting.DAY,
                (("n", n),),
            )
        return cls(f"day-{unit}s", lambda born: counting.reach(born, months), (("n", n),))


@dataclass(frozen=True, slots=True)
class Interval:
    """`n` full days, or months, after a dose; `dose` None is the previous one."""

    n: int
    unit: str
    dose: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError if `text` is no interval."""
        if not (found := INTERVAL.fullmatch(text)):
            raise ValueError(
                f'"{text}" is no interval. Write it as "27 days after previous dose" or '
                '"6 months after dose 3"'
            )
        n, unit, dose = found.groups()
        n, unit = (int(n) * 12, "month") if unit == "year" else (int(n), unit)
        return cls(n, unit, int(dose) if dose else None)

    def after(self, on: date) -> date:
        """Return the first day that keeps this interval from a dose given `on`."""
        if self.unit == "day":
            return counting.after_days(on, self.n)
        return counting.after_months(on, self.n)


# ---- the tables of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What every rule has: when it holds, where it is written, whether that was read there."""

    key: str
    valid_from: date
    valid_to: date | None = None
    source: str
    verified: bool

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveInterval(Dated):
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Dated):
    """One dose of a series, for the children whom its conditions fit."""

    series: str
    vaccine: str
    dose: int
    words: Words
    free_from: tuple[Day, ...]
    free_until: tuple[Day, ...]
    not_before: tuple[Interval, ...] = ()
    given_from: tuple[Interval, ...] = ()
    recommended_from: tuple[Day, ...] | Interval | None = None
    recommended_until: tuple[Day, ...] | Interval | None = None
    forecast: bool = True
    alternative: bool = False
    stage_from: tuple[Day, ...] | None = None
    born_from: date | None = None
    born_until: date | None = None
    begun_with: str | None = None
    begun_until: tuple[Day, ...] | None = None
    begun_after: tuple[Day, ...] | None = None
    dose_2_until: tuple[Day, ...] | None = None
    dose_3_until: tuple[Day, ...] | None = None
    dose_2_before: Interval | None = None

    def fits_birth(self, born: date) -> bool:
        if self.born_from and born < self.born_from:
            return False
        return not (self.born_until and born > self.born_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution(Dated):
    words: Words
    rules: tuple[str, ...]
    after: tuple[Day, ...] | None = None
    sooner_than: Interval | None = None
    fewer: str | None = None
    than: str | None = None
    covered: bool = False
    not_advised: bool = False
    stage_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Dated):
    words: Words
    series: str
    dose: int | None = None
    born_from: date
    born_until: date
    accepts_from: date | None = None
    accepts_until: date | None = None

    def fits_birth(self, born: date) -> bool:
        return self.born_from <= born <= self.born_until

    def accepts(self, born: date, on: date) -> bool:
        """Say whether a dose `on` that day lay inside this measure's own period."""
        if self.accepts_from is None or self.accepts_until is None:
            return False
        return self.fits_birth(born) and self.accepts_from <= on <= self.accepts_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending(Dated):
    series: str
    had: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PregnancyItem(Dated):
    words: Words
    vaccine: str
    from_week: tuple[int, int]
    until_week: tuple[int, int]
    days_before_birth: int | None = None  # for its effect to be established


@dataclass(frozen=True, slots=True, kw_only=True)
class Vaccine:
    code: str
    words: Words
    kind: str
    order: int

    @property
    def live_injected(self) -> bool:
        return self.kind == "live-injected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    code: str
    words: Words
    vaccines: tuple[str, ...]
    counts_too: tuple[str, ...] = ()
    one_product: bool = False
    sex: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What is known by several names: a disease, or a vaccine that is not forecast."""

    code: str
    words: Words
    names: tuple[str, ...] = ()
    live_injected: bool = False


@dataclass(frozen=True, eq=False)
class Edition:
    """What is in force on one day; there is one object for each, kept by its schedule."""

    schedule: "Schedule" = field(repr=False)
    live_interval: LiveInterval | None
    rules: tuple[Rule, ...]
    warnings: tuple[Caution, ...]
    measures: tuple[Measure, ...]
    endings: tuple[Ending, ...]
    pregnancy: tuple[PregnancyItem, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Twelve characters that change when, and only when, a date may come out otherwise.

        Words, sources and the days of validity are left out: they move no date.
        """
        deciding = [
            CODE_VERSION,
            self.live_interval and (self.live_interval.key, self.live_interval.days),
            *([_deciding(rule) for rule in self.rules]),
            *([_deciding(ending) for ending in self.endings]),
            *map(_deciding, self.schedule.vaccines.values()),
            *map(_deciding, self.schedule.series.values()),
            *map(_deciding, self.schedule.had.values()),
            *map(_deciding, self.schedule.others.values()),
        ]
        return hashlib.sha256(repr(deciding).encode()).hexdigest()[:12]


NOT_DECIDING = {"valid_from", "valid_to", "source", "verified", "words"}


def _deciding(item: Any) -> list:
    return [
        (each.name, getattr(item, each.name))
        for each in fields(item)
        if each.name not in NOT_DECIDING
    ]


@dataclass(frozen=True, eq=False)
class Schedule:
    """The whole file. `on(day)` gives what is in force."""

    covers_from: date
    vaccines: dict[str, Vaccine]
    series: dict[str, Series]
    had: dict[str, Named]
    others: dict[str, Named]
    live_intervals: tuple[LiveInterval, ...]
    rules: tuple[Rule, ...]
    warnings: tuple[Caution, ...]
    measures: tuple[Measure, ...]
    endings: tuple[Ending, ...]
    pregnancy: tuple[PregnancyItem, ...]
    sentences: dict[str, Words] = field(repr=False)
    _editions: dict[int, Edition] = field(default_factory=dict, repr=False)

    def dated(self) -> Iterator[Dated]:
        """Yield everything in the file that has a validity and a source."""
        yield from self.live_intervals
        yield from self.rules
        yield from self.warnings
        yield from self.measures
        yield from self.endings
        yield from self.pregnancy

    @cached_property
    def change_days(self) -> list[date]:
        """The days from which something else is in force, in order."""
        days = {self.covers_from}
        for item in self.dated():
            days.add(item.valid_from)
            if item.valid_to:
                days.add(item.valid_to + counting.DAY)
        return sorted(day for day in days if day >= self.covers_from)

    def on(self, day: date) -> Edition:
        """Return what is in force on `day`; before `covers_from`, what was on that day."""
        number = bisect_right(self.change_days, day)
        if edition := self._editions.get(number):
            return edition
        day = max(day, self.covers_from)

        def in_force(items):
            return tuple(item for item in items if item.holds_on(day))

        edition = Edition(
            schedule=self,
            live_interval=next(iter(in_force(self.live_intervals)), None),
            rules=in_force(self.rules),
            warnings=in_force(self.warnings),
            measures=in_force(self.measures),
            endings=in_force(self.endings),
            pregnancy=in_force(self.pregnancy),
        )
        return self._editions.setdefault(number, edition)

    def sentence(self, code: str, **values: Any) -> Sentence:
        return Sentence(self.sentences[code], values)

    def day_in_words(self, day: Day) -> Sentence:
        return Sentence(self.sentences[day.code], dict(day.values))


@lru_cache(maxsize=1)
def the_schedule() -> Schedule:
    """Return the schedule of this installation, read once a process."""
    return load(FILE)


def edition(on: date) -> str:
    """Return a short fingerprint of what decides dates on that day.

    Where it differs from the one with which a child's doses were computed, compute them again.
    """
    return the_schedule().on(on).fingerprint


def edition_label(on: date, language: str) -> str:
    """Return what people call the edition: "令和8年度", or "FY2026"."""
    year = counting.fiscal_year(on)
    if language != "ja":
        return f"FY{year}"
    return f"令和{year - 2018}年度" if year > 2019 else f"{year}年度"


# ---- reading the file


def load(path: Path) -> Schedule:
    """Read and check a schedule.

    Raises ScheduleError, which names the file, the rule and what to do; OSError if the file cannot
    be read.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ScheduleError(
            f"{path.name} is no TOML: {error}. Put that line right, then try again."
        ) from error
    try:
        schedule = _read(tables)
        _check(schedule)
    except ScheduleError as error:
        raise ScheduleError(f"{path.name}: {error}") from error
    return schedule


def _read(tables: dict[str, Any]) -> Schedule:
    known = {
        "covers_from",
        "vaccine",
        "series",
        "had",
        "other",
        "live_interval",
        "rule",
        "warning",
        "measure",
        "ending",
        "pregnancy",
        "sentence",
    }
    if unknown := set(tables) - known:
        raise ScheduleError(f"there is a table [{min(unknown)}], which nobody reads. Rename it.")
    if missing := known - set(tables):
        raise ScheduleError(f"the table [{min(missing)}] is missing. Add it.")
    if type(tables["covers_from"]) is not date:
        raise ScheduleError("`covers_from` is no date. Write a day as 2024-04-01.")
    return Schedule(
        covers_from=tables["covers_from"],
        vaccines={
            code: _made(Vaccine, f"vaccine.{code}", table, code=code, order=number)
            for number, (code, table) in enumerate(tables["vaccine"].items())
        },
        series=_named(Series, "series", tables),
        had=_named(Named, "had", tables),
        others=_named(Named, "other", tables),
        live_intervals=_list(LiveInterval, "live_interval", tables),
        rules=_list(Rule, "rule", tables),
        warnings=_list(Caution, "warning", tables),
        measures=_list(Measure, "measure", tables),
        endings=_list(Ending, "ending", tables),
        pregnancy=_list(PregnancyItem, "pregnancy", tables),
        sentences={
            code: _words(f"sentence.{code}", code, dict(table))
            for code, table in tables["sentence"].items()
        },
    )


def _named(model: type, name: str, tables: dict) -> dict:
    return {
        code: _made(model, f"{name}.{code}", table, code=code)
        for code, table in tables[name].items()
    }


def _list(model: type, name: str, tables: dict) -> tuple:
    return tuple(
        _made(model, f'{name} "{table.get("key", f"number {number}")}"', table)
        for number, table in enumerate(tables[name], start=1)
    )


def _words(where: str, code: str, table: dict) -> Words:
    """Take the two texts out of `table`."""
    texts = [table.pop(language, None) for language in LANGUAGES]
    if not all(isinstance(text, str) and text for text in texts):
        raise ScheduleError(f"{where} lacks a text. Give it both `ja` and `en`.")
    if _names_in(where, texts[0]) != _names_in(where, texts[1]):
        raise ScheduleError(
            f"{where} has other {{braces}} in Japanese than in English. Use the same in both."
        )
    return Words(code, *texts)


def _names_in(where: str, text: str) -> set[str]:
    try:
        return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name}
    except ValueError as error:
        raise ScheduleError(f"{where}: {error}. Close each {{brace}}.") from error


def _made(model: type, where: str, table: dict, **given: Any) -> Any:
    """Return a `model` from a table of the file, each value read as its field asks."""
    values = dict(table)
    known = {each.name: each for each in fields(model)}
    if "words" in known:
        given["words"] = _words(where, values.get("key") or given["code"], values)
    if unknown := set(values) - set(known):
        raise ScheduleError(
            f"{where} has `{min(unknown)}`, which nobody reads. It may be misspelt; the file says "
            "above what can be written."
        )
    for name, value in values.items():
        try:
            given[name] = READERS.get(known[name].type, _as_written)(value, known[name].type)
        except (TypeError, ValueError, KeyError) as error:
            raise ScheduleError(f"{where}, `{name}`: {error}. Write it anew.") from error
    for name, each in known.items():
        if name not in given and each.default is MISSING:
            raise ScheduleError(f"{where} has no `{name}`. Add it.")
    return model(**given)


def _as_written(value: Any, kind: Any) -> Any:
    wanted = kind if isinstance(kind, type) else kind.__args__[0]
    if type(value) is not wanted:
        raise TypeError(f"{value!r} should be a {wanted.__name__}")
    return value


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
        raise TypeError(f"{value!r} should be a text, or a list of texts")
    return texts


def _days(value: Any, kind: Any) -> tuple[Day, ...]:
    return tuple(map(Day.parse, _texts(value)))


def _intervals(value: Any, kind: Any) -> tuple[Interval, ...]:
    return tuple(map(Interval.parse, _texts(value)))


def _interval(value: Any, kind: Any) -> Interval:
    return Interval.parse(_as_written(value, str))


def _days_or_interval(value: Any, kind: Any) -> tuple[Day, ...] | Interval:
    if isinstance(value, str) and INTERVAL.fullmatch(value):
        return Interval.parse(value)
    return _days(value, kind)


def _week(value: Any, kind: Any) -> tuple[int, int]:
    if not (found := WEEK.fullmatch(value)):
        raise ValueError(f'"{value}" is no week of pregnancy. Write it as "28 weeks 0 days"')
    return int(found[1]), int(found[2])


READERS = {
    tuple[str, ...]: lambda value, kind: tuple(_texts(value)),
    tuple[int, int]: _week,
    tuple[Day, ...]: _days,
    tuple[Day, ...] | None: _days,
    tuple[Interval, ...]: _intervals,
    Interval | None: _interval,
    tuple[Day, ...] | Interval | None: _days_or_interval,
}


def _check(schedule: Schedule) -> None:
    """Raise ScheduleError where tables name what is not there, or a validity cannot be."""
    keys = Counter(item.key for item in schedule.dated())
    if twice := [key for key, count in keys.items() if count > 1]:
        raise ScheduleError(f'the key "{twice[0]}" stands twice. Give one of them another.')
    for item in schedule.dated():
        if item.valid_to and item.valid_to < item.valid_from:
            raise ScheduleError(
                f'"{item.key}" ends on {item.valid_to}, before it begins on {item.valid_from}. '
                "Change one of the two."
            )
        if not item.source:
            raise ScheduleError(f'"{item.key}" has no source. Say where it is written.')
    for vaccine in schedule.vaccines.values():
        if vaccine.kind not in KINDS:
            raise ScheduleError(
                f'vaccine.{vaccine.code} is of kind "{vaccine.kind}". Take one of {sorted(KINDS)}.'
            )
    _check_names(schedule)
    _check_rules(schedule)


def _check_names(schedule: Schedule) -> None:
    """Raise ScheduleError where something names a vaccine, series, disease or rule in vain."""
    rules = {rule.key for rule in schedule.rules}
    named: list[tuple[str, str, Any]] = []
    for series in schedule.series.values():
        for code in (*series.vaccines, *series.counts_too):
            named.append((f"series.{series.code}", code, schedule.vaccines))
    for rule in schedule.rules:
        named.append((rule.key, rule.series, schedule.series))
        named.append((rule.key, rule.vaccine, schedule.vaccines))
        named.append((rule.key, rule.begun_with or rule.vaccine, schedule.vaccines))
    for warning in schedule.warnings:
        named += [(warning.key, key, rules) for key in warning.rules]
        for code in filter(None, (warning.fewer, warning.than)):
            named.append((warning.key, code, schedule.vaccines))
    for item in (*schedule.measures, *schedule.endings):
        named.append((item.key, item.series, schedule.series))
    for ending in schedule.endings:
        named += [(ending.key, name, schedule.had) for name in ending.had]
    for item in schedule.pregnancy:
        named.append((item.key, item.vaccine, schedule.vaccines | schedule.others))
    for where, name, known in named:
        if name not in known:
            raise ScheduleError(f'"{where}" names "{name}", which is not in the file. Correct it.')
    before: set[str] = set()
    for series in schedule.series.values():
        if late := set(series.counts_too) - before:
            raise ScheduleError(
                f"series {series.code} counts {min(late)} too, which stands below it. Move the "
                "series of that vaccine above this one."
            )
        before.update(series.vaccines)
    for code in schedule.vaccines:
        count = sum(code in series.vaccines for series in schedule.series.values())
        if count != 1:
            raise ScheduleError(
                f'vaccine "{code}" is counted by {count} series. Name it in exactly one.'
            )


def _check_rules(schedule: Schedule) -> None:
    for rule in schedule.rules:
        if rule.vaccine not in schedule.series[rule.series].vaccines:
            raise ScheduleError(
                f'"{rule.key}" gives {rule.vaccine}, which its series {rule.series} does not '
                "count. Add it there, or correct the rule."
            )
        previous = [each.dose or rule.dose - 1 for each in (*rule.not_before, *rule.given_from)]
        if any(not 1 <= dose < rule.dose for dose in previous):
            raise ScheduleError(
                f'"{rule.key}" is dose {rule.dose} and counts from a dose that does not come '
                "before it. Correct the interval."
            )
    for code in schedule.series:
        for day in schedule.change_days:
            if not any(
                rule.series == code and rule.dose == 1 and rule.holds_on(day)
                for rule in schedule.rules
            ):
                raise ScheduleError(
                    f"series {code} has no rule for its first dose on {day}. Let one begin that "
                    "day, or keep the old one in force."
                )
