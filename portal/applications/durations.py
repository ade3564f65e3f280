"""How long finished cases took, counted each night by one statement from what happened to them."""

from datetime import date, timedelta

from portal.database import run

LOOKED_BACK = timedelta(days=730)

# A step lasts from the event that began it to the next change of state. One that came again counts
# with all of its days, but not with those in which the resident had something to do (a correction):
# it says how long the office takes. The whole goes from sending to the decision, with every day.
# What is no longer counted is forgotten, and what is as it was is not written.
COUNT = """
    WITH finished AS (
        SELECT resident_id, id, municipality_id, procedure_key, sent_at, decided_at
        FROM applications_application
        WHERE version_id IS NOT NULL AND sent_at IS NOT NULL AND decided_at >= %(since)s),
    stays AS (
        SELECT f.municipality_id, f.procedure_key, f.resident_id, f.id, e.step, e.turn, e.at,
            lead(e.at) OVER (PARTITION BY f.resident_id, f.id ORDER BY e.at, e.id) AS until
        FROM finished f JOIN applications_applicationevent e
            ON e.resident_id = f.resident_id AND e.application_id = f.id AND e.what = 'state'),
    lasted AS (
        SELECT municipality_id, procedure_key, step, sum(extract(epoch FROM until - at)) AS seconds
        FROM stays WHERE until IS NOT NULL AND step <> '' AND turn <> 'you'
        GROUP BY municipality_id, procedure_key, resident_id, id, step
        UNION ALL
        SELECT municipality_id, procedure_key, '', extract(epoch FROM decided_at - sent_at)
        FROM finished),
    counted AS (
        SELECT municipality_id, procedure_key, step, count(*) AS cases,
            ceil(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) / 86400)::int AS median,
            ceil(percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) / 86400)::int AS ninetieth
        FROM lasted GROUP BY municipality_id, procedure_key, step),
    forgotten AS (
        DELETE FROM applications_usualduration k WHERE NOT EXISTS (
            SELECT 1 FROM counted c
            WHERE (c.municipality_id, c.procedure_key, c.step)
                = (k.municipality_id, k.procedure_key, k.step))
        RETURNING 1),
    written AS (
        INSERT INTO applications_usualduration AS k
            (municipality_id, procedure_key, step, cases, median_days, ninetieth_days, counted_on)
        SELECT municipality_id, procedure_key, step, cases, median, ninetieth, %(today)s
        FROM counted
        ON CONFLICT (municipality_id, procedure_key, step) DO UPDATE
            SET cases = excluded.cases, median_days = excluded.median_days,
                ninetieth_days = excluded.ninetieth_days, counted_on = excluded.counted_on
            WHERE (k.cases, k.median_days, k.ninetieth_days)
                <> (excluded.cases, excluded.median_days, excluded.ninetieth_days)
        RETURNING 1)
    SELECT (SELECT count(*) FROM forgotten) + (SELECT count(*) FROM written)"""


def count_durations(*, today: date) -> int:
    """Bring the usual durations up to date; return how many changed. Done again, none."""
    [(changed,)] = run(COUNT, {"since": today - LOOKED_BACK, "today": today})
    return changed
