import json

from django.core.management.base import BaseCommand

from portal.residents.models import Resident
from tasks.explain import coming_up
from tasks.management.arguments import iso_date, resident_ids


class Command(BaseCommand):
    help = "Print what the rules will open for a resident, and when, as JSON lines."

    def add_arguments(self, parser):
        parser.add_argument("--resident", required=True, metavar="REF")
        parser.add_argument("--today", type=iso_date, required=True, metavar="DATE")
        parser.add_argument("--until", type=iso_date, required=True, metavar="DATE")

    def handle(self, *, resident, today, until, **options):
        [resident_id] = resident_ids([resident])
        coming = coming_up(resident_id, today=today, until=until)
        refs = dict(
            Resident.objects.filter(pk__in={c.about_id for c in coming}).values_list("pk", "ref")
        )
        for one in coming:
            row = {
                "rule": one.rule.key,
                "subject": one.subject,
                "about": refs[one.about_id],
                "opens_on": one.opens_on.isoformat(),
                "due_on": one.due_on and one.due_on.isoformat(),
            }
            self.stdout.write(json.dumps(row, ensure_ascii=False))
