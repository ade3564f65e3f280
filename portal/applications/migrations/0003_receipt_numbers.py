"""Make the sequence of receipt numbers. Locks: none. Backward: it is dropped."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0002_keys")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE applications_receipt", "DROP SEQUENCE applications_receipt"
        )
    ]
