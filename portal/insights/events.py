"""What happened to tasks and applications, by day: counted from their own tables, by one statement.

A run counts the last days anew, so one that is lost, or comes twice, changes nothing. A count never
falls: what is deleted later was still done.
"""

from datetime import date, timedelta

from django.db import connection

ANEW = timedelta(days=3)

# From the last day that was counted, if runs were missed; the first time, from the beginning.
COUNT = """
    WITH since AS (
        SELECT LEAST(coalesce(max(day), '-infinity'), %(since)s) AS day FROM insights_useday
        WHERE measure IN ('task-opened', 'task-done', 'application-started',
            'application-sent', 'application-decided')),
    tasks AS (
        SELECT rule.key, task.opened_on, task.status = 'done' AS done, task.ended_on
        FROM tasks_task task JOIN tasks_rulerecord rule ON rule.id = task.rule_id, since
        WHERE task.opened_on >= since.day OR task.ended_on >= since.day),
    applications AS (
        SELECT procedure_key AS key, started_on,
            (sent_at AT TIME ZONE 'Asia/Tokyo')::date AS sent_on,
            (decided_at AT TIME ZONE 'Asia/Tokyo')::date AS decided_on
        FROM applications_application WHERE version_id IS NOT NULL),
    happened AS (
        SELECT opened_on AS day, 'task-opened' AS measure, key FROM tasks
        UNION ALL SELECT ended_on, 'task-done', key FROM tasks WHERE done
        UNION ALL SELECT started_on, 'application-started', key FROM applications
        UNION ALL SELECT sent_on, 'application-sent', key FROM applications
        UNION ALL SELECT decided_on, 'application-decided', key FROM applications)
    INSERT INTO insights_useday AS counted (day, measure, about, language, times)
    SELECT happened.day, measure, key, '', count(*) FROM happened, since
    WHERE happened.day >= since.day GROUP BY happened.day, measure, key
    ON CONFLICT (day, measure, about, language) DO UPDATE SET times = excluded.times
        WHERE counted.times < excluded.times
"""


def count_events(*, today: date) -> int:
    """Count the last days' events; return how many sums are new or larger than before."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"since": today - ANEW})
        return cursor.rowcount
