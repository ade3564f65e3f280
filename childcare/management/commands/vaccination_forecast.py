"""Answer which dose comes next for each child of a stream (JSONL in, JSONL out; no database)."""

import json
import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from childcare import questions
from childcare.schedule import LANGUAGES, ScheduleError, the_schedule


class Command(BaseCommand):
    help = (
        "Reads one JSON object a line from standard input, each about one child, and prints one "
        "line for each: the next doses, what to review, and notes. Needs no database. Exit 1 if a "
        "line could not be answered. Format: docs/vaccinations.md."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--language",
            choices=LANGUAGES,
            default="ja",
            help="the language of reasons and warnings (default: ja)",
        )

    def handle(self, language, **options):
        try:
            the_schedule()
        except ScheduleError as error:
            raise CommandError(str(error)) from error
        read = bad = 0
        quiet = True if self.stdout.isatty() else None  # None: a bar, where stderr is a terminal
        for number, line in tqdm(questions.lines(sys.stdin.buffer), unit="child", disable=quiet):
            read += 1
            try:
                answer = questions.answer(questions.read(number, line), language)
            except questions.BadLine as error:
                bad += 1
                answer = {"id": error.id, "error": error.why.text(language)}
            self.stdout.write(as_json(answer))
            self.stdout.flush()  # whoever sends line by line waits for each answer
        if bad:
            self.stderr.write(
                f"{bad} of {read} lines could not be answered; their answers say why. The rest was."
            )
            sys.exit(1)


def as_json(answer):
    """Return one line that is valid UTF-8, even where an id has half of a surrogate pair."""
    text = json.dumps(answer, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(answer)
    return text
