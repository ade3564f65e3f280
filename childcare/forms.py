"""What a family types in. Nothing typed is lost: whatever has to be mended is shown again."""

import re
import unicodedata
from collections import Counter
from datetime import date

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from childcare.enter import Dose
from childcare.schedule import the_schedule
from childcare.words import had_name, vaccine_called
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number
from tasks.words import day

MOST_ROWS = 100
# 2026-10-01, as a browser sends it; 2026/10/1, 2026.10.1 and 2026年10月1日 where it has no picker.
WRITTEN_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class WrittenDate(forms.DateField):
    """A date as people write it; what is none is quoted, since a browser's picker drops it."""

    widget = forms.DateInput

    def __init__(self, **kwargs):
        attrs = {"type": "date", "class": "field"}
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs=attrs), **kwargs)

    def to_python(self, value):
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        typed = unicodedata.normalize("NFKC", str(value)).strip()
        try:
            return date(*map(int, WRITTEN_DATE.fullmatch(typed).groups()))
        except (AttributeError, ValueError) as error:
            raise ValidationError(
                _("“%(typed)s” is not a date. Write year-month-day, for example 2026-10-01."),
                params={"typed": typed[:30]},
            ) from error


class PlainText(forms.CharField):
    """A short text, which is no place for a My Number."""

    def __init__(self, **kwargs):
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {"class": "field", "autocomplete": "off"}

    def clean(self, value):
        text = super().clean(value)
        if holds_my_number(text):
            raise ValidationError(HOLDS_MY_NUMBER)
        return text


class DoseForm(forms.Form):
    """A line of the handbook. `child` and `today` bound its date."""

    vaccine = PlainText(label=_("Vaccine"), max_length=64)
    on = WrittenDate(
        label=_("Date"), error_messages={"required": _("Write the date of this vaccination.")}
    )
    lot = PlainText(label=_("Lot number"), max_length=64)
    clinic = PlainText(label=_("Clinic"), max_length=200)
    note = PlainText(label=_("Note"), max_length=300)
    # The row was made for one dose of its vaccine: untouched until more is typed than that.
    fixed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, child, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.child, self.today = child, today
        bounds = {"min": child.born.isoformat(), "max": today.isoformat()}
        self.fields["on"].widget.attrs |= bounds
        self.fields["vaccine"].widget.attrs |= {"list": "vaccines"}

    def has_changed(self):
        """Tell whether anything was typed; which vaccine a row is for was there before."""
        given = {"fixed", "vaccine"} if self["fixed"].value() else {"fixed"}
        return bool(set(self.changed_data) - given)

    @property
    def dose(self) -> Dose:
        said = self.cleaned_data
        return Dose(**{name: value for name, value in said.items() if name != "fixed"})

    def clean_vaccine(self):
        if name := self.cleaned_data["vaccine"]:
            return vaccine_called(name)
        raise ValidationError(_("Write what the vaccination was."))

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(
                _("%(date)s has not come yet. Enter a vaccination once it has been given."),
                params={"date": day(on)},
            )
        if on < self.child.born:
            raise ValidationError(
                _("%(date)s is before the birth on %(born)s. Check the date in the handbook."),
                params={"date": day(on), "born": day(self.child.born)},
            )
        return on


class BaseHandbookPage(forms.BaseFormSet):
    """Many lines at once; empty ones do not count."""

    def initial_form_count(self):
        """Say that any row may be left empty, also one that was made for a dose."""
        return 0

    def clean(self):
        rows = [form for form in self.forms if form.has_changed()]
        if not rows:
            raise ValidationError(_("Nothing was entered. Write the date of one vaccination."))
        of_rows = [(form, dose_of(form)) for form in rows]
        times = Counter(dose for _form, dose in of_rows if dose)
        for form, dose in of_rows:
            if times[dose] > 1:
                form.add_error(
                    "on",
                    ValidationError(
                        _("The same vaccine stands here %(times)s times on %(date)s. Leave one."),
                        params={"times": times[dose], "date": day(dose[1])},
                    ),
                )

    default_error_messages = {
        "too_many_forms": _(
            "At most %(num)d vaccinations can be saved at once. Save these in two parts."
        ),
    }

    @property
    def doses(self) -> list[Dose]:
        """Return what the rows that are not empty say, once all of them are right."""
        return [form.dose for form in self.forms if form.has_changed()]

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """Return every error once more for the top of the page: the field's id, the sentence."""
        of_page = [("", error) for error in self.non_form_errors()]
        return of_page + [mistake for form in self.forms for mistake in mistakes_in(form)]


HandbookPage = forms.formset_factory(
    DoseForm, formset=BaseHandbookPage, extra=0, max_num=MOST_ROWS, validate_max=True
)


def mistakes_in(form) -> list[tuple[str, str]]:
    """Return every error of a form: the field's id, empty for all of it, and the sentence."""
    return [
        ("" if name == NON_FIELD_ERRORS else form[name].id_for_label or form[name].auto_id, error)
        for name, errors in form.errors.items()
        for error in errors
    ]


def dose_of(form) -> tuple[str, date] | None:
    """Return vaccine and date of a line that is right so far."""
    cleaned = form.cleaned_data if hasattr(form, "cleaned_data") else {}
    dose = cleaned.get("vaccine"), cleaned.get("on")
    return dose if all(dose) else None


class SeriesEndForm(forms.Form):
    """A disease had, or another reason of the schedule, since when, and a note."""

    had = forms.ChoiceField(
        label=_("What is it?"),
        widget=forms.Select(attrs={"class": "field"}),
        error_messages={"required": _("Choose what it is.")},
    )
    on = WrittenDate(label=_("When (if you know)"), required=False)
    note = PlainText(label=_("Note"), max_length=300)

    def __init__(self, *args, child, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.child, self.today = child, today
        known = the_schedule()
        self.fields["had"].choices = [
            ("", _("Choose")),
            (_("Diseases and treatments"), [(code, had_name(code)) for code in known.had]),
            (
                _("A doctor advised against it (an allergy, for example)"),
                [(code, had_name(code)) for code in known.series],
            ),
        ]
        self.fields["on"].widget.attrs |= {"min": child.born.isoformat(), "max": today.isoformat()}

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on and not self.child.born <= on <= self.today:
            raise ValidationError(
                _("Choose a date from the birth on %(born)s until today."),
                params={"born": day(self.child.born)},
            )
        return on
