from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _


class SnoozeForm(forms.Form):
    """When to be reminded. What date is allowed, tasks.acts says."""

    until = forms.DateField(
        label=_("Another date"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "field"}),
        error_messages={
            "required": _("Choose the date on which you want to be reminded."),
            "invalid": _("Write the date as year-month-day, for example 2027-05-20."),
        },
    )


def ready_choices(*, today: date, due_on: date | None) -> list[tuple[int, date]]:
    """Return days from today and their dates that fit before the due date."""
    choices = [(days, today + timedelta(days=days)) for days in (1, 7, 30)]
    return [(days, day) for days, day in choices if due_on is None or day <= due_on]
