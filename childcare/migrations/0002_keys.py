"""Begin the primary keys of childcare's tables with the person (docs/adr/0004).

Locks: the tables are new and empty. Backward: the keys are `id` alone again.
"""

from django.db import migrations

PERSON_OF = {
    "announcedbirth": "resident_id",
    "checkup": "resident_id",
    "duecheckup": "resident_id",
    "duedose": "resident_id",
    "vaccination": "resident_id",
    "allowanceanswer": "child_id",
    "familymeasurement": "child_id",
    "familystatement": "child_id",
    "familyvaccination": "child_id",
    "notmine": "child_id",
    "recordanswer": "child_id",
    "seriesend": "child_id",
    "stepdone": "child_id",
}


def key(table: str, columns: str) -> str:
    return (
        f"ALTER TABLE childcare_{table} DROP CONSTRAINT childcare_{table}_pkey, "
        f"ADD CONSTRAINT childcare_{table}_pkey PRIMARY KEY ({columns})"
    )


class Migration(migrations.Migration):
    dependencies = [("childcare", "0001_initial")]

    operations = [
        migrations.RunSQL(key(table, f"{person}, id"), key(table, "id"))
        for table, person in PERSON_OF.items()
    ]
