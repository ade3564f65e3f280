"""Load the 1,741 municipalities from the register beside this app (data/README.md).

Locks: none that matter; the table is new. Backward: empties it.
"""

import csv
from pathlib import Path

from django.db import migrations

REGISTER = Path(__file__).resolve().parent.parent / "data" / "municipalities.csv"


def load(apps, schema_editor):
    Municipality = apps.get_model("residents", "Municipality")
    with REGISTER.open(encoding="utf-8", newline="") as lines:
        Municipality.objects.bulk_create(
            Municipality(
                code=row["code"],
                prefecture=row["prefecture"],
                prefecture_kana=row["prefecture_kana"],
                name=row["city"],
                name_kana=row["city_kana"],
            )
            for row in csv.DictReader(lines)
            if row["city"]  # a prefecture's own row has none
        )


def empty(apps, schema_editor):
    apps.get_model("residents", "Municipality").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("residents", "0002_keys")]

    operations = [migrations.RunPython(load, empty)]
