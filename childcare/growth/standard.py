"""The WHO Child Growth Standards: what children of an age weigh and measure. No Django.

From birth to 60 months, by sex. Which edition, from where and under which licence:
data/who-2006/README.md.
"""

import json
from bisect import bisect_right
from enum import StrEnum
from functools import cache
from importlib.resources import files
from math import exp
from statistics import NormalDist
from typing import NamedTuple

DAYS_A_MONTH = 365.25 / 12  # as the standards count
LAST_MONTH = 60
PERCENTILES = (3, 15, 50, 85, 97)  # those of the WHO's own charts
SEXES = {"F": "girls", "M": "boys"}


class Measure(StrEnum):
    WEIGHT = "weight"  # kg
    HEIGHT = "height"  # cm; lying until 24 months, then standing
    HEAD = "head"  # cm around


FILES = {
    Measure.WEIGHT: ["wfa_{}_0_5"],
    Measure.HEIGHT: ["lhfa_{}_0_2", "lhfa_{}_2_5"],
    Measure.HEAD: ["hcfa_{}_0_5"],
}


class Row(NamedTuple):
    """How the values of one month are distributed (Box-Cox power, median, variation)."""

    month: float
    power: float
    median: float
    variation: float

    def value(self, percentile: float) -> float:
        """Return the value below which so many in a hundred children are."""
        deviations = NormalDist().inv_cdf(percentile / 100)
        if abs(self.power) < 1e-9:  # where the formula below tends to
            return self.median * exp(self.variation * deviations)
        inner = 1 + self.power * self.variation * deviations
        return self.median * inner ** (1 / self.power)


@cache
def stretches(sex: str, measure: Measure) -> tuple[tuple[Row, ...], ...]:
    """Return the months of a standard; height in two parts, which do not meet.

    `sex` is "F" or "M".
    """
    return tuple(
        tuple(
            Row(*(float(row[column]) for column in ("Month", "L", "M", "S")))
            for row in json.loads(_file(name.format(SEXES[sex])))
        )
        for name in FILES[measure]
    )


def _file(name: str) -> str:
    folder = files("childcare.growth").joinpath("data", "who-2006")
    return folder.joinpath(f"{name}_zscores.json").read_text(encoding="ascii")


def months(days: int) -> float:
    """Return an age of so many days in months."""
    return days / DAYS_A_MONTH


def row_at(sex: str, measure: Measure, month: float) -> Row | None:
    """Return the standard at an age, between two months in proportion; None past 60 months."""
    if not 0 <= month <= LAST_MONTH:
        return None
    rows = next(part for part in reversed(stretches(sex, measure)) if part[0].month <= month)
    after = min(bisect_right(rows, month, key=lambda row: row.month), len(rows) - 1)
    left, right = rows[after - 1], rows[after]
    share = (month - left.month) / (right.month - left.month)
    return Row(*(a + share * (b - a) for a, b in zip(left, right, strict=True)))


class Place(NamedTuple):
    """Between which two percentiles a value lies. None: below the lowest, above the highest."""

    above: int | None
    below: int | None


def place_of(sex: str, measure: Measure, days: int, value: float) -> Place | None:
    """Return where a value lies at an age of so many days; None where there is no standard."""
    row = row_at(sex, measure, months(days))
    if row is None:
        return None
    above = [percentile for percentile in PERCENTILES if value >= row.value(percentile)]
    below = [percentile for percentile in PERCENTILES if value < row.value(percentile)]
    return Place(above[-1] if above else None, below[0] if below else None)
