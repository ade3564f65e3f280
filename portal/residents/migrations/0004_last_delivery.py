"""Add Source.delivered_at, nullable: filled with the source's next delivery.

Locks: brief, no table rewrite. Old code ignores the column, so deploy in any order.
Backward: drops the column.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("residents", "0003_municipalities")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="delivered_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When lines of this source last came in, whether or not they were new.",
                null=True,
                verbose_name="last delivery",
            ),
        )
    ]
