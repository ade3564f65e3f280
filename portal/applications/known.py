"""Facts that answer a question of a form, so that it is shown to be confirmed and not asked."""

from collections.abc import Callable
from datetime import date

from portal.applications.act_for import acts_for
from portal.residents.models import Resident

# By the name that a definition's `fills` says: (who applies, whom it is about) → the answer, "" if
# it is not known. Other rooms may add theirs.
FACTS: dict[str, Callable[[Resident, Resident], str]] = {
    "resident.name": lambda resident, about: resident.name,
    "resident.name_kana": lambda resident, about: resident.name_kana,
    "resident.born": lambda resident, about: resident.born.isoformat(),
    "resident.email": lambda resident, about: resident.email,
    "resident.municipality": lambda resident, about: str(resident.municipality),
    "about.name": lambda resident, about: about.name,
    "about.name_kana": lambda resident, about: about.name_kana,
    "about.born": lambda resident, about: about.born.isoformat(),
}


def known_answer(fills: str | None, *, resident: Resident, about: Resident, today: date) -> str:
    """Return what is known; nothing of a child for whom the resident acts no longer."""
    if not fills or (fills.startswith("about.") and not acts_for(resident, about, today=today)):
        return ""
    return FACTS[fills](resident, about)
