"""Whole lists that are held, and uploads that are taken back.

Locks exchange_upload for a moment: the new columns are null or have constants. Goes backward.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0006_webhooks"),
        ("residents", "0012_reports_of_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TakenBackReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("brought_by", models.BigIntegerField(null=True)),
                ("ref", models.CharField(max_length=64, verbose_name="register’s id")),
                ("kind", models.CharField(max_length=32, verbose_name="kind")),
                ("key", models.CharField(blank=True, max_length=160, verbose_name="key")),
                ("checked_at", models.DateTimeField(verbose_name="checked at")),
                ("timed", models.BooleanField(verbose_name="the source said when")),
                ("value", models.JSONField(verbose_name="what was said")),
                ("received_at", models.DateTimeField(verbose_name="received at")),
                (
                    "taken_back_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="taken back at"
                    ),
                ),
            ],
            options={
                "verbose_name": "report taken back",
                "verbose_name_plural": "reports taken back",
            },
        ),
        migrations.CreateModel(
            name="TakingBack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("why", models.CharField(max_length=300, verbose_name="reason")),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="asked at"
                    ),
                ),
                (
                    "expected_people",
                    models.PositiveIntegerField(default=0, verbose_name="people expected"),
                ),
                (
                    "expected_reports",
                    models.PositiveIntegerField(default=0, verbose_name="reports expected"),
                ),
                (
                    "agreed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="agreed at"),
                ),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
                ),
                ("people", models.PositiveIntegerField(default=0, verbose_name="people")),
                ("reports", models.PositiveIntegerField(default=0, verbose_name="reports")),
                ("removed", models.PositiveIntegerField(default=0, verbose_name="people removed")),
                ("left", models.JSONField(blank=True, default=list, verbose_name="people left")),
            ],
            options={
                "verbose_name": "taking back of an upload",
                "verbose_name_plural": "takings back of uploads",
            },
        ),
        migrations.AlterModelOptions(
            name="upload",
            options={
                "ordering": ["-started_at"],
                "permissions": [
                    ("release_upload", "Can say yes or no to an upload that is held"),
                    ("take_back_upload", "Can take an upload back"),
                ],
                "verbose_name": "upload",
                "verbose_name_plural": "uploads",
            },
        ),
        migrations.AddField(
            model_name="upload",
            name="again_since",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="to be merged again since"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="arrived_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="kinds",
            field=models.JSONField(
                db_default={}, default=dict, editable=False, verbose_name="kinds of facts"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="listed",
            field=models.PositiveIntegerField(
                editable=False, null=True, verbose_name="people in the list"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="listed_before",
            field=models.PositiveIntegerField(editable=False, null=True, verbose_name="last time"),
        ),
        migrations.AddField(
            model_name="upload",
            name="looked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="looked at"),
        ),
        migrations.AddField(
            model_name="upload",
            name="looked_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who looked",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="looked_why",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=300,
                verbose_name="reason",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="whole_list",
            field=models.BooleanField(db_default=False, default=False, verbose_name="a whole list"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("again_since__isnull", False)),
                fields=["again_since"],
                name="upload_again",
            ),
        ),
        migrations.AddField(
            model_name="takenbackreport",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="residents.source",
                verbose_name="source",
            ),
        ),
        migrations.AddField(
            model_name="takenbackreport",
            name="upload",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back_reports",
                to="exchange.upload",
                verbose_name="upload",
            ),
        ),
        migrations.AddField(
            model_name="takingback",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AddField(
            model_name="takingback",
            name="second",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="second person",
            ),
        ),
        migrations.AddField(
            model_name="takingback",
            name="upload",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taking_back",
                to="exchange.upload",
                verbose_name="upload",
            ),
        ),
        migrations.AddIndex(
            model_name="takingback",
            index=models.Index(
                condition=models.Q(("agreed_at__isnull", False), ("finished_at", None)),
                fields=["agreed_at"],
                name="taking_back_under_way",
            ),
        ),
    ]
