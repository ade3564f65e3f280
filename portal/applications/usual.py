"""How long a step usually takes: from the municipality's own finished cases, else as defined."""

from datetime import date, timedelta

from portal.applications.definition import Definition
from portal.applications.models import Application, Turn, UsualDuration

FEWEST_CASES = 20  # of fewer a range says too little


def usual_until(application: Application, definition: Definition, *, since: date) -> date | None:
    """Return the day after which the present step is slower than usual; None: nobody can say."""
    if application.turn not in (Turn.OFFICE, Turn.OTHER):
        return None
    counted = UsualDuration.objects.filter(
        municipality=application.municipality_id,
        procedure_key=application.procedure_key,
        step=application.step,
        cases__gte=FEWEST_CASES,
    ).first()
    if counted:
        return since + timedelta(days=counted.ninetieth_days)
    step = definition.step(application.step)
    return since + timedelta(days=step.usual_days[1]) if step and step.usual_days else None
