"""What the commands take: dates, and people by the refs that sources use."""

from argparse import ArgumentTypeError
from datetime import date

from django.core.management.base import CommandError

from portal.residents.models import ResidentRef


def iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f'"{text}" is no date. Write it as 2027-05-20.') from None


def resident_ids(refs: list[str]) -> list[int]:
    """Return the ids of people by their refs; a ref that nobody has ends the command."""
    found = dict(ResidentRef.objects.filter(ref__in=refs).values_list("ref", "resident_id"))
    if unknown := sorted(set(refs) - set(found)):
        raise CommandError(
            f"No resident has the ref {', '.join(unknown)}. Load the person first, or mend the ref."
        )
    return [found[ref] for ref in refs]
