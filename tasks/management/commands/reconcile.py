import json
import os
import time

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from portal.residents.models import Resident
from tasks import sweep, versions
from tasks.derived import refresh_range
from tasks.management.arguments import iso_date, resident_ids
from tasks.reconcile import reconcile_people, with_wards


class Command(BaseCommand):
    help = "Make the stored tasks equal to the wanted ones, in this process."

    def add_arguments(self, parser):
        parser.add_argument("--today", type=iso_date, required=True, metavar="DATE")
        parser.add_argument(
            "--resident", action="append", metavar="REF", help="Only this person; may be repeated."
        )
        parser.add_argument(
            "--range-size",
            type=int,
            default=sweep.RANGE_SIZE,
            metavar="N",
            help="People per range and transaction (default: %(default)s).",
        )

    def handle(self, *, today, resident, range_size, **options):
        if range_size < 1:
            raise CommandError("--range-size must be 1 or more.")
        for rule in versions.waiting():
            self.stderr.write(str(rule))
        started = time.perf_counter()
        if resident:
            people = sorted(with_wards(resident_ids(resident)))
            for one in people:  # each by itself: two that hold some of the same could lock up
                refresh_range(today=today, low=one, high=one + 1)
            residents, done = len(people), reconcile_people(people, today=today)
        else:
            done = sweep.run_sweep(
                day=today,
                worker=f"reconcile:{os.getpid()}",
                range_size=range_size,
                progress=lambda ranges: tqdm(ranges, unit="range", disable=None),
            )
            residents = Resident.objects.count()
        seconds = round(time.perf_counter() - started, 3)
        counts = {"opened": done.opened, "updated": done.updated, "closed": done.closed}
        self.stdout.write(json.dumps({"residents": residents, **counts, "seconds": seconds}))
