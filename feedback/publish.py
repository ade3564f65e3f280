"""Telling everyone what was changed, under “You said, we did”."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback.models import Improvement
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number

SENTENCES = ["said_ja", "said_en", "done_ja", "done_en"]


class CannotPublish(Exception):
    """Why an improvement is not shown yet, in words that say what next."""


@transaction.atomic
def publish(improvement_id: int, *, by) -> Improvement:
    """Show an improvement to everyone, once; a second time changes nothing."""
    improvement = Improvement.objects.select_for_update(of=["self"]).get(pk=improvement_id)
    if improvement.published_at:
        return improvement
    texts = [getattr(improvement, name) for name in SENTENCES]
    if not all(text.strip() for text in texts):
        raise CannotPublish(_("Write both sentences in both languages first."))
    if improvement.changed_at > timezone.now():
        raise CannotPublish(_("Publish it once the change is made."))
    if any(map(holds_my_number, texts)):
        raise CannotPublish(str(HOLDS_MY_NUMBER))
    improvement.published_by, improvement.published_at = by, timezone.now()
    improvement.save(update_fields=["published_by", "published_at"])
    return improvement
