"""What staff decide about what a family said of the municipality's records."""

from datetime import date

from django.utils import timezone

from childcare.change import changing
from childcare.models import NotMine, RecordAnswer
from portal.accounts.models import User


def decide_not_mine(
    *, said: NotMine, outcome: NotMine.Outcome, by: User, today: date | None = None
) -> bool:
    """Note whether a record is the child's after all; return False where that was decided before.

    Confirmed, it stays hidden; restored, it is shown and counted again.
    """
    with changing(said.child_id, today=today):
        waiting = NotMine.objects.standing().filter(child=said.child_id, pk=said.pk, outcome="")
        return bool(waiting.update(outcome=outcome, handled_by=by, handled_at=timezone.now()))


def note_handled(*, answer: RecordAnswer, by: User) -> bool:
    """Note that an answer "ours is right" was looked into; return False where it was before."""
    waiting = RecordAnswer.objects.standing().filter(
        child=answer.child_id, pk=answer.pk, handled_at=None
    )
    return bool(waiting.update(handled_by=by, handled_at=timezone.now()))
