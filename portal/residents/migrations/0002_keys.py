"""Begin the primary keys with the person whose row it is, so that the tables can be spread.

Locks: the tables are new and empty. Django goes on seeing `id` as the key (docs/adr/0004).
Backward: the keys are `id` alone again.
"""

from django.db import migrations

KEYS = {
    "residents_guardianship": "child_id",
    "residents_factreport": "resident_id",
    "residents_recordaccess": "resident_id",
}


def primary_key(table, *columns):
    return (
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, "
        f"ADD CONSTRAINT {table}_pkey PRIMARY KEY ({', '.join(columns)})"
    )


class Migration(migrations.Migration):
    dependencies = [("residents", "0001_initial")]

    operations = [
        migrations.RunSQL(primary_key(table, person, "id"), primary_key(table, "id"))
        for table, person in KEYS.items()
    ]
