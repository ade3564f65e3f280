"""Find an office's cases of one state, the newest first, by an index.

Locks: writing to applications, while the index is made. Backward: the old one.
"""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0006_not_scanned"),
        ("residents", "0007_access_logs_in_chains"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="application",
            name="application_of_office_sent",
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)),
                fields=["municipality", "state", "-sent_at"],
                name="application_of_office_by_state",
            ),
        ),
    ]
