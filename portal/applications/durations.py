"""How long finished cases took, counted each night by one statement from what happened to them."""

from datetime import date, timedelta

from django.db import transaction

from portal.database import run

LOOKED_BACK = timedelta(days=730)

# A step lasts from the event that began it to the next change of state; one that came again
# (after a correction) counts with all of its days. The whole goes from sending to the decision.
COUNT = """
    WITH finished AS (
        SELECT resident_id, id, municipality_id, procedure_key, sent_at, decided_at
        FROM applications_application
        WHERE version_id IS NOT NULL AND decided_at IS NOT NULL AND sent_at IS NOT NULL
            AND decided_at >= %(since)s),
    stays AS (
        SELECT f.municipality_id, f.procedure_key, f.resident_id, f.id, e.step, e.at,
            lead(e.at) OVER (PARTITION BY f.resident_id, f.id ORDER BY e.at, e.id) AS until
        FROM finished f JOIN applications_applicationevent e
            ON e.resident_id = f.resident_id AND e.application_id = f.id AND e.what = 'state'),
    lasted AS (
        SELECT municipality_id, procedure_key, step, sum(extract(epoch FROM until - at)) AS seconds
        FROM stays WHERE until IS NOT NULL AND step <> ''
        GROUP BY municipality_id, procedure_key, resident_id, id, step
        UNION ALL
        SELECT municipality_id, procedure_key, '', extract(epoch FROM decided_at - sent_at)
        FROM finished),
    counted AS (
        SELECT municipality_id, procedure_key, step, count(*) AS cases,
            ceil(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) / 86400)::int AS median,
            ceil(percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) / 86400)::int AS ninetieth
        FROM lasted GROUP BY municipality_id, procedure_key, step)
    INSERT INTO applications_usualduration AS u
        (municipality_id, procedure_key, step, cases, median_days, ninetieth_days, counted_on)
    SELECT municipality_id, procedure_key, step, cases, median, ninetieth, %(today)s
    FROM counted c WHERE NOT EXISTS (
        SELECT 1 FROM applications_usualduration k
        WHERE (k.municipality_id, k.procedure_key, k.step, k.cases, k.median_days, k.ninetieth_days)
            = (c.municipality_id, c.procedure_key, c.step, c.cases, c.median, c.ninetieth))
    ON CONFLICT (municipality_id, procedure_key, step) DO UPDATE
        SET cases = excluded.cases, median_days = excluded.median_days,
            ninetieth_days = excluded.ninetieth_days, counted_on = excluded.counted_on
    RETURNING u.step"""

# What is no longer counted says nothing any more.
FORGET = """
    DELETE FROM applications_usualduration u WHERE NOT EXISTS (
        SELECT 1 FROM applications_application a
        WHERE a.municipality_id = u.municipality_id AND a.procedure_key = u.procedure_key
            AND a.version_id IS NOT NULL AND a.decided_at >= %(since)s)"""


@transaction.atomic
def count_durations(*, today: date) -> int:
    """Bring the usual durations up to date; return how many changed. Done again, none."""
    since = today - LOOKED_BACK
    run(FORGET, {"since": since})
    return len(run(COUNT, {"since": since, "today": today}))
