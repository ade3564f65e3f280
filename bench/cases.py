"""What the queue of an office costs the database, at ten thousand cases and at a million.

`python -m bench.cases`. All cases are of one office, a third of them waiting for it; the times are
PostgreSQL's own (EXPLAIN ANALYZE: planning and running), the best of five, since what else runs on
the machine only adds. Sizes: BENCH_CASES (10000,1000000).
"""

import os
from contextlib import contextmanager

import django
from psycopg.conninfo import conninfo_to_dict

from bench import limit
from bench.databases import throw_away_database
from portal import local_servers

PER_RESIDENT = 2
AT_MOST = 50  # milliseconds of the database for one page
CASES = f"""
    INSERT INTO residents_source (key) VALUES ('bench');
    INSERT INTO applications_procedure (key) VALUES ('bench');
    INSERT INTO applications_procedureversion (procedure_id, number, state, text, definition,
            searched, made_at, published_at, ended_because)
        SELECT id, 1, 'published', '', '{{{{}}}}', '', now(), now(), '' FROM applications_procedure
        WHERE key = 'bench';
    CREATE TEMPORARY TABLE said AS SELECT id AS source_id, date '{limit.TODAY}' - 1 AS checked_at,
        date '2200-01-01' AS stale_on FROM residents_source WHERE key = 'bench';
    INSERT INTO residents_resident (id, ref, municipality_id, name, name_kana, born, email,
            language, state, merged_into, acts_from, source_id, checked_at, stale_on)
        SELECT n, 'R' || n, '131016', '山田 太郎', 'ヤマダ タロウ', date '1990-04-01', '', 'ja',
            'active', '', date '2008-04-01', said.*
        FROM generate_series(1, {{cases}} / {PER_RESIDENT}) n, said;
    INSERT INTO applications_application (resident_id, about_id, municipality_id, version_id,
            procedure_key, ref, receipt_number, state, state_since, turn, step, usual_until,
            answers, saved_at, started_at, sent_at, outcome, outcome_reason, decided_at,
            decided_by_id, source_id, checked_at, stale_on)
        SELECT who, who, '131016', v.id, 'bench', '', 'A-2026-' || lpad(n::text, 7, '0') || '-0',
            one.state, since, turn, 'review', since::date + 30, '{{{{}}}}', since, since, since,
            CASE WHEN turn = 'nobody' THEN 'granted' ELSE '' END, '',
            CASE WHEN turn = 'nobody' THEN since END,
            CASE WHEN turn = 'nobody' THEN u.id END, said.*
        FROM (SELECT n, 1 + n % ({{cases}} / {PER_RESIDENT}) AS who,
                timestamptz '{limit.TODAY}' - (n::bigint * 7919 % 40) * interval '1 day'
                    - n * interval '1 millisecond' AS since,
                CASE n % 3 WHEN 0 THEN 'under-review' WHEN 1 THEN 'completed'
                    ELSE 'correction' END AS state,
                CASE n % 3 WHEN 0 THEN 'office' WHEN 1 THEN 'nobody' ELSE 'you' END AS turn
            FROM generate_series(1, {{cases}}) n) one,
            applications_procedureversion v, accounts_user u, said
        WHERE v.searched = '' AND v.text = '' ORDER BY who;
    ANALYZE"""


@contextmanager
def explained():
    """Yield a list that gets the milliseconds of each statement of the queue run within."""
    from django.db import connection

    spent = []

    def explain(execute, sql, params, many, context):
        found = execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
        [(plan,)] = context["cursor"].fetchall()
        spent.append(plan[0]["Planning Time"] + plan[0]["Execution Time"])
        execute(sql, params, many, context)
        return found

    with connection.execute_wrapper(explain):
        yield spent


def page(asked) -> float:
    """Return what one page, or the counts (None), take the database: milliseconds, best of five."""
    from portal.accounts.models import User
    from portal.applications.queue import counts, queue
    from portal.residents.models import Municipality

    office, by = Municipality.objects.get(pk="131016"), User.objects.get()
    if asked and asked.get("after"):
        asked = {"after": half_way()}
    times = []
    for _time in range(5):
        with explained() as spent:
            if asked is None:
                counts(office, today=limit.TODAY)
            else:
                queue(office, asked, by=by, today=limit.TODAY)
        times.append(sum(spent))
    return min(times)


def half_way() -> str:
    """Return the place in the middle of what has waited longest."""
    from portal.applications.models import Application

    with_office = Application.objects.filter(turn="office").exclude(usual_until__lt=limit.TODAY)
    middle = with_office.order_by("state_since")[with_office.count() // 2]
    return f"others.{int(middle.state_since.timestamp()) * 10**6}.{middle.pk}"


PAGES = {
    "first page": {},
    "after half of them": {"after": "half"},
    "nobody’s": {"whose": "nobody"},
    "stalled": {"state": "stalled"},
    "under review": {"state": "under-review"},
    "the counts": None,
}


def measure(cases: int) -> bool:
    """Print the times at one size; tell whether all stay below the limit."""
    from django.core.management import call_command
    from django.db import connection

    from portal.accounts.models import User

    call_command("migrate", verbosity=0)
    User.objects.create_user("bench@example.jp", is_staff=True)
    with connection.cursor() as cursor:
        cursor.execute(CASES.format(cases=cases))
    found = {name: page(asked) for name, asked in PAGES.items()}
    for name, milliseconds in found.items():
        verdict = "" if milliseconds < AT_MOST else f"  above {AT_MOST} ms"
        print(f"{cases:>9,} cases  {name:<20} {milliseconds:8.2f} ms{verdict}", flush=True)
    connection.close()
    return all(milliseconds < AT_MOST for milliseconds in found.values())


def main() -> None:
    local_servers.ensure()
    server = os.environ["DATABASE_URL"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.db import connection

    for size in os.environ.get("BENCH_CASES", "10000,1000000").split(","):
        os.environ["DATABASE_URL"] = server
        with throw_away_database("cases") as dsn:
            connection.settings_dict["NAME"] = conninfo_to_dict(dsn)["dbname"]
            measure(int(size))


if __name__ == "__main__":
    main()
