"""What staff call an error and its field: a code says little to who works with opinions all day."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from feedback.page_names import page_name

# By code; one that is not here is called by it.
ERRORS = {
    "required": pgettext_lazy("error", "Nothing was entered"),
    "invalid": pgettext_lazy("error", "Not what is asked for"),
    "invalid_choice": pgettext_lazy("error", "Not one of the choices"),
    "max_length": pgettext_lazy("error", "Too long"),
    "too-long": pgettext_lazy("error", "Too long"),
    "too-many": pgettext_lazy("error", "Too many"),
    "email_password_mismatch": pgettext_lazy("error", "E-mail address and password do not match"),
    "too_many_login_attempts": pgettext_lazy("error", "Tried too often"),
    "empty": pgettext_lazy("error", "The file is empty"),
    "other-kind": pgettext_lazy("error", "A file of another kind"),
    "damaged": pgettext_lazy("error", "The file is damaged"),
    "two-kinds": pgettext_lazy("error", "Something is hidden in the file"),
    "harmful": pgettext_lazy("error", "The file is harmful"),
    "too-large": pgettext_lazy("error", "The file is too large"),
    "too-many-today": pgettext_lazy("error", "Very many files on one day"),
}
FIELDS = {
    "__all__": _("the whole form"),
    "answer": pgettext_lazy("field", "Answer"),
    "file": pgettext_lazy("field", "File"),
    "postcode": pgettext_lazy("field", "Postcode"),
    "until": pgettext_lazy("field", "Day"),
    "on": pgettext_lazy("field", "Day"),
    "vaccine": pgettext_lazy("field", "Vaccination"),
    "reasons": pgettext_lazy("field", "Reasons"),
    "address": pgettext_lazy("field", "Address"),
    "text": pgettext_lazy("field", "Text"),
    "login": pgettext_lazy("field", "E-mail address"),
    "password": pgettext_lazy("field", "Password"),
}


def error_name(code: str) -> str:
    return str(ERRORS.get(code, code))


def field_name(field: str) -> str:
    return str(FIELDS.get(field, field))


def error_words(error: str) -> str:
    """Return what staff call an error of a form, as "until:required" (feedback.on_screen)."""
    field, _colon, code = error.rpartition(":")
    return f"{field_name(field)}: {error_name(code)}"


def error_in_words(about: str) -> str:
    """Return what staff call an error as it is counted (portal.insights.middleware.error_about)."""
    if " " not in about:
        return about
    route, *question, error = about.split(" ")
    return " – ".join([page_name(route), *question, error_words(error)])
