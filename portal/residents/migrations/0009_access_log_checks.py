"""Keep what each night's check of the logs of who looked found, for the alarm of the staff pages.

Locks: none, a new table. Old code ignores it. Backward: drops the table.
"""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("residents", "0008_sealed_heads")]

    operations = [
        migrations.CreateModel(
            name="AccessLogCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="when"),
                ),
                ("read", models.PositiveBigIntegerField(verbose_name="accesses read")),
                ("broken", models.PositiveIntegerField(verbose_name="broken logs")),
                ("places", models.JSONField(default=list, verbose_name="where")),
            ],
            options={
                "verbose_name": "check of the logs of who looked",
                "verbose_name_plural": "checks of the logs of who looked",
                "ordering": ["-at"],
            },
        ),
    ]
