"""Who gets a reminder and where, as SQL: asked when it is promised and again when it is sent.

And when the person asks, on the pages. The texts name these rows: `t` the task, `who` the resident
who must act, `account` that person's sign-in (may be missing), `about` the person whom the task is
about. `{channel}` and `{day}` are filled in.
"""

from dataclasses import dataclass

from django.contrib.auth import get_user_model

from portal.database import run
from portal.residents.models import Guardianship, Resident
from tasks.reminders.models import Channel, MailOff, PushSubscription, Reason

# An address that the person signs in with is newer than what the register was once told.
ADDRESS = "coalesce(account.email, who.email)"
LANGUAGE = "coalesce(account.language, who.language)"

HAS_DEVICE = f"""EXISTS (SELECT FROM {PushSubscription._meta.db_table} device
    WHERE device.resident_id = who.id)"""
HAS_MAIL_OFF = f"""EXISTS (SELECT FROM {MailOff._meta.db_table} mail_off
    WHERE mail_off.resident_id = who.id)"""
ACTS_FOR_CHILD = f"""EXISTS (SELECT FROM {Guardianship._meta.db_table} g
    WHERE g.child_id = t.about_id AND g.guardian_id = t.resident_id
        AND g.starts_on <= {{day}} AND g.ends_on > {{day}})"""

# The person first: of somebody who has died it is not said that the task is withdrawn.
WHY_NOT = f"""CASE
    WHEN who.state <> 'active' THEN who.state
    WHEN t.status <> 'open' THEN 'task-' || t.status
    WHEN t.about_id <> t.resident_id AND about.acts_from <= {{day}}
        THEN '{Reason.CHILD_GROWN_UP.value}'
    WHEN t.about_id <> t.resident_id AND NOT {ACTS_FOR_CHILD}
        THEN '{Reason.NO_LONGER_GUARDIAN.value}'
    WHEN {{channel}} = 'mail' AND {HAS_MAIL_OFF} THEN '{Reason.MAIL_OFF.value}'
    WHEN {{channel}} = 'mail' AND {ADDRESS} = '' THEN '{Reason.NO_ADDRESS.value}'
    WHEN {{channel}} = 'push' AND NOT {HAS_DEVICE} THEN '{Reason.NO_DEVICE.value}'
    END"""


WAYS = f"""
    SELECT {ADDRESS}, {LANGUAGE}, {HAS_MAIL_OFF}, {HAS_DEVICE}
    FROM {Resident._meta.db_table} who
    LEFT JOIN {get_user_model()._meta.db_table} account ON account.id = who.user_id
    WHERE who.id = %(resident)s"""


@dataclass(frozen=True)
class Ways:
    """Where and how reminders reach a resident, and in which language."""

    address: str
    language: str
    mail_off: bool
    has_device: bool

    @property
    def channels(self) -> list[Channel]:
        mail = [Channel.MAIL] if self.address and not self.mail_off else []
        return [*mail, Channel.PUSH] if self.has_device else mail


def ways_to(resident: int) -> Ways:
    """Return how reminders reach a resident (id)."""
    [row] = run(WAYS, {"resident": resident})
    return Ways(*row)


def why_no_mail(resident: Resident, ways: Ways) -> str:
    """Return why a resident gets no mail, as the ledger says it; "": there is a way."""
    if resident.state != Resident.State.ACTIVE:
        return resident.state
    if ways.mail_off:
        return Reason.MAIL_OFF.value
    return "" if ways.address else Reason.NO_ADDRESS.value
