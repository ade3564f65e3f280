"""Add WeekFigure.held_at, nullable: what stays published while a correction may not be told.

Locks: brief, no table rewrite. Backward: drops the column; corrections that were held are then
published as they are counted, so count the weeks anew only after going forward again.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0003_screen"),
    ]

    operations = [
        migrations.AddField(
            model_name="weekfigure",
            name="held_at",
            field=models.PositiveBigIntegerField(
                blank=True, null=True, verbose_name="published as"
            ),
        ),
    ]
