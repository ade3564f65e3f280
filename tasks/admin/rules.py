"""What each rule says, as the code registers it, and how many live tasks it has."""

from collections import Counter, defaultdict

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Count
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from portal import clock
from portal.staff import LookOnly
from tasks.models import LIVE, RuleRecord, Status, Task
from tasks.rules import registry
from tasks.words import columns_in


@admin.register(RuleRecord)
class RuleAdmin(LookOnly, admin.ModelAdmin):
    """What each rule says, as the code registers it, and how many live tasks it has."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="tasks_rulerecord_changelist")]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        counts = live_tasks_by_rule()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Rules"),
            "rules": [in_general(rule, counts[rule.id]) for rule in registry.values()],
            "no_longer_registered": RuleRecord.objects.exclude(
                pk__in=[rule.id for rule in registry.values()]
            ),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/tasks/rulerecord/rules.html", context)


def live_tasks_by_rule() -> dict[int, Counter]:
    """Return how many live tasks each rule (id) has in each status, by one statement."""
    counts = defaultdict(Counter)
    rows = Task.objects.live().values("rule_id", "status").annotate(tasks=Count("pk"))
    for row in rows.order_by():
        counts[row["rule_id"]][row["status"]] = row["tasks"]
    return counts


def in_general(rule, counts) -> dict:
    """Describe a rule with no resident in view: its sentences name columns, not their values."""
    fact = rule.rows(clock.today()).model

    def said(text):
        return _without_values(text, fact)

    return {
        "rule": rule,
        "fact": fact._meta.verbose_name,
        "opens_on": _name(fact, rule.opens_on),
        "due_on": _name(fact, rule.due_on),
        "counts": [(Status(status).label, counts[status]) for status in LIVE],
        "conditions": [
            {
                "name": condition.name,
                "holds": said(condition.holds),
                "fails": said(condition.fails),
                "unknown": said(condition.unknown),
                "ends": condition.ends.label,
                "ends_when": said(condition.ends_when),
            }
            for condition in rule.all_conditions
        ],
    }


def _without_values(text, model) -> str:
    return str(text).format_map({name: f"[{_name(model, name)}]" for name in columns_in(text)})


def _name(model, column):
    """Return what staff call a column of the facts; some are computed by the rule itself."""
    if not column:
        return ""
    try:
        return model._meta.get_field(column).verbose_name
    except FieldDoesNotExist:
        return column
