"""Where changes are brought to by themselves, and what came of each.

New tables, empty. Backward: they are dropped, and receivers fetch what they missed.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0005_receiving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
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
                    "url",
                    models.CharField(
                        help_text="Begins with https:// and names a public host.",
                        max_length=500,
                        verbose_name="address",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("paused", "paused: nothing was taken for three days"),
                            ("gone", "ended by the receiver (410)"),
                            ("off", "switched off"),
                        ],
                        default="active",
                        max_length=6,
                        verbose_name="state",
                    ),
                ),
                ("position", models.BigIntegerField(default=0, editable=False)),
                ("secret_number", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "former_until",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="the former secret signs too until",
                    ),
                ),
                (
                    "taken_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last taken at"),
                ),
                (
                    "failing_since",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="nothing taken since"
                    ),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="failures in a row"
                    ),
                ),
                (
                    "rests_until",
                    models.DateTimeField(editable=False, null=True, verbose_name="rests until"),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="made at"
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="endpoints",
                        to="exchange.connection",
                        verbose_name="connection",
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
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ["connection", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField(verbose_name="position")),
                ("about", models.UUIDField(verbose_name="about")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("taken", "taken"),
                            ("failed", "given up"),
                        ],
                        default="waiting",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("first_tried_at", models.DateTimeField(null=True, verbose_name="first tried at")),
                (
                    "next_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="next attempt"
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status")),
                (
                    "why",
                    models.CharField(
                        blank=True, help_text="A code.", max_length=20, verbose_name="why"
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="exchange.change",
                        verbose_name="change",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="exchange.webhookendpoint",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery by webhook",
                "verbose_name_plural": "deliveries by webhooks",
            },
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(
                fields=("connection", "url"), name="webhook_endpoint_once"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["endpoint", "next_at", "position"],
                name="webhook_delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["endpoint", "about", "position"],
                name="webhook_delivery_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-position"], name="webhook_delivery_newest"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "failed")),
                fields=["-ended_at"],
                name="webhook_delivery_given_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("change", "endpoint"), name="webhook_delivery_once"
            ),
        ),
    ]
