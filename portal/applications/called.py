"""What a procedure is called, by the key that rows and tasks carry."""

import time
from collections.abc import Iterable
from functools import lru_cache

from django.db.models import F
from django.utils.translation import get_language

from portal.applications.definition import definition_of
from portal.applications.models import ProcedureVersion

FRESH = 60  # seconds for which a process keeps the names; lists show many at once


def procedure_name(key: str) -> str:
    """Return the name in the reader's language; what no procedure here is called, as it stands.

    `key` may be cut off, as the subject of a task is.
    """
    names = _names(int(time.monotonic() / FRESH))
    found = names.get(key) or next((names[one] for one in names if one.startswith(key)), None)
    return in_language(found) if found else key


def procedure_names() -> dict[str, str]:
    """Return what each procedure ever published is called in the reader's language, by its key."""
    names = _names(int(time.monotonic() / FRESH))
    return {key: in_language(name) for key, name in sorted(names.items())}


def questions_asked(places: Iterable[tuple[str, int, str]]) -> dict[tuple[str, int, str], str]:
    """Return what questions ask in the reader's language, by procedure, its version and question.

    One statement for all; without those that are no more. Of a key that municipalities use as well
    it is what all are asked.
    """
    wanted = {place for place in places if place[2]}
    if not wanted:
        return {}
    keys, numbers, _questions = map(set, zip(*wanted, strict=True))
    versions = ProcedureVersion.objects.filter(procedure__key__in=keys, number__in=numbers)
    first = F("procedure__municipality").asc(nulls_first=True)
    rows = (
        versions.exclude(state=ProcedureVersion.State.DRAFT)
        .order_by("procedure__key", "number", first)
        .distinct("procedure__key", "number")
        .values_list("procedure__key", "number", "definition")
    )
    asked = {
        (key, number, question.key): question.text
        for key, number, definition in rows
        for question in definition_of(definition).questions
    }
    return {place: in_language(asked[place]) for place in wanted & asked.keys()}


def in_language(words: dict) -> str:
    return words.get(get_language() or "ja") or words.get("ja", "")


@lru_cache(maxsize=1)
def _names(_minute: int) -> dict[str, dict]:
    """The names by key; of a key that municipalities use as well, the one for all of them."""
    ever = ProcedureVersion.objects.exclude(state=ProcedureVersion.State.DRAFT)
    rows = ever.order_by("procedure__municipality", "number").values_list(
        "procedure__key", "procedure__municipality", "definition__name"
    )
    names = {}
    for key, municipality, name in rows:
        if name and (municipality is None or key not in names):
            names[key] = name
    return names
