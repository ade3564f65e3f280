"""Sentences of the schedule as JSON and back; the words are made when they are shown.

A sentence is stored as its code and what fills it in, so that a correction of its words in
schedule.toml is seen at once, in every language.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from childcare.schedule import Sentence, Words, the_schedule


def stored_sentence(sentence: Sentence) -> list:
    return [sentence.code, {name: _stored(value) for name, value in sentence.values.items()}]


def sentence(stored: list) -> Sentence:
    code, values = stored
    return Sentence(_named(code), {name: _read(value) for name, value in values.items()})


def stored_sentences(sentences: Iterable[Sentence]) -> list:
    return [stored_sentence(one) for one in sentences]


def sentences(stored: Iterable[list]) -> tuple[Sentence, ...]:
    return tuple(map(sentence, stored))


def _stored(value: Any) -> Any:
    match value:
        case date():
            return {"day": value.isoformat()}
        case Words():
            return {"words": _places()[value]}
        case Sentence():
            return {"sentence": stored_sentence(value)}
        case list() | tuple():
            return [_stored(one) for one in value]
    return value


def _read(value: Any) -> Any:
    match value:
        case {"day": day}:
            return date.fromisoformat(day)
        case {"words": place}:
            return _words().get(tuple(place)) or Words(place[1], place[1], place[1])
        case {"sentence": stored}:
            return sentence(stored)
        case list():
            return [_read(one) for one in value]
    return value


@cache
def _words() -> Mapping[tuple[str, str], Words]:
    """Return all that the schedule calls by a name: {(table, code): words}."""
    schedule = the_schedule()
    tables = {
        "vaccine": schedule.vaccines,
        "series": schedule.series,
        "had": schedule.had,
        "other": schedule.others,
    }
    words = {
        (table, code): item.words for table, items in tables.items() for code, item in items.items()
    }
    words |= {("sentence", code): text for code, text in schedule.sentences.items()}
    return words | {
        ("rule", item.key): item.words for item in schedule.dated() if hasattr(item, "words")
    }


@cache
def _places() -> Mapping[Words, tuple[str, str]]:
    return {words: place for place, words in _words().items()}


def _named(code: str) -> Words:
    """Return the words of a sentence; none where a later file no longer has it."""
    words = _words()
    return words.get(("sentence", code)) or words.get(("rule", code)) or Words(code, "", "")
