"""What came of an attempt, in words for staff."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.exchange.webhooks.post import Answer

WHY: dict[str, str | Promise] = {
    "no-answer": gettext_lazy(
        "No answer in time: nobody listens there, the name has no address, or it was too slow."
    ),
    "certificate": gettext_lazy("Its certificate is not good, or is for another name."),
    "not-public": gettext_lazy("The name has an address that is not public, so it was not asked."),
    "not-https": gettext_lazy("The address does not begin with https://, so it was not asked."),
    "not-an-address": gettext_lazy("This is not an address of a web server."),
    "redirect": gettext_lazy(
        "It redirects to another address, and redirects are not followed. Enter the final address."
    ),
    "gone": gettext_lazy("It answered that it is gone for good (410)."),
    "status": gettext_lazy("It answered with an error."),
    "error": gettext_lazy("A fault of the portal; the worker’s log tells more."),
}


def in_words(answer: Answer) -> str:
    if answer.taken:
        return _("It was taken (%(status)s).") % {"status": answer.status}
    why = str(WHY.get(answer.why, answer.why))
    return f"{why} ({answer.status})" if answer.status and answer.why != "gone" else why
