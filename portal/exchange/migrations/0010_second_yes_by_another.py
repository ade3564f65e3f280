"""The second yes is another person’s. Locks the table of takings back, a few rows; goes backward."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0009_came_by"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="takingback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("second__isnull", True),
                    models.Q(("second", models.F("by")), _negated=True),
                    _connector="OR",
                ),
                name="taking_back_second_yes_by_another",
            ),
        ),
    ]
