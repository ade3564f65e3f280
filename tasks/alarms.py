"""What staff must see to: a night or reminders that did not go as they should, rules that wait,
a log of who looked that was changed, questions about it that nobody answered; and what the rooms
above have to say.

Usually nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import User
from portal.residents.models import AccessLogCheck, AccessQuestion
from tasks import versions
from tasks.models import Sweep
from tasks.reminders.figures import left_over
from tasks.reminders.models import ReminderRound
from tasks.sweep import unfinished
from tasks.templatetags.annai import grouped
from tasks.words import day as day_in_words

STARTS_WITHIN = timedelta(minutes=30)  # after its hour; lost messages are found in five minutes
NIGHT_ENDS_WITHIN = timedelta(hours=4)  # well before the first reminders
LOGS_CHECKED_WITHIN = timedelta(days=2)  # every night, and one may be missed
LEDGER = "admin:reminders_reminder_changelist"


@dataclass(frozen=True)
class Alarm:
    """What is wrong, what to do about it, and where.

    `told_there`: the page at `url` says so by itself, so no line of it stands above it.
    """

    what: str
    next: str
    url: str
    link: str
    told_there: bool = False

    def stands_on(self, address: str) -> bool:
        return not (self.told_there and self.url == address)


Source = Callable[[datetime, User | None], Iterable[Alarm]]
_of_other_rooms: list[tuple[str, Source]] = []


def add(permission: str, source: Source) -> None:
    """Ask a room above for its alarms too, for whoever has the permission; told once, at start."""
    _of_other_rooms.append((permission, source))


def alarms(
    *,
    at: datetime,
    may: Callable[[str], bool] = lambda permission: True,
    whom: User | None = None,
) -> Iterator[Alarm]:
    """Yield what is wrong at this moment of the portal's clock, in Japan's time.

    Only what somebody may see to is looked for: `may` is asked for each permission, and of
    questions those to the offices of `whom` count, or all without.
    """
    if may("tasks.view_sweep"):
        yield from of_the_night(at)
    if may("reminders.view_reminder"):
        yield from of_the_reminders(at)
    if may("tasks.release_rule"):
        yield from of_the_rules()
    if may("residents.view_accesslogcheck"):
        yield from of_the_access_logs()
    if may("residents.view_accessquestion"):
        asked = AccessQuestion.objects.all()
        yield from of_the_questions(asked.for_staff(whom) if whom else asked, at.date())
    for permission, source in _of_other_rooms:
        if may(permission):
            yield from source(at, whom)


# ---- the night
def of_the_night(at: datetime) -> Iterator[Alarm]:
    day = day_of_night(at)
    night = Sweep.objects.filter(day__range=(day, at.date())).first()
    if night is None:
        yield Alarm(
            what=_("The night of %(day)s did not run.") % {"day": day_in_words(day)},
            next=_(
                "It starts by itself within minutes once beat and worker run again: ask whoever "
                "runs the servers to look at them. It can also be started by hand. Until then "
                "lists show what the reports since the last night have changed, and no more."
            ),
            url=reverse("admin:tasks_sweep_changelist"),
            link=_("To the nights"),
        )
    elif night.finished_at is None and night.started_at < timezone.now() - NIGHT_ENDS_WITHIN:
        yield Alarm(
            what=_("The night of %(day)s is not finished.") % {"day": day_in_words(night.day)},
            next=_still_open(unfinished(night).count()),
            url=reverse("admin:tasks_sweep_change", args=[night.pk]),
            link=_("To this night and its ranges"),
        )


def day_of_night(at: datetime) -> date:
    """Return the day of the newest night that must have started by now."""
    before = at - STARTS_WITHIN
    if before.time() >= settings.NIGHT_STARTS_AT:
        return before.date()
    return before.date() - timedelta(days=1)


def _still_open(ranges: int) -> str:
    return ngettext(
        "%(ranges)s range is still to do. If it has many attempts, its error is in the worker's "
        "log; if it has none, no worker runs: tell whoever runs the servers.",
        "%(ranges)s ranges are still to do. If some have many attempts, their error is in the "
        "worker's log; if none has any, no worker runs: tell whoever runs the servers.",
        ranges,
    ) % {"ranges": grouped(ranges)}


# ---- reminders
def of_the_reminders(at: datetime) -> Iterator[Alarm]:
    if _not_started(at):
        yield Alarm(
            what=_("The reminders of %(day)s have not been started.")
            % {"day": day_in_words(at.date())},
            next=_(
                "They start by themselves within minutes once beat and worker run again: ask "
                "whoever runs the servers to look at them. They can also be started by hand."
            ),
            url=reverse(LEDGER),
            link=_("To the reminders"),
        )
    for day, left, promised in left_over(today=at.date()):
        yield Alarm(
            what=ngettext(
                "%(left)s of %(promised)s reminders promised on %(day)s was neither sent nor "
                "skipped.",
                "%(left)s of %(promised)s reminders promised on %(day)s were neither sent nor "
                "skipped.",
                left,
            )
            % {
                "left": grouped(left),
                "promised": grouped(promised),
                "day": day_in_words(day),
            },
            next=_(
                "Those that wait are sent on between 08:00 and 21:00, up to %(cap)s messages an "
                "hour. If that does not help, the mail server does not take them: its last "
                "answer stands with each message."
            )
            % {"cap": grouped(settings.REMINDERS_PER_HOUR)},
            url=f"{reverse(LEDGER)}?day={day}&outcome__exact=promised",
            link=_("To the reminders that wait"),
        )


def _not_started(at: datetime) -> bool:
    """Tell whether the day's reminders are late; in quiet hours none could be started."""
    # Asked first, so that a page takes as many queries at any hour.
    started = ReminderRound.objects.filter(day=at.date()).exists()
    first = datetime.combine(at.date(), settings.REMINDERS_FROM, tzinfo=at.tzinfo)
    return not started and at >= first + STARTS_WITHIN and at.time() < settings.REMINDERS_UNTIL


