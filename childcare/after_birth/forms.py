"""What is asked after a birth: one question at a time."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from childcare.forms import WrittenDate
from childcare.models import AllowanceAnswer
from tasks.words import day

OLDEST = timedelta(days=366)


class EarnerForm(forms.Form):
    main_earner = forms.ChoiceField(
        choices=AllowanceAnswer.Earner.choices,
        error_messages={"required": _("Choose who earns most, or “I do not know”.")},
    )


class CivilServantForm(EarnerForm):
    """The second question; the first one's answer travels along."""

    civil_servant = forms.ChoiceField(
        choices=AllowanceAnswer.CivilServant.choices,
        error_messages={"required": _("Choose Yes, No, or “I do not know”.")},
    )


class BornForm(forms.Form):
    """The day of a birth that the register does not know yet, and where it was."""

    born = WrittenDate(
        label=_("When was the child born?"),
        error_messages={"required": _("Write the day on which the child was born.")},
    )
    abroad = forms.TypedChoiceField(
        choices=[("no", _("In Japan")), ("yes", _("Abroad"))],
        coerce=lambda value: value == "yes",
        error_messages={"required": _("Choose where the child was born.")},
    )

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        bounds = {"min": (today - OLDEST).isoformat(), "max": today.isoformat()}
        self.fields["born"].widget.attrs |= bounds

    def clean_born(self):
        born = self.cleaned_data["born"]
        if born > self.today:
            raise ValidationError(
                _("%(date)s has not come yet. Tell us once the child has been born."),
                params={"date": day(born)},
            )
        if born < self.today - OLDEST:
            raise ValidationError(
                _(
                    "%(date)s is more than a year ago. Ask your municipality what is to be done "
                    "for a child that is not in the register."
                ),
                params={"date": day(born)},
            )
        return born
