"""Decisions on two records of one person. A new table; goes backward."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0007_held_and_taken_back"),
        ("residents", "0014_merged_records"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Merge",
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
                (
                    "gone_ref",
                    models.CharField(
                        max_length=64, verbose_name="register’s id of the record that goes"
                    ),
                ),
                (
                    "stands_ref",
                    models.CharField(
                        max_length=64, verbose_name="register’s id of the record that stands"
                    ),
                ),
                (
                    "said_ref",
                    models.CharField(
                        max_length=64, verbose_name="register’s id that the register named"
                    ),
                ),
                ("reported_at", models.DateTimeField(verbose_name="reported as of")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "waits for a second person’s yes"),
                            ("done", "merged"),
                            ("declined", "not merged"),
                        ],
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="decided at"
                    ),
                ),
                ("why", models.CharField(max_length=300, verbose_name="reason")),
                (
                    "second_why",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="reason of the second person"
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="merged at")),
                ("moved", models.JSONField(blank=True, default=dict, verbose_name="moved")),
                ("stayed", models.JSONField(blank=True, default=dict, verbose_name="stayed")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "gone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="residents.resident",
                        verbose_name="the record that goes",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="second person",
                    ),
                ),
                (
                    "stands",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="residents.resident",
                        verbose_name="the record that stands",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision on two records of one person",
                "verbose_name_plural": "two records of one person",
                "ordering": ["-asked_at"],
                "permissions": [("decide_merge", "Can merge two records of one person")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "asked")),
                        fields=["asked_at"],
                        name="merge_waits_for_second",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "declined"), _negated=True),
                        fields=("gone",),
                        name="merge_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gone", models.F("stands")), _negated=True),
                        name="merge_of_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("second__isnull", True),
                            models.Q(("second", models.F("by")), _negated=True),
                            _connector="OR",
                        ),
                        name="merge_second_yes_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", False), ("state", "done")),
                            models.Q(
                                ("done_at__isnull", True), ("state__in", ["asked", "declined"])
                            ),
                            _connector="OR",
                        ),
                        name="merge_done_at_a_time",
                    ),
                ],
            },
        ),
    ]
