"""What a resident can apply for: what is for this person first, then by life event, or searched."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.applications.called import in_language
from portal.applications.definition import Definition, ForWhom, definition_of
from portal.applications.models import ProcedureVersion
from portal.applications.searched import one_form
from portal.readable import readable
from portal.residents.ages import first_day_at_age
from portal.residents.models import Resident

LIFE_EVENTS = {
    "birth": _("Pregnancy and birth"),
    "childcare": _("Bringing up children"),
    "moving": _("Moving house"),
    "marriage": _("Marriage and divorce"),
    "work": _("Work"),
    "illness": _("Illness and disability"),
    "old-age": _("Old age"),
    "death": _("When somebody has died"),
    "certificates": _("Certificates and copies"),
}
ALIKE = 0.6  # of the letters of a search, in threes, so many must be found (pg_trgm)
MOST_FOUND = 20
LONGEST_SEARCH = 60  # characters
SHORTEST_MISTYPED = 3  # of two, one wrong leaves too little


@dataclass(frozen=True)
class Offer:
    """A procedure as the catalogue lists it.

    `reason` says why it may be for this person, `unknown` that what it depends on is not known
    here, and `found_by` which of its words a search found, where that is not its name.
    """

    definition: Definition
    reason: str = ""
    unknown: bool = False
    found_by: str = ""


def offers(resident: Resident) -> list[Definition]:
    """Return what the resident's municipality offers, by name."""
    versions = ProcedureVersion.objects.offered_in(resident.municipality_id)
    found = [definition_of(stored) for stored in versions.values_list("definition", flat=True)]
    return sorted(found, key=lambda one: one.reading or in_language(one.name))


def page_of_procedure(municipality: str, key: str) -> str:
    """Return the address of a procedure's page, or "" where the municipality does not offer it."""
    offered = ProcedureVersion.objects.offered_in(municipality).filter(procedure__key=key)
    return reverse("applications:procedure", args=[key]) if offered.exists() else ""


def for_person(
    definitions: Iterable[Definition],
    *,
    resident: Resident,
    children: Iterable[Resident],
    today: date,
) -> tuple[list[Offer], list[Offer]]:
    """Return what may be for this person by what is known, each with its reason; and all others.

    What is not known speaks neither for nor against: such a procedure stands with the others, and
    says so.
    """
    known = _Known(resident, list(children), today)
    first, others = [], []
    for definition in definitions:
        answers = [(one, known.holds(one)) for one in definition.for_whom]
        reason = next((one.reason for one, holds in answers if holds), None)
        if reason:
            first.append(Offer(definition, in_language(reason)))
        else:
            unknown = any(holds is None for _one, holds in answers)
            others.append(Offer(definition, unknown=unknown))
    return first, others


@dataclass(frozen=True)
class _Known:
    """What is known of a person, to be asked about."""

    resident: Resident
    children: list[Resident]
    today: date

    def holds(self, one: ForWhom) -> bool | None:
        """Tell whether all that `one` names is so; None if nothing is against it but not all known.

        Without a child here, there may be one: a register reports it days after the birth.
        """
        tests = []
        if one.child_under is not None or one.child_over is not None:
            tests.append(any(self._fits(one, child) for child in self.children) or self._no_child())
        if one.age_under is not None:
            tests.append(_younger(self.resident, one.age_under, self.today))
        if one.age_from is not None:
            tests.append(not _younger(self.resident, one.age_from, self.today))
        if one.moved_within_days is not None:
            moved = self.resident.identity_changed_on
            since = self.today - timedelta(days=one.moved_within_days)
            tests.append(None if moved is None else moved > since)
        if False in tests:
            return False
        return None if None in tests else True

    def _fits(self, one: ForWhom, child: Resident) -> bool:
        return (one.child_under is None or _younger(child, one.child_under, self.today)) and (
            one.child_over is None or not _younger(child, one.child_over, self.today)
        )

    def _no_child(self) -> bool | None:
        return False if self.children else None


def _younger(person: Resident, years: int, today: date) -> bool:
    return today < first_day_at_age(person.born, years)


def by_life_event(offers: Iterable[Offer]) -> list[tuple[str, list[Offer]]]:
    """Return the procedures under each life event; those of none under the last heading."""
    offers = list(offers)
    groups = [
        (name, [one for one in offers if event in one.definition.life_events])
        for event, name in LIFE_EVENTS.items()
    ]
    of_none = [one for one in offers if not LIFE_EVENTS.keys() & set(one.definition.life_events)]
    return [(name, found) for name, found in [*groups, (_("Others"), of_none)] if found]


def search(resident: Resident, text: str) -> list[Offer]:
    """Return what is found by a word, in kana or kanji, mistyped a little too; the best first.

    What holds each word as typed comes first. Threes of letters (pg_trgm) find what is alike in
    Latin letters alone, in a database of the locale "C"; and Japanese words are short.
    """
    sought = one_form(readable(text[:LONGEST_SEARCH]))[:LONGEST_SEARCH].strip()  # of one, many
    if not sought:
        return []
    words = Q()
    for word in sought.split():
        words &= Q(searched__contains=word)
    versions = ProcedureVersion.objects.offered_in(resident.municipality_id)
    found = (
        versions.annotate(as_typed=words, alike=TrigramWordSimilarity(sought, "searched"))
        .filter(Q(as_typed=True) | Q(alike__gte=ALIKE) | _one_character_off(sought))
        .order_by(F("as_typed").desc(), F("alike").desc(), "pk")
    )
    definitions = map(definition_of, found.values_list("definition", flat=True)[:MOST_FOUND])
    return [Offer(one, found_by=_found_by(one, sought)) for one in definitions]


def _one_character_off(sought: str) -> Q:
    """Find Japanese words with one character wrong, missing or too many."""
    if sought.isascii() or len(sought) < SHORTEST_MISTYPED:
        return Q(pk__in=[])
    patterns = (
        f"{re.escape(sought[:place])}.{{0,2}}{re.escape(sought[place + 1 :])}"
        for place in range(len(sought))
    )
    return Q(searched__regex="|".join(patterns))


def _found_by(definition: Definition, sought: str) -> str:
    """Return the word nearest to what was sought; nothing if it is the name that is shown."""
    shown = in_language(definition.name)
    if sought in one_form(shown):
        return ""
    others = [*definition.keywords, *definition.name.values(), definition.reading]
    words = [shown, *(one for one in others if one)]
    nearest = max(words, key=lambda word: _likeness(one_form(word), sought))
    return "" if nearest == shown else nearest


def _likeness(word: str, sought: str) -> float:
    return 1 if sought in word else SequenceMatcher(None, word, sought).ratio()
