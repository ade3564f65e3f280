"""What staff call a page: a route says nothing to who works with opinions all day."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tasks.rules import registry

# By route; mostly what stands in the page's title. One that is not here is called by its route.
NAMES = {
    "tasks:home": pgettext_lazy("page", "What to do (first page)"),
    "tasks:task": pgettext_lazy("page", "A thing to do"),
    "tasks:snooze": pgettext_lazy("page", "A thing to do"),  # which says what is wrong with a day
    "tasks:why": _("Why do I (not) see this?"),
    "tasks:why-rule": pgettext_lazy("page", "Why do I (not) see this? (one rule)"),
    "tasks:settings": _("Settings"),
    "tasks:access-log": _("Who looked at your data"),
    "tasks:ask-access": _("Ask why"),
    "applications:catalogue": _("What can I apply for?"),
    "applications:procedure": pgettext_lazy("page", "A procedure"),
    "applications:start": pgettext_lazy("page", "Begin an application"),
    "applications:question": pgettext_lazy("page", "A question of an application"),
    "applications:attach": pgettext_lazy("page", "A question of an application"),
    "applications:review": _("Check your answers"),
    "applications:sent": pgettext_lazy("page", "Application sent"),
    "applications:mine": _("My applications and services in use"),
    "applications:application": pgettext_lazy("page", "An application"),
    "applications:correct": _("What is to be corrected"),
    "applications:withdraw": pgettext_lazy("page", "Take an application back"),
    "applications:resume": pgettext_lazy("page", "Go on with an application"),
    "childcare:children": _("Children"),
    "childcare:child": pgettext_lazy("page", "A child"),
    "childcare:after-birth": _("After the birth"),
    "childcare:allowance": pgettext_lazy("page", "Child allowance: who claims it"),
    "childcare:born": pgettext_lazy("page", "A child has been born"),
    "childcare:calendar": _("Dates in your calendar"),
    "childcare:calendar-settings": _("Dates in your calendar"),
    "childcare:checkups": _("Checkups"),
    "childcare:compare": _("Records that differ"),
    "childcare:correct": _("Correct an entry"),
    "childcare:enter": pgettext_lazy("page", "Enter vaccinations from the handbook"),
    "childcare:expecting": _("Expecting a child"),
    "childcare:growth": _("Growth"),
    "childcare:measure": _("Growth"),
    "childcare:had": pgettext_lazy("page", "Diseases, and other reasons"),
    "childcare:not-mine": _("This is not my child’s"),
    "childcare:own-checkups": _("Your own checkups"),
    "childcare:print": _("Record of vaccinations"),
    "feedback:free": _("Your opinion"),
    "feedback:more": _("Your opinion"),
    "feedback:improvements": _("You said, we did"),
    "insights:dashboard": _("Figures"),
    "insights:dictionary": pgettext_lazy("page", "What the figures mean"),
    "account_login": _("Sign in"),
    "account_logout": _("Sign out"),
    "account_change_password": _("Change the password"),
    "account_reset_password": _("Set a new password"),
    "account_reset_password_from_key": _("Set a new password"),
}


def page_name(route: str) -> str:
    """Return what staff call the page of a route, in their language."""
    return str(NAMES.get(route, route))


def rule_title(rule: str) -> str:
    """Return the title of a task rule; one that is no more is called by its key."""
    return str(registry[rule].title) if rule in registry else rule


def page_and_rule(route: str, rule: str) -> str:
    """Return what staff call a page, with the title of the rule that it was about, if any."""
    return " – ".join(filter(None, [page_name(route), rule_title(rule)]))
