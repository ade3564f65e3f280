"""Change an application's state: the row, its event, whose turn it is, and the tasks about it.

Deeds (send.py, decide.py …) begin with `held(…)` inside a transaction, look at what stands, and
then `move(…)`. Whoever comes second at the same moment finds the state changed.
"""

from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone

from portal.applications.definition import definition_of
from portal.applications.models import Application, ApplicationEvent, CorrectionRequest, State
from portal.applications.states import change
from portal.applications.tell import OF_STATE, tell
from portal.applications.usual import usual_until
from tasks.reconcile import keep_loads_out, lock_people, reconcile_people


def held(applications: QuerySet, uuid) -> Application:
    """Return one of `applications`, alone until the transaction ends.

    Its resident is held before it, as whoever reconciles does. Raises Application.DoesNotExist.
    """
    resident = applications.values_list("resident", flat=True).get(uuid=uuid)
    keep_loads_out([resident])
    lock_people([resident])
    return applications.select_for_update(of=["self"]).get(resident=resident, uuid=uuid)


def move(
    application: Application,
    *,
    to: State,
    side: str,
    by,
    today: date,
    note: str = "",
    step: str | None = None,
    at: datetime | None = None,
    **fields,
) -> None:
    """Bring a held application into the state `to`; `side` is states.RESIDENT or OFFICE.

    `step` is the step of its version that is on then, by itself the first of that state; `fields`
    are written along. What the office asked to correct has then been answered, or is no longer
    asked. Tasks follow in the same transaction. Raises CannotChange.
    """
    after = change(application.state, to, side=side)
    definition = definition_of(application.version.definition)
    on = definition.step(step) if step else definition.step_of_state(to)
    moment = at or timezone.now()
    written = {
        "state": after.state,
        "turn": after.turn,
        "state_since": moment,
        "step": on.key if on else application.step,
        **fields,
    }
    if application.state == State.CORRECTION:
        ends = "answered_on" if after.state == State.UNDER_REVIEW else "ended_on"
        requests = CorrectionRequest.objects.of(application)
        requests.filter(answered_on=None, ended_on=None).update(**{ends: today})
    for name, value in written.items():
        setattr(application, name, value)
    application.usual_until = usual_until(application, definition, since=today)
    own = Application.objects.filter(resident=application.resident_id, pk=application.pk)
    own.update(**written, usual_until=application.usual_until)
    ApplicationEvent.objects.create(
        resident_id=application.resident_id,
        application=application,
        what=ApplicationEvent.What.STATE,
        state=after.state,
        turn=after.turn,
        step=application.step,
        note=note,
        by=by,
        at=moment,
    )
    if after.state in OF_STATE:
        tell(application, OF_STATE[after.state])
    reconcile_people([application.resident_id], today=today)
