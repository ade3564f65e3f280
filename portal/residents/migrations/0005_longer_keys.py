"""Let FactReport.key have 160 characters, for a source's key with its own number of a record.

Locks: brief; a longer varchar rewrites neither the table nor its index. Deploy before the code
that writes longer keys. Backward: fails where such a key is stored.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("residents", "0004_last_delivery")]

    operations = [
        migrations.AlterField(
            model_name="factreport",
            name="key",
            field=models.CharField(blank=True, max_length=160, verbose_name="key"),
        )
    ]
