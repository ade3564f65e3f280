"""The page for expecting parents. What is asked travels in its address and is stored nowhere."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from childcare.after_birth.expecting import OVERDUE_AT_MOST, TERM, Pregnancy
from childcare.forms import WrittenDate, mistakes_in
from portal import clock
from tasks.views import for_residents, page
from tasks.words import day


class ExpectedForm(forms.Form):
    """The expected date of birth, at most 40 weeks ahead and 4 weeks ago."""

    due_on = WrittenDate(
        label=_("Expected date of birth"),
        help_text=_("It is in the Maternal and Child Health Handbook. If not, ask the clinic."),
        error_messages={"required": _("Write the expected date of birth.")},
    )

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.first, self.last = today - OVERDUE_AT_MOST, today + TERM
        bounds = {"min": self.first.isoformat(), "max": self.last.isoformat()}
        self.fields["due_on"].widget.attrs |= bounds

    def clean_due_on(self):
        due_on = self.cleaned_data["due_on"]
        if due_on > self.last:
            raise ValidationError(
                _(
                    "%(date)s is more than 40 weeks away, which is longer than a pregnancy. "
                    "Check the date and the year."
                ),
                params={"date": day(due_on)},
            )
        if due_on < self.first:
            raise ValidationError(
                _(
                    "%(date)s is more than 4 weeks ago. If the child has been born, open “A child "
                    "has been born” below. If not, check the date and the year."
                ),
                params={"date": day(due_on)},
            )
        return due_on


@for_residents
@require_safe
def expecting(request, resident):
    today = clock.today()
    form = ExpectedForm(request.GET if "due_on" in request.GET else None, today=today)
    known = form.is_valid()
    context = {
        "resident": resident,
        "form": form,
        "mistakes": mistakes_in(form),
        "shown": Pregnancy(form.cleaned_data["due_on"], today) if known else None,
    }
    return page(request, "childcare/expecting.html", context, status=422 if form.errors else 200)
