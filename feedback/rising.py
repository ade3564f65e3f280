"""Which words are in more opinions lately than before, and more than chance alone would do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback.models import Opinion
from feedback.shares import DAYS, DAYS_BEFORE, tail
from portal.database import run

MOST = 20
FEWEST = 3  # texts; a word that fewer have is never shown
FALSE = 0.05  # of what is shown, on average at most: Benjamini and Hochberg (1995)


@dataclass(frozen=True)
class Rising:
    """A word, or two that follow each other, in `times` of the `of` texts lately.

    `before_times` of `before_of` in the 28 days before. `p`: how likely so many or more are lately,
    if nothing has changed; not yet corrected for the number of words.
    """

    term: str
    times: int
    of: int
    before_times: int
    before_of: int
    p: float


# A text counts once in each span of so many days, whoever sent it how often: the days lately are
# span 0, those before have negative numbers. Texts are the same where their words are.
# MATERIALIZED: else the texts are counted anew for each word.
COUNTED = f"""
    WITH text AS (
        SELECT DISTINCT terms,
            floor(extract(epoch FROM given_at - %(since)s) / %(seconds)s) AS span
        FROM {Opinion._meta.db_table}
        WHERE text <> '' AND terms IS NOT NULL
            AND given_at >= %(before)s AND given_at < %(until)s
    ),
    texts AS MATERIALIZED (
        SELECT count(*) FILTER (WHERE span = 0) AS lately,
            count(*) FILTER (WHERE span < 0) AS before
        FROM text
    ),
    counted AS (
        SELECT term, count(*) FILTER (WHERE span = 0) AS lately,
            count(*) FILTER (WHERE span < 0) AS before
        FROM text, unnest(terms) term GROUP BY term HAVING count(*) >= %(fewest)s
    )
    SELECT counted.term, counted.lately, texts.lately, counted.before, texts.before,
        (SELECT count(*) FROM counted)
    FROM counted, texts
    WHERE counted.lately >= %(fewest)s
        AND counted.lately * texts.before > counted.before * texts.lately"""


def rising(*, until: datetime, days: int = DAYS, most: int = MOST) -> list[Rising]:
    """Return what is rising in the `days` before `until`, the least likely by chance first.

    Against the 28 days before those. One statement, which costs what those days hold.
    """
    rows = run(COUNTED, asked(until, days))
    compared = rows[0][-1] if rows else 0
    found = sorted((_tested(*row[:-1]) for row in rows), key=lambda one: (one.p, one.term))
    return _telling(_beyond_chance(found, compared))[:most]


def asked(until: datetime, days: int) -> dict:
    """Return the parameters of COUNTED."""
    since = until - timedelta(days=days)
    return {
        "until": until,
        "since": since,
        "before": since - timedelta(days=DAYS_BEFORE),
        "seconds": days * 24 * 60 * 60,
        "fewest": FEWEST,
    }


def _tested(term: str, times: int, of: int, before_times: int, before_of: int) -> Rising:
    p = tail(times, drawn=of, marked=times + before_times, population=of + before_of)
    return Rising(term, times, of, before_times, before_of, p)


def _beyond_chance(found: list[Rising], compared: int) -> list[Rising]:
    """Return the first of `found`, sorted by p, that stand after so many words were compared.

    Compared are those that three texts have, lately and before together: how many those are does
    not depend on when they were written, so choosing them does not favour what is rising.
    """
    kept = [place for place, one in enumerate(found, start=1) if one.p * compared <= FALSE * place]
    return found[: max(kept, default=0)]


def _telling(found: Iterable[Rising]) -> list[Rising]:
    """Leave out the words that are only ever in a pair which is rising too: the pair says more.

    The texts with a pair are among those with its words, so where there are as many, they are the
    same.
    """
    pairs = {
        (word, one.times, one.before_times)
        for one in found
        for word in one.term.split(" ")
        if " " in one.term
    }
    return [one for one in found if (one.term, one.times, one.before_times) not in pairs]
