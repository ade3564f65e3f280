"""Index the applications made here by when they were sent, decided and completed, for the figures.

Locks: built concurrently, so writers go on; old code does not use them, so deploy in any order.
Backward: drops the indexes.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("applications", "0010_begun")]

    operations = [
        AddIndexConcurrently(
            model_name="application",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False), ("version__isnull", False)),
                fields=["sent_at"],
                name="application_sent",
            ),
        ),
        AddIndexConcurrently(
            model_name="application",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False), ("version__isnull", False)),
                fields=["decided_at"],
                name="application_decided",
            ),
        ),
        AddIndexConcurrently(
            model_name="application",
            index=models.Index(
                condition=models.Q(("state", "completed"), ("version__isnull", False)),
                fields=["state_since"],
                name="application_completed",
            ),
        ),
    ]
