"""The form with which a family enters a measurement."""

import re
import unicodedata
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from childcare.forms import WrittenDate
from tasks.words import day

# 7.45, 7450, 7,450, 65.2 cm, ７．４５ｋｇ: what people write; a comma stands before three digits.
WRITTEN_AMOUNT = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)\s*(kg|g|cm)?", re.IGNORECASE)
MOST_KG = 200  # no child weighs more, so a larger number without a unit is in grams


class Amount(forms.CharField):
    """A number as people write it, with or without its unit. Empty: not measured."""

    def __init__(self, *, least, most, units, places, wrong, outside, finer, **kwargs):
        super().__init__(required=False, max_length=20, **kwargs)
        self.least, self.most, self.units, self.places = least, most, units, places
        self.wrong, self.outside, self.finer = wrong, outside, finer
        self.widget.attrs |= {"class": "field", "inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value) -> Decimal | None:
        typed = unicodedata.normalize("NFKC", super().clean(value)).strip()
        if not typed:
            return None
        written = WRITTEN_AMOUNT.fullmatch(typed)
        unit = (written[2] or "").lower() if written else ""
        if not written or (unit and unit not in self.units):
            raise ValidationError(self.wrong, params={"typed": typed})
        amount = self.in_unit(Decimal(written[1].replace(",", "")), unit)
        if not self.least <= amount <= self.most:
            raise ValidationError(self.outside, params={"typed": typed})
        if amount != round(amount, self.places):
            raise ValidationError(self.finer, params={"typed": typed})
        return amount

    def in_unit(self, number: Decimal, unit: str) -> Decimal:
        return number


class Weight(Amount):
    """A weight in kg, which may be written in grams."""

    def in_unit(self, number, unit):
        return number / 1000 if unit == "g" or (not unit and number > MOST_KG) else number


class MeasurementForm(forms.Form):
    """A day and what was measured on it. `child` and `today` bound the day."""

    on = WrittenDate(
        label=_("Measured on"), error_messages={"required": _("Write the date of the measurement.")}
    )
    weight = Weight(
        label=_("Weight"),
        help_text=_("In kilograms or grams: 7.45 or 7450"),
        least=Decimal("0.2"),
        most=MOST_KG,
        units={"kg", "g"},
        places=3,
        wrong=_("“%(typed)s” is not a weight. Write kilograms or grams: 7.45 or 7450."),
        outside=_("“%(typed)s” is not what a child weighs. Check the number and its unit."),
        finer=_("“%(typed)s” is finer than a gram. Write at most three digits after the point."),
    )
    height = Amount(
        label=_("Height"),
        help_text=_("In centimetres: 65.2"),
        least=20,
        most=220,
        units={"cm"},
        places=1,
        wrong=_("“%(typed)s” is not a height. Write centimetres: 65.2."),
        outside=_("“%(typed)s” is not how tall a child is. Write centimetres: 65.2."),
        finer=_("“%(typed)s” is finer than a millimetre. Write one digit after the point."),
    )
    head = Amount(
        label=_("Head circumference"),
        help_text=_("In centimetres: 42.1"),
        least=15,
        most=70,
        units={"cm"},
        places=1,
        wrong=_("“%(typed)s” is not a head circumference. Write centimetres: 42.1."),
        outside=_("“%(typed)s” is not what a head measures around. Write centimetres: 42.1."),
        finer=_("“%(typed)s” is finer than a millimetre. Write one digit after the point."),
    )

    def __init__(self, *args, child, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.child, self.today = child, today
        bounds = {"min": child.born.isoformat(), "max": today.isoformat()}
        self.fields["on"].widget.attrs |= bounds

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(
                _("%(date)s has not come yet. Write the date of the measurement."),
                params={"date": day(on)},
            )
        if on < self.child.born:
            raise ValidationError(
                _("%(date)s is before the birth on %(born)s. Check the date."),
                params={"date": day(on), "born": day(self.child.born)},
            )
        return on

    def clean(self):
        typed = [name for name in ("weight", "height", "head") if self[name].data]
        if not typed:
            self.add_error(
                "weight", _("Write at least one of weight, height and head circumference.")
            )

    @property
    def measured(self) -> dict:
        """Return the columns of an entry, once the form is right."""
        weight = self.cleaned_data["weight"]
        return {
            "on": self.cleaned_data["on"],
            "weight_g": None if weight is None else int(weight * 1000),
            "height_cm": self.cleaned_data["height"],
            "head_cm": self.cleaned_data["head"],
        }
