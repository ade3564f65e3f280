"""For how many days a source's facts are relied on without a new check."""

import logging
from datetime import timedelta

from django.apps import apps
from django.db import transaction
from django.db.models import DateField, ExpressionWrapper, F
from django.db.models.functions import TruncDate
from django.utils import timezone

from portal.accounts.models import User
from portal.residents.models import Fact, Source

logger = logging.getLogger(__name__)


def change_freshness(*, source: Source, days: int, by: User) -> int:
    """Let the source's facts be fresh for `days` days, and return how many facts that changes.

    Only the day from which a fact is unknown changes here. What follows for the tasks comes with
    the next night, or earlier where a fact of the person changes.
    """
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.pk)
        Source.objects.filter(pk=source.pk).update(fresh_for=days)
        changed = sum(_renew(model, source, days) for model in _kinds_of_facts())
    source.fresh_for = days
    logger.info(
        "Source %s: fresh for %s days, by user %s: %s facts", source.pk, days, by.pk, changed
    )
    return changed


def _kinds_of_facts():
    return [model for model in apps.get_models() if issubclass(model, Fact)]


def _renew(model, source, days) -> int:
    # The day of the check is a day in Japan.
    checked_on = TruncDate("checked_at", tzinfo=timezone.get_default_timezone())
    unknown_from = ExpressionWrapper(checked_on + timedelta(days=days), output_field=DateField())
    facts = model.objects.filter(source=source).annotate(unknown_from=unknown_from)
    return facts.exclude(stale_on=F("unknown_from")).update(stale_on=F("unknown_from"))
