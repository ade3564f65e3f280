"""Add the indexes by which staff find the mails given up, and those of one case.

Locks: the mails against writers while they are made. Backward: they are dropped.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0007_as_received")]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["-ended_at"],
                name="application_notice_given_up",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                fields=["resident", "application", "owed_since"], name="application_notice_of_one"
            ),
        ),
    ]
