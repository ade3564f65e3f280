"""What the demo's sources report of children: births, checkups, and the doses most children get.

Like all of the demo it is a function of the seed and the day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from childcare.counting import after_months

# What a source reports comes to the portal with some delay.
REPORTED_AFTER = timedelta(days=12)
NO_FINDINGS = "特記事項なし"
CLINICS = ["みなみ小児科", "さくらこどもクリニック", "中央医院"]


class Usual(NamedTuple):
    """A dose as most children get it: which, at how many months, and for whom."""

    vaccine: str
    months: int
    born_from: date = date.min
    born_until: date = date.max
    sex: str = ""


# Routine only for those born from that day on; before April 2024 5-in-1 were two vaccines.
FIVE_IN_ONE = date(2024, 2, 1)
ROTA, HEPATITIS_B = date(2020, 8, 1), date(2016, 4, 1)
OF_FOUR = [
    Usual(vaccine, months, born_until=FIVE_IN_ONE - timedelta(days=1))
    for months in (2, 3, 4, 17)
    for vaccine in ("DPT_IPV", "HIB")
]
USUAL = [
    *OF_FOUR,
    *(Usual("DPT_IPV_HIB", months, FIVE_IN_ONE) for months in (2, 3, 4, 15)),
    *(Usual("PCV", months) for months in (2, 3, 4, 12)),
    *(Usual("ROTA_RV1", months, ROTA) for months in (2, 3)),
    *(Usual("HEPB", months, HEPATITIS_B) for months in (2, 3, 8)),
    Usual("BCG", 5),
    Usual("MR", 12),
    *(Usual("VAR", months) for months in (12, 18)),
    *(Usual("JE", months) for months in (36, 37, 49, 110)),
    Usual("MR", 71),
    Usual("DT", 134),
    *(Usual("HPV9", months, sex="F") for months in (150, 156)),
]
CHECKUPS = {"1m": 1, "3-4m": 4, "9-10m": 10, "18m": 19, "3y": 37}  # months
# Near the middle of the published curves: months, grams, centimetres, head in centimetres.
GROWTH = {
    1: (4200, 53.5, 36.7),
    4: (6700, 63.0, 41.2),
    10: (8800, 72.5, 45.0),
    19: (10600, 81.5, 47.0),
    37: (13800, 94.5, 49.0),
}


@dataclass(frozen=True)
class Child:
    """A child of somebody who signs in; born so many years and days ago."""

    ref: str
    years: int
    days: int
    name: str
    kana: str
    sex: str


OF_YOSHINO = [
    Child("demo-child-0", 0, 120, "川口 湊", "カワグチ ミナト", "M"),
    Child("demo-child-3", 3, 200, "川口 陽菜", "カワグチ ヒナ", "F"),
    Child("demo-child-9", 9, 305, "川口 陽太", "カワグチ ヨウタ", "M"),
    Child("demo-child-16", 16, 100, "川口 結衣", "カワグチ ユイ", "F"),
]
# The records of the second differ from what the family enters (portal.demo.data).
DIFFERENT = "demo-misaki-child-1"
OF_MISAKI = [
    Child("demo-misaki-child-0", 0, 9, "佐々木 蒼", "ササキ アオイ", "M"),
    Child(DIFFERENT, 1, 240, "佐々木 凛", "ササキ リン", "F"),
    Child("demo-misaki-child-3", 3, 250, "佐々木 蓮", "ササキ レン", "M"),
    Child("demo-misaki-child-5", 5, 330, "佐々木 芽依", "ササキ メイ", "F"),
    Child("demo-misaki-child-11", 11, 90, "佐々木 咲良", "ササキ サクラ", "F"),
]
RITSU = Child("demo-takumi-child-0", 0, 97, "森 律", "モリ リツ", "M")
EMMA = Child("demo-alex-child-4", 4, 45, "TAYLOR EMMA", "テイラー エマ", "F")


class ChildFacts:
    """Makes the lines about one child, as they have been reported by `today`."""

    def __init__(self, child: dict, *, sex: str, today: date):
        self.child, self.sex = child, sex
        self.born = date.fromisoformat(child["born"])
        self.reported_until = today - REPORTED_AFTER
        self.chance = Random(child["ref"])  # noqa: S311 - chance that repeats, no secret
        self.clinic = self.chance.choice(CLINICS)

    def birth(self, *, weight_g: int = 0, weeks: int = 39, days: int = 2) -> dict:
        """Return the line of the birth; of no given weight, one near 3,000 g."""
        return {
            "kind": "birth",
            "source": self.child["source"],
            "resident": self.child["ref"],
            "born": self.child["born"],
            "sex": self.sex,
            "weight_g": weight_g or self.chance.randrange(2600, 3500, 10),
            "height_cm": round(46 + self.chance.random() * 5, 1) if weeks > 36 else 42.5,
            "head_cm": 33.5 if weeks > 36 else 30.0,
            "gestation_weeks": weeks,
            "gestation_days": days,
        }

    def vaccinations(self, *, without: Iterable[tuple[str, int]] = ()) -> Iterator[dict]:
        """Yield the usual doses, except those that `without` names by vaccine and month."""
        without = set(without)
        for usual in USUAL:
            if not usual.born_from <= self.born <= usual.born_until:
                continue
            if usual.sex not in ("", self.sex) or (usual.vaccine, usual.months) in without:
                continue
            # A few days late, but the same for what is given at the same age.
            on = after_months(self.born, usual.months) + timedelta(days=usual.months % 5 + 2)
            if on <= self.reported_until:
                yield self.vaccination(usual.vaccine, on)

    def vaccination(self, vaccine: str, on: date) -> dict:
        return {
            "kind": "vaccination",
            "source": f"yobo-{self.child['municipality']}",
            "resident": self.child["ref"],
            "vaccine": vaccine,
            "on": on.isoformat(),
            "lot": f"{vaccine[0]}{self.chance.randrange(1000):03}",
            "clinic": self.clinic,
        }

    def checkups(self) -> Iterator[dict]:
        for checkup, months in CHECKUPS.items():
            on = after_months(self.born, months) + timedelta(days=9)
            if on > self.reported_until:
                return
            weight_g, height_cm, head_cm = GROWTH[months]
            share = 0.94 + self.chance.random() * 0.12
            yield {
                "kind": "checkup",
                "source": f"hoken-{self.child['municipality']}",
                "resident": self.child["ref"],
                "checkup": checkup,
                "on": on.isoformat(),
                "findings": NO_FINDINGS,
                "weight_g": int(weight_g * share) // 10 * 10,
                "height_cm": round(height_cm * (1 + (share - 1) / 3), 1),
                "head_cm": head_cm,
            }

    def usual(self, *, without: Iterable[tuple[str, int]] = ()) -> list[dict]:
        """All that is reported of a child in most families."""
        return [self.birth(), *self.vaccinations(without=without), *self.checkups()]
