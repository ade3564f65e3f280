"""Make the tables of applications, and the extension by which the catalogue finds words.

Locks: none, they are new. Backward: they are dropped, with every application.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("residents", "0006_members_of_offices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="Procedure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.SlugField(
                        help_text="What files and sources call it: child-allowance.",
                        max_length=64,
                        verbose_name="key",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: every municipality.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="residents.municipality",
                        verbose_name="municipality",
                    ),
                ),
            ],
            options={
                "verbose_name": "procedure",
                "verbose_name_plural": "procedures",
                "ordering": ["key", "municipality"],
                "permissions": [("publish_procedure", "Can publish a procedure")],
            },
        ),
        migrations.CreateModel(
            name="ProcedureVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "being written"),
                            ("published", "published"),
                            ("replaced", "replaced by a newer one"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="draft",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("text", models.TextField(help_text="YAML or JSON.", verbose_name="definition")),
                ("definition", models.JSONField(editable=False, verbose_name="definition as read")),
                ("searched", models.TextField(editable=False, verbose_name="searched")),
                (
                    "made_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="written at"
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="published at"),
                ),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="replaced or withdrawn at"
                    ),
                ),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        help_text="Who has a draft of it reads this.",
                        max_length=500,
                        verbose_name="why",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: came with the portal.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="applications.procedure",
                        verbose_name="procedure",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="published by",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a procedure",
                "verbose_name_plural": "versions of procedures",
                "ordering": ["procedure", "-number"],
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("checked_at", models.DateTimeField(verbose_name="checked at")),
                (
                    "stale_on",
                    models.DateField(
                        help_text="From this day on the fact is too old to be relied on.",
                        verbose_name="unknown from",
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
                ("procedure_key", models.CharField(max_length=64, verbose_name="procedure")),
                (
                    "ref",
                    models.CharField(blank=True, max_length=64, verbose_name="the source’s number"),
                ),
                (
                    "seq",
                    models.BigIntegerField(
                        blank=True, null=True, verbose_name="the source’s sequence"
                    ),
                ),
                (
                    "receipt_number",
                    models.CharField(
                        blank=True, max_length=24, null=True, verbose_name="receipt number"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("received", "received"),
                            ("under-review", "under review"),
                            ("correction", "to be corrected"),
                            ("with-others", "with somebody else"),
                            ("granted", "decided: granted"),
                            ("refused", "decided: not granted"),
                            ("completed", "completed"),
                            ("withdrawn", "taken back"),
                        ],
                        default="draft",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "state_since",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="since"),
                ),
                (
                    "turn",
                    models.CharField(
                        choices=[
                            ("you", "your turn"),
                            ("office", "the office’s turn"),
                            ("other", "somebody else’s turn"),
                            ("nobody", "finished"),
                        ],
                        default="you",
                        max_length=6,
                        verbose_name="whose turn",
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        blank=True,
                        help_text="Of the steps of its version.",
                        max_length=32,
                        verbose_name="step",
                    ),
                ),
                (
                    "usual_until",
                    models.DateField(blank=True, null=True, verbose_name="usually over by"),
                ),
                (
                    "answers",
                    models.JSONField(
                        default=dict, help_text="By the question’s key.", verbose_name="answers"
                    ),
                ),
                (
                    "saved_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="saved at"
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="started at"
                    ),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                (
                    "proposed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="proposed at"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("granted", "granted"), ("refused", "not granted")],
                        max_length=7,
                        verbose_name="decision",
                    ),
                ),
                (
                    "outcome_reason",
                    models.TextField(
                        blank=True, max_length=4000, verbose_name="reason of the decision"
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
                ),
                (
                    "about",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="residents.resident",
                        verbose_name="about",
                    ),
                ),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="clerk",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="residents.municipality",
                        verbose_name="office",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="not granting proposed by",
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="applications",
                        to="residents.resident",
                        verbose_name="who applies",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="residents.source",
                        verbose_name="source",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="applications.procedureversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "application",
                "verbose_name_plural": "applications",
                "permissions": [
                    ("process_application", "Can process applications"),
                    ("decide_application", "Can decide on applications"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsualDuration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("procedure_key", models.CharField(max_length=64, verbose_name="procedure")),
                ("step", models.CharField(blank=True, max_length=32, verbose_name="step")),
                ("cases", models.PositiveIntegerField(verbose_name="cases")),
                ("median_days", models.PositiveSmallIntegerField(verbose_name="median (days)")),
                (
                    "ninetieth_days",
                    models.PositiveSmallIntegerField(verbose_name="90th percentile (days)"),
                ),
                ("counted_on", models.DateField(verbose_name="counted on")),
                (
                    "municipality",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="residents.municipality",
                        verbose_name="municipality",
                    ),
                ),
            ],
            options={
                "verbose_name": "usual duration",
                "verbose_name_plural": "usual durations",
            },
        ),
        migrations.CreateModel(
            name="ApplicationEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("state", "another state"),
                            ("step", "another step"),
                            ("taken", "taken"),
                            ("handed-over", "handed over"),
                            ("proposed", "not granting proposed"),
                            ("rejected", "proposal sent back"),
                        ],
                        max_length=11,
                        verbose_name="what",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("received", "received"),
                            ("under-review", "under review"),
                            ("correction", "to be corrected"),
                            ("with-others", "with somebody else"),
                            ("granted", "decided: granted"),
                            ("refused", "decided: not granted"),
                            ("completed", "completed"),
                            ("withdrawn", "taken back"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "turn",
                    models.CharField(
                        choices=[
                            ("you", "your turn"),
                            ("office", "the office’s turn"),
                            ("other", "somebody else’s turn"),
                            ("nobody", "finished"),
                        ],
                        max_length=6,
                        verbose_name="whose turn",
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=32, verbose_name="step")),
                ("note", models.TextField(blank=True, max_length=4000, verbose_name="note")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                        verbose_name="when",
                    ),
                ),
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
                    "by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty: the portal, or a source.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
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
                "verbose_name": "event of an application",
                "verbose_name_plural": "events of applications",
                "indexes": [
                    models.Index(
                        fields=["resident", "application", "at"], name="application_event_by_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApplicationRef",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=64)),
                (
                    "resident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="residents.resident",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="residents.source",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("source", "ref"), name="application_ref_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
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
                ("question", models.CharField(max_length=64, verbose_name="question")),
                ("name", models.CharField(max_length=200, verbose_name="name of the file")),
                (
                    "media_type",
                    models.CharField(
                        help_text="By its content.", max_length=100, verbose_name="type"
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="size (bytes)")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "scan",
                    models.CharField(
                        choices=[
                            ("not-scanned", "not scanned"),
                            ("clean", "nothing found"),
                            ("infected", "something harmful found"),
                        ],
                        default="not-scanned",
                        max_length=11,
                        verbose_name="scan",
                    ),
                ),
                (
                    "added_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="added at"
                    ),
                ),
                (
                    "removed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="removed at"),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
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
                "verbose_name": "attached file",
                "verbose_name_plural": "attached files",
                "indexes": [
                    models.Index(
                        fields=["resident", "application"], name="attachment_by_application"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CorrectionRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("checked_at", models.DateTimeField(verbose_name="checked at")),
                (
                    "stale_on",
                    models.DateField(
                        help_text="From this day on the fact is too old to be relied on.",
                        verbose_name="unknown from",
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
                    "receipt_number",
                    models.CharField(
                        help_text="Of the application, for the task.",
                        max_length=24,
                        verbose_name="receipt number",
                    ),
                ),
                ("procedure_key", models.CharField(max_length=64, verbose_name="procedure")),
                (
                    "procedure_name",
                    models.JSONField(
                        help_text="By language.", verbose_name="name of the procedure"
                    ),
                ),
                ("text", models.TextField(max_length=4000, verbose_name="what is to be corrected")),
                (
                    "questions",
                    models.JSONField(
                        default=list, help_text="Their keys.", verbose_name="questions"
                    ),
                ),
                ("answer_by", models.DateField(verbose_name="answer by")),
                ("asked_on", models.DateField(verbose_name="asked on")),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="asked at"
                    ),
                ),
                (
                    "answered_on",
                    models.DateField(blank=True, null=True, verbose_name="answered on"),
                ),
                (
                    "ended_on",
                    models.DateField(blank=True, null=True, verbose_name="no longer asked on"),
                ),
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
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
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
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="residents.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "request for a correction",
                "verbose_name_plural": "requests for corrections",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("answered_on__isnull", True), ("ended_on__isnull", True)
                        ),
                        fields=("resident", "application"),
                        name="correction_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer_by__gte", models.F("asked_on"))),
                        name="correction_date_to_come",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.UUIDField(verbose_name="token")),
                (
                    "side",
                    models.CharField(
                        choices=[("resident", "resident"), ("office", "office")],
                        max_length=8,
                        verbose_name="from",
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=32, verbose_name="step")),
                ("text", models.TextField(max_length=4000, verbose_name="text")),
                ("answer_by", models.DateField(blank=True, null=True, verbose_name="answer by")),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="when"),
                ),
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
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("resident", "application", "token"), name="application_message_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("text_ja", models.TextField(max_length=2000, verbose_name="text in Japanese")),
                (
                    "text_en",
                    models.TextField(blank=True, max_length=2000, verbose_name="text in English"),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="residents.municipality",
                        verbose_name="municipality",
                    ),
                ),
            ],
            options={
                "verbose_name": "template of a message",
                "verbose_name_plural": "templates of messages",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "name"), name="message_template_once"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="procedure",
            constraint=models.UniqueConstraint(
                fields=("key", "municipality"),
                name="procedure_once_in_a_municipality",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="procedureversion",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("state", "published")),
                fields=["searched"],
                name="procedure_version_searched",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        migrations.AddConstraint(
            model_name="procedureversion",
            constraint=models.UniqueConstraint(
                fields=("procedure", "number"), name="procedure_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="procedureversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "published")),
                fields=("procedure",),
                name="procedure_version_one_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="procedureversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")),
                fields=("procedure",),
                name="procedure_version_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="procedureversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", True),
                        ("published_at__isnull", True),
                        ("state", "draft"),
                    ),
                    models.Q(
                        ("ended_at__isnull", True),
                        ("published_at__isnull", False),
                        ("state", "published"),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("published_at__isnull", False),
                        ("state__in", ["replaced", "withdrawn"]),
                    ),
                    _connector="OR",
                ),
                name="procedure_version_dates_fit_state",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("turn", "office")),
                fields=["municipality", "state_since"],
                name="application_of_office_by_age",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("turn", "office")),
                fields=["municipality", "usual_until"],
                name="application_of_office_stalled",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)),
                fields=["municipality", "state", "-sent_at"],
                name="application_of_office_by_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                fields=("receipt_number",), name="application_receipt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ref", ""), _negated=True),
                fields=("resident", "source", "ref"),
                name="application_reported_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ref", ""), ("seq__isnull", True), ("version__isnull", False)),
                    models.Q(
                        ("seq__isnull", False),
                        ("version__isnull", True),
                        models.Q(("ref", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="application_made_here_or_reported",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version__isnull", True),
                    models.Q(
                        ("receipt_number__isnull", True),
                        ("sent_at__isnull", True),
                        ("state", "draft"),
                    ),
                    models.Q(
                        ("receipt_number__isnull", True),
                        ("sent_at__isnull", True),
                        ("state", "withdrawn"),
                    ),
                    models.Q(
                        models.Q(("state", "draft"), _negated=True),
                        ("receipt_number__isnull", False),
                        ("sent_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="application_sent_with_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version__isnull", True),
                    models.Q(
                        ("decided_at__isnull", True), ("decided_by__isnull", True), ("outcome", "")
                    ),
                    models.Q(
                        models.Q(("outcome", ""), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="application_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version__isnull", True),
                    models.Q(("state__in", ["granted", "refused", "completed"]), _negated=True),
                    models.Q(("outcome", ""), _negated=True),
                    _connector="OR",
                ),
                name="application_decided_with_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version__isnull", True),
                    models.Q(("outcome", "refused"), _negated=True),
                    models.Q(
                        ("proposed_by__isnull", False),
                        models.Q(("proposed_by", models.F("decided_by")), _negated=True),
                        models.Q(("outcome_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="application_refused_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proposed_at__isnull", True), ("proposed_by__isnull", True)),
                    models.Q(("proposed_at__isnull", False), ("proposed_by__isnull", False)),
                    _connector="OR",
                ),
                name="application_proposed_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="usualduration",
            constraint=models.UniqueConstraint(
                fields=("municipality", "procedure_key", "step"), name="usual_duration_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="usualduration",
            constraint=models.CheckConstraint(
                condition=models.Q(("median_days__lte", models.F("ninetieth_days"))),
                name="usual_duration_median_below",
            ),
        ),
    ]
