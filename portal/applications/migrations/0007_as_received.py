"""Keep the answers that the office has while the resident corrects them.

Locks: brief, no table rewrite. Code of before ignores the column; of what is being corrected on the
day of the change the office sees the answers as they are, as before. Backward: the column is lost.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0006_not_scanned")]

    operations = [
        migrations.AddField(
            model_name="application",
            name="as_received",
            field=models.JSONField(
                blank=True,
                help_text="While the resident corrects them; empty: the answers.",
                null=True,
                verbose_name="answers that the office has",
            ),
        ),
    ]
