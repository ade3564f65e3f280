"""Add RisingWords: the one row in which what is rising is kept.

Locks: none that matter; the table is new. Backward: drops it; the job makes it again.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0004_terms")]

    operations = [
        migrations.CreateModel(
            name="RisingWords",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField(null=True, verbose_name="at")),
                ("words", models.JSONField(default=list, verbose_name="words")),
                ("next_at", models.DateTimeField(verbose_name="looked for again from")),
            ],
            options={
                "verbose_name": "rising words",
                "verbose_name_plural": "rising words",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="rising_words_in_one_row"
                    )
                ],
            },
        ),
    ]
