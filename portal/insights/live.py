"""What people say now: read in a few statements and kept some seconds, the same for all who watch.

So ten who watch cost as one. What comes in by the second is kept QUICK seconds, what changes by the
hour SLOW ones. Nothing reads opinions further back than the weeks that are shown.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.cache import caches
from django.db.models import F, Q, Sum
from django.utils import timezone

from feedback.before_after import Share
from feedback.models import Alert, Opinion
from feedback.rising_now import rising_now
from feedback.shares import PageShare, page_shares
from portal.applications.definition import definition_of
from portal.applications.models import ProcedureVersion
from portal.bars import in_words
from portal.database import run
from portal.insights import stops
from portal.insights.models import UseDay
from portal.insights.models.use import Measure
from tasks.rules import Rule, registry

QUICK, SLOW = 4, 60  # seconds for which what was read is kept
LATELY, BEFORE = timedelta(days=7), timedelta(days=28)
MOST_ALERTS, MOST_PAGES, MOST_ERRORS, NEW_UP_TO = 20, 40, 15, 1000
SCALES = (25, 50, 100)  # percent: where the picture of shares may end

MARKS = """
    SELECT procedure, rating, count(*) FROM feedback_opinion
    WHERE kind = 'applying' AND given_at > %(since)s AND given_at <= %(now)s
    GROUP BY procedure, rating"""
SCREENS = """
    SELECT language, width, count(*) FILTER (WHERE NOT clear), count(*) FROM feedback_opinion
    WHERE kind = 'clear' AND given_at > %(since)s AND given_at <= %(now)s
    GROUP BY GROUPING SETS ((language), (width))"""


def live(*, now: datetime) -> dict:
    """Return what the page shows, read at most QUICK seconds ago, and some of it SLOW ones."""
    quick = _kept("said-now", QUICK, lambda: said(now))
    return quick | _kept("done-lately", SLOW, lambda: done(now))


def _kept(name: str, seconds: int, read: Callable[[], dict]) -> dict:
    if (found := caches["fragments"].get(name)) is None:
        found = read()
        caches["fragments"].set(name, found, seconds)
    return found


def said(now: datetime) -> dict:
    return {
        "at": now,
        "newest": newest(now),
        "pages": pages(now),
        "marks": marks(now),
        "screens": screens(now),
        "alerts": list(Alert.objects.filter(seen_at=None)[:MOST_ALERTS]),
    }


def done(now: datetime) -> dict:
    today = timezone.localdate(now)
    words_at, words = rising_now()
    shown = errors(today)
    return {
        "counted_at": now,
        "begun": stops.begun(now=now),
        "to_dos": stops.to_dos(today=today),
        "errors": shown,
        "questions": questions_of(shown),
        "rising": words,
        "rising_at": words_at,
    }


# ---- how many came in since somebody opened the page
def newest(now: datetime) -> list[datetime]:
    """Return when the newest opinions were given, the oldest of them first."""
    given = Opinion.objects.filter(given_at__gt=now - LATELY, given_at__lte=now)
    moments = given.order_by("-given_at").values_list("given_at", flat=True)[:NEW_UP_TO]
    return list(moments)[::-1]


def new_since(moments: list[datetime], opened: datetime) -> int:
    return len(moments) - bisect_right(moments, opened)


# ---- pages
@dataclass(frozen=True)
class PageRow:
    """A page, or a rule's page, with its share of “not clear”, and its place in the picture.

    Places are in percent of the picture's width; None where there are too few answers to say.
    """

    share: PageShare
    scale: int

    @property
    def rule(self) -> Rule | None:
        return registry.get(self.share.rule)

    @property
    def between(self) -> dict | None:
        """Return where the interval begins, how wide it is, and where the share itself stands."""
        lately = self.share.lately
        if lately.too_few:
            return None
        low, high = lately.between
        return {
            "left": self._place(low),
            "width": round(self._place(high) - self._place(low), 2),
            "middle": self._place(lately.percent),
        }

    @property
    def before(self) -> float | None:
        share = self.share.before
        return None if share.too_few else self._place(share.percent)

    def _place(self, percent: float) -> float:
        return round(100 * percent / self.scale, 2)


@dataclass(frozen=True)
class Pages:
    """The pages with the most answers first; `more` are left out."""

    rows: list[PageRow]
    scale: int
    more: int

    @property
    def middle(self) -> str:
        return in_words(self.scale / 2)


def pages(now: datetime) -> Pages:
    shares = page_shares(until=now, days=LATELY.days)
    # By the weeks before, which stay the same while answers come in: no row moves under the hand.
    shares.sort(key=lambda one: (-one.before_of, one.route, one.rule))
    shown = shares[:MOST_PAGES]
    highest = max((_highest(one) for one in shown), default=0)
    scale = next(one for one in SCALES if highest <= one)
    return Pages([PageRow(one, scale) for one in shown], scale, len(shares) - len(shown))


def _highest(share: PageShare) -> float:
    lately, before = share.lately, share.before
    ends = [0 if lately.too_few else lately.between[1], 0 if before.too_few else before.percent]
    return max(ends)


# ---- marks of applying
@dataclass(frozen=True)
class Marks:
    """How often each mark from 1 to 5 was given to applying for a procedure (its key)."""

    procedure: str
    times: list[int]

    @property
    def answers(self) -> int:
        return sum(self.times)

    @property
    def mean(self) -> float:
        return sum(mark * times for mark, times in enumerate(self.times, start=1)) / self.answers

    @property
    def bars(self) -> list[tuple[int, int, int]]:
        """Return of each mark where its bar begins (percent), its top and its height (of 30)."""
        most = max(self.times)
        heights = [max(2, round(30 * times / most)) if times else 0 for times in self.times]
        return [(20 * place, 30 - height, height) for place, height in enumerate(heights)]


def marks(now: datetime) -> list[Marks]:
    """Return the marks of the last four weeks by procedure, those with the most answers first."""
    found: dict[str, list[int]] = {}
    for procedure, rating, times in run(MARKS, {"since": now - BEFORE, "now": now}):
        found.setdefault(procedure, [0] * 5)[rating - 1] = times
    rows = [Marks(procedure, times) for procedure, times in found.items()]
    return sorted(rows, key=lambda one: (-one.answers, one.procedure))


# ---- languages and widths
def screens(now: datetime) -> dict[str, list[tuple[str, Share]]]:
    """Return the shares of “not clear” by language and by width, of the last week."""
    found = {"languages": [], "widths": []}
    for language, width, not_clear, answers in run(SCREENS, {"since": now - LATELY, "now": now}):
        kind, name = ("languages", language) if language is not None else ("widths", width)
        found[kind].append((name, Share(not_clear, answers)))
    return {kind: sorted(rows, key=lambda one: -one[1].answers) for kind, rows in found.items()}


# ---- errors
@dataclass(frozen=True)
class Error:
    """An error of a form: where it was shown, its field and code, and how often."""

    route: str
    question: str  # procedure/question; "" elsewhere
    field: str
    code: str
    times: int
    before: int  # a week, in the four weeks before

    @property
    def procedure(self) -> str:
        return self.question.partition("/")[0]

    @classmethod
    def of(cls, about: str, times: int, before: int) -> "Error":
        """Read what the counter calls it (portal.insights.middleware.error_about)."""
        route, *question, error = about.split(" ")
        name, _, code = error.rpartition(":")
        return cls(route, " ".join(question), name, code, times, round(before / 4))


def errors(today: date) -> list[Error]:
    """Return what was shown most in the last week."""
    lately = Q(day__gt=today - LATELY)
    counted = UseDay.objects.filter(measure=Measure.ERROR_SHOWN, day__lte=today)
    sums = (
        counted.filter(day__gt=today - LATELY - BEFORE)
        .order_by()
        .values("about")
        .annotate(lately=Sum("times", filter=lately), before=Sum("times", filter=~lately))
        .filter(lately__gt=0)
        .order_by("-lately", "about")[:MOST_ERRORS]
    )
    return [Error.of(one["about"], one["lately"], one["before"] or 0) for one in sums]


def questions_of(errors: list[Error]) -> dict[str, dict]:
    """Return what the questions offered ask, by "procedure/question", in each language."""
    keys = {error.question for error in errors if error.question}
    procedures = {key.partition("/")[0] for key in keys}
    offered = ProcedureVersion.objects.offered().select_related("procedure")
    offered = offered.filter(procedure__key__in=procedures)
    found = {}
    # The one that all offer before a municipality's own, which adds what is asked there alone.
    for version in offered.order_by(F("procedure__municipality").desc(nulls_last=True)):
        for question in definition_of(version.definition).questions:
            found[f"{version.procedure.key}/{question.key}"] = question.text
    return {key: found[key] for key in keys & found.keys()}
