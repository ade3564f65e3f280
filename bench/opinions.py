"""What staff pages of opinions cost the database, at ten thousand opinions and at a million.

`python -m bench.opinions`. One in ten was written, the rest are marks alone. The times are
PostgreSQL's own (EXPLAIN ANALYZE: planning and running), the best of three, since what else runs
on the machine only adds; beside them how many statements a page asks, and which read a whole
table. Sizes: BENCH_OPINIONS (10000,1000000).
"""

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

import django
from psycopg.conninfo import conninfo_to_dict

from bench.databases import throw_away_database
from portal import local_servers

MOST_STATEMENTS = 10
SAID_NOW, MOST_NOW = "what people say now", 12
NOW = datetime(2026, 11, 1, tzinfo=UTC)  # when the newest opinion was given
GROWS = {"feedback_opinion"}
OPINIONS = """
    INSERT INTO feedback_wording (version, route, language, messages, first_seen)
    SELECT lpad(n::text, 16, '0'), 'page:' || n % 40, 'ja', '[]', '2026-01-01'
    FROM generate_series(1, 200) n;
    INSERT INTO feedback_opinion (once, kind, given_at, clear, rating, reasons, text, terms,
            pairs, masked, route, rule, rule_version, procedure, question, errors, wording_id,
            language, width, municipality_id, state, why_declined)
    SELECT gen_random_uuid(), CASE n % 25 WHEN 7 THEN 'applying' ELSE 'clear' END,
        timestamptz '2026-11-01' - n * interval '137 seconds',
        CASE WHEN n % 25 <> 7 THEN n % 5 > 0 END, CASE n % 25 WHEN 7 THEN 1 + n % 5 END,
        CASE n % 10 WHEN 0 THEN ARRAY['hard-words'] ELSE ARRAY[]::text[] END,
        CASE n % 10 WHEN 0 THEN said ELSE '' END,
        CASE n % 10 WHEN 0 THEN ARRAY['窓口', left(md5(n::text), 2)] END,
        CASE n % 10 WHEN 0 THEN ARRAY(SELECT substr(said, at, 2)
            FROM generate_series(1, length(said) - 1) at) ELSE ARRAY[]::text[] END,
        '{{}}', 'page:' || n % 40, CASE n % 3 WHEN 0 THEN 'rule.' || n % 21 ELSE '' END, '', '', '',
        '{{}}', lpad((1 + n % 200)::text, 16, '0'), CASE n % 9 WHEN 0 THEN 'en' ELSE 'ja' END,
        'narrow', m.code,
        CASE WHEN n % 10 > 0 THEN 'counted' WHEN n % 1000 = 0 THEN 'new'
            WHEN n % 1000 = 10 THEN 'looking' ELSE 'declined' END, 'x'
    FROM generate_series(1, {opinions}) n,
        LATERAL (SELECT '窓口' || md5(n::text) || CASE n % 5000 WHEN 0 THEN '補助金の一覧' ELSE ''
            END AS said) words,
        LATERAL (SELECT code FROM residents_municipality ORDER BY code OFFSET n % 50 LIMIT 1) m;
    ANALYZE"""


@contextmanager
def explained():
    """Yield a list that gets (milliseconds, tables read whole) of each statement run within."""
    from django.db import connection

    from portal import database

    told, cursor = [], database._cursor

    def note(plan):
        spent = plan["Planning Time"] + plan["Execution Time"]
        told.append((spent, GROWS & set(read_whole(plan["Plan"]))))

    def explain(execute, sql, params, many, context):
        execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
        [([plan],)] = context["cursor"].fetchall()
        note(plan)
        return execute(sql, params, many, context)

    def explaining(kind):
        """Return a cursor past Django's (portal.database) that explains what it runs."""

        class Explaining(kind):
            def execute(self, sql, params=None, **how):
                super().execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                [([plan],)] = self.fetchall()
                note(plan)
                return super().execute(sql, params, **how)

        return cursor(Explaining)

    with connection.execute_wrapper(explain), patch.object(database, "_cursor", explaining):
        yield told


def read_whole(node: dict):
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for below in node.get("Plans", []):
        yield from read_whole(below)


