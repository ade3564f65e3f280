import json
from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from tasks.models import Sweep
from tasks.reminders import promise, send


def moment(text: str) -> datetime:
    """Return a moment; without an offset it is one in Japan."""
    try:
        at = datetime.fromisoformat(text)
        at = timezone.make_aware(at) if timezone.is_naive(at) else at
        if not 1900 <= timezone.localtime(at).year <= 2200:
            raise ValueError
    except (ValueError, OverflowError):
        raise ArgumentTypeError(
            f'"{text}" is no moment. Write it as 2027-02-21T08:00+09:00.'
        ) from None
    return at


class Command(BaseCommand):
    help = "Promise and send the reminders that are due at a moment, in this process."

    def add_arguments(self, parser):
        parser.add_argument("--at", type=moment, required=True, metavar="MOMENT")

    def handle(self, *, at, **options):
        day, _new = promise.start_round(at=at, started_by=Sweep.StartedBy.COMMAND)
        waiting = send.due_reminders(at)
        if send.is_quiet(at):
            self.stderr.write(
                f"Quiet hours: nothing is sent before {settings.REMINDERS_FROM:%H:%M} or after "
                f"{settings.REMINDERS_UNTIL:%H:%M} in Japan."
            )
        with tqdm(total=waiting, unit="reminder", disable=None) as bar:
            done = send.send_due(clock=lambda: at, past_leases=True, progress=bar.update)
        counts = {"due": day.skipped + waiting, **asdict(done)}
        counts["skipped"] += day.skipped
        self.stdout.write(json.dumps(counts))
