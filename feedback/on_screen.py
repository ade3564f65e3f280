"""What was on the screen when somebody gave an opinion: signed, so that only we can say it.

A page sends it along in its form. It holds nothing of the person: what was shown is named by route,
rule, question and versions, an error by its field and code.
"""

from collections.abc import Iterable
from functools import lru_cache

import msgspec
from django.core.signing import BadSignature, Signer
from django.utils import translation

from feedback.wording import wording_version

SALT = "feedback.on-screen"
MOST_ERRORS = 20


class OnScreen(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`kind` is what the page asks: clear or applying.

    The same for everyone who is shown the same: two pages that must look alike still do.
    """

    kind: str = "clear"
    route: str = ""
    language: str = ""
    template: str = ""
    wording: str = ""
    rule: str = ""
    rule_version: str = ""
    procedure: str = ""
    procedure_version: int | None = None
    question: str = ""
    errors: tuple[str, ...] = ()


def on_screen(
    *,
    route: str,
    template: str,
    form=None,
    refused: Iterable[str] = (),
    texts: Iterable[str] = (),
    **about,
):
    """Return what is on the screen now; `about` are the other fields of OnScreen, by name.

    `refused`: errors that stand there and are none of the form's, as "file:too-large".
    """
    return OnScreen(
        route=route,
        language=translation.get_language(),
        template=template,
        wording=wording_version(template, texts),
        errors=(*errors_of(form), *refused)[:MOST_ERRORS],
        **about,
    )


def errors_of(form) -> tuple[str, ...]:
    """Return the errors of a form as field and code ("email:invalid"), never what was typed.

    Of several forms in one (a formset) those of each.
    """
    if not getattr(form, "is_bound", False):
        return ()
    found = [
        f"{field}:{error.code or 'invalid'}"[:100]
        for one in getattr(form, "forms", [form])
        for field, errors in one.errors.as_data().items()
        for error in errors
    ]
    return tuple(found[:MOST_ERRORS])


@lru_cache(maxsize=10_000)
def signed(shown: OnScreen) -> str:
    return Signer(salt=SALT).sign_object(msgspec.to_builtins(shown))


def read(text: str) -> OnScreen | None:
    """Return what a page said of itself, or None where nobody can tell which page it was."""
    try:
        return msgspec.convert(Signer(salt=SALT).unsign_object(text), OnScreen)
    except (BadSignature, msgspec.ValidationError):
        return None
