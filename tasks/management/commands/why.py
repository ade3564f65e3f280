import json
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from portal.residents.models import Resident
from tasks.explain import Explanation, explain
from tasks.management.arguments import iso_date, resident_ids
from tasks.rules import registry


class Command(BaseCommand):
    help = (
        "Print why a resident sees a task, or does not: each condition with its value, the fact's "
        "source and time, and the sentence; and the verdict. One JSON object; occurrences about "
        'other certificates, or about children, stand under "others".'
    )

    def add_arguments(self, parser):
        parser.add_argument("--resident", required=True, metavar="REF")
        parser.add_argument("--rule", required=True, metavar="KEY")
        parser.add_argument("--today", type=iso_date, required=True, metavar="DATE")
        parser.add_argument(
            "--language", choices=[code for code, _name in settings.LANGUAGES], default="ja"
        )

    def handle(self, *, resident, rule, today, language, **options):
        if rule not in registry:
            raise CommandError(f'No rule is "{rule}". There are: {", ".join(sorted(registry))}.')
        [resident_id] = resident_ids([resident])
        person = Resident.objects.get(pk=resident_id)
        household = Resident.objects.household_of(person, today=today).order_by("pk")
        people = [person, *(child for child in household if child != person)]
        with translation.override(language):
            first, *others = [
                as_json(one)
                for about in people
                for one in explain(registry[rule], about, today=today)
            ]
        answer = {"resident": resident, "rule": rule, "today": today.isoformat(), **first}
        self.stdout.write(json.dumps(answer | {"others": others}, ensure_ascii=False))


def in_japan(moment: datetime | None) -> str | None:
    return moment and timezone.localtime(moment).isoformat()


def as_json(explanation: Explanation) -> dict:
    return {
        "about": explanation.about.ref,
        "subject": explanation.subject,
        "verdict": explanation.verdict,
        "conditions": [
            {
                "name": finding.name,
                "value": finding.value,
                "source": finding.source,
                "checked_at": in_japan(finding.checked_at),
                "sentence": finding.sentence,
            }
            for finding in explanation.findings
        ],
    }
