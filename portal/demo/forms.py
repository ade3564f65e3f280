from django import forms
from django.utils.translation import gettext_lazy as _

from portal import clock
from portal.demo.walk import FURTHEST
from tasks.words import day


class GoOnForm(forms.Form):
    """To which day the demo's clock is to be moved on."""

    until = forms.DateField(
        label=_("To which date?"),
        widget=forms.DateInput(attrs={"type": "date", "class": "field"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Choose a date."),
            "invalid": _("Write the date with year, month and day, for example 2027-05-20."),
        },
    )

    def clean_until(self):
        until, today = self.cleaned_data["until"], clock.today()
        if not today < until <= today + FURTHEST:
            raise forms.ValidationError(
                _("Choose a date after %(today)s, the demo’s day, and no later than %(latest)s."),
                params={"today": day(today), "latest": day(today + FURTHEST)},
            )
        return until
