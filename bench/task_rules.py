"""The benchmark's own rule; those of the card are the portal's."""

from django.db.models import Q

from bench.models import DoseWindow
from tasks.models import Status
from tasks.rules import Condition, Rule, register

register(
    Rule(
        key="bench.dose",
        title="Have the next dose given",
        rows=lambda today: DoseWindow.objects.all(),
        subject="id",
        opens_on="opens_on",
        due_on="dose_to",
        conditions=[
            Condition(
                name="window-open",
                test=lambda today: Q(opens_on__lte=today),
                holds="It can be given from {opens_on}.",
                fails="It cannot be given before {opens_on}.",
            ),
            Condition(
                name="window-not-over",
                test=lambda today: Q(dose_to__gte=today),
                holds="It can be given until {dose_to}.",
                fails="It could be given until {dose_to}.",
                ends=Status.EXPIRED,
            ),
        ],
    )
)
