import json

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from tasks.models import Priority

ROWS = """
    SELECT owner.ref, rule.key, task.subject, about.ref, task.status, task.opens_on, task.due_on,
        task.priority
    FROM tasks_task task
    JOIN residents_resident owner ON owner.id = task.resident_id
    JOIN residents_resident about ON about.id = task.about_id
    JOIN tasks_rulerecord rule ON rule.id = task.rule_id
    ORDER BY owner.ref COLLATE "C", rule.key COLLATE "C", task.subject COLLATE "C",
        about.ref COLLATE "C", task.status COLLATE "C", task.opens_on, task.due_on, task.priority"""


class Command(BaseCommand):
    help = "Print the stored tasks as JSON lines, in a fixed order, without ids or clock times."

    def handle(self, **options):
        # A cursor on the server's side: the nation's inbox does not fit in memory.
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(ROWS)
            for resident, rule, subject, about, status, opens_on, due_on, priority in cursor:
                row = {
                    "resident": resident,
                    "rule": rule,
                    "subject": subject,
                    "about": about,
                    "status": status,
                    "opens_on": opens_on and opens_on.isoformat(),
                    "due_on": due_on and due_on.isoformat(),
                    "priority": Priority(priority).name.lower(),
                }
                self.stdout.write(json.dumps(row, ensure_ascii=False))
