"""Index the events of waking by their day, for the reminders of tasks that were put off.

Locks: built concurrently, so writers go on; old code does not use it, so deploy in any order.
Backward: drops the index.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tasks", "0002_keys")]

    operations = [
        AddIndexConcurrently(
            model_name="taskevent",
            index=models.Index(
                condition=models.Q(("what", "woken")), fields=["day"], name="task_event_woken"
            ),
        )
    ]
