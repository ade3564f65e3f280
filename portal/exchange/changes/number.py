"""Give changes their positions, in one order that readers can rely on. Why so: docs/adr/0019.

    events of applications, ends of uploads ─▶ Change without position ─▶ Change with position
    lines taken, references merged ──────────▶

One numbering at a time, and of committed rows only: whoever sees a position sees all before it.
"""

from datetime import datetime, timedelta

from django.db import transaction

from portal.database import run
from portal.exchange.models import Change, Numbering, Upload, WebhookDelivery
from portal.exchange.models.upload import TOLD_STATES

AT_ONCE = 1000
KEPT_FOR = timedelta(days=90)

CHANGES, NUMBERING = Change._meta.db_table, Numbering._meta.db_table
UPLOADS, DELIVERIES = Upload._meta.db_table, WebhookDelivery._meta.db_table
UNTOLD_UPLOAD = f"""connection_id IS NOT NULL AND state <> told_state
    AND state IN ({", ".join(f"'{state}'" for state in TOLD_STATES)})"""

# What happened to an application that was sent: its states and steps. Who works on it and what
# is proposed are the office's own.
COPY_EVENTS = f"""
    WITH untold AS MATERIALIZED (
        SELECT id, resident_id, application_id, what, state, turn, step, at
        FROM applications_applicationevent WHERE NOT told
        ORDER BY id LIMIT {AT_ONCE}),
    told AS (
        UPDATE applications_applicationevent e SET told = true FROM untold
        WHERE e.resident_id = untold.resident_id AND e.id = untold.id),
    copied AS (
        INSERT INTO {CHANGES} (municipality_id, what, about, data, at)
        SELECT a.municipality_id, '{Change.What.APPLICATION.value}', a.uuid, jsonb_build_object(
                'application', a.uuid, 'receipt_number', a.receipt_number,
                'procedure', a.procedure_key, 'municipality', a.municipality_id,
                'state', e.state, 'turn', e.turn, 'step', nullif(e.step, '')), e.at
        FROM untold e JOIN applications_application a
            ON a.resident_id = e.resident_id AND a.id = e.application_id
        WHERE e.what IN ('state', 'step') AND a.version_id IS NOT NULL AND a.sent_at IS NOT NULL
        ORDER BY e.id)
    SELECT count(*) FROM untold"""

COPY_UPLOADS = f"""
    WITH untold AS MATERIALIZED (
        SELECT * FROM {UPLOADS} WHERE {UNTOLD_UPLOAD}
        ORDER BY id LIMIT {AT_ONCE} FOR NO KEY UPDATE SKIP LOCKED),
    told AS (
        UPDATE {UPLOADS} u SET told_state = untold.state FROM untold WHERE u.id = untold.id),
    copied AS (
        INSERT INTO {CHANGES} (connection_id, what, about, data)
        SELECT connection_id, '{Change.What.UPLOAD.value}', uuid, jsonb_build_object(
            'upload', uuid, 'state', state, 'read', read, 'changed', changed,
            'unchanged', unchanged, 'set_aside', quarantined)
        FROM untold ORDER BY id)
    SELECT count(*) FROM untold"""

# An upload has ended before lines of it are taken that were set aside. Of the two only the second
# has its row from the start: so it stands behind the first, and waits where that is not copied yet.
NUMBER = f"""
    WITH unnumbered AS MATERIALIZED (
        SELECT id, NOT (what = '{Change.What.UPLOAD.value}' AND data->>'state' = 'done') AS later
        FROM {CHANGES} c
        WHERE position IS NULL AND NOT (what = '{Change.What.LINES.value}' AND EXISTS (
            SELECT FROM {UPLOADS} WHERE uuid = c.about AND state = 'done' AND {UNTOLD_UPLOAD}))
        ORDER BY later, id LIMIT {AT_ONCE}),
    numbered AS (
        UPDATE {CHANGES} c SET position = %(last)s + n.number
        FROM (SELECT id, row_number() OVER (ORDER BY later, id) AS number FROM unnumbered) n
        WHERE c.id = n.id RETURNING c.position)
    UPDATE {NUMBERING} SET last = last + (SELECT count(*) FROM numbered)
    RETURNING last"""

HOLD = f"""
    INSERT INTO {NUMBERING} AS n (id, last, forgotten) VALUES (1, 0, 0)
    ON CONFLICT (id) DO UPDATE SET last = n.last RETURNING last"""

SOMETHING_WAITS = f"""
    SELECT EXISTS (SELECT 1 FROM {CHANGES} WHERE position IS NULL)
        OR EXISTS (SELECT 1 FROM applications_applicationevent WHERE NOT told)
        OR EXISTS (SELECT 1 FROM {UPLOADS} WHERE {UNTOLD_UPLOAD})"""


def number_changes() -> int:
    """Number what has been committed and has no position yet; return how many changes got one."""
    numbered = 0
    while something_waits():
        taken_up, some = number_some()
        numbered += some
        if not taken_up:  # what waits is held by whoever is changing it
            break
    return numbered


def something_waits() -> bool:
    [(waits,)] = run(SOMETHING_WAITS, {})
    return waits


@transaction.atomic
def number_some() -> tuple[int, int]:
    """Take up a thousand, and return how many rows that were and how many changes got a position.

    Held back by another numbering, it sees all that the other has done.
    """
    [(last,)] = run(HOLD, {})
    [(events,)] = run(COPY_EVENTS, {})
    [(uploads,)] = run(COPY_UPLOADS, {})
    [(now,)] = run(NUMBER, {"last": last})
    return events + uploads + now - last, now - last


# ---- forgetting
FORGET = f"""
    WITH kept AS (SELECT min(position) AS first FROM {CHANGES} WHERE at >= %(before)s),
    gone AS (
        DELETE FROM {CHANGES}
        WHERE position < coalesce((SELECT first FROM kept), %(last)s)
        RETURNING id, position),
    deliveries AS (
        DELETE FROM {DELIVERIES} d USING gone WHERE d.change_id = gone.id)
    UPDATE {NUMBERING} SET forgotten = greatest(forgotten, (SELECT max(position) FROM gone))
    RETURNING (SELECT count(*) FROM gone)"""


@transaction.atomic
def forget_changes(*, now: datetime) -> int:
    """Delete the changes of before the last 90 days, however far webhooks are; return how many.

    Always a beginning of the order, so that a reader can tell by its cursor whether it missed any;
    and never the newest, at which the cursors of all who have read everything stand.
    """
    [(last,)] = run(HOLD, {})
    [(gone,)] = run(FORGET, {"before": now - KEPT_FOR, "last": last})
    return gone
