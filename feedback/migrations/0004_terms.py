"""Add Opinion.terms, nullable, and the indexes of texts and of those not read yet.

Locks: brief for the column, no table rewrite; the indexes are built concurrently, so people go on
giving opinions. Old code ignores the column, so deploy in any order; the job reads old opinions.
Backward: drops all three; the words can be read again.
"""

import django.contrib.postgres.fields
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("feedback", "0003_alerts")]

    operations = [
        migrations.AddField(
            model_name="opinion",
            name="terms",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), editable=False, null=True, size=None
            ),
        ),
        AddIndexConcurrently(
            model_name="opinion",
            index=models.Index(
                condition=models.Q(("text", ""), _negated=True),
                fields=["given_at"],
                name="opinion_texts",
            ),
        ),
        AddIndexConcurrently(
            model_name="opinion",
            index=models.Index(
                condition=models.Q(("terms__isnull", True), models.Q(("text", ""), _negated=True)),
                fields=["given_at"],
                name="opinion_unread",
            ),
        ),
    ]
