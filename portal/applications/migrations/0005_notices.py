"""Make the table of the mails about applications, its key beginning with the person.

Locks: applications, while the foreign key is made; the new table is empty. Backward: dropped, and
mails that still wait are not sent.
"""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0004_days"),
        ("residents", "0006_members_of_offices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
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
                    "what",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("correction", "correction asked for"),
                            ("message", "message from the office"),
                            ("decided", "decided"),
                            ("completed", "completed"),
                        ],
                        max_length=10,
                        verbose_name="about",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sent", "sent"),
                            ("skipped", "not sent"),
                            ("failed", "given up"),
                        ],
                        default="waiting",
                        max_length=7,
                        verbose_name="status",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        blank=True, help_text="A code, no words.", max_length=20, verbose_name="why"
                    ),
                ),
                (
                    "owed_since",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="owed since"
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="next attempt"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "application",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="applications.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="residents.resident",
                        verbose_name="who applies",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail about an application",
                "verbose_name_plural": "mails about applications",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["next_at"],
                        name="application_notice_due",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE applications_notice DROP CONSTRAINT applications_notice_pkey, "
            "ADD CONSTRAINT applications_notice_pkey PRIMARY KEY (resident_id, id)",
            "ALTER TABLE applications_notice DROP CONSTRAINT applications_notice_pkey, "
            "ADD CONSTRAINT applications_notice_pkey PRIMARY KEY (id)",
        ),
        migrations.RunSQL(
            "ALTER TABLE applications_notice ADD CONSTRAINT notice_of_application "
            "FOREIGN KEY (resident_id, application_id) "
            "REFERENCES applications_application (resident_id, id) ON DELETE CASCADE",
            "ALTER TABLE applications_notice DROP CONSTRAINT notice_of_application",
        ),
    ]
