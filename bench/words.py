"""What it costs to read texts, and to find what is rising among a million of them.

`python -m bench.words`. Each opinion has a text of twelve words out of twenty thousand, a few of
them frequent. They come as often as in bench.opinions, one in 137 seconds; and, as the most that
could be asked, all within the five weeks that are compared. Reading is told in seconds of the
processor, all else by the clock; both the best of three, but for the job. Size: BENCH_TEXTS
(1000000).
"""

import os
import time
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import django
from psycopg.conninfo import conninfo_to_dict

from bench.databases import throw_away_database
from bench.opinions import GROWS, read_whole
from portal import local_servers

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 7
COMPARED = 35 * 24 * 60 * 60  # seconds
OPINIONS = """
    INSERT INTO feedback_opinion (once, kind, given_at, reasons, text, pairs, terms, masked, route,
        rule, rule_version, procedure, question, errors, language, width, state, why_declined)
    SELECT gen_random_uuid(), 'free', %(until)s - n * %(apart)s * interval '1 second', '{}',
        'said', '{}', ARRAY(
            SELECT DISTINCT 'word' || floor(20000 * power(random(), 3))
            FROM generate_series(1, 12) WHERE n > 0),
        '{}', '', '', '', '', '', '{}', 'ja', '', 'new', ''
    FROM generate_series(1, %(opinions)s) n"""


def own_memory() -> tuple[int, int]:
    """Return what this process alone holds, and all that it sees of files too, in megabytes."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as told:
        sizes = {line.split()[0]: line.split()[1] for line in told.readlines()[1:]}
    return int(sizes["Private_Dirty:"]) // 1024, int(sizes["Rss:"]) // 1024


def measure_loading() -> None:
    from feedback.words import terms

    own, seen = own_memory()
    started = time.perf_counter()
    terms("窓口の予約")
    spent = time.perf_counter() - started
    for text in texts(2000):
        terms(text)
    own_after, seen_after = own_memory()
    print(
        f"the first text {spent:.2f} s; memory {own_after - own} MB of its own, "
        f"{seen_after - seen} MB with what it reads of the dictionary's file",
        flush=True,
    )


def texts(many: int) -> list[str]:
    """Return what the demo's people said, each two together."""
    from portal.demo.said import SAID_BEFORE, SAID_LATELY

    both = product(SAID_BEFORE + SAID_LATELY, repeat=2)
    said = ["".join(two) for two in both]
    return (said * (1 + many // len(said)))[:many]


def measure_reading(many: int = 20_000) -> None:
    """Print how many texts are read in a second, alone and with what the database costs."""
    from feedback.models import Opinion
    from feedback.read import read

    said = texts(many)
    alone, found = min(reading(said) for _time in range(3))
    Opinion.objects.bulk_create(
        [
            Opinion(once=UUID(int=n), kind="free", language="ja", text=text)
            for n, text in enumerate(said)
        ],
        batch_size=5000,
    )
    started = time.perf_counter()
    read()
    written = time.perf_counter() - started
    letters = sum(map(len, said)) / many
    print(
        f"texts of {letters:.0f} letters: {many / alone:,.0f} a second and core "
        f"({found / alone:,.0f} words and pairs); the job {many / written:,.0f} a second",
        flush=True,
    )


def reading(said: list[str]) -> tuple[float, int]:
    """Return how many seconds of a processor reading takes, and how many terms it finds."""
    from feedback.words import terms

    started = time.process_time()
    found = sum(len(terms(text)) for text in said)
    return time.process_time() - started, found


def measure_rising(opinions: int, *, apart: float) -> None:
    """Print what finding it costs with so many opinions, one in `apart` seconds."""
    from django.db import connection

    from feedback.rising import COUNTED, asked, rising

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE feedback_opinion CASCADE")
        cursor.execute(OPINIONS, {"until": UNTIL, "apart": apart, "opinions": opinions})
        cursor.execute("VACUUM ANALYZE feedback_opinion")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {COUNTED}", asked(UNTIL, DAYS))
        [(plan,)] = cursor.fetchall()
    spent = []
    for _time in range(3):
        started = time.perf_counter()
        rising(until=UNTIL, days=DAYS)
        spent.append(time.perf_counter() - started)
    compared = min(opinions, int(COMPARED / apart))
    whole = compared < opinions and GROWS & set(read_whole(plan[0]["Plan"]))
    print(
        f"{opinions:>9,} texts, {compared:>9,} of them compared  {1000 * min(spent):9.0f} ms"
        f"{'  reads the whole table' if whole else ''}",
        flush=True,
    )


def main() -> None:
    local_servers.ensure()
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    many = int(os.environ.get("BENCH_TEXTS", "1000000"))
    measure_loading()
    with throw_away_database("words") as dsn:
        connection.settings_dict["NAME"] = conninfo_to_dict(dsn)["dbname"]
        call_command("migrate", verbosity=0)
        measure_reading()
        measure_rising(many, apart=137)
        measure_rising(many, apart=COMPARED / many)
        connection.close()


if __name__ == "__main__":
    main()
