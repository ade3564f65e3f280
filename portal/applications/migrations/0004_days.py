"""Add the days in Japan on which an application was begun and decided, for the rules to compare.

Locks: rewrites the table of applications, alone against readers. It came with this release and is
empty, or has what a trial left in it. Backward: drops the columns; nothing is lost.
"""

from django.db import migrations, models
from django.db.models.functions import Coalesce

from portal.applications.days import DayInJapan


class Migration(migrations.Migration):
    dependencies = [("applications", "0003_receipt_numbers")]

    operations = [
        migrations.AddField(
            model_name="application",
            name="started_on",
            field=models.GeneratedField(
                expression=DayInJapan("started_at"),
                output_field=models.DateField(),
                db_persist=True,
                verbose_name="started on",
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="decided_on",
            field=models.GeneratedField(
                expression=DayInJapan(Coalesce("decided_at", "state_since")),
                output_field=models.DateField(),
                db_persist=True,
                verbose_name="decided on",
            ),
        ),
    ]
