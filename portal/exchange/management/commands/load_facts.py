"""Merge files of facts (NDJSON, docs/facts.md) and reconcile the people whom they touched."""

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from tqdm import tqdm

from portal.exchange.loading.load import load
from tasks.management.arguments import iso_date


class Command(BaseCommand):
    help = (
        "Merges files of facts, one JSON object a line, and reconciles the people whom they touch. "
        "Prints the counts as JSON; exit 1 if a line was set aside. Format: docs/facts.md."
    )

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="FILE", help="- is standard input")
        parser.add_argument(
            "--today",
            type=iso_date,
            metavar="DATE",
            help="the date in Japan on which the rules are asked (default: today)",
        )

    def handle(self, files, today, **options):
        with ExitStack() as opened:
            try:
                streams = [(name, self._open(name, opened)) for name in files]
                loaded = self._load(streams, today, opened)
            except OSError as error:
                name = error.filename or "A file"
                raise CommandError(
                    f"{name} could not be read: {error.strerror}. Nothing was merged. Put that "
                    f"right and load all the files again."
                ) from error
            except OperationalError as error:
                raise CommandError(
                    f"The database did not do it: {str(error).strip()}. What was merged so far is "
                    f"complete; load the same files again for the rest."
                ) from error
        if loaded.quarantined:
            self.stderr.write(
                f"{loaded.quarantined} of {loaded.read} lines were set aside; the rest went in. "
                f"The staff pages say for each why, and what to do."
            )
        self.stdout.write(json.dumps(asdict(loaded)))
        if loaded.quarantined:
            sys.exit(1)

    def _open(self, name, opened):
        if name == "-":
            return sys.stdin.buffer
        return opened.enter_context(open(name, "rb"))

    def _load(self, streams, today, opened):
        sizes = [os.fstat(file.fileno()).st_size for name, file in streams if name != "-"]
        whole = sum(sizes) if len(sizes) == len(streams) else None
        bytes_read = opened.enter_context(
            tqdm(total=whole, desc="read", unit="B", unit_scale=True, disable=None)
        )
        people = opened.enter_context(tqdm(desc="merged", unit="people", disable=None))

        def show_people(done, total):
            people.total = total
            people.update(done - people.n)

        return load(streams, today=today, on_bytes=bytes_read.update, on_people=show_people)
