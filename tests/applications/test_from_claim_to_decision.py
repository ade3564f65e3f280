"""One claim from its first question to the decision, as the people in it see it."""

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse

from portal.applications.models import Application, Notice, ProcedureVersion
from portal.residents.access_log import check_access_logs
from tasks.models import Task
from tests.applications.factories import OfficeMembershipFactory
from tests.applications.test_filling_in import fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november", "shipped")]
QUEUE = "/staff/applications/application/"


def clerk(email, *groups):
    user = OfficeMembershipFactory(user__email=email, user__language="en").user
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def titles(browser):
    return browser.get(reverse("tasks:home")).content.decode()


def test_claimed_corrected_decided_by_two_and_seen_in_every_place(hers):
    first = clerk("clerk@example.jp", "case workers")
    second = clerk("decider@example.jp", "case workers", "deciders")
    draft = fill(hers)
    hers.post(reverse("applications:send", args=[draft.uuid]))
    claim = Application.objects.select_related("version").get()
    assert claim.version == ProcedureVersion.objects.get(procedure__key="child-allowance")
    case = f"{QUEUE}{claim.uuid}/"
    assert "Claim for the child allowance" in titles(hers)

    first.get(case)
    first.post(f"{case}take/")
    asked = {"text": "Which flat?", "questions": ["address"], "answer_by": "2026-12-04"}
    first.post(f"{case}correction/", asked)
    shown = hers.get(reverse("applications:application", args=[claim.uuid])).content.decode()
    assert "Your turn" in shown and "Which flat?" in shown
    assert claim.receipt_number in titles(hers)

    address = {"postcode": "1028688", "address": "千代田区九段南1-2-1 九段ハイツ 203"}
    hers.post(reverse("applications:question", args=[claim.uuid, "address"]), address)
    untouched = reverse("applications:question", args=[claim.uuid, "main-earner"])
    hers.post(untouched, {"answer": "other"})
    hers.post(reverse("applications:correct", args=[claim.uuid]))
    claim.refresh_from_db()
    assert (claim.state, claim.turn) == ("under-review", "office")
    assert "203" in claim.answers["address"]["address"] and claim.answers["main-earner"] == "me"
    assert Task.objects.get(rule__key="applications.correction").status == "done"

    first.post(f"{case}propose/", {"reason": "The child lives abroad."})
    assert first.post(f"{case}refuse/").status_code == 403
    second.get(case)
    second.post(f"{case}send-back/")
    second.post(f"{case}grant/", {"reason": "Paid from December."})
    shown = hers.get(reverse("applications:application", args=[claim.uuid])).content.decode()
    assert "Paid from December." in shown and "Granted" in shown
    assert "child allowance" in titles(hers).lower()
    assert set(Notice.objects.values_list("what", flat=True)) >= {"received", "decided"}
    assert all("child" not in sent.subject.lower() for sent in mail.outbox)

    looked = hers.get(reverse("tasks:access-log")).content.decode()
    assert "work on this application" in looked
    assert looked.count(claim.receipt_number) >= 2 and "clerk@example.jp" not in looked
    hers.post(reverse("tasks:ask-access", args=[1]), {"text": "Why?"})
    assert "The office answers by" in hers.get(reverse("tasks:access-log")).content.decode()
    [read] = check_access_logs()
    assert read >= 2
