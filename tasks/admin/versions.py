"""The versions of the rules: which are in force, what a new one would change, and its release."""

import logging
from datetime import timedelta
from difflib import SequenceMatcher

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.utils import OperationalError as DatabaseOperationalError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from portal import clock
from portal.bars import Bars
from portal.residents.models import Municipality, Resident
from portal.staff import LookOnly
from tasks import jobs, versions
from tasks.dry_run import AGES, KINDS, RANGE_SIZE
from tasks.models import RuleRecord, RuleVersion, Status
from tasks.rules import registry
from tasks.sweep import range_starts

logger = logging.getLogger(__name__)

# So many ranges are asked while the browser waits, for seconds at most; more by a worker.
RANGES_AT_ONCE = 2
PAGE = "admin:tasks_ruleversion_change"
PARTS = {
    "rows": _("What is asked of each fact"),
    "people": _("What is asked of each person"),
    "ends": _("What the conditions make of a task"),
    "ends_of_person": _("What the conditions about the person make of a task"),
    "one_a_person": _("One task a person"),
    "priority": _("Priority"),
    "urgent_days": _("Urgent, in days before the due date"),
}


@admin.register(RuleVersion)
class RuleVersionAdmin(LookOnly, admin.ModelAdmin):
    """A list of what waits, and for each rule a page to look at its version and release it."""

    def get_urls(self):
        views = [
            ("", self.changelist_view, "changelist"),
            ("<int:rule_id>/", self.rule_view, "change"),
            ("<int:rule_id>/ask/", self.ask_view, "ask"),
            ("<int:rule_id>/release/", self.release_view, "release"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=f"tasks_ruleversion_{name}")
            for route, view, name in views
        ]

    def changelist_view(self, request, extra_context=None):
        """Show every rule with its version, those that wait first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        waiting = {one.key: one for one in versions.waiting()}
        released = RuleVersion.objects.filter(in_force=True).select_related("rule")
        in_force = {version.rule_id: version for version in released.defer("definition", "answer")}
        rules = [
            {
                "known": known,
                "title": _title(known),
                "waiting": waiting.get(known.key),
                "in_force": in_force.get(known.pk),
            }
            for known in RuleRecord.objects.all()
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Versions of rules"),
            "rules": sorted(rules, key=lambda one: one["waiting"] is None),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/tasks/ruleversion/versions.html", context)

    def rule_view(self, request, rule_id):
        """Show which version of a rule stands, what is new in it, and what it would change."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        known = get_object_or_404(RuleRecord, pk=rule_id)
        version, before = versions.of_the_code(known), versions.in_force(known)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Version: %(rule)s") % {"rule": _title(known)},
            "known": known,
            "registered": registry.by_id(rule_id) is not None,
            "version": version,
            "before": before,
            "only_reminders": versions.only_reminders(version, before),
            "differences": differences(before, version),
            "alone_up_to": RuleVersion.ALONE_UP_TO,
            "may_release": request.user.has_perm(versions.PERMISSION),
            "today": clock.today(),
            "history": _history(known),
            **(what_would_change(version) if version and version.answer else {}),
        }
        if request.user.has_perm("residents.view_resident"):
            context["examples"] = examples(version)
        return TemplateResponse(request, "admin/tasks/ruleversion/version.html", context)

    def ask_view(self, request, rule_id):
        """Ask what would change, here if it is quick, else by a worker."""
        version = self._version(request, rule_id)
        if len(range_starts(RANGE_SIZE)) <= RANGES_AT_ONCE:
            self._ask_here(request, version)
        else:
            self._ask_worker(request, version)
        return HttpResponseRedirect(reverse(PAGE, args=[rule_id]))

    def _ask_here(self, request, version):
        try:
            versions.weigh(version)
        except versions.Refused as reason:
            messages.error(request, str(reason))
        except DatabaseOperationalError as error:
            logger.warning("Version %s could not be asked: %s", version.pk, error)
            messages.error(
                request,
                _("The database did not answer in time. Try again when it is less busy."),
            )

    def _ask_worker(self, request, version):
        try:
            jobs.weigh_version.delay(version.pk)
        except OperationalError as error:
            logger.warning("No worker could be told of version %s: %s", version.pk, error)
            messages.warning(request, _("The queue does not answer. Try again in a moment."))
        else:
            messages.info(request, _("A worker has been told. Show this page again soon."))

    def release_view(self, request, rule_id):
        """Note this person's yes to the version that the page showed."""
        version = self._version(request, rule_id)
        if not request.user.has_perm(versions.PERMISSION):
            raise PermissionDenied
        try:
            released = versions.say_yes(version=version, by=request.user)
        except versions.Refused as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, _said(version, released))
        return HttpResponseRedirect(reverse(PAGE, args=[rule_id]))

    def _version(self, request, rule_id):
        """Return the version that a form names; only POST does anything."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        versions_of_rule = RuleVersion.objects.select_related("rule").filter(rule=rule_id)
        number = request.POST.get("number", "")
        return get_object_or_404(
            versions_of_rule, number=number if number.isdecimal() and len(number) < 5 else None
        )


def _title(known):
    rule = registry.by_id(known.pk)
    return rule.title if rule else known.key


def _said(version, released):
    if released:
        return _(
            "Version %(number)s is in force. What follows for the tasks comes with the next night."
        ) % {"number": version.number}
    return _("Your yes is noted. A second person must say yes before the version goes live.")


def differences(before, version) -> list[tuple[str, list, list]]:
    """Return what another version says otherwise: the part, the older and the newer in words.

    Words are in runs, (text, whether it is only in this one).
    """
    if version is None or before is None or version.pk == before.pk:
        return []
    older, newer = before.definition, version.definition
    found = [
        (name, *marked(str(older.get(part, "–")), str(newer.get(part, "–"))))
        for part, name in PARTS.items()
        if older.get(part) != newer.get(part)
    ]
    if before.ladder != version.ladder:
        found.append((_("Reminders"), *marked(ladder(before), ladder(version))))
    return found


def marked(older: str, newer: str) -> tuple[list, list]:
    older, newer = older.split(), newer.split()
    left, right = [], []
    for same, a, b, c, d in SequenceMatcher(None, older, newer, autojunk=False).get_opcodes():
        left.append((" ".join(older[a:b]), same != "equal"))
        right.append((" ".join(newer[c:d]), same != "equal"))
    return left, right


def ladder(version) -> str:
    remind, every = version.ladder.get("remind"), version.ladder.get("remind_every")
    said = []
    if remind:
        said.append(_("%(days)s days before the due date") % {"days": ", ".join(map(str, remind))})
    if every:
        said.append(_("every %(days)s days") % {"days": every})
    return "; ".join(said) or _("none")


# ---- what would change
def what_would_change(version) -> dict:
    """Return what the page shows of an answer: its figures, and the mails as a picture."""
    answer, since = version.answer, version.day
    days = [since + timedelta(days=n) for n in range(len(answer["mails_now"]))]
    mails = list(zip(days, answer["mails_now"], answer["mails_then"], strict=True))
    names = dict(Municipality.objects.values_list("code", "name"))
    return {
        "live": answer["counts"].get("live", 0),
        "stay": answer["counts"].get("live", 0) - version.would_close,
        "endings": [(Status(status).label, n) for status, n in sorted(answer["endings"].items())],
        "municipalities": [
            (names.get(code, code), _by_kind(counts)) for code, counts in answer["municipalities"]
        ],
        "other_municipalities": answer["other_municipalities"],
        "ages": [(_age(band), _by_kind(counts)) for band, counts in answer["ages"]],
        "mails": [one for one in mails if one[1] or one[2]],
        "mails_now": sum(answer["mails_now"]),
        "mails_then": sum(answer["mails_then"]),
        "bars": Bars(
            days=days,
            rows=[
                (_("mails as it is"), answer["mails_now"]),
                (_("mails after the release"), answer["mails_then"]),
            ],
        ),
    }


def _by_kind(counts):
    return [counts.get(kind, 0) for kind in KINDS]


def _age(band: int) -> str:
    edges = [0, *AGES]
    if band == len(AGES):
        return _("%(age)s or over") % {"age": edges[band]}
    return _("%(first)s to %(last)s") % {"first": edges[band], "last": edges[band + 1] - 1}


def examples(version) -> list[tuple[str, list[Resident]]]:
    """Return some of the people whose tasks would change, to be looked at for a purpose."""
    if version is None or not version.answer:
        return []
    headings = [
        ("open", _("would have a new task")),
        ("update", _("would have another date or priority")),
        ("close", _("would lose a task")),
    ]
    asked = version.answer["examples"]
    people = Resident.objects.select_related("municipality").in_bulk(
        {pk for kind in KINDS for pk in asked[kind]}
    )
    return [
        (heading, [people[pk] for pk in dict.fromkeys(asked[kind]) if pk in people])
        for kind, heading in headings
        if asked[kind]
    ]


def _history(known):
    of_rule = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(RuleRecord), object_id=str(known.pk)
    )
    return of_rule.select_related("user")[:50]
