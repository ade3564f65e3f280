"""Which row stood under a ref before it was merged, and where staff find who waits to be.

Locks residents_residentref for a moment, for a column that is null; without a foreign key in the
database, which would read the whole table (rows named there are never deleted: exchange.Merge).
Both indexes are made while others write, and the planner is told that the column is empty: else
it would read the whole table for each chunk of a load. Goes backward.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

UNIQUE = models.UniqueConstraint(
    condition=models.Q(("record__isnull", False)),
    fields=("record",),
    name="record_merged_into_one",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("residents", "0013_small_kana")]

    operations = [
        migrations.AddField(
            model_name="residentref",
            name="record",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="merged_refs",
                to="residents.resident",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(model_name="residentref", constraint=UNIQUE)
            ],
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY record_merged_into_one "
                    "ON residents_residentref (record_id) WHERE record_id IS NOT NULL",
                    "DROP INDEX CONCURRENTLY record_merged_into_one",
                )
            ],
        ),
        AddIndexConcurrently(
            model_name="resident",
            index=models.Index(
                condition=models.Q(("state", "merged")),
                fields=["municipality"],
                name="resident_merged",
            ),
        ),
        migrations.RunSQL("ANALYZE residents_residentref (record_id)", migrations.RunSQL.noop),
    ]
