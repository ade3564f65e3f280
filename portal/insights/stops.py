"""Where people stop: at which question of an application, and between a to-do and its being done.

Counted by the set: one statement groups what was begun by which questions are answered, and the few
groups then walk through the definition as a person does (applications.branch). Nobody is followed.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Sum

from portal.applications.branch import asked, stopped_by
from portal.applications.definition import Definition, definition_of
from portal.applications.models import ProcedureVersion
from portal.database import run
from portal.insights.models import UseDay
from portal.insights.models.use import Measure
from tasks.rules import Rule, registry

BEGUN_WITHIN = timedelta(days=28)
GIVEN_UP_AFTER = timedelta(days=7)  # since somebody answered last
SENT, THERE, GIVEN_UP = "sent", "there", "given-up"

# Of each version begun: how many stand alike. Of an answer only what leads to other questions, or
# ends the form, is told; of all others that they are there.
ALIKE = """
    WITH begun AS MATERIALIZED (
        SELECT version_id, answers, CASE WHEN sent_at IS NOT NULL THEN 'sent'
            WHEN state = 'draft' AND saved_at >= %(answered_since)s THEN 'there'
            ELSE 'given-up' END AS became
        FROM applications_application
        WHERE version_id IS NOT NULL AND started_on >= %(begun_since)s),
    deciding AS MATERIALIZED (
        SELECT id AS version_id, ARRAY(
            SELECT key #>> '{}' FROM jsonb_path_query(definition, '$.questions[*].when[*].question')
                AS one (key)
            UNION SELECT key #>> '{}' FROM jsonb_path_query(definition,
                '$.questions[*] ? (exists (@.stops)).key') AS one (key)) AS keys
        FROM applications_procedureversion WHERE id IN (SELECT version_id FROM begun))
    SELECT version_id, became, alike.answers, count(*)
    FROM begun JOIN deciding USING (version_id), LATERAL (
        SELECT coalesce(jsonb_object_agg(key,
            CASE WHEN key = ANY (deciding.keys) THEN value ELSE 'true' END), '{}') AS answers
        FROM jsonb_each(begun.answers)) alike
    GROUP BY version_id, became, alike.answers"""


@dataclass
class Place:
    """A question, or the check at the end (`text` None): how many came there, and how many stayed.

    `there`: it is open there now. `given_up`: nobody has answered for GIVEN_UP_AFTER, or it was
    taken back. `ended`: the answer itself ends the form, as for a civil servant.
    """

    text: dict | None
    reached: int = 0
    there: int = 0
    given_up: int = 0
    ended: int = 0

    @property
    def went_on(self) -> int:
        return self.reached - self.stayed

    @property
    def stayed(self) -> int:
        return self.there + self.given_up + self.ended


@dataclass
class Begun:
    """What became of the applications of one version that were begun within BEGUN_WITHIN."""

    version: ProcedureVersion
    places: list[Place]
    begun: int = 0
    sent: int = 0

    @property
    def bars(self) -> list[tuple[Place, float, float]]:
        """Return each place with how long its bar is, in percent: who went on, and who did not."""
        return [
            (place, *(round(100 * many / self.begun, 2) for many in (place.went_on, place.stayed)))
            for place in self.places
        ]


def begun(*, now: datetime) -> list[Begun]:
    """Return each version with applications begun lately, those begun most first."""
    moments = {"begun_since": (now - BEGUN_WITHIN).date(), "answered_since": now - GIVEN_UP_AFTER}
    groups = defaultdict(list)
    for version_id, became, answers, many in run(ALIKE, moments):
        groups[version_id].append((became, json.loads(answers), many))
    versions = ProcedureVersion.objects.filter(pk__in=groups).select_related(
        "procedure__municipality"
    )
    found = [walked(version, groups[version.pk]) for version in versions.defer("text", "searched")]
    return sorted(found, key=lambda one: (-one.begun, one.version.pk))


def walked(version: ProcedureVersion, groups: list[tuple[str, dict, int]]) -> Begun:
    definition = definition_of(version.definition)
    places = {question.key: Place(question.text) for question in definition.questions}
    places[""] = Place(None)
    found = Begun(version, list(places.values()))
    for became, answers, many in groups:
        found.begun += many
        found.sent += many if became == SENT else 0
        keys, ends = way(definition, answers, sent=became == SENT)
        for key in keys:
            places[key].reached += many
        last = places[keys[-1]]
        if ends:
            last.ended += many
        elif became == THERE:
            last.there += many
        elif became == GIVEN_UP:
            last.given_up += many
    return found


def way(definition: Definition, answers: dict, *, sent: bool) -> tuple[list[str], bool]:
    """Return the questions somebody came to, "" for the check, and whether an answer ended it."""
    branch = [question.key for question in asked(definition, answers)]
    if sent:
        return [*branch, ""], False
    if end := stopped_by(definition, answers):
        return branch[: branch.index(end.key) + 1], True
    for number, key in enumerate(branch):
        if key not in answers:
            return branch[: number + 1], False
    return [*branch, ""], False


# ---- to-dos
@dataclass
class ToDos:
    """A rule's to-dos lately: opened, their pages shown (not to how many people), done."""

    key: str
    times: dict[str, int] = field(default_factory=dict)

    @property
    def rule(self) -> Rule:
        return registry[self.key]

    @property
    def opened(self) -> int:
        return self.times.get(Measure.TASK_OPENED, 0)

    @property
    def seen(self) -> int:
        return self.times.get(Measure.TASK_SEEN, 0)

    @property
    def done(self) -> int:
        return self.times.get(Measure.TASK_DONE, 0)


def to_dos(*, today: date) -> list[ToDos]:
    """Return the rules of which something happened within BEGUN_WITHIN, most opened first."""
    counted = UseDay.objects.filter(
        measure__in=[Measure.TASK_OPENED, Measure.TASK_SEEN, Measure.TASK_DONE],
        day__gt=today - BEGUN_WITHIN,
    )
    found = {}
    totals = counted.order_by().values_list("measure", "about").annotate(Sum("times"))
    for measure, key, times in totals:
        if key in registry:
            found.setdefault(key, ToDos(key)).times[measure] = times
    return sorted(found.values(), key=lambda one: (-one.opened, -one.seen, one.key))
