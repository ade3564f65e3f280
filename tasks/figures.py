"""How the nights stand, in plain numbers, for whoever watches."""

from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone

from tasks.models import Sweep
from tasks.sweep import unfinished


@dataclass(frozen=True)
class NightFigures:
    """`seconds_since` a night was last finished, None before the first; ranges of the newest."""

    seconds_since: float | None
    open_ranges: int


def night_figures() -> NightFigures:
    finished_at = Sweep.objects.aggregate(last=Max("finished_at"))["last"]
    newest = Sweep.objects.first()
    return NightFigures(
        seconds_since=finished_at and (timezone.now() - finished_at).total_seconds(),
        open_ranges=unfinished(newest).count() if newest else 0,
    )
