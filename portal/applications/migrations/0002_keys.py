"""Begin the primary keys of applications and what belongs to them with the person (docs/adr/0004).

What belongs to an application names it by both columns. Locks: the tables are new and empty.
Backward: the keys are `id` alone again.
"""

from django.db import migrations

OF_APPLICATION = ["applicationevent", "message", "correctionrequest", "attachment"]


def key(table: str, columns: str) -> str:
    return (
        f"ALTER TABLE applications_{table} DROP CONSTRAINT applications_{table}_pkey, "
        f"ADD CONSTRAINT applications_{table}_pkey PRIMARY KEY ({columns})"
    )


def name(table: str) -> str:
    return f"{table}_of_application"


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]

    operations = [
        *(
            migrations.RunSQL(key(table, "resident_id, id"), key(table, "id"))
            for table in ["application", *OF_APPLICATION]
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE applications_{table} ADD CONSTRAINT {name(table)} "
                "FOREIGN KEY (resident_id, application_id) "
                "REFERENCES applications_application (resident_id, id) ON DELETE CASCADE",
                f"ALTER TABLE applications_{table} DROP CONSTRAINT {name(table)}",
            )
            for table in OF_APPLICATION
        ),
    ]
