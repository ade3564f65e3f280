"""What moves when two records become one person: every table that names a person has its answer.

    residents_residentref   the ref means the person who stands; `record` keeps whose it was
    reports of the register stay with the record that goes: they are its history
    everything else         moves, but for what the person who stands has already

A fixed number of statements, whatever the number of rows. Rows that belong together by a foreign
key that is checked at each statement's end (docs/adr/0004) move in one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.apps import apps

from portal.database import run
from tasks.compile import LIVE_IN_SQL


@dataclass(frozen=True)
class Moves:
    """Rows go to the person who stands, but for those of which one stands there already.

    `unless` are the columns of a unique key beside the person's, `among` which rows it is of.
    """

    unless: tuple[str, ...] | None = None
    among: str = "true"


STAYS = "stays"  # with the record that goes: what was written of it as it was
ANEW = "anew"  # made anew from the reports, or from facts
TOGETHER = "together"  # by a statement of its own, below

STANDING = "{row}.removed_at IS NULL"
ANSWERS: dict[str, str | Moves] = {
    "residents.ResidentRef.resident": TOGETHER,
    "residents.ResidentRef.record": STAYS,
    "residents.FactReport.resident": TOGETHER,
    "residents.RecordAccess.resident": STAYS,
    "residents.AccessLogHead.resident": STAYS,
    "residents.AccessQuestion.resident": STAYS,
    "residents.Guardianship.child": Moves(unless=("guardian_id",)),
    "residents.Guardianship.guardian": Moves(unless=("child_id",)),
    "tasks.Task.resident": TOGETHER,
    "tasks.Task.about": TOGETHER,
    "tasks.TaskEvent.resident": TOGETHER,
    "reminders.Message.resident": TOGETHER,
    "reminders.Reminder.resident": TOGETHER,
    "reminders.MailOff.resident": Moves(unless=()),
    "reminders.PushSubscription.resident": Moves(unless=("endpoint",)),
    "card.Certificate.resident": Moves(unless=("type", "serial")),
    "card.InsuranceUse.resident": ANEW,
    "card.BenefitAccount.resident": ANEW,
    "childcare.Birth.resident": ANEW,
    "childcare.Checkup.resident": TOGETHER,
    "childcare.Vaccination.resident": TOGETHER,
    "childcare.FamilyVaccination.child": Moves(),
    "childcare.FamilyMeasurement.child": Moves(),
    "childcare.FamilyStatement.child": Moves(unless=("what",), among=STANDING),
    "childcare.SeriesEnd.child": Moves(unless=("had",), among=STANDING),
    "childcare.RecordAnswer.child": Moves(),
    "childcare.NotMine.child": Moves(),
    "childcare.AfterBirth.resident": ANEW,
    "childcare.AllowanceAnswer.child": Moves(unless=(), among=STANDING),
    "childcare.StepDone.child": Moves(unless=("step",), among=STANDING),
    "childcare.AnnouncedBirth.resident": Moves(unless=("born",), among=STANDING),
    "childcare.CalendarFeed.resident": Moves(),
    "childcare.VaccinationForecast.resident": ANEW,
    "childcare.DueDose.resident": ANEW,
    "childcare.DueCheckup.resident": ANEW,
    "applications.Application.resident": TOGETHER,
    "applications.Application.about": TOGETHER,
    "applications.ApplicationRef.resident": Moves(),
    "applications.ApplicationEvent.resident": TOGETHER,
    "applications.Message.resident": TOGETHER,
    "applications.CorrectionRequest.resident": TOGETHER,
    "applications.Attachment.resident": TOGETHER,
    "applications.Notice.resident": TOGETHER,
    "feedback.Opinion.asker": Moves(),
    "feedback.Reply.resident": Moves(),
    "exchange.Merge.gone": STAYS,
    "exchange.Merge.stands": STAYS,
}

REFS = """
    UPDATE residents_residentref k SET resident_id = %(stands)s,
        record_id = CASE WHEN k.ref = gone.ref THEN gone.id ELSE k.record_id END
    FROM residents_resident gone
    WHERE gone.id = %(gone)s AND k.resident_id = gone.id
    RETURNING 'residents.ResidentRef', 'moved'"""
REPORTS = """
    UPDATE residents_factreport SET resident_id = %(stands)s
    WHERE resident_id = %(gone)s AND kind <> 'resident'
    RETURNING 'residents.FactReport', 'moved'"""

MOVE = """
    WITH moved AS (
        UPDATE {table} t SET {person} = %(stands)s
        WHERE t.{person} = %(gone)s{unless} RETURNING 1)
    SELECT '{label}', 'moved' FROM moved"""
UNLESS = """
            AND NOT ({among} AND EXISTS (
                SELECT FROM {table} o WHERE o.{person} = %(stands)s{same} AND {others}))"""
LEFT = "SELECT '{label}', 'stayed' FROM {table} t WHERE t.{person} = %(gone)s"

TWICE_A_GUARDIAN = """
    DELETE FROM residents_guardianship WHERE child_id = %(gone)s OR guardian_id = %(gone)s"""

# A record of the same number with both: what the family said of the one it says of the other.
RECORDS = """
    WITH theirs AS MATERIALIZED (
        SELECT t.id, o.id AS other FROM childcare_{what} t
        LEFT JOIN childcare_{what} o ON o.resident_id = %(stands)s AND o.record = t.record
        WHERE t.resident_id = %(gone)s),
    moved AS (
        UPDATE childcare_{what} t SET resident_id = %(stands)s FROM theirs x
        WHERE t.resident_id = %(gone)s AND t.id = x.id AND x.other IS NULL RETURNING 1){said}
    SELECT 'childcare.{label}', 'moved' FROM moved"""
SAID_OF = """,
    of_{table} AS (
        UPDATE childcare_{table} s SET {what}_id = x.other FROM theirs x
        WHERE s.child_id = %(gone)s AND s.{what}_id = x.id AND x.other IS NOT NULL)"""

THEIR_OWN = """
    CASE WHEN t.resident_id = %(gone)s THEN %(stands)s ELSE t.resident_id END AS resident_id,
    CASE WHEN t.about_id = %(gone)s THEN %(stands)s ELSE t.about_id END AS about_id"""
OF_THE_FAMILY = """
    t.resident_id = ANY(%(family)s::bigint[]) AND %(gone)s IN (t.resident_id, t.about_id)"""

# One that a source reported of both is one row: its reports say what stands of it.
OF_APPLICATION = ["applicationevent", "message", "correctionrequest", "attachment", "notice"]
LABELS = ["ApplicationEvent", "Message", "CorrectionRequest", "Attachment", "Notice"]
PARTS = "".join(
    f""",
    of_{table} AS (
        UPDATE applications_{table} p SET resident_id = x.resident_id,
            application_id = coalesce(x.other, x.id)
        FROM theirs x
        WHERE p.resident_id = x.was AND p.application_id = x.id AND x.was = %(gone)s RETURNING 1)"""
    for table in OF_APPLICATION
)
APPLICATIONS = f"""
    WITH theirs AS MATERIALIZED (
        SELECT t.resident_id AS was, t.id, o.id AS other, {THEIR_OWN}
        FROM applications_application t
        LEFT JOIN applications_application o ON o.resident_id = %(stands)s
            AND o.source_id = t.source_id AND o.ref = t.ref AND t.ref <> ''
            AND t.resident_id = %(gone)s
        WHERE {OF_THE_FAMILY}),
    moved AS (
        UPDATE applications_application t
        SET resident_id = x.resident_id, about_id = x.about_id FROM theirs x
        WHERE t.resident_id = x.was AND t.id = x.id AND x.other IS NULL RETURNING 1){PARTS}
    SELECT 'applications.Application', 'moved' FROM moved
    UNION ALL SELECT 'applications.Application', 'stayed' FROM theirs WHERE other IS NOT NULL
    {
    " ".join(
        f"UNION ALL SELECT 'applications.{label}', 'moved' FROM of_{table}"
        for table, label in zip(OF_APPLICATION, LABELS, strict=True)
    )
}"""

# A task of which there is one a person is named by the person's ref (tasks/compile.py).
# Of two live tasks that would be one, that of the person who stands goes on. Of two messages of
# one day by one channel too: the other's reminders are named in it, and have no other to go with.
TASKS = f"""
    WITH theirs AS MATERIALIZED (
        SELECT t.resident_id AS was, t.id, t.rule_id, t.status IN ({LIVE_IN_SQL}) AS live,
            CASE WHEN t.about_id = gone.id AND t.subject = gone.ref THEN stands.ref
                ELSE t.subject END AS subject, {THEIR_OWN}
        FROM tasks_task t
        JOIN residents_resident gone ON gone.id = %(gone)s
        JOIN residents_resident stands ON stands.id = %(stands)s
        WHERE {OF_THE_FAMILY} OR t.about_id = %(gone)s AND t.status IN ({LIVE_IN_SQL})),
    twins AS MATERIALIZED (
        SELECT x.was, x.id FROM (
            SELECT theirs.*, row_number() OVER (
                PARTITION BY resident_id, about_id, rule_id, subject ORDER BY id) > 1 AS another
            FROM theirs WHERE live) x
        WHERE another OR EXISTS (
            SELECT FROM tasks_task o
            WHERE o.resident_id = x.resident_id AND o.about_id = x.about_id
                AND o.rule_id = x.rule_id AND o.subject = x.subject
                AND o.status IN ({LIVE_IN_SQL})
                AND %(gone)s NOT IN (o.resident_id, o.about_id))),
    moved AS (
        UPDATE tasks_task t SET resident_id = x.resident_id, about_id = x.about_id,
            subject = x.subject,
            status = CASE WHEN twins.id IS NULL THEN t.status ELSE 'withdrawn' END,
            ended_on = CASE WHEN twins.id IS NULL THEN t.ended_on ELSE %(today)s END,
            wake_on = CASE WHEN twins.id IS NULL THEN t.wake_on END
        FROM theirs x LEFT JOIN twins USING (was, id)
        WHERE t.resident_id = x.was AND t.id = x.id RETURNING 1),
    events AS (
        UPDATE tasks_taskevent SET resident_id = %(stands)s
        WHERE resident_id = %(gone)s RETURNING 1),
    noted AS (
        INSERT INTO tasks_taskevent (resident_id, task_id, what, day)
        SELECT x.resident_id, x.id, 'withdrawn', %(today)s
        FROM theirs x JOIN twins USING (was, id)),
    sent AS MATERIALIZED (
        SELECT m.id, o.id AS other, o.state = 'waiting' AS other_waits
        FROM reminders_message m LEFT JOIN reminders_message o
            ON o.resident_id = %(stands)s AND o.day = m.day AND o.channel = m.channel
        WHERE m.resident_id = %(gone)s),
    messages AS (
        UPDATE reminders_message m SET
            resident_id = CASE WHEN x.other IS NULL THEN %(stands)s ELSE m.resident_id END,
            state = CASE WHEN x.other IS NOT NULL AND m.state = 'waiting' THEN 'skipped'
                ELSE m.state END,
            ended_at = CASE WHEN x.other IS NOT NULL AND m.state = 'waiting' THEN now()
                ELSE m.ended_at END
        FROM sent x WHERE m.resident_id = %(gone)s AND m.id = x.id RETURNING x.other),
    promised AS MATERIALIZED (
        SELECT r.id, coalesce(x.other, r.message_id) AS message_id,
            r.outcome = 'promised' AND x.other IS NOT NULL AND NOT x.other_waits AS missed
        FROM reminders_reminder r LEFT JOIN sent x ON x.id = r.message_id
        WHERE r.resident_id = %(gone)s),
    reminders AS (
        UPDATE reminders_reminder r SET resident_id = %(stands)s, message_id = x.message_id,
            outcome = CASE WHEN x.missed THEN 'skipped' ELSE r.outcome END,
            reason = CASE WHEN x.missed THEN 'merged' ELSE r.reason END
        FROM promised x WHERE r.resident_id = %(gone)s AND r.id = x.id RETURNING 1)
    SELECT 'tasks.Task', 'moved' FROM moved
    UNION ALL SELECT 'tasks.Task', 'withdrawn' FROM twins
    UNION ALL SELECT 'tasks.TaskEvent', 'moved' FROM events
    UNION ALL SELECT 'reminders.Reminder', 'moved' FROM reminders
    UNION ALL SELECT 'reminders.Message', CASE WHEN other IS NULL THEN 'moved' ELSE 'stayed' END
        FROM messages"""


def move(
    *, gone: int, stands: int, family: Iterable[int], today: date
) -> dict[str, dict[str, int]]:
    """Move what names `gone` to `stands` (ids); return how many rows of each model did what.

    `family` are all whose tasks or applications may be about one of the two, both among them:
    {"moved": {"tasks.Task": 3}, "stayed": …, "withdrawn": …}. Hold them all.
    """
    whom = {"gone": gone, "stands": stands, "family": sorted(family), "today": today}
    counts: dict[str, Counter] = {"moved": Counter(), "stayed": Counter(), "withdrawn": Counter()}
    for sql in statements():
        for label, what in run(sql, whom, prepare=False):
            counts[what][label] += 1
    return {what: dict(sorted(of.items())) for what, of in counts.items()}


def statements() -> list[str]:
    """Return the statements in their order: what refers to a row moves before the row's answers."""
    said = {"vaccination": ["recordanswer", "notmine"], "checkup": ["notmine"]}
    records = [
        RECORDS.format(
            what=what,
            label=what.capitalize(),
            said="".join(SAID_OF.format(table=table, what=what) for table in tables),
        )
        for what, tables in said.items()
    ]
    simple, left = [], []
    for name, how in ANSWERS.items():
        if isinstance(how, Moves):
            label, _dot, field = name.rpartition(".")
            model = apps.get_model(label)
            place = {
                "label": label,
                "table": model._meta.db_table,
                "person": model._meta.get_field(field).column,
            }
            simple.append(MOVE.format(**place, unless=unless(how, **place)))
            if how.unless is not None and label.partition(".")[0] not in ("card", "residents"):
                left.append(LEFT.format(**place))
    return [REFS, REPORTS, *records, APPLICATIONS, TASKS, *simple, TWICE_A_GUARDIAN, *left]


def unless(how: Moves, *, table: str, person: str, **_more) -> str:
    if how.unless is None:
        return ""
    return UNLESS.format(
        table=table,
        person=person,
        same="".join(f" AND o.{name} = t.{name}" for name in how.unless),
        among=how.among.format(row="t"),
        others=how.among.format(row="o"),
    )
