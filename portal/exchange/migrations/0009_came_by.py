"""By which key or client an upload came, in words.

Locks exchange_upload for a moment: the new column has a constant. Goes backward.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0008_merges")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="came_by",
            field=models.CharField(
                blank=True,
                db_default="",
                editable=False,
                max_length=64,
                verbose_name="key or client",
            ),
        ),
    ]
