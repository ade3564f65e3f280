"""What connections are told, in one order (docs/adr/0019), and which uploads they have been told of.

Locks exchange_upload and exchange_connection briefly, no table rewrite. Old code ignores all of it.
Backward: the order is lost, and with it what cursors given out mean.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0003_oauth_clients"),
        ("residents", "0011_answers_told"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uuid",
                    models.UUIDField(
                        db_default=models.Func(function="uuid_version_7"),
                        editable=False,
                        unique=True,
                        verbose_name="public id",
                    ),
                ),
                ("position", models.BigIntegerField(null=True, verbose_name="position")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("application.changed", "an application has changed"),
                            ("upload.changed", "an upload has ended or is held"),
                            ("lines.taken", "lines set aside have been taken"),
                            ("ref.merged", "two references are one person"),
                        ],
                        max_length=24,
                        verbose_name="what",
                    ),
                ),
                (
                    "about",
                    models.UUIDField(
                        help_text="The public id of the application or upload: its changes in order.",
                        verbose_name="about",
                    ),
                ),
                ("data", models.JSONField(default=dict, verbose_name="what is told")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                        verbose_name="when",
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
            },
        ),
        migrations.CreateModel(
            name="Numbering",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last", models.BigIntegerField(db_default=0, default=0)),
                ("forgotten", models.BigIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.AddField(
            model_name="connection",
            name="told_of_applications",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="How applications made in the portal stand, of the municipality above; where that is empty, of all. Never what somebody answered or wrote.",
                verbose_name="is told of applications",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="told_state",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=10,
                verbose_name="state told",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(
                    ("connection__isnull", False),
                    ("state__in", ["held", "done", "refused", "failed", "taken-back"]),
                    models.Q(("state", models.F("told_state")), _negated=True),
                ),
                fields=["id"],
                name="upload_untold",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="exchange.connection",
                verbose_name="connection",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="municipality",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="residents.municipality",
                verbose_name="municipality",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("connection__isnull", False)),
                fields=["connection", "position"],
                name="change_of_connection",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("connection", None)),
                fields=["municipality", "position"],
                name="change_of_municipality",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("position", None)), fields=["id"], name="change_unnumbered"
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(fields=("position",), name="change_position_once"),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("connection__isnull", False), ("municipality__isnull", False), _connector="OR"
                ),
                name="change_is_told_somebody",
            ),
        ),
    ]
