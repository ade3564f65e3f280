"""A small office: a record with something in every section, a night, an upload, and its people."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from portal.exchange.help_desk import GROUP
from portal.exchange.models import QuarantinedLine, Upload
from portal.residents.models import FactReport
from tasks.models import Sweep, SweepRange, TaskEvent
from tasks.reconcile import reconcile_people
from tasks.reminders.models import Message, Reminder, ReminderRound
from tasks.rules import registry
from tests.factories import (
    CHECKED_AT,
    BenefitAccountFactory,
    CertificateFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    MunicipalityFactory,
    ResidentFactory,
    UserFactory,
)

TODAY = date(2027, 3, 1)
PURPOSE = "question by telephone"


@pytest.fixture
def superuser(db):
    return UserFactory(
        email="chief@example.jp", is_staff=True, is_superuser=True, language="en", password=None
    )


@pytest.fixture
def help_desk(db):
    user = UserFactory(email="desk@example.jp", is_staff=True, language="en", password=None)
    user.groups.add(Group.objects.get(name=GROUP))
    return user


@pytest.fixture
def office(db):
    """Return the rows, by name: resident, child, night, upload, line; and a rule."""
    # A browser test empties all tables before the next test, the register's included.
    MunicipalityFactory()
    resident = ResidentFactory(
        ref="R1",
        name_kana="ヤマダ ハナコ",
        user=UserFactory(email="hanako@example.jp", language="en", password=None),
    )
    child = GuardianshipFactory(guardian=resident, child__ref="R2").child
    CertificateFactory(resident=resident, serial="S-77")
    for person in (resident, child):
        InsuranceUseFactory(resident=person)
    BenefitAccountFactory(resident=resident)
    FactReport.objects.create(
        resident=resident,
        kind="certificate",
        key="S-77",
        source=resident.source,
        checked_at=resident.checked_at,
        value={"type": "user-authentication", "serial": "S-77", "expires_on": "2027-05-20"},
    )
    reconcile_people([resident.pk, child.pk], today=TODAY)
    task = resident.tasks.earliest("pk")
    TaskEvent.objects.create(resident=resident, task=task, what="updated", day=TODAY)
    make_reminder(task)
    line = make_line()
    return SimpleNamespace(
        resident=resident,
        child=child,
        rule=registry["card.insurance-use"],
        night=make_night(),
        upload=line.upload,
        line=line,
    )


@pytest.fixture
def woken(monkeypatch):
    """Return the list of ranges (ids) for which a worker is told, without any worker."""
    told = []
    monkeypatch.setattr("tasks.jobs.sweep_range.delay", told.append)
    return told


def make_night(ranges=2, done=1, run=1):
    """Return a night of the day, some of whose ranges are done and the next of which is leased."""
    now = timezone.now()
    night = Sweep.objects.create(
        day=TODAY, run=run, started_by=Sweep.StartedBy.BEAT, range_size=100
    )
    SweepRange.objects.bulk_create(
        SweepRange(
            sweep=night,
            low=number * 100,
            high=number * 100 + 100,
            opened=3 if number < done else 0,
            finished_at=now if number < done else None,
            lease_until=now + timedelta(minutes=5) if number == done else None,
            leased_by="host:1",
            attempts=1,
        )
        for number in range(ranges)
    )
    return night


def make_reminder(task, *, outcome="sent", reason="", channel="mail", attempts=1):
    """Return a line of the ledger about a task, with its message, on the office's day."""
    at = datetime.combine(TODAY, time(8), tzinfo=CHECKED_AT.tzinfo)
    ReminderRound.objects.get_or_create(day=TODAY, defaults={"started_at": at, "promised": 1})
    message = Message.objects.create(
        resident=task.resident,
        day=TODAY,
        channel=channel,
        state="waiting" if outcome == "promised" else outcome,
        priority=3,
        promised_at=at,
        try_at=at,
        attempts=attempts,
        last_answer="451" if outcome == "failed" else "",
        ended_at=None if outcome == "promised" else at,
    )
    return Reminder.objects.create(
        resident=task.resident,
        task=task,
        step=30,
        channel=channel,
        day=TODAY,
        outcome=outcome,
        reason=reason,
        message=message,
    )


def make_line():
    """Return a line that was set aside, of an upload of its own."""
    upload = Upload.objects.create(name="facts.ndjson", read=10, changed=9, quarantined=1)
    return QuarantinedLine.objects.create(
        upload=upload,
        file="facts.ndjson",
        line_number=7,
        reason="unknown-person",
        detail="R999",
        text='{"kind": "insurance", "resident": "R999", "note": "the text of the line"}',
        waits_for_ref="R999",
    )


def open_record(client, resident, purpose=PURPOSE):
    """State a purpose and return the answer that shows the record."""
    return client.post(
        f"/staff/residents/resident/{resident.uuid}/", {"purpose": purpose}, follow=True
    )
