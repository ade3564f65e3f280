"""Connections of sources' systems and their keys, and uploads that come through them.

Locks exchange_upload while its rows get public ids; it has a row a load. Goes backward.
"""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0001_initial"),
        ("residents", "0011_answers_told"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "prefix",
                    models.CharField(max_length=12, unique=True, verbose_name="begins with"),
                ),
                ("digest", models.CharField(editable=False, max_length=64)),
                (
                    "made_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="made at"),
                ),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="good until")),
                (
                    "last_used_on",
                    models.DateField(blank=True, null=True, verbose_name="last used on"),
                ),
            ],
            options={
                "verbose_name": "key",
                "verbose_name_plural": "keys",
                "ordering": ["-made_at"],
            },
        ),
        migrations.CreateModel(
            name="UploadPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("content", models.BinaryField(verbose_name="content")),
            ],
            options={
                "verbose_name": "part of an upload",
                "verbose_name_plural": "parts of uploads",
            },
        ),
        migrations.AddField(
            model_name="upload",
            name="people",
            field=models.PositiveIntegerField(default=0, verbose_name="people in it"),
        ),
        migrations.AddField(
            model_name="upload",
            name="people_done",
            field=models.PositiveIntegerField(default=0, verbose_name="people done"),
        ),
        migrations.AddField(
            model_name="upload",
            name="size",
            field=models.PositiveBigIntegerField(
                default=0, help_text="Unpacked; 0 where it came by a command.", verbose_name="bytes"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="state",
            field=models.CharField(
                choices=[
                    ("receiving", "being received"),
                    ("waiting", "received, waits for its turn"),
                    ("merging", "being merged"),
                    ("held", "held until somebody has looked"),
                    ("done", "merged"),
                    ("refused", "refused by staff"),
                    ("failed", "failed"),
                    ("taken-back", "taken back"),
                ],
                default="merging",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="uuid",
            field=models.UUIDField(
                db_default=models.Func(function="uuid_version_7"),
                editable=False,
                unique=True,
                verbose_name="public id",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="why_failed",
            field=models.CharField(blank=True, max_length=300, verbose_name="why it failed"),
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("resident", "resident"),
                                ("guardianship", "guardianship"),
                                ("certificate", "certificate"),
                                ("insurance", "insurance"),
                                ("account", "account"),
                                ("birth", "birth"),
                                ("checkup", "checkup"),
                                ("vaccination", "vaccination"),
                                ("application-status", "application-status"),
                            ],
                            max_length=32,
                        ),
                        help_text="Other kinds are set aside.",
                        size=None,
                        verbose_name="kinds of facts",
                    ),
                ),
                (
                    "per_minute",
                    models.PositiveIntegerField(
                        default=600,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="requests a minute",
                    ),
                ),
                (
                    "whole_list",
                    models.BooleanField(
                        default=False,
                        help_text="Then an upload with far fewer people is held until somebody has looked.",
                        verbose_name="each upload is the whole list",
                    ),
                ),
                (
                    "fewer_tolerated",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="fewer people tolerated (%)",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "contact",
                    models.CharField(
                        blank=True,
                        help_text="An office, no person’s name.",
                        max_length=200,
                        verbose_name="whom to call",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="made at"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose residents it reports. Empty: everyone’s.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="residents.municipality",
                        verbose_name="municipality",
                    ),
                ),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="connection",
                        to="residents.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "ordering": ["source__key"],
            },
        ),
        migrations.AddField(
            model_name="upload",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: a command.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uploads",
                to="exchange.connection",
                verbose_name="connection",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["connection", "-started_at"], name="upload_of_connection"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("state__in", ["receiving", "waiting", "merging", "held"])),
                fields=["started_at"],
                name="upload_running",
            ),
        ),
        migrations.AddField(
            model_name="key",
            name="connection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="keys",
                to="exchange.connection",
                verbose_name="connection",
            ),
        ),
        migrations.AddField(
            model_name="key",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AddField(
            model_name="uploadpart",
            name="upload",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="exchange.upload",
                verbose_name="upload",
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadpart",
            constraint=models.UniqueConstraint(fields=("upload", "number"), name="part_once"),
        ),
        migrations.RunSQL(
            "UPDATE exchange_upload SET state = 'done' WHERE finished_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
    ]
