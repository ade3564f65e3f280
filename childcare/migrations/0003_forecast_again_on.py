"""Add VaccinationForecast.born and .again_on: when a forecast has to be worked out again.

Locks: brief, no table rewrite; nothing has filled the table yet. A row from before, with the day
that stands for none, is out of date and worked out again by the next night.
Backward: drops the columns.
"""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("childcare", "0002_keys")]

    operations = [
        migrations.AddField(
            model_name="vaccinationforecast",
            name="again_on",
            field=models.DateField(
                blank=True,
                help_text="When a free period is over, another dose may be the next one.",
                null=True,
                verbose_name="to be worked out again on",
            ),
        ),
        migrations.AddField(
            model_name="vaccinationforecast",
            name="born",
            field=models.DateField(
                default=datetime.date(1868, 1, 1),
                help_text="As it was reckoned with.",
                verbose_name="born",
            ),
            preserve_default=False,
        ),
    ]
