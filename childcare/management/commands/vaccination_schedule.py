"""Show the vaccination schedule as it holds on a day, and check its file (no database)."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from childcare.schedule import LANGUAGES, ScheduleError, edition_label, the_schedule
from tasks.management.arguments import iso_date


class Command(BaseCommand):
    help = (
        "Checks childcare/schedule.toml and prints what it says for a day: each rule with an "
        "example of its dates. For whoever has changed the file. Needs no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--on", type=iso_date, metavar="DATE", help="the day (default: today in Japan)"
        )
        parser.add_argument(
            "--born",
            type=iso_date,
            metavar="DATE",
            default=date(2026, 7, 31),
            help="the birth date of the example (default: 2026-07-31)",
        )
        parser.add_argument("--language", choices=LANGUAGES, default="ja")

    def handle(self, on, born, language, **options):
        try:
            schedule = the_schedule()
        except ScheduleError as error:
            raise CommandError(str(error)) from error
        on = on or timezone.localdate()
        edition = schedule.on(on)
        self.stdout.write(f"{edition_label(on, language)}  {on}  {edition.fingerprint}")
        for rule in edition.rules:
            first = max(day.find(born) for day in rule.free_from)
            last = min(day.find(born) for day in rule.free_until)
            mark = "" if rule.verified else "  (not verified)"
            self.stdout.write(f"{rule.key:<24} {first} – {last}{mark}")
            self.stdout.write(f"{'':<24} {getattr(rule.words, language)}")
            self.stdout.write(f"{'':<24} [{rule.source}]")
        for item in schedule.dated():
            if item.holds_on(on) and not item.verified:
                self.stdout.write(f"not verified: {item.key}")
