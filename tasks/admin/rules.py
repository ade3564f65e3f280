"""The rules: what each says, how its tasks stand, and what the nights did with it."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from portal import clock
from portal.database import run
from portal.residents.models import Resident
from portal.staff import LookOnly
from tasks import history
from tasks.admin.nights import over_weeks
from tasks.admin.weeks import weeks_of
from tasks.compile import RANGE, Wanted
from tasks.examples import explained, outcome
from tasks.models import LIVE, RuleRecord, Status, Sweep, Task
from tasks.reconcile import no_nested_loops
from tasks.rules import registry
from tasks.sweep import RANGE_SIZE, range_starts
from tasks.words import columns_in


@admin.register(RuleRecord)
class RuleAdmin(LookOnly, admin.ModelAdmin):
    """Every rule with its live tasks and what the last night did; and a page for each."""

    def get_urls(self):
        name = "tasks_rulerecord_%s"
        views = [
            ("", self.changelist_view, "changelist"),
            ("<int:pk>/", self.rule_view, "change"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=name % what)
            for route, view, what in views
        ]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        counts, night = live_tasks_by_rule(), Sweep.objects.first()
        done = history.of_run(night) if night else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Rules"),
            "statuses": [Status(status).label for status in LIVE],
            "rules": [
                (
                    rule,
                    [counts[rule.id][status] for status in LIVE],
                    done.of_rule(rule.id) if done else None,
                )
                for rule in registry.values()
            ],
            "night": night,
            "no_longer_registered": RuleRecord.objects.exclude(
                pk__in=[rule.id for rule in registry.values()]
            ),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/tasks/rulerecord/rules.html", context)

    def rule_view(self, request, pk):
        """Show what one rule says, how its tasks stand, and what the nights did with it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rule = registry.by_id(pk)
        if rule is None:
            raise Http404
        counts = live_tasks_by_rule(rule_id=pk)[pk]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": rule.title,
            **in_general(rule),
            "examples": made_up_people(rule),
            "alone": asked_alone(rule) if "alone" in request.GET else None,
            "counts": [(Status(status).label, counts[status]) for status in LIVE],
            **over_weeks(weeks_of(request), rule),
        }
        return TemplateResponse(request, "admin/tasks/rulerecord/rule.html", context)


def live_tasks_by_rule(**of_rule) -> dict[int, Counter]:
    """Return how many live tasks each rule (number) has in each status, by one statement."""
    counts = defaultdict(Counter)
    live = Task.objects.live().filter(**of_rule)
    for row in live.values("rule_id", "status").annotate(tasks=Count("pk")).order_by():
        counts[row["rule_id"]][row["status"]] = row["tasks"]
    return counts


@dataclass(frozen=True)
class AskedAlone:
    """What it took to ask one rule about the people of one range, and how many tasks it wants."""

    people: int
    wanted: int
    seconds: float


def asked_alone(rule) -> AskedAlone | None:
    """Ask a rule, without the others, about the first range of people; None where nobody is.

    Of a night, which asks all rules in one statement, no second belongs to one of them.
    """
    if not (starts := range_starts(RANGE_SIZE)):
        return None
    whom = {"today": clock.today(), "low": starts[0], "high": starts[0] + RANGE_SIZE}
    wanted = Wanted([rule], RANGE, as_if_released=True).wanted
    people = Resident.objects.filter(pk__gte=whom["low"], pk__lt=whom["high"]).count()
    with transaction.atomic(), no_nested_loops():
        started = time.perf_counter()
        [(tasks,)] = run(f"SELECT count(*) FROM ({wanted}) w", whom)
        seconds = time.perf_counter() - started
    return AskedAlone(people, tasks, seconds)


def made_up_people(rule) -> list[tuple]:
    """Return what the rule says of its made-up people: the example, how it comes out, why."""
    today = clock.today()
    return [
        (example, outcome(explanation, today=today), explanation)
        for example, explanation in explained(rule, today=today)
    ]


def in_general(rule) -> dict:
    """Describe a rule with no resident in view: its sentences name columns, not their values."""
    fact = rule.rows(clock.today()).model

    def said(text):
        return _without_values(text, fact)

    return {
        "rule": rule,
        "fact": fact._meta.verbose_name,
        "opens_on": _name(fact, rule.opens_on),
        "due_on": _name(fact, rule.due_on),
        "urgent_until": _name(fact, rule.urgent_until),
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
