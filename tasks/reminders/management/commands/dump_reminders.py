import json

from django.core.management.base import BaseCommand
from django.db import connection, transaction

ROWS = """
    SELECT who.ref, rule.key, task.subject, about.ref, r.step, r.channel, r.day, r.outcome,
        CASE WHEN r.outcome = 'failed' THEN concat_ws(' ', r.reason, nullif(m.last_answer, ''))
            ELSE r.reason END
    FROM reminders_reminder r
    JOIN tasks_task task ON task.resident_id = r.resident_id AND task.id = r.task_id
    JOIN residents_resident who ON who.id = r.resident_id
    JOIN residents_resident about ON about.id = task.about_id
    JOIN tasks_rulerecord rule ON rule.id = task.rule_id
    LEFT JOIN reminders_message m ON m.resident_id = r.resident_id AND m.id = r.message_id
    ORDER BY who.ref COLLATE "C", rule.key COLLATE "C", task.subject COLLATE "C",
        about.ref COLLATE "C", r.day, r.step, r.channel COLLATE "C", task.opened_on,
        r.outcome COLLATE "C", r.reason COLLATE "C"
"""
NAMES = ["resident", "rule", "subject", "about", "step", "channel", "day", "outcome", "reason"]


class Command(BaseCommand):
    help = "Print the ledger of reminders as JSON lines, in a fixed order, without ids or times."

    def handle(self, **options):
        # A cursor on the server's side: the nation's ledger does not fit in memory.
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(ROWS)
            for row in cursor:
                line = dict(zip(NAMES, row, strict=True))
                line["day"] = line["day"].isoformat()
                self.stdout.write(json.dumps(line, ensure_ascii=False))
