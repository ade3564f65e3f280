"""Chain the log of who looked, and let residents ask about it.

Rows that stand are numbered and chained person by person, with the key of this installation; with
a thousand rows that takes a tenth of a second. Locks: the log, while it is rewritten; staff pages
that open a record wait. Backward: chains, offices and questions are lost, rows stay.
"""

from itertools import groupby
from operator import attrgetter

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from portal.residents.access_log import START, link


def chain(apps, schema_editor):
    """Chain the rows that stand, as portal.residents.access_log does."""
    Access = apps.get_model("residents", "RecordAccess")
    Head = apps.get_model("residents", "AccessLogHead")
    rows = Access.objects.order_by("resident_id", "at", "pk").iterator()
    for resident, group in groupby(rows, key=attrgetter("resident_id")):
        before = START
        for number, row in enumerate(group, start=1):
            row.number = number
            row.chained = before = link(before, row)
            Access.objects.filter(resident=resident, pk=row.pk).update(
                number=number, chained=before
            )
        Head.objects.create(resident_id=resident, count=number, chained=before)


KEY = "ALTER TABLE residents_accessquestion DROP CONSTRAINT residents_accessquestion_pkey, ADD CONSTRAINT residents_accessquestion_pkey PRIMARY KEY (%s)"


class Migration(migrations.Migration):
    dependencies = [
        ("residents", "0006_members_of_offices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessLogHead",
            fields=[
                (
                    "resident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="access_log_head",
                        serialize=False,
                        to="residents.resident",
                    ),
                ),
                ("count", models.PositiveIntegerField(verbose_name="accesses")),
                ("chained", models.CharField(max_length=64, verbose_name="hash of the last")),
            ],
            options={
                "verbose_name": "end of an access log",
                "verbose_name_plural": "ends of access logs",
            },
        ),
        migrations.CreateModel(
            name="AccessQuestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("access_number", models.PositiveIntegerField(verbose_name="number of the access")),
                ("text", models.TextField(blank=True, max_length=2000, verbose_name="question")),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="asked at"
                    ),
                ),
                ("answer_by", models.DateField(verbose_name="answer by")),
                ("answer", models.TextField(blank=True, max_length=4000, verbose_name="answer")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
            ],
            options={
                "verbose_name": "question about an access",
                "verbose_name_plural": "questions about accesses",
                "ordering": ["answer_by", "pk"],
            },
        ),
        migrations.AddField(
            model_name="recordaccess",
            name="chained",
            field=models.CharField(
                default="", max_length=64, verbose_name="hash of this row and those before"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="recordaccess",
            name="number",
            field=models.PositiveIntegerField(
                default=0, help_text="From 1 on, of each resident.", verbose_name="number"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="recordaccess",
            name="office",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Empty: whoever runs the portal.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="residents.municipality",
                verbose_name="office",
            ),
        ),
        migrations.AddField(
            model_name="recordaccess",
            name="what",
            field=models.CharField(
                default="record",
                help_text="Or a receipt number.",
                max_length=64,
                verbose_name="what",
            ),
        ),
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="recordaccess",
            constraint=models.UniqueConstraint(
                fields=("resident", "number"), name="record_access_numbered_once"
            ),
        ),
        migrations.AddField(
            model_name="accessquestion",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="answered by",
            ),
        ),
        migrations.AddField(
            model_name="accessquestion",
            name="office",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="residents.municipality",
                verbose_name="office",
            ),
        ),
        migrations.AddField(
            model_name="accessquestion",
            name="resident",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="residents.resident",
                verbose_name="resident",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessquestion",
            constraint=models.UniqueConstraint(
                fields=("resident", "access_number"), name="access_question_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessquestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answer", ""), ("answered_at__isnull", True), ("answered_by__isnull", True)
                    ),
                    models.Q(
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="access_question_answered_by_somebody",
            ),
        ),
        migrations.RunSQL(KEY % "resident_id, id", KEY % "id"),
    ]
