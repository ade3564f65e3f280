"""Each report says by which upload it came.

Locks residents_factreport for a moment, for a column without a default; the index, of some
kilobytes, is made while others write. Goes backward.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("residents", "0011_answers_told"),
    ]

    operations = [
        migrations.AddField(
            model_name="factreport",
            name="upload_id",
            field=models.BigIntegerField(db_default=None, editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="factreport",
            index=BrinIndex(
                autosummarize=True,
                fields=["upload_id"],
                name="fact_report_of_upload",
                pages_per_range=32,
            ),
        ),
    ]
