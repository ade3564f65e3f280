"""Note which events of applications are told to the systems connected here (docs/adr/0019).

What happened before counts as told: nobody was connected. Locks: brief, no table rewrite, since
the old rows' value is kept with the column; the index holds only events not told, of which there
are none. Code of before writes events as not told, so they are told. Backward: the column goes.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0008_given_up_notices")]

    operations = [
        migrations.AddField(
            model_name="applicationevent",
            name="told",
            field=models.BooleanField(
                db_default=True, default=False, editable=False, verbose_name="told"
            ),
        ),
        migrations.AlterField(
            model_name="applicationevent",
            name="told",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="told"
            ),
        ),
        migrations.AddIndex(
            model_name="applicationevent",
            index=models.Index(
                condition=models.Q(("told", False)), fields=["id"], name="application_event_untold"
            ),
        ),
    ]