# ---- rules
def of_the_rules() -> Iterator[Alarm]:
    if rules := len(versions.waiting()):
        yield Alarm(
            what=ngettext(
                "A new version of %(rules)s rule waits to go live.",
                "New versions of %(rules)s rules wait to go live.",
                rules,
            )
            % {"rules": grouped(rules)},
            next=_(
                "Look at what would change, then say yes. Until then such a rule opens and closes "
                "no task, unless only its reminders are new."
            ),
            url=reverse("admin:tasks_ruleversion_changelist"),
            link=_("To the versions of rules"),
        )


# ---- who looked at whose data
def of_the_access_logs() -> Iterator[Alarm]:
    newest = AccessLogCheck.objects.order_by("-at", "-pk").first()
    if newest is None:
        return
    if newest.broken:
        yield Alarm(
            what=ngettext(
                "The log of who looked at a resident’s data was changed: %(logs)s log does not fit "
                "together.",
                "The log of who looked at residents’ data was changed: %(logs)s logs do not fit "
                "together.",
                newest.broken,
            )
            % {"logs": grouped(newest.broken)},
            next=_(
                "A row was changed or removed in the database, or its key is another one. Tell "
                "whoever runs the servers and whoever is responsible for data protection. Change "
                "nothing, and keep the backups: they show what stood there."
            ),
            url=reverse("admin:residents_accesslogcheck_change", args=[newest.pk]),
            link=_("Whose logs, and where"),
        )
    elif newest.at < timezone.now() - LOGS_CHECKED_WITHIN:
        yield Alarm(
            what=_("The logs of who looked have not been checked since %(day)s.")
            % {"day": day_in_words(timezone.localdate(newest.at))},
            next=_(
                "They are checked every night at half past four: ask whoever runs the servers "
                "whether beat and worker run."
            ),
            url=reverse("admin:residents_accesslogcheck_changelist"),
            link=_("To the checks"),
        )


def of_the_questions(asked: QuerySet, today: date) -> Iterator[Alarm]:
    if late := asked.overdue(today).count():
        yield Alarm(
            what=ngettext(
                "%(late)s question of a resident about who looked at their data is overdue.",
                "%(late)s questions of residents about who looked at their data are overdue.",
                late,
            )
            % {"late": grouped(late)},
            next=_("The resident was told a day for the answer, and it is over. Answer now."),
            url=reverse("admin:residents_accessquestion_changelist"),
            link=_("To the questions"),
        )
