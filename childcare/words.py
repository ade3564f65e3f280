"""What the schedule calls things, in the reader's language."""

import unicodedata
from functools import cache

from django.utils.translation import get_language

from childcare.schedule import Sentence, Words, the_schedule


def language() -> str:
    """Return the language of the schedule's texts that the reader understands best."""
    return "ja" if get_language() == "ja" else "en"


def said(text: Words | Sentence) -> str:
    return text.text(language()) if isinstance(text, Sentence) else getattr(text, language())


def vaccine_name(code: str) -> str:
    """Return what to call a vaccine; of one that the schedule does not know, what was written.

    One that is only known by name (mumps) is found by each of its names, since sources write those.
    """
    schedule = the_schedule()
    known = schedule.vaccines.get(code) or schedule.others.get(vaccine_called(code))
    return said(known.words) if known else code


def vaccine_names() -> list[str]:
    """Return what every vaccine of the schedule, and each other that it knows, is called."""
    schedule = the_schedule()
    return [said(one.words) for one in (*schedule.vaccines.values(), *schedule.others.values())]


def series_name(code: str) -> str:
    return said(the_schedule().series[code].words)


def had_name(code: str) -> str:
    """Return what to call a reason that ends a series: a disease, or the series itself."""
    schedule = the_schedule()
    known = schedule.had.get(code) or schedule.series.get(code)
    return said(known.words) if known else code


def vaccine_called(name: str) -> str:
    """Return the code of the vaccine that is called so in any language, else the name itself."""
    return _codes().get(_plain(name), name)


@cache
def _codes() -> dict[str, str]:
    schedule = the_schedule()
    names = {}
    for code, vaccine in schedule.vaccines.items():
        names |= {_plain(name): code for name in (code, vaccine.words.ja, vaccine.words.en)}
    for code, other in schedule.others.items():
        called = (code, other.words.ja, other.words.en, *other.names)
        names |= {_plain(name): code for name in called}
    return names


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()
