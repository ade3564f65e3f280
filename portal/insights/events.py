"""What happened to tasks and applications, by day: counted from their own tables by one statement.

A run counts the last days anew, so one that is lost, or comes twice, changes nothing. A count never
falls: what is deleted later was still done.
"""

from datetime import date, timedelta

from django.db.models import Max

from feedback.alerts import beginning_of
from portal.database import run
from portal.insights.models import UseDay
from portal.insights.models.use import OF_EVENTS

ANEW = timedelta(days=3)
BEGINNING = date(1970, 1, 1)

# Each is found by an index on when it happened, for which the day stands there as a value.
COUNT = """
    WITH happened (day, measure, key) AS (
        SELECT opened_on, 'task-opened', rule.key
        FROM tasks_task task JOIN tasks_rulerecord rule ON rule.id = task.rule_id
        WHERE opened_on >= %(day)s
        UNION ALL
        SELECT ended_on, 'task-done', rule.key
        FROM tasks_task task JOIN tasks_rulerecord rule ON rule.id = task.rule_id
        WHERE task.status = 'done' AND ended_on >= %(day)s
        UNION ALL
        SELECT started_on, 'application-started', procedure_key
        FROM applications_application WHERE version_id IS NOT NULL AND started_on >= %(day)s
        UNION ALL
        SELECT (sent_at AT TIME ZONE 'Asia/Tokyo')::date, 'application-sent', procedure_key
        FROM applications_application WHERE version_id IS NOT NULL AND sent_at >= %(moment)s
        UNION ALL
        SELECT (decided_at AT TIME ZONE 'Asia/Tokyo')::date, 'application-decided', procedure_key
        FROM applications_application WHERE version_id IS NOT NULL AND decided_at >= %(moment)s)
    INSERT INTO insights_useday AS counted (day, measure, about, language, times)
    SELECT day, measure, key, '', count(*) FROM happened GROUP BY day, measure, key
    ON CONFLICT (day, measure, about, language) DO UPDATE SET times = excluded.times
        WHERE counted.times < excluded.times
    RETURNING day"""


def count_events(*, today: date) -> int:
    """Count the last days' events; return how many sums are new or larger than before."""
    moments = moments_of(first_day(today=today))
    return len(run(COUNT, moments, prepare=False))  # by a plan for these days


def first_day(*, today: date) -> date:
    """Return the last day that was counted, if runs were missed; the first time, the beginning."""
    counted = UseDay.objects.filter(measure__in=OF_EVENTS).aggregate(last=Max("day"))["last"]
    return min(counted or BEGINNING, today - ANEW)


def moments_of(day: date) -> dict:
    """Return a day, and the moment at which it begins."""
    return {"day": day, "moment": beginning_of(day)}
