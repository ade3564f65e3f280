"""Clocks that jump: no reminder twice, none skipped."""

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.faults.kills import compare

JAPAN = ZoneInfo("Asia/Tokyo")
pytestmark = pytest.mark.faults

# Three days around what a clock may stumble over: the last days of a month, among them 29 February,
# and of a year.
TURNS = {"29 February": date(2028, 2, 28), "end of a year": date(2027, 12, 30)}
# Dates just before and just after each step of the ladder.
CERTIFICATES = """UPDATE card_certificate SET expires_on = %s::date
    + (ARRAY[1, 2, 3, 4, 7, 8, 9, 10, 30, 31, 32, 33, 90, 91, 92, 93])[resident_id %% 16 + 1]"""
REMINDED = """SELECT r.resident_id, t.rule_id, t.subject, r.step FROM reminders_reminder r
    JOIN tasks_task t ON t.resident_id = r.resident_id AND t.id = r.task_id
    WHERE r.day = %s AND r.outcome = 'sent' ORDER BY 1, 2, 3, 4"""
# On the day of the ladder's step; later, where the task was opened only then.
TO_BE_REMINDED = """SELECT t.resident_id, t.rule_id, t.subject, step
    FROM tasks_task t JOIN residents_resident who ON who.id = t.resident_id,
        LATERAL (SELECT min(s) AS step FROM unnest(ARRAY[90, 30, 7, 1]) s
            WHERE t.due_on - %(day)s <= s) ladder
    WHERE step IS NOT NULL AND greatest(t.due_on - step, t.opened_on) = %(day)s
        AND coalesce(t.ended_on, 'infinity') > %(day)s
        AND who.email <> '' AND who.id NOT IN (SELECT resident_id FROM reminders_mailoff)
    ORDER BY 1, 2, 3, 4"""


def at(day, hour=8, minute=0, *, zone=JAPAN):
    moment = datetime.combine(day, time(hour, minute), JAPAN)
    return moment.astimezone(zone).isoformat()


def days(first):
    return [first + timedelta(days=n) for n in range(3)]


def an_hour_back(first):
    """Each day the clock is put back an hour, and then the hour comes again."""
    return [at(day, hour, 30) for day in days(first) for hour in (8, 7, 8, 9)]


def in_utc(first):
    """The server's zone is UTC: 08:00 in Japan is 23:00 of the day before."""
    return [at(day, zone=ZoneInfo("UTC")) for day in days(first)]


def twice(first):
    return [at(day) for day in days(first) for _ in "ab"]


def a_day_ahead_and_back(first):
    """One morning the clock is a day ahead, and put right an hour later."""
    today, tomorrow, after = days(first)
    return [at(today), at(tomorrow), at(today, 9), at(tomorrow), at(after)]


def late_in_the_day(first):
    """Nothing ran before the last moment of the day; a minute later it is quiet."""
    return [at(day, *when) for day in days(first) for when in ((20, 59), (21, 0))]


def around_midnight(first):
    """Started in the quiet of the night, before and after midnight, when nothing may go."""
    return [
        moment
        for day in days(first)
        for moment in (at(day, 0, 0), at(day, 7, 59), at(day), at(day, 23, 59))
    ]


def undisturbed(first):
    return [at(day) for day in days(first)]


@pytest.fixture(scope="module", params=TURNS)
def turn(request, made):
    """A world of which many certificates end around a day, and what calm days make of it."""
    first = TURNS[request.param]
    made.evening()
    made.site.change("DELETE FROM card_certificate WHERE resident_id > 80")
    made.site.change(CERTIFICATES, first)
    made.site.keep_as("around")
    try:
        yield Turn(made, first)
    finally:
        made.site.drop("around")


class Turn:
    def __init__(self, world, first):
        self.world, self.site, self.first = world, world.site, first
        self.walk(undisturbed(first))
        self.ledger, self.mails = self.site.ledger(), self.written()
        self.by_day = [
            (self.site.query(REMINDED, day), self.site.query(TO_BE_REMINDED, day=day))
            for day in days(first)[1:]
        ]

    def walk(self, moments):
        self.site.go_back_to("around")
        self.world.sink.forget()
        self.site.do("walk", moments=moments)

    def written(self):
        """Return how many mails went to each person."""
        return Counter(mail.to for mail in self.world.sink.accepted)


@pytest.mark.parametrize(
    "jump",
    [
        an_hour_back,
        in_utc,
        twice,
        a_day_ahead_and_back,
        late_in_the_day,
        around_midnight,
    ],
)
def test_whatever_the_clock_does_the_ledger_is_that_of_calm_days(turn, jump):
    turn.walk(jump(turn.first))

    compare("ledger", turn.ledger, turn.site.ledger())
    assert turn.written() == turn.mails


def test_each_day_has_the_steps_of_that_day_and_none_is_left_out(turn):
    for reminded, to_be_reminded in turn.by_day:
        assert reminded == to_be_reminded
        assert len(reminded) > 5


def test_after_a_day_without_reminders_each_task_is_reminded_of_once_by_its_latest_step(turn):
    first, _missed, last = days(turn.first)

    turn.walk([at(first), at(last)])

    rows = [json.loads(line) for line in turn.site.ledger().splitlines()]
    once = Counter((row["resident"], row["rule"], row["subject"], row["day"]) for row in rows)
    assert set(once.values()) == {1}
    assert max(turn.written().values()) <= 2
    live = {(row["resident"], row["rule"], row["subject"]) for row in inbox(turn.site)}
    calm = [json.loads(line) for line in turn.ledger.splitlines()]
    assert latest_steps(rows, live) == latest_steps(calm, live)


def inbox(site):
    rows = [json.loads(line) for line in site.inbox().splitlines()]
    return [row for row in rows if row["status"] == "open"]


def latest_steps(rows, live):
    """Return the smallest step of each task that is live: {task: days before its date}."""
    steps = {}
    for row in rows:
        task = (row["resident"], row["rule"], row["subject"])
        if task in live:
            steps[task] = min(row["step"], steps.get(task, row["step"]))
    return steps
