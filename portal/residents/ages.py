"""When an age is reached (Act on Calculation of Ages; Civil Code, article 143).

An age is reached at the end of the day before the birthday, so the first day at that age is the
birthday itself. Who is born on 29 February reaches every age at the end of 28 February: the first
day is 29 February in a leap year, else 1 March.
"""

from datetime import date

from django.db import models

ADULT = 18
SIGNATURE_CERTIFICATE = 15


def first_day_at_age(born: date, years: int) -> date:
    """Return the first day on which a person born on `born` is `years` old."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


class FirstDayAtAge(models.Func):
    """The same in SQL, fit for a generated column: `FirstDayAtAge("born", years=18)`.

    PostgreSQL moves 29 February plus years to 28 February; the day lost is added again.
    """

    output_field = models.DateField()
    template = (
        "((%(expressions)s + interval '%(years)s years')::date + (extract(day from "
        "%(expressions)s + interval '%(years)s years') <> extract(day from %(expressions)s))::int)"
    )

    def __init__(self, born, *, years):
        super().__init__(born, years=years)
