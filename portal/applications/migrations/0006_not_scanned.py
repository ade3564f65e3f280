"""Add the index by which the job finds files that were not scanned yet.

Locks: the attached files against writers while it is made. Backward: it is dropped.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0005_notices"),
        ("residents", "0007_access_logs_in_chains"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("removed_at__isnull", True), ("scan", "not-scanned")),
                fields=["added_at"],
                name="attachment_not_scanned",
            ),
        ),
    ]
