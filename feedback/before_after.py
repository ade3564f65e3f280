"""Whether a change helped: the share of “not clear” with the old wording and with the new."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from django.db.models import Case, Count, Q, QuerySet, Value, When

from feedback.models import Improvement, Opinion

FEWEST = 20  # answers; with fewer nothing can be said
Z = 1.96  # 95 of a hundred


@dataclass(frozen=True)
class Share:
    """How many of `answers` said “not clear”."""

    not_clear: int
    answers: int

    fewest = FEWEST

    @property
    def too_few(self) -> bool:
        return self.answers < FEWEST

    def __str__(self):
        return f"{self.percent:.0f}% ({self.not_clear} / {self.answers})"

    @property
    def percent(self) -> float:
        return 100 * self.not_clear / self.answers

    @property
    def between(self) -> tuple[float, float]:
        """The interval of Wilson (1927) without correction for continuity, in percent."""
        n, share = self.answers, self.not_clear / self.answers
        middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def before_and_after(improvements: Iterable[Improvement]) -> dict[int, tuple[Share, Share]]:
    """Return by improvement the shares with wordings first seen before the change, and since.

    Of all languages together. What a page was shown with is told by its wording, so an opinion
    given late on a page opened before the change counts with the old one. One statement, in which
    each improvement has a part that an index serves.
    """
    improvements = list(improvements)
    shares = {one.pk: (Share(0, 0), Share(0, 0)) for one in improvements}
    parts = [_counted(one) for one in improvements if _about(one)]
    if not parts:
        return shares
    first, *others = parts
    for row in first.union(*others, all=True):
        before, after = shares[row["of"]]
        share = Share(row["not_clear"], row["answers"])
        shares[row["of"]] = (before, share) if row["new"] else (share, after)
    return shares


def _about(improvement: Improvement) -> dict:
    names = ("route", "rule", "procedure", "question")
    return {name: value for name in names if (value := getattr(improvement, name))}


def _counted(improvement: Improvement) -> QuerySet:
    new = Case(
        When(wording__first_seen__gte=improvement.changed_at, then=Value(True)),
        default=Value(False),
    )
    marks = Opinion.objects.filter(kind=Opinion.Kind.CLEAR, wording__isnull=False)
    return (
        marks.filter(**_about(improvement))
        .order_by()
        .annotate(of=Value(improvement.pk), new=new)
        .values("of", "new")
        .annotate(answers=Count("pk"), not_clear=Count("pk", filter=Q(clear=False)))
    )
