"""The form of one question, by its type. An answer is stored as branch.py says."""

import re
import unicodedata
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.applications.called import in_language
from portal.applications.definition import Question
from portal.applications.models import Application
from portal.applications.written import as_kept
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number
from portal.residents.models import Resident
from tasks.words import day

KANA = re.compile(r"[ァ-ヺー・　 ]+")
KATAKANA = {hiragana: hiragana + 0x60 for hiragana in range(ord("ぁ"), ord("ゖ") + 1)}
LONGEST = 500


def form_for(question: Question, application: Application, *, today: date, data=None):
    """Return the form of a question, filled with `data` or with the answer that stands."""
    kind = {
        "text": TextForm,
        "kana": KanaForm,
        "date": DateForm,
        "choice": ChoiceForm,
        "money": MoneyForm,
        "address": AddressForm,
        "person-of-household": PersonForm,
        "file": FilesForm,
    }[question.type]
    return kind(question, application, today=today, data=data)


class QuestionForm(forms.Form):
    """What the forms of all types have: the answer that stands, and what the question says."""

    def __init__(self, question, application, *, today, data=None):
        self.question, self.application, self.today = question, application, today
        super().__init__(data, initial=self.stored(application.answers.get(question.key)))
        for name, field in self.fields.items():
            field.required = question.required and name not in self.optional
            field.widget.attrs["class"] = "field"
        self.set_up()

    optional: tuple[str, ...] = ()

    def stored(self, answer) -> dict:
        return {"answer": answer}

    def set_up(self):
        """Say to the fields what the question says of them."""

    def to_store(self):
        """Return the cleaned answer as it is stored."""
        return self.cleaned_data["answer"] or ""


def plain(text: str) -> str:
    """Return the text as it is kept (as_kept); refuse what could be a My Number."""
    text = as_kept(text)
    if holds_my_number(text):
        raise ValidationError(HOLDS_MY_NUMBER)
    return text


class TextForm(QuestionForm):
    answer = forms.CharField(
        error_messages={"required": gettext_lazy("Write an answer.")},
    )

    def set_up(self):
        longest = self.question.longest or LONGEST
        self.fields["answer"].validators.append(_no_longer_than(longest))
        if longest > 120:
            self.fields["answer"].widget = forms.Textarea(attrs={"rows": 4, "class": "field"})

    def clean_answer(self):
        return plain(self.cleaned_data["answer"])


def _no_longer_than(longest):
    def check(text):
        if len(text) > longest:
            raise ValidationError(
                _("This is %(count)d characters long, and %(longest)d fit. Shorten it.")
                % {"count": len(text), "longest": longest}
            )

    return check


class KanaForm(TextForm):
    def clean_answer(self):
        text = unicodedata.normalize("NFKC", super().clean_answer()).translate(KATAKANA)
        if text and not KANA.fullmatch(text):
            raise ValidationError(_("Write it in kana, for example ヤマダ ハナコ."))
        return text


class DateForm(QuestionForm):
    answer = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
        error_messages={
            "required": gettext_lazy("Choose a date."),
            "invalid": gettext_lazy("Write the date as in 2026-11-20."),
        },
    )

    def clean_answer(self):
        on = self.cleaned_data["answer"]
        if on is None:
            return ""
        earliest = bound(self.question.earliest, self.today)
        latest = bound(self.question.latest, self.today)
        if earliest and on < earliest:
            raise ValidationError(
                _("Choose a day from %(earliest)s on.") % {"earliest": day(earliest)}
            )
        if latest and on > latest:
            raise ValidationError(_("Choose a day up to %(latest)s.") % {"latest": day(latest)})
        return on.isoformat()


def bound(text: str | None, today: date) -> date | None:
    """Return the day that "2026-11-20", "today" or "today-90d" means."""
    if text is None:
        return None
    if text.startswith("today"):
        return today + timedelta(days=int(text[5:].rstrip("d") or 0))
    return date.fromisoformat(text)


class ChoiceForm(QuestionForm):
    answer = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose one of the answers."),
            "invalid_choice": gettext_lazy("Choose one of the answers."),
        },
    )

    def set_up(self):
        self.fields["answer"].choices = [
            (choice.value, in_language(choice.label)) for choice in self.question.choices
        ]
        self.fields["answer"].widget.attrs.pop("class")


class MoneyForm(QuestionForm):
    answer = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write an amount in yen.")},
    )

    def clean_answer(self):
        text = unicodedata.normalize("NFKC", plain(self.cleaned_data["answer"]))
        text = re.sub(r"[,、\s円¥]", "", text)
        if not text:
            return ""
        if not re.fullmatch(r"\d{1,12}", text):
            raise ValidationError(_("Write the amount in yen, for example 120,000."))
        amount = int(text)
        least, most = self.question.least, self.question.most
        if least is not None and amount < least:
            raise ValidationError(_("The smallest amount is %(least)d yen.") % {"least": least})
        if most is not None and amount > most:
            raise ValidationError(_("The largest amount is %(most)d yen.") % {"most": most})
        return str(amount)


class AddressForm(QuestionForm):
    postcode = forms.CharField(
        label=gettext_lazy("Postcode"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )
    address = forms.CharField(
        label=gettext_lazy("Address, with the building and room"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
        error_messages={"required": gettext_lazy("Write the address.")},
    )
    optional = ("postcode",)

    def stored(self, answer):
        return answer or {}

    def clean_postcode(self):
        text = unicodedata.normalize("NFKC", self.cleaned_data["postcode"])
        digits = re.sub(r"[-ー−‐\s〒]", "", text)
        if digits and not re.fullmatch(r"\d{7}", digits):
            raise ValidationError(_("A postcode has seven digits, as in 102-8688."))
        return f"{digits[:3]}-{digits[3:]}" if digits else ""

    def clean_address(self):
        return plain(self.cleaned_data["address"])

    def to_store(self):
        given = {name: self.cleaned_data[name] for name in ("postcode", "address")}
        return given if any(given.values()) else ""


class PersonForm(QuestionForm):
    answer = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose somebody."),
            "invalid_choice": gettext_lazy("Choose somebody of your household."),
        },
    )

    def set_up(self):
        people = Resident.objects.household_of(self.application.resident, today=self.today)
        self.fields["answer"].choices = [
            (str(person.uuid), person.name) for person in people.order_by("born", "pk")
        ]
        self.fields["answer"].widget.attrs.pop("class")


class FilesForm(QuestionForm):
    """Says whether a file that is needed is there; files themselves come and go one by one."""

    def to_store(self):
        return self.application.answers.get(self.question.key, [])

    def clean(self):
        if self.question.required and not self.to_store():
            self.add_error(None, _("Attach a file."))
        return super().clean()
