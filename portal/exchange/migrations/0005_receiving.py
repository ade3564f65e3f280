"""What is received by the API: whose lines were set aside, and calls named by senders' keys.

Locks exchange_upload for a moment: the new columns have constants for defaults. Goes backward.
"""

import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0004_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="attempts",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, verbose_name="attempts"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="digest",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.CreateModel(
            name="KeyedCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("path", models.CharField(max_length=300, verbose_name="path")),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
                (
                    "answer",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        null=True,
                        verbose_name="answer",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="made at"
                    ),
                ),
                ("held_until", models.DateTimeField(verbose_name="held until")),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="exchange.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="exchange.upload",
                        verbose_name="upload",
                    ),
                ),
            ],
            options={
                "verbose_name": "call with a key",
                "verbose_name_plural": "calls with a key",
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "key"), name="call_once_by_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="UploadLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveBigIntegerField(verbose_name="line")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="exchange.quarantinedline",
                        verbose_name="line set aside",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="exchange.upload",
                        verbose_name="upload",
                    ),
                ),
            ],
            options={
                "verbose_name": "line in an upload’s report",
                "verbose_name_plural": "lines in uploads’ reports",
                "constraints": [
                    models.UniqueConstraint(fields=("upload", "number"), name="line_of_upload_once")
                ],
            },
        ),
    ]
