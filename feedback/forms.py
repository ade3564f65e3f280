"""What a page asks of somebody who has an opinion."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from feedback.give import cleaned
from feedback.models import LONGEST_TEXT, MOST_REASONS, Opinion

NOTHING_WRITTEN = _("Write your opinion first, then send it.")
MARKS = [(str(mark), str(mark)) for mark in range(1, 6)]


class FromAPageForm(forms.Form):
    """What every form of an opinion carries along unseen."""

    # A person meets it neither on the screen nor by ear; what fills it in is a program.
    website = forms.CharField(required=False)
    width = forms.ChoiceField(choices=Opinion.Width.choices, required=False)
    back = forms.CharField(required=False)

    def clean_website(self):
        if self.cleaned_data["website"]:
            raise ValidationError(
                _(
                    "Send it again. A field that cannot be seen was filled in, which programs do; "
                    "it is empty now."
                ),
                code="trap",
            )
        return ""


class MarkForm(FromAPageForm):
    """Yes or no, or after applying a mark from 1 to 5."""

    shown = forms.CharField()
    clear = forms.ChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))], required=False)
    rating = forms.ChoiceField(choices=MARKS, required=False)

    def marks(self, kind: str) -> dict:
        """Return what feedback.give.mark wants; {} where the button is none of this kind's."""
        clear, rating = self.cleaned_data["clear"], self.cleaned_data["rating"]
        if kind == Opinion.Kind.CLEAR and clear:
            return {"clear": clear == "yes"}
        return {"rating": int(rating)} if kind == Opinion.Kind.APPLYING and rating else {}


class SaidForm(FromAPageForm):
    text = forms.CharField(
        required=False,
        label=_("In your own words"),
        help_text=_("Leave out names and addresses, yours too."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    answer = forms.BooleanField(
        required=False,
        label=_("I would like an answer"),
        help_text=_("Only then is it kept who you are, for those who answer."),
    )

    def __init__(self, *args, may_ask: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_ask:
            del self.fields["answer"]

    def clean_text(self):
        text = self.cleaned_data["text"]
        if len(text) > LONGEST_TEXT:
            raise ValidationError(
                _("Shorten it to %(most)d characters; it has %(length)d."),
                code="too-long",
                params={"most": LONGEST_TEXT, "length": len(text)},
            )
        return text

    def clean(self):
        """An answer is wanted to something: without a word there is nothing to answer."""
        if self.cleaned_data.get("answer") and not cleaned(self.cleaned_data.get("text", "x")).text:
            self.add_error(
                "text", ValidationError(_("Write what you would like answered."), code="required")
            )


class MoreForm(SaidForm):
    """Why, after a mark."""

    opinion = forms.UUIDField(widget=forms.HiddenInput)
    reasons = forms.MultipleChoiceField(
        choices=Opinion.Reason.choices,
        required=False,
        label=_("What was it?"),
        help_text=_("Up to three"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose from the list.")},
    )

    def clean_reasons(self):
        reasons = self.cleaned_data["reasons"]
        if len(reasons) > MOST_REASONS:
            raise ValidationError(_("Choose at most three."), code="too-many")
        return reasons


class OnceField(forms.UUIDField):
    """By what an opinion sent twice is known; without one that can be read it is another."""

    def clean(self, value):
        try:
            return super().clean(value)
        except ValidationError:
            return uuid4()


class FreeForm(SaidForm):
    """An opinion about anything."""

    once = OnceField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].required = True
        self.fields["text"].error_messages = {"required": NOTHING_WRITTEN}
        self.fields["text"].widget.attrs["rows"] = 8

    def clean_text(self):
        text = super().clean_text()
        if not cleaned(text).text:  # nothing but what cannot be seen
            raise ValidationError(NOTHING_WRITTEN, code="required")
        return text
