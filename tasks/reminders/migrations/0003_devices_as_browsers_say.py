"""Keep to what a browser's subscription looks like: an address, and keys of 65 and 16 bytes.

Locks: reads the small table of devices once. Old code writes nothing else there, so deploy in any
order. Backward: drops the constraint.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0002_keys")]

    operations = [
        migrations.AddConstraint(
            model_name="pushsubscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("auth__regex", "^[A-Za-z0-9_-]{22}$"),
                    ("endpoint__regex", "^https?://[!-~]+$"),
                    ("p256dh__regex", "^[A-Za-z0-9_-]{87}$"),
                ),
                name="push_as_browsers_say_it",
            ),
        ),
    ]