PAGES = {
    "open ones": {},
    "all, by page": {"state": "all", "route": "page:7"},
    "by rule and month": {"state": "all", "rule": "rule.6", "since": "2026-10-01"},
    "by wording": {"state": "all", "wording": "0000000000000007"},
    "by reason": {"state": "all", "reason": "hard-words"},
    "by municipality": {"state": "all", "municipality": "011002"},
    "by its name": {"state": "all", "municipality": "札幌市"},
    "not clear, of an alert": {
        "state": "all",
        "kind": "clear",
        "route": "page:7",
        "rule": "none",
        "clear": "no",
        "since": "2026-10-25",
        "until": "2026-10-31",
    },
    "mine": {"whose": "mine"},
    "rare words": {"state": "all", "q": "補助金"},
    "frequent words": {"state": "all", "q": "窓口"},
    "an opinion": None,
    SAID_NOW: {},
}


def ask(asked: dict | None) -> None:
    """Ask what a page asks: of the list with its counts and choices, or of one opinion."""
    from django.http import QueryDict

    from feedback import admin, found
    from feedback.models import Opinion
    from portal.accounts.models import User

    by = User.objects.get()
    if asked is None:
        newest = Opinion.objects.exclude(text="").latest("given_at")
        opinion = found.opinion_of(newest.uuid).get()
        shown = admin.page(opinion)
        for name in ("same", "replies", "colleagues", "improvements", "all_tags"):
            list(shown[name])
        found.next_after(opinion, {}, by=by)
        return
    query = QueryDict(mutable=True)
    query.update(asked)
    found.page_of(found.found(query, by=by), query)
    admin.counts(query, by=by)
    admin.choices()


def ask_now() -> None:
    """Ask what the page of what people say now asks, when nothing of it is kept."""
    from portal.insights import live

    live.said(NOW)
    live.done(NOW)


def measure(opinions: int) -> bool:
    """Print what each page costs at one size; tell whether all keep within what is wanted."""
    from django.core.management import call_command
    from django.db import connection

    from portal.accounts.models import User

    call_command("migrate", verbosity=0)
    User.objects.create_user("bench@example.jp", is_staff=True)
    with connection.cursor() as cursor:
        cursor.execute(OPINIONS.format(opinions=opinions))
    well = True
    for name, asked in PAGES.items():
        runs = []
        for _time in range(3):
            with explained() as told:
                ask_now() if name == SAID_NOW else ask(asked)
            runs.append(told)
        spent = min(sum(one for one, _whole in told) for told in runs)
        whole = set().union(*(tables for _one, tables in runs[-1]))
        statements = len(runs[-1])
        if name != SAID_NOW:
            statements -= 1 + (asked is None)  # who asks; and which is the newest
        most = MOST_NOW if name == SAID_NOW else MOST_STATEMENTS
        kept = (asked is None or statements <= most) and not whole
        well = well and kept
        remark = "" if kept else f"  reads whole: {', '.join(sorted(whole)) or 'nothing'}"
        print(
            f"{opinions:>9,} opinions  {name:<22} {spent:9.2f} ms  "
            f"{statements:>2} statements{remark}",
            flush=True,
        )
    well = look(opinions) and well
    connection.close()
    return well


def look(opinions: int) -> bool:
    """Print what it costs to compare all pages, as once a day for alerts; tell whether well."""
    from feedback.shares import SHARES
    from portal.database import run

    days = {"until": "2026-11-01", "since": "2026-10-25", "before": "2026-09-27"}
    plans = [run(f"EXPLAIN (ANALYZE, FORMAT JSON) {SHARES}", days)[0][0][0] for _time in range(3)]
    spent = min(plan["Planning Time"] + plan["Execution Time"] for plan in plans)
    whole = GROWS & set(read_whole(plans[-1]["Plan"]))
    remark = f"  reads whole: {', '.join(sorted(whole))}" if whole else ""
    print(
        f"{opinions:>9,} opinions  {'all pages compared':<22} {spent:9.2f} ms   1 statement{remark}"
    )
    return not whole


def main() -> None:
    local_servers.ensure()
    server = os.environ["DATABASE_URL"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.db import connection

    for size in os.environ.get("BENCH_OPINIONS", "10000,1000000").split(","):
        os.environ["DATABASE_URL"] = server
        with throw_away_database("opinions") as dsn:
            connection.settings_dict["NAME"] = conninfo_to_dict(dsn)["dbname"]
            measure(int(size))


if __name__ == "__main__":
    main()
