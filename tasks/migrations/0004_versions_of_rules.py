"""Keep the versions of each rule: what decides, what it would change, who let it go live.

Locks: a new table, no other is touched. Old code ignores it, so it may be deployed first; new code
without it refuses every reconciliation. What is registered when the table is still empty is
released at once, by the handler after `migrate`.
Backward: drops the table, and with it who said yes to what.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0003_events_of_waking"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="version")),
                (
                    "fingerprint",
                    models.CharField(
                        blank=True,
                        help_text="Empty: no longer registered.",
                        max_length=32,
                        verbose_name="fingerprint",
                    ),
                ),
                (
                    "definition",
                    models.JSONField(
                        help_text="What the fingerprint is of.", verbose_name="definition"
                    ),
                ),
                ("ladder", models.JSONField(verbose_name="ladder of reminders")),
                (
                    "first_seen",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="first seen"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="asked what would change"
                    ),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                ("day", models.DateField(blank=True, null=True, verbose_name="for the day")),
                (
                    "would_open",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="would open"),
                ),
                (
                    "would_update",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="would update"),
                ),
                (
                    "would_close",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="would close"),
                ),
                (
                    "answer",
                    models.JSONField(blank=True, null=True, verbose_name="what would change"),
                ),
                (
                    "first_yes_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="first yes at"),
                ),
                (
                    "first_yes_open",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="would open, at the first yes"
                    ),
                ),
                (
                    "released_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="released at"),
                ),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("installed", "with the installation"),
                            ("same", "by itself: it gives the same as the version before"),
                            ("staff", "by staff"),
                        ],
                        max_length=9,
                        verbose_name="released",
                    ),
                ),
                ("in_force", models.BooleanField(default=False, verbose_name="in force")),
                (
                    "first_yes_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="first yes",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="tasks.rulerecord",
                        verbose_name="rule",
                    ),
                ),
                (
                    "second_yes_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="second yes",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a rule",
                "verbose_name_plural": "versions of rules",
                "ordering": ["rule", "-number"],
                "permissions": [("release_rule", "Can release a rule")],
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "number"), name="rule_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("in_force", True)),
                        fields=("rule",),
                        name="rule_version_one_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("how", ""), ("in_force", False), ("released_at__isnull", True)
                            ),
                            models.Q(
                                ("how__in", ["installed", "same", "staff"]),
                                ("released_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="rule_version_released_somehow",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("how", "staff"), _negated=True),
                            models.Q(
                                ("first_yes_by__isnull", False),
                                ("would_open__isnull", False),
                                models.Q(
                                    ("would_open__lte", 1000),
                                    ("second_yes_by__isnull", False),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="rule_version_released_by_enough",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("second_yes_by__isnull", True),
                            models.Q(
                                ("first_yes_by__isnull", False),
                                models.Q(
                                    ("second_yes_by", models.F("first_yes_by")), _negated=True
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="rule_version_second_yes_by_another",
                    ),
                ],
            },
        ),
    ]
