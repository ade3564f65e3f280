"""What the page of figures costs, with one year of weeks and with five.

`python -m bench.figures`. Both pages are read anew, past what is kept between two visitors; the
ratio is of the best of nine readings, since what else runs on the machine only adds.
"""

import os
import time
from datetime import date

import django
from psycopg.conninfo import conninfo_to_dict

from bench.databases import throw_away_database
from portal import local_servers

LAST = date(2026, 11, 16)
MUNICIPALITIES, PROCEDURES = 100, 20
FILL = """
    INSERT INTO insights_week (monday, closed, counted_at)
        SELECT %(last)s::date - 7 * w, true, now() FROM generate_series(%(after)s, %(until)s) w;
    INSERT INTO insights_weekfigure (monday, measure, municipality, procedure, value, shown)
        SELECT %(last)s::date - 7 * w, measure,
            CASE m WHEN 0 THEN '*' ELSE lpad(m::text, 6, '0') END,
            CASE p WHEN 0 THEN '*' ELSE 'procedure-' || p END, 100 + (w + m + p) %% 50, true
        FROM generate_series(%(after)s, %(until)s) w, generate_series(0, %(municipalities)s) m,
            generate_series(0, %(procedures)s) p,
            unnest(ARRAY['applications', 'decided', 'completed']) measure"""


def fill(*, after: int, until: int) -> None:
    """Fill the weeks so many weeks ago."""
    from django.db import connection

    values = {"last": LAST, "municipalities": MUNICIPALITIES, "procedures": PROCEDURES}
    with connection.cursor() as cursor:
        cursor.execute(FILL, {**values, "after": after, "until": until})
        cursor.execute("ANALYZE insights_weekfigure")


def best_and_statements() -> tuple[float, int]:
    """Return the seconds and the statements of one reading of all that the page shows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from portal.insights.published import read

    times = []
    with CaptureQueriesContext(connection) as statements:
        read()
    for _time in range(9):
        started = time.perf_counter()
        read()
        times.append(time.perf_counter() - started)
    return min(times), len(statements)


def main() -> None:
    local_servers.ensure()
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    with throw_away_database("figures") as dsn:
        connection.settings_dict["NAME"] = conninfo_to_dict(dsn)["dbname"]
        call_command("migrate", verbosity=0)
        fill(after=0, until=51)
        year, _few = best_and_statements()
        fill(after=52, until=259)
        five, statements = best_and_statements()
        connection.close()
    rows = 260 * 3 * (MUNICIPALITIES + 1) * (PROCEDURES + 1)
    print(f"The page of figures with five years, {rows:,} sums: {five / year:.2f} times one year,")
    verdict = "" if statements <= 4 else ", above 4"
    print(f"{statements} statements{verdict}; {five * 1000:.1f} ms.")


if __name__ == "__main__":
    main()
