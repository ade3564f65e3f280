"""Add Message.first_tried_at, nullable, and a reason for reminders that another overtook.

Locks: brief, no table rewrite. Old code ignores the column, so deploy in any order; messages that
it has tried count their three days from the next try. Backward: drops the column.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reminders", "0003_devices_as_browsers_say"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="first_tried_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="first tried at"),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no-address", "no e-mail address is known"),
                    ("mail-off", "the person has turned reminders by e-mail off"),
                    ("no-device", "no device takes notifications any more"),
                    ("deceased", "the person has died"),
                    ("moved-away", "the person has moved away"),
                    ("merged", "the record was merged with another"),
                    ("child-grown-up", "the child is of age and has the task itself"),
                    ("no-longer-guardian", "no longer acts for the child"),
                    ("task-done", "done before"),
                    ("task-withdrawn", "no longer applies"),
                    ("task-expired", "the date has passed"),
                    ("task-snoozed", "put off by the person"),
                    ("task-reported", "reported as done by the person"),
                    ("task-dismissed", "“not now” was chosen"),
                    ("overtaken", "it waited until a later reminder of the same task"),
                    ("refused", "the server refuses this address or message for good"),
                    ("given-up", "the server did not take it for three days"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
    ]
