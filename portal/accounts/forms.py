"""allauth's forms in our words: a label above each field and nothing that vanishes inside it."""

from allauth.account import forms as allauth
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def label(field, text, *, autocomplete, help_text=""):
    field.label = text
    field.help_text = help_text
    field.error_messages["required"] = _("Fill this in.")
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs |= {"autocomplete": autocomplete, "class": "field", "size": 32}


def label_new_password(form):
    rules = password_validators_help_texts()
    label(
        form.fields["password1"],
        _("New password"),
        autocomplete="new-password",
        help_text=format_lazy("{} " * len(rules), *rules),
    )
    label(form.fields["password2"], _("New password, once more"), autocomplete="new-password")


class SignInForm(allauth.LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        label(self.fields["login"], _("E-mail address"), autocomplete="username")
        label(self.fields["password"], _("Password"), autocomplete="current-password")


class ChangePasswordForm(allauth.ChangePasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        label(self.fields["oldpassword"], _("Present password"), autocomplete="current-password")
        label_new_password(self)


class ForgottenPasswordForm(allauth.ResetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        label(self.fields["email"], _("E-mail address"), autocomplete="username")


class NewPasswordForm(allauth.ResetPasswordKeyForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        label_new_password(self)
