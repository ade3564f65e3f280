"""Index the applications made here by the day on which they were begun, for where people stop.

Locks: built concurrently, so writers go on; old code does not use it, so deploy in any order.
Backward: drops the index.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("applications", "0009_told_events")]

    operations = [
        AddIndexConcurrently(
            model_name="application",
            index=models.Index(
                condition=models.Q(("version__isnull", False)),
                fields=["started_on"],
                name="application_begun",
            ),
        )
    ]
