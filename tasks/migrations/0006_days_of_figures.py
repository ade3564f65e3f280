"""Index tasks by the days on which they were opened and ended, for the figures.

Locks: built concurrently, so writers go on; old code does not use them, so deploy in any order.
Backward: drops the indexes.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tasks", "0005_ranges_by_rule")]

    operations = [
        AddIndexConcurrently(
            model_name="task",
            index=models.Index(fields=["opened_on"], name="task_opened"),
        ),
        AddIndexConcurrently(
            model_name="task",
            index=models.Index(
                condition=models.Q(("ended_on__isnull", False)),
                fields=["ended_on"],
                name="task_ended",
            ),
        ),
    ]
