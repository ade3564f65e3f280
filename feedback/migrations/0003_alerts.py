"""Make the tables of owners of pages, of looks and of alerts.

Locks: none that anybody waits for, new tables alone. Backward: drops them, and with them who owns
which page and what was found.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0002_review"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("pages", models.PositiveIntegerField(verbose_name="pages compared")),
                ("found", models.PositiveIntegerField(verbose_name="alerts")),
            ],
            options={
                "verbose_name": "look at all pages",
                "verbose_name_plural": "looks at all pages",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="Alert",
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
                    ),
                ),
                ("route", models.CharField(max_length=100, verbose_name="page")),
                ("rule", models.CharField(blank=True, max_length=100, verbose_name="task rule")),
                ("day", models.DateField(verbose_name="day")),
                ("not_clear", models.PositiveIntegerField(verbose_name="not clear")),
                ("of", models.PositiveIntegerField(verbose_name="answers")),
                ("before_not_clear", models.PositiveIntegerField(verbose_name="not clear before")),
                ("before_of", models.PositiveIntegerField(verbose_name="answers before")),
                ("p", models.FloatField(help_text="How likely so many are by chance alone.")),
                (
                    "found_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="found at"
                    ),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="seen at")),
                (
                    "mail",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sent", "sent"),
                            ("skipped", "skipped"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=7,
                        verbose_name="mail",
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=20, verbose_name="why not sent")),
                ("owed_since", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all who publish.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="seen by",
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "ordering": ["-day", "route", "rule"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("mail", "waiting")),
                        fields=["next_at"],
                        name="alert_mail_due",
                    ),
                    models.Index(
                        condition=models.Q(("seen_at__isnull", True)),
                        fields=["owner"],
                        name="alert_unseen",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("route", "rule", "day"), name="alert_once_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seen_at__isnull", True), ("seen_by__isnull", True)),
                            models.Q(("seen_at__isnull", False), ("seen_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="alert_seen_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PageOwner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("route", models.CharField(max_length=100, verbose_name="page")),
                (
                    "rule",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the page whatever it says.",
                        max_length=100,
                        verbose_name="task rule",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "owner of a page",
                "verbose_name_plural": "owners of pages",
                "ordering": ["route", "rule"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("route", "rule"),
                        name="page_has_one_owner",
                        violation_error_message="This page has an owner. Change that one.",
                    )
                ],
            },
        ),
    ]
