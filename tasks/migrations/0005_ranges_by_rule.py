"""Add SweepRange.by_rule, nullable: what a range did, by rule. Older ranges stay without it.

Locks: brief, no table rewrite. Old code ignores the column, so deploy in any order.
Backward: drops the column; the counts by rule are lost, the totals stay.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0004_versions_of_rules")]

    operations = [
        migrations.AddField(
            model_name="sweeprange",
            name="by_rule",
            field=models.JSONField(
                help_text="Empty: not yet done, or not counted by rule.",
                null=True,
                verbose_name="by rule",
            ),
        )
    ]
