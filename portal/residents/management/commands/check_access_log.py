import json
import sys

from django.core.management.base import BaseCommand

from portal.residents.access_log import Broken, check_access_logs


class Command(BaseCommand):
    help = (
        "Checks that no row of the log of who looked was changed or removed; prints the places, "
        "and last the counts. Exit 1 when there is one."
    )

    def handle(self, **options):
        broken = 0
        for found in check_access_logs():
            if isinstance(found, Broken):
                broken += 1
                self.stdout.write(
                    json.dumps(
                        {"resident": found.resident, "number": found.number, "why": found.why},
                        ensure_ascii=False,
                    )
                )
            else:
                self.stdout.write(json.dumps({"read": found, "broken": broken}))
        if broken:
            sys.exit(1)
