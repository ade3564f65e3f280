"""A fact that only the benchmark knows, so that some tasks come from a table of many rows."""

from django.db import models

from portal.residents.models import Fact, Resident


class DoseWindow(Fact):
    """From when to when a child's next dose is due. It goes by whom it is about.

    Without migrations: `migrate --run-syncdb` makes its table, in the benchmark's databases alone.
    """

    resident = models.ForeignKey(Resident, models.CASCADE, db_index=False)
    opens_on = models.DateField()
    dose_to = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["resident"], name="dose_window_by_resident")]

    def __str__(self):
        return f"{self.opens_on}–{self.dose_to}"
