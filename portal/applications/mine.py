"""All that a resident applied for: drafts, what is under way, services in use, what is over."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from portal.applications.models import Application, CorrectionRequest, State
from portal.applications.progress import is_slower
from portal.residents.models import Resident

YOURS, DRAFTS, RUNNING, IN_USE, OVER = range(5)
TITLES = {
    YOURS: _("Your turn"),
    DRAFTS: _("Drafts"),
    RUNNING: _("Under way"),
    IN_USE: _("Services in use"),
    OVER: _("Finished"),
}
# What was granted is in use where its definition says what it gives. Of what another office
# reports nobody says so: the page tells that it was granted, and by whom.
GRANTED = Q(state__in=[State.GRANTED, State.COMPLETED]) & ~Q(outcome="refused")
GROUP = Case(
    When(state=State.CORRECTION, then=Value(YOURS)),
    When(state=State.DRAFT, then=Value(DRAFTS)),
    When(state__in=[State.RECEIVED, State.UNDER_REVIEW, State.WITH_OTHERS], then=Value(RUNNING)),
    When(GRANTED & (Q(version=None) | Q(gives__isnull=False)), then=Value(IN_USE)),
    When(state=State.GRANTED, then=Value(RUNNING)),
    default=Value(OVER),
)


@dataclass(frozen=True)
class Row:
    """One of them, as the list shows it; `name` and `gives` by language, None if reported."""

    application: Application
    group: int
    name: dict | None
    gives: dict | None
    answer_by: date | None
    slower: bool


def mine(resident: Resident) -> QuerySet[Application]:
    """Return the resident's applications, what waits for the resident first; the newest first.

    A draft that was put away is not among them.
    """
    asked = CorrectionRequest.objects.filter(
        resident=OuterRef("resident"), application=OuterRef("pk"), answered_on=None, ended_on=None
    )
    put_away = Q(state=State.WITHDRAWN, sent_at=None, version__isnull=False)
    return (
        Application.objects.for_resident(resident)
        .exclude(put_away)
        .annotate(name=F("version__definition__name"), gives=F("version__definition__gives"))
        .annotate(group=GROUP, answer_by=Subquery(asked.values("answer_by")[:1]))
        .select_related("about", "source")
        .defer("answers")
        .order_by("group", "-state_since", "-pk")
    )


def grouped_rows(applications, today: date) -> list[tuple[str, list[Row]]]:
    """Return a page of `mine` under its titles; a title without rows is left out."""
    rows = [
        Row(one, one.group, one.name, one.gives, one.answer_by, is_slower(one, today))
        for one in applications
    ]
    groups = [(title, [row for row in rows if row.group == key]) for key, title in TITLES.items()]
    return [(title, found) for title, found in groups if found]
