"""What applications ask of a resident, and what there is to know about them.

Applications made here and those that a source reports are told apart by their `version`. What a
source has not confirmed for as long as is set for it counts as unknown; of what was made here the
portal itself is the source. A task's subject begins with the receipt number, or the public id where
there is none, and ends with the procedure's key: so a list names each without asking for it.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, Left
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.applications import examples
from portal.applications.called import in_language, procedure_name
from portal.applications.models import Application, CorrectionRequest, Outcome, State, Turn
from tasks.models import Status, Task
from tasks.rules import Condition, Rule, Start, register

APPLICATIONS = _("Applications")
DECIDED = [State.GRANTED, State.REFUSED, State.COMPLETED]
RUNNING = [State.RECEIVED, State.UNDER_REVIEW, State.CORRECTION, State.WITH_OTHERS, State.GRANTED]
NEWS = timedelta(days=60)  # how long a decision is listed
RECEIPT = "A-"  # with which receipt numbers begin, and no public id
KEY = 26  # characters of the procedure's key beside a public id: a subject has 64
ASK_AGAIN = 14  # days, of what has no date
# ---- what an occurrence is called
NUMBER = Coalesce("receipt_number", Cast("uuid", CharField()), output_field=CharField())


def joined(*parts) -> Concat:
    spaced = [one for part in parts for one in (Value(" "), part)][1:]
    return Concat(*spaced, output_field=CharField())


SUBJECT = joined(NUMBER, Left("procedure_key", KEY))
# Sending gives the number: until then, and of what is sent then, the public id.
SUBJECT_OF_DRAFT = joined(Cast("uuid", CharField()), Left("procedure_key", KEY))
# One application may be corrected twice.
SUBJECT_OF_REQUEST = joined("receipt_number", Cast("id", CharField()), Left("procedure_key", KEY))


def names(text: Promise, *, parts: int = 2):
    """Return what makes a title of a subject of so many parts; `text` has a place for its name.

    That is “Child allowance (A-2026-004137-7)”; without a receipt number the procedure alone.
    """

    def title(subject: str) -> str:
        number, *_rest, key = subject.split(" ", parts - 1)
        name = procedure_name(key)
        name = f"{name} ({number})" if number.startswith(RECEIPT) else name
        return str(text) % {"application": name}

    return title


def of_application(row: Mapping) -> dict:
    """What sentences may name: the procedure, and the number that the office knows it by."""
    return {
        "procedure": procedure_name(row["procedure_key"]),
        "number": row["receipt_number"] or row["ref"],
        "outcome": Outcome.REFUSED.label if row["state"] == "refused" else Outcome.GRANTED.label,
    }


ABOUT = {
    "theme": APPLICATIONS,
    "subject": "subject",
    "reads": ("procedure_key", "receipt_number", "ref", "state"),
    "in_words": of_application,
    "nothing_recorded": _("No application of this person is known here."),
    "to_correct": _("If this is wrong, ask the office that has the application."),
}
OLD = _("The office has not reported anything about it for a long time.")


def applications() -> QuerySet:
    """What was sent here, or reported by a source."""
    sent = [state for state in State if state != State.DRAFT]
    return Application.objects.filter(state__in=sent).annotate(subject=SUBJECT)


def fresh(today) -> Q:
    return Q(stale_on__gt=today)


def public_id(task: Task) -> str:
    """Return the public id of the application of a task, which begins with that or the number."""
    number = task.subject.partition(" ")[0]
    if not number.startswith(RECEIPT):
        return number
    own = Application.objects.for_resident(task.about_id)
    return str(own.only("uuid").get(receipt_number=number).uuid)


def page_of_application(task: Task) -> str:
    return reverse("applications:application", args=[public_id(task)])


SEE_IT = Start(_("See the application"), page_of_application)


# ---- what is to be done
def page_to_correct(task: Task) -> str:
    return reverse("applications:correct", args=[public_id(task)])


register(
    Rule(
        key="applications.correction",
        title=_("Correct your application"),
        theme=APPLICATIONS,
        rows=lambda today: CorrectionRequest.objects.annotate(subject=SUBJECT_OF_REQUEST),
        subject="subject",
        names=names(_("Correct your application: %(application)s"), parts=3),
        opens_on="asked_on",
        due_on="answer_by",
        priority=True,
        urgent_days=3,
        remind=[7, 3, 1],
        examples=examples.CORRECTION,
        conditions=[
            Condition(
                name="not-answered",
                test=lambda today: Q(answered_on__isnull=True),
                holds=_(
                    "On {asked_on} the office asked you to correct your application {number} by "
                    "{answer_by}. You have not sent the correction yet."
                ),
                fails=_("You sent the correction on {answered_on}."),
                ends=Status.DONE,
                ends_when=_("You send the correction."),
            ),
            Condition(
                name="still-asked",
                test=lambda today: Q(ended_on__isnull=True),
                holds=_("The office waits for it."),
                fails=_(
                    "Since {ended_on} the office does not ask for it any more: the application "
                    "was decided or taken back."
                ),
                ends_when=_("The application is decided, or you take it back."),
            ),
        ],
        reads=("procedure_name", "receipt_number", "text"),
        in_words=lambda row: {
            "procedure": in_language(row["procedure_name"]),
            "number": row["receipt_number"],
            "text": row["text"],
        },
        what=_(
            "The office asks you to correct your application “{procedure}” ({number}) by "
            "{answer_by}. It writes: “{text}”"
        ),
        start=Start(_("Correct the application"), page_to_correct),
        done_there=True,
        after_due=_(
            "The office asked you to answer by {answer_by}, and that day is over. Send the "
            "correction all the same, and ask the office whether it still counts. It writes: "
            "“{text}”"
        ),
        if_not=_("The office cannot decide on your application, and may refuse it."),
        nothing_recorded=_("No office has asked this person for a correction here."),
        to_correct=_("If this is wrong, write to the office on the application’s page."),
    )
)

register(
    Rule(
        **ABOUT,
        key="applications.correction-reported",
        title=_("Correct your application"),
        names=names(_("Correct your application: %(application)s")),
        rows=lambda today: applications().filter(version__isnull=True),
        priority=True,
        remind_every=ASK_AGAIN,
        examples=examples.CORRECTION_REPORTED,
        conditions=[
            Condition(
                name="to-be-corrected",
                test=lambda today: Q(state=State.CORRECTION),
                known=fresh,
                holds=_(
                    "The office that has your application {number} reports that it is to be "
                    "corrected, since {state_since}."
                ),
                fails=_("The office does not report that it is to be corrected."),
                unknown=OLD,
                ends=Status.DONE,
                ends_when=_("The office reports another state."),
            )
        ],
        what=_(
            "The office asks you to correct your application “{procedure}” ({number}). It was made "
            "elsewhere: the office tells you what to correct, how, and by when."
        ),
        where=_("Where you made the application."),
        if_not=_("The office cannot decide on your application, and may refuse it."),
    )
)


def page_of_draft(task: Task) -> str:
    return reverse("applications:resume", args=[public_id(task)])


register(
    Rule(
        **ABOUT,
        key="applications.draft-not-sent",
        title=_("Send the application that you have begun"),
        names=names(_("Begun and not sent: %(application)s")),
        rows=lambda today: Application.objects.filter(version__isnull=False).annotate(
            subject=SUBJECT_OF_DRAFT
        ),
        may_be_dismissed=True,
        foretold=False,
        remind_every=ASK_AGAIN,
        examples=examples.DRAFT,
        conditions=[
            Condition(
                name="not-taken-back",
                test=lambda today: Q(state__in=[one for one in State if one != State.WITHDRAWN]),
                holds=_("You began an application on {started_at}."),
                fails=_("You took it back."),
                ends_when=_("You take it back."),
            ),
            Condition(
                name="not-sent",
                test=lambda today: Q(state=State.DRAFT),
                holds=_("You have not sent it yet. What you entered is kept."),
                fails=_("You sent it on {sent_at}."),
                ends=Status.DONE,
                ends_when=_("You send it."),
            ),
            Condition(
                name="begun-before-today",
                test=lambda today: Q(started_on__lt=today),
                holds=_("That was before today."),
                fails=_("You began it today."),
            ),
        ],
        what=_("You began the application “{procedure}” on {started_at} and have not sent it."),
        start=Start(_("Go on with it"), page_of_draft),
        done_there=True,
        if_not=_("Nothing is applied for until you send it. A deadline may go by."),
    )
)


# ---- what there is to know
register(
    Rule(
        **ABOUT,
        key="applications.decided",
        title=_("Your application has been decided"),
        names=names(_("Decided: %(application)s")),
        rows=lambda today: applications(),
        opens_on="decided_on",
        information=True,
        may_be_dismissed=True,
        examples=examples.DECIDED,
        conditions=[
            Condition(
                name="decided",
                test=lambda today: Q(state__in=DECIDED),
                known=fresh,
                holds=_("The office decided on your application: {outcome}."),
                fails=_("The office has not decided on it."),
                unknown=OLD,
            ),
            Condition(
                name="decided-lately",
                test=lambda today: Q(decided_on__gt=today - NEWS),
                holds=_("It was decided on {decided_on}."),
                fails=_("It was decided on {decided_on}, more than 60 days ago."),
                ends=Status.EXPIRED,
                ends_when=_("60 days have passed since the decision."),
            ),
        ],
        what=_("Your application “{procedure}” ({number}) has been decided: {outcome}."),
        start=SEE_IT,
    )
)

SLOW = _(
    "This step of your application usually takes no longer than until {usual_until}. It is not "
    "over yet."
)

register(
    Rule(
        **ABOUT,
        key="applications.slower-than-usual",
        title=_("Your application takes longer than usual"),
        names=names(_("Slower than usual: %(application)s")),
        rows=lambda today: applications(),
        information=True,
        may_be_dismissed=True,
        foretold=False,
        examples=examples.SLOW,
        conditions=[
            Condition(
                name="the-office-has-it",
                test=lambda today: Q(turn=Turn.OFFICE),
                known=fresh,
                holds=_("The office has it."),
                fails=_("The office does not have it now."),
                unknown=OLD,
                ends_when=_("The office goes on with it."),
            ),
            Condition(
                name="longer-than-usual",
                # Where nobody can say how long it takes, it is not slow: false, not unknown.
                test=lambda today: Q(usual_until__isnull=False, usual_until__lt=today),
                holds=SLOW,
                fails=_("It does not take longer than usual, as far as anybody can say."),
            ),
        ],
        what=_(
            "The office has your application “{procedure}” ({number}) for longer than this step "
            "usually takes. The office sees it as well, first in its list. You need do nothing; "
            "you can write to the office on the application’s page."
        ),
        start=SEE_IT,
    )
)


# ---- what the office has
register(
    Rule(
        **ABOUT,
        key="applications.with-the-office",
        title=_("Your application is with the office"),
        names=names(_("With the office: %(application)s")),
        rows=lambda today: applications(),
        waiting=True,
        examples=examples.WITH_THE_OFFICE,
        conditions=[
            Condition(
                name="not-finished",
                test=lambda today: Q(state__in=RUNNING),
                known=fresh,
                holds=_("The application is not finished."),
                fails=_("The application is finished."),
                unknown=OLD,
                ends_when=_("The office is done with it, or you take it back."),
            ),
            Condition(
                name="not-your-turn",
                test=lambda today: Q(turn__in=[Turn.OFFICE, Turn.OTHER]),
                holds=_("Since {state_since} it is not your turn."),
                fails=_("It is your turn, or nobody’s."),
                ends_when=_("The office asks you for a correction."),
            ),
        ],
        what=_(
            "Your application “{procedure}” ({number}) is with the office, or with somebody whom "
            "it asks. There is nothing to do for you now."
        ),
        start=SEE_IT,
    )
)
