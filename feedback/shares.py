"""How many found each page not clear, lately and before, and how likely chance alone does that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, lgamma

from feedback.before_after import Share
from feedback.models import Opinion
from portal.database import run

DAYS, DAYS_BEFORE = 7, 28
FEWEST = 10  # answers lately, and as many before; with fewer nothing can be said
NEGLIGIBLE = 1e-17  # of a sum; less than it can hold


@dataclass(frozen=True)
class PageShare:
    """How many said “not clear” of a page, of one task rule there or of none ("").

    `not_clear` of `of` answers lately, `before_not_clear` of `before_of` in the 28 days before.
    `p`: how likely so many or more are lately, if nothing has changed; None with too few answers.
    """

    route: str
    rule: str
    not_clear: int
    of: int
    before_not_clear: int
    before_of: int
    p: float | None

    @property
    def lately(self) -> Share:
        return Share(self.not_clear, self.of)

    @property
    def before(self) -> Share:
        return Share(self.before_not_clear, self.before_of)


# Pages by the index opinion_page, from one to the next; then of each its days, out of that index
# alone. `clear` is there where the opinion is about a page (opinion_says_something).
SHARES = f"""
    WITH RECURSIVE page AS (
        (SELECT route, rule FROM {Opinion._meta.db_table} ORDER BY route, rule LIMIT 1)
        UNION ALL
        SELECT following.route, following.rule FROM page, LATERAL (
            SELECT o.route, o.rule FROM {Opinion._meta.db_table} o
            WHERE (o.route, o.rule) > (page.route, page.rule)
            ORDER BY o.route, o.rule LIMIT 1) following
    )
    SELECT page.route, page.rule, counted.*
    FROM page, LATERAL (
        SELECT count(*) FILTER (WHERE NOT clear AND given_at >= %(since)s),
            count(*) FILTER (WHERE given_at >= %(since)s) AS lately,
            count(*) FILTER (WHERE NOT clear AND given_at < %(since)s),
            count(*) FILTER (WHERE given_at < %(since)s) AS before
        FROM {Opinion._meta.db_table} o
        WHERE o.route = page.route AND o.rule = page.rule AND clear IS NOT NULL
            AND given_at >= %(before)s AND given_at < %(until)s) counted
    WHERE lately + before > 0
    ORDER BY page.route, page.rule"""


def page_shares(*, until: datetime, days: int = DAYS) -> list[PageShare]:
    """Return each page with answers in the `days` before `until`, or in the 28 before those.

    One statement, which costs what those days hold, however many years lie before them.
    """
    since = until - timedelta(days=days)
    asked = {"until": until, "since": since, "before": since - timedelta(days=DAYS_BEFORE)}
    return [PageShare(*row, p=chance_of(*row[2:])) for row in run(SHARES, asked)]


def chance_of(not_clear: int, of: int, before_not_clear: int, before_of: int) -> float | None:
    """Return how likely as many “not clear” or more are lately by chance; None with too few."""
    if min(of, before_of) < FEWEST:
        return None
    return tail(not_clear, drawn=of, marked=not_clear + before_not_clear, population=of + before_of)


def tail(least: int, *, drawn: int, marked: int, population: int) -> float:
    """Return how likely `least` or more marked ones are among so many drawn without putting back.

    That is the one-sided exact test of Fisher (1935) of two shares.
    """
    fewest, most = max(0, drawn + marked - population), min(drawn, marked)
    if least <= fewest:
        return 1.0
    if least > most:
        return 0.0
    if least * population > drawn * marked:
        return min(1.0, _sum(least, most, drawn, marked, population))
    # Below what is expected the other side is the small one, and each of its parts too.
    return max(0.0, 1.0 - _sum(least - 1, fewest, drawn, marked, population))


def _sum(start: int, end: int, drawn: int, marked: int, population: int) -> float:
    """Sum up what each number from `start` to `end` is worth, from the middle outwards."""
    step = 1 if end >= start else -1
    left = population - drawn - marked  # how many are neither, less what is both
    part = exp(
        _log_choose(marked, start)
        + _log_choose(population - marked, drawn - start)
        - _log_choose(population, drawn)
    )
    total = part
    for count in range(start, end, step):
        if step > 0:
            part *= (marked - count) * (drawn - count) / ((count + 1) * (left + count + 1))
        else:
            part *= count * (left + count) / ((marked - count + 1) * (drawn - count + 1))
        total += part
        if part < total * NEGLIGIBLE:
            break
    return total


def _log_choose(many: int, few: int) -> float:
    return lgamma(many + 1) - lgamma(few + 1) - lgamma(many - few + 1)
