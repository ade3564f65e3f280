"""How many children a second does the vaccination forecast answer, and where does the time go?

`python -m bench.forecast`, on one core and without a database. The children are made up: births of
eight years, each with the doses that a child of that age usually has, some 16 on average, some
late, some missing, in any order. BENCH_CHILDREN (20000) says how many.
"""

import cProfile
import json
import os
import pstats
import random
import time
from datetime import date, timedelta

from childcare import questions
from childcare.forecast import Given, forecast
from childcare.visits import plan

A_CORE = 2000  # the goal: children a second
TODAY = date(2026, 11, 1)
# Usual doses with the age in days, about.
USUAL = [
    ("HEPB", 62), ("HEPB", 92), ("HEPB", 215),
    ("ROTA_RV1", 62), ("ROTA_RV1", 92),
    ("DPT_IPV_HIB", 62), ("DPT_IPV_HIB", 92), ("DPT_IPV_HIB", 122), ("DPT_IPV_HIB", 370),
    ("PCV", 62), ("PCV", 92), ("PCV", 122), ("PCV", 370),
    ("BCG", 160), ("MR", 370), ("VAR", 370), ("VAR", 560),
    ("JE", 1100), ("JE", 1115), ("JE", 1480), ("MR", 2200), ("JE", 3300), ("DT", 4030),
    ("HPV9", 4500), ("HPV9", 4700),
]  # fmt: skip


def children(count: int) -> list[dict]:
    chance = random.Random(8)
    made = []
    for _number in range(count):
        born = TODAY - timedelta(days=chance.randrange(30, 8 * 365))
        doses = []
        for vaccine, age in USUAL:
            on = born + timedelta(days=age + chance.choice([0, 0, 1, 3, 7, 20, 60]))
            if on <= TODAY and chance.random() < 0.93:
                doses.append(Given(vaccine, on))
        chance.shuffle(doses)
        made.append({"born": born, "sex": chance.choice("FM"), "given": doses, "as_of": TODAY})
    return made


def as_lines(made: list[dict]) -> list[bytes]:
    return [
        json.dumps(
            {
                "id": number,
                "born": str(child["born"]),
                "sex": child["sex"],
                "as_of": str(child["as_of"]),
                "given": [
                    {"vaccine": dose.vaccine, "date": str(dose.on)} for dose in child["given"]
                ],
            }
        ).encode()
        for number, child in enumerate(made)
    ]


def seconds_of(work, items) -> float:
    start = time.process_time()
    for item in items:
        work(item)
    return time.process_time() - start


def answer_line(line: bytes) -> str:
    answer = questions.answer(questions.read(1, line), "ja")
    return json.dumps(answer, ensure_ascii=False)


def where_the_time_goes(made: list[dict], most: int = 8) -> list[tuple[str, float]]:
    """Return the functions that take most of the forecast by themselves, with their share."""
    profile = cProfile.Profile()
    profile.enable()
    for child in made:
        forecast(**child)
    profile.disable()
    stats = pstats.Stats(profile)
    own = sorted(
        ((row[2], name) for (_file, _line, name), row in stats.stats.items()), reverse=True
    )
    return [(name, seconds / stats.total_tt) for seconds, name in own[:most]]


def main() -> None:
    made = children(int(os.environ.get("BENCH_CHILDREN", "20000")))
    doses = sum(len(child["given"]) for child in made) / len(made)
    seconds_of(lambda child: forecast(**child), made[:200])
    alone = len(made) / seconds_of(lambda child: forecast(**child), made)
    lines = as_lines(made[: len(made) // 4])
    by_line = len(lines) / seconds_of(answer_line, lines)
    planned = [forecast(**child).next for child in made[: len(made) // 4]]
    plans = len(planned) / seconds_of(lambda next_: plan(next_, today=TODAY), planned)
    print(f"\n{len(made):,} children with {doses:.1f} doses on average, one core")
    print(f"  forecast alone                      {alone:>8,.0f} children a second")
    print(f"  with JSON in and out, and the words {by_line:>8,.0f}")
    print(f"  the plan of visits                  {plans:>8,.0f}")
    print("  where the forecast's own time goes (under a profiler):")
    for name, share in where_the_time_goes(made[:2000]):
        print(f"    {share:>4.0%}  {name}")
    holds = "met" if alone >= A_CORE else "NOT MET"
    print(f"  {'children a second of a core, at least 2000':68} {alone:>15.0f}  {holds}")


if __name__ == "__main__":
    main()
