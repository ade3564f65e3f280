"""A line of JSON about one child, read and answered: what `manage.py vaccination_forecast` does.

Pure: bytes in, plain dictionaries out. What is wrong with a whole line raises BadLine; what is
wrong with one dose only is an entry of "review" or "notes" in the answer.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from childcare.forecast import Forecast, Given, forecast
from childcare.schedule import Sentence, the_schedule

LONGEST_LINE = 1_000_000  # bytes; a child with 200 doses has some 10,000
YEARS = (1900, 2199)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Whose note belongs into the answer; that a period is over, or for girls only, goes without saying.
TOLD = {"next", "complete", "outside", "ended", "sex-unknown"}


class BadLine(Exception):
    """A line that cannot be answered: why, and the line's own id where it could be read."""

    def __init__(self, why: Sentence, id: Any = None):
        super().__init__(why.code)
        self.why = why
        self.id = id


@dataclass(frozen=True, slots=True)
class Question:
    id: Any
    born: date
    sex: str | None
    as_of: date
    given: list[Given]
    had: list[str]


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines that are not blank with their numbers, in bounded memory.

    The first is line 1, blank ones are counted. A line over the limit comes as None.
    """
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while rest := file.readline(LONGEST_LINE):
                if rest.endswith(b"\n"):
                    break
            yield number, None
            continue
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if line.strip():
            yield number, line


def read(number: int, line: bytes | None) -> Question:
    """Return what line `number` asks. Raises BadLine."""
    if line is None:
        raise bad("bad-long", number, limit=LONGEST_LINE)
    try:
        child = json.loads(line.decode(), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise bad("bad-json", number) from error
    if not isinstance(child, dict):
        raise bad("bad-object", number)
    try:
        return _question(number, child)
    except BadLine as error:
        error.id = child.get("id")
        raise


def answer(question: Question, language: str) -> dict[str, Any]:
    """Return the forecast as the command prints it, its sentences in "ja" or "en"."""
    found = forecast(
        born=question.born,
        sex=question.sex,
        given=question.given,
        as_of=question.as_of,
        had=question.had,
    )
    return {"id": question.id, **in_plain_values(found, language)}


def in_plain_values(found: Forecast, language: str) -> dict[str, Any]:
    space = "" if language == "ja" else " "
    return {
        "forecast": [
            {
                "vaccine": dose.vaccine,
                "dose": dose.dose,
                "earliest": dose.earliest.isoformat(),
                "legal_until": dose.legal_until.isoformat(),
                "recommended_from": dose.recommended_from and dose.recommended_from.isoformat(),
                "recommended_until": dose.recommended_until and dose.recommended_until.isoformat(),
                "reason": space.join([reason.text(language) for reason in dose.reasons]),
                "warnings": [warning.text(language) for warning in dose.warnings],
                "rule": dose.rule,
            }
            for dose in found.next
        ],
        "review": [
            {
                "vaccine": review.vaccine,
                "dose": review.dose,
                "date": review.on.isoformat(),
                "why": review.why.text(language),
            }
            for review in found.review
        ],
        "notes": [note.text(language) for note in found.notes]
        + [
            series.note.text(language)
            for series in found.series
            if series.note and series.state in TOLD
        ],
    }


def bad(code: str, number: int, **values: Any) -> BadLine:
    return BadLine(the_schedule().sentence(code, line=number, **values))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _finite(number: str) -> float:
    """Return the number; refuse one such as 1e400, which could not be written back as JSON."""
    if math.isinf(value := float(number)):
        _refuse(number)
    return value


def _question(number: int, child: dict[str, Any]) -> Question:
    born = _day(number, child, "born")
    as_of = _day(number, child, "as_of")
    for name, day in (("born", born), ("as_of", as_of)):
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise bad(
                "bad-year", number, field=name, value=child[name], first=YEARS[0], last=YEARS[1]
            )
    if born > as_of:
        raise bad("bad-born-later", number, born=child["born"], as_of=child["as_of"])
    sex = child.get("sex") or None
    if sex not in ("F", "M", None):
        raise bad("bad-sex", number, value=_short(sex))
    return Question(
        id=child.get("id"),
        born=born,
        sex=sex,
        as_of=as_of,
        given=_given(number, child),
        had=_had(number, child),
    )


def _given(number: int, child: dict[str, Any]) -> list[Given]:
    given = child.get("given")
    if given is None:
        return []
    if not isinstance(given, list):
        raise _wrong_type(number, "given", "expected-given")
    doses = []
    for place, item in enumerate(given):
        where = f"given[{place}]"
        if not isinstance(item, dict):
            raise _wrong_type(number, where, "expected-given")
        vaccine = item.get("vaccine")
        if not (isinstance(vaccine, str) and vaccine.strip()):
            raise _wrong_type(number, f"{where}.vaccine", "expected-vaccine")
        doses.append(Given(vaccine, _day(number, item, "date", f"{where}.date")))
    return doses


def _had(number: int, child: dict[str, Any]) -> list[str]:
    had = child.get("had")
    if had is None:
        return []
    if not (isinstance(had, list) and all(isinstance(name, str) for name in had)):
        raise _wrong_type(number, "had", "expected-had")
    return had


def _day(number: int, table: dict[str, Any], name: str, where: str = "") -> date:
    where = where or name
    value = table.get(name)
    expected = the_schedule().sentences["expected-date"]
    if value is None:
        raise bad("bad-missing", number, field=where, expected=expected)
    if not (isinstance(value, str) and DATE.fullmatch(value)):
        raise bad("bad-type", number, field=where, expected=expected)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise bad("bad-day", number, field=where, value=value) from error


def _wrong_type(number: int, where: str, expected: str) -> BadLine:
    return bad("bad-type", number, field=where, expected=the_schedule().sentences[expected])


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:20]}…"
