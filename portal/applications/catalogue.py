"""What a resident can apply for: what is for this person first, then by life event, or searched."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.applications.called import in_language
from portal.applications.definition import Definition, ForWhom, definition_of
from portal.applications.models import ProcedureVersion
from portal.applications.searched import one_form
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
    "certificates": _("Certificates"),
}
ALIKE = 0.4  # of the letters of a search, in threes, so many must be found (pg_trgm)
MOST_FOUND = 20
LONGEST_SEARCH = 60


@dataclass(frozen=True)
class Offer:
    """A procedure as the catalogue lists it; `reason` why it may be for this person."""

    definition: Definition
    reason: str = ""


def offers(resident: Resident) -> list[Definition]:
    """Return what the resident's municipality offers, by name."""
    versions = ProcedureVersion.objects.offered_in(resident.municipality_id)
    found = [definition_of(stored) for stored in versions.values_list("definition", flat=True)]
    return sorted(found, key=lambda one: one.reading or in_language(one.name))


def for_person(
    definitions: Iterable[Definition],
    *,
    resident: Resident,
    children: Iterable[Resident],
    today: date,
) -> list[Offer]:
    """Return what may be for this person by what is known, each with its reason.

    What is not known speaks neither for nor against: such a procedure stands with the others.
    """
    children = list(children)
    return [
        Offer(definition, in_language(reason.reason))
        for definition in definitions
        if (reason := _reason(definition, resident, children, today))
    ]


def _reason(definition, resident, children, today) -> ForWhom | None:
    return next(
        (one for one in definition.for_whom if _holds(one, resident, children, today)), None
    )


def _holds(one: ForWhom, resident: Resident, children: list[Resident], today: date) -> bool:
    tests = []
    if one.child_under is not None or one.child_over is not None:
        tests.append(
            any(
                (one.child_under is None or _younger(child, one.child_under, today))
                and (one.child_over is None or not _younger(child, one.child_over, today))
                for child in children
            )
        )
    if one.age_under is not None:
        tests.append(_younger(resident, one.age_under, today))
    if one.age_from is not None:
        tests.append(not _younger(resident, one.age_from, today))
    if one.moved_within_days is not None:
        moved = resident.identity_changed_on
        tests.append(bool(moved) and moved > today - timedelta(days=one.moved_within_days))
    return all(tests)


def _younger(person: Resident, years: int, today: date) -> bool:
    return today < first_day_at_age(person.born, years)


def by_life_event(definitions: Iterable[Definition]) -> list[tuple[str, list[Offer]]]:
    """Return the procedures under each life event; those of none under the last heading."""
    definitions = list(definitions)
    groups = [
        (name, [Offer(one) for one in definitions if event in one.life_events])
        for event, name in LIFE_EVENTS.items()
    ]
    others = [Offer(one) for one in definitions if not one.life_events]
    return [(name, found) for name, found in [*groups, (_("Others"), others)] if found]


def search(resident: Resident, text: str) -> list[Offer]:
    """Return what is found by a word, in kana or kanji, mistyped a little too; the best first."""
    sought = one_form(text[:LONGEST_SEARCH])
    if not sought:
        return []
    words = Q()
    for word in sought.split():
        words &= Q(searched__contains=word)
    versions = ProcedureVersion.objects.offered_in(resident.municipality_id)
    found = (
        versions.annotate(alike=TrigramWordSimilarity(sought, "searched"))
        .filter(words | Q(alike__gte=ALIKE))
        .order_by(F("alike").desc(), "pk")
    )
    return [
        Offer(definition_of(one)) for one in found.values_list("definition", flat=True)[:MOST_FOUND]
    ]
