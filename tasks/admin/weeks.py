"""Which weeks a page shows, as its address asks: `?until=2027-03-01`."""

from dataclasses import dataclass
from datetime import date, timedelta

from django import forms
from django.core.validators import MinValueValidator

from portal import clock

WEEKS = 8


@dataclass(frozen=True)
class Weeks:
    """Some weeks up to a day, with the last days of those before and after."""

    until: date
    today: date

    @property
    def since(self) -> date:
        return self.until - timedelta(weeks=WEEKS) + timedelta(1)

    @property
    def earlier(self) -> date:
        return self.since - timedelta(1)

    @property
    def later(self) -> date | None:
        if self.until < self.today:
            return min(self.until + timedelta(weeks=WEEKS), self.today)
        return None


class WeeksForm(forms.Form):
    until = forms.DateField(required=False, validators=[MinValueValidator(date(2000, 1, 1))])


def weeks_of(request) -> Weeks:
    """Return the weeks that the address asks for; where it says none, or nonsense, the latest."""
    form = WeeksForm(request.GET)
    form.is_valid()
    today = clock.today()
    return Weeks(min(form.cleaned_data.get("until") or today, today), today)
