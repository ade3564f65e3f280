"""Take the forecast's own columns out of VaccinationForecast: pages ask the forecaster, which
answers sooner than a stored answer is read, and never of an earlier day.

Locks: brief, no table rewrite. Nothing has read the columns. Backward: adds them, empty.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("childcare", "0004_calendar_feeds")]

    operations = [
        migrations.RemoveIndex(model_name="vaccinationforecast", name="forecast_by_edition"),
        migrations.AlterField(
            model_name="vaccinationforecast",
            name="record_known",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="vaccinationforecast", name="result", field=models.JSONField(default=dict)
        ),
        migrations.RemoveField(model_name="vaccinationforecast", name="record_known"),
        migrations.RemoveField(model_name="vaccinationforecast", name="result"),
    ]
