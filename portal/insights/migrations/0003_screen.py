"""Measures of what stood on the screen, and the name of the page of what people say now.

Locks: none; choices and a proxy are no matter of the database. Backward: nothing to undo.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0001_opinions"),
        ("insights", "0002_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="SaidNow",
            fields=[],
            options={
                "verbose_name": "what people say now",
                "verbose_name_plural": "what people say now",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("feedback.opinion",),
        ),
        migrations.AlterField(
            model_name="useday",
            name="measure",
            field=models.CharField(
                choices=[
                    ("page", "page shown"),
                    ("sent", "form sent"),
                    ("sign-in", "sign-in"),
                    ("task-seen", "page of a to-do shown"),
                    ("error-shown", "error shown"),
                    ("task-opened", "task opened"),
                    ("task-done", "task done"),
                    ("application-started", "application begun"),
                    ("application-sent", "application sent"),
                    ("application-decided", "application decided"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
        migrations.AlterField(
            model_name="useminute",
            name="measure",
            field=models.CharField(
                choices=[
                    ("page", "page shown"),
                    ("sent", "form sent"),
                    ("sign-in", "sign-in"),
                    ("task-seen", "page of a to-do shown"),
                    ("error-shown", "error shown"),
                    ("task-opened", "task opened"),
                    ("task-done", "task done"),
                    ("application-started", "application begun"),
                    ("application-sent", "application sent"),
                    ("application-decided", "application decided"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
    ]
