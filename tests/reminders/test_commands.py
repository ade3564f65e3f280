import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.residents.models import Resident
from tasks.reminders.models import ReminderRound
from tests.reminders.test_promise import DUE, resident, task

pytestmark = pytest.mark.django_db


def remind(moment):
    out, said = StringIO(), StringIO()
    call_command("remind", "--at", moment, stdout=out, stderr=said)
    return json.loads(out.getvalue().splitlines()[-1]), said.getvalue()


def dump():
    out = StringIO()
    call_command("dump_reminders", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_remind_says_what_it_did_and_a_second_time_does_nothing(mail_server):
    owner = resident(ref="R1")
    task(owner)
    task(owner, subject="S2")
    task(resident(ref="R2", email=""))
    assert remind("2027-04-20T08:00+09:00")[0] == {
        "due": 3,
        "sent": 2,
        "skipped": 1,
        "failed": 0,
        "messages": 1,
    }
    assert set(remind("2027-04-20T08:00+09:00")[0].values()) == {0}
    assert len(mail_server.accepted) == 1
    assert ReminderRound.objects.count() == 2


def test_in_quiet_hours_it_promises_and_says_that_nothing_is_sent(mail_server):
    task(resident())
    counts, said = remind("2027-04-20T07:59+09:00")
    assert (counts["due"], counts["sent"]) == (1, 0)
    assert "Quiet hours" in said
    assert remind("2027-04-20T08:00+09:00")[0]["sent"] == 1


def test_a_moment_without_an_offset_is_one_in_japan(mail_server):
    task(resident())
    assert remind("2027-04-20T08:00")[0]["sent"] == 1


@pytest.mark.parametrize(
    "text", ["tomorrow", "0001-01-01T00:00+09:00", "9999-12-31T08:00-12:00", "2300-01-01T08:00"]
)
def test_a_moment_that_is_none_is_refused_in_words(text):
    with pytest.raises(CommandError, match="Write it as 2027-02-21T08:00"):
        call_command("remind", "--at", text)


def test_the_ledger_is_dumped_in_a_fixed_order_without_ids_or_times(mail_server):
    task(resident(ref="R2", email=""))
    one = resident(ref="R1")
    task(one, subject="S2", due_on=DUE)
    task(one, subject="S1", due_on=DUE)
    remind("2027-04-20T08:00+09:00")
    common = {
        "rule": "card.user-authentication-renewal",
        "step": 30,
        "channel": "mail",
        "day": "2027-04-20",
    }
    sent = {"about": "R1", "outcome": "sent", "reason": "", "resident": "R1"}
    skipped = {"about": "R2", "outcome": "skipped", "reason": "no-address", "resident": "R2"}
    assert dump() == [
        common | sent | {"subject": "S1"},
        common | sent | {"subject": "S2"},
        common | skipped | {"subject": "S1"},
    ]


def test_a_refusal_stands_in_the_dump_with_its_code(mail_server):
    task(resident())
    mail_server.answers[Resident.objects.get().email] = ["550 no such mailbox"]
    assert remind("2027-04-20T08:00+09:00")[0]["failed"] == 1
    assert dump()[0]["reason"] == "refused 550"
