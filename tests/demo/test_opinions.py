"""The demo's opinions, for who reviews them and for everyone."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from feedback.alerts import look, waiting_for
from feedback.before_after import before_and_after
from feedback.found import alike, found
from feedback.models import Alert, AlertLook, Improvement, Opinion, Wording
from feedback.on_screen import read
from feedback.rising import rising
from portal.accounts.models import User
from portal.demo import opinions, people
from tasks.reconcile import reconcile_people
from tests.factories import CertificateFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def made(time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 12, 0, tzinfo=timezone.get_default_timezone()))
    ResidentFactory(ref=people.YOSHINO.ref)
    for one in people.REVIEWERS:
        user = UserFactory(email=one.email, is_staff=True)
        user.groups.add(Group.objects.get(name=one.group))
    opinions.make_opinions(today=TODAY)


def test_made_twice_they_are_there_once():
    many = Opinion.objects.count()

    opinions.make_opinions(today=TODAY)

    assert Opinion.objects.count() == many


def test_the_change_shows_before_and_after_with_enough_answers():
    improvement = Improvement.objects.get()

    before, after = before_and_after([improvement])[improvement.pk]

    assert not before.too_few
    assert not after.too_few
    assert after.percent < before.percent


def test_there_is_something_to_look_at_to_merge_and_to_answer():
    assert Opinion.objects.filter(state="new").count() >= 5
    assert Opinion.objects.filter(asker__isnull=False).count() == 1
    assert alike(Opinion.objects.filter(text=opinions.WRITTEN[1][3]).get())


@pytest.mark.parametrize(
    "asked",
    [
        {"rule": opinions.RULE},
        {"procedure": opinions.OF_PROCEDURE},
        {"reason": "not-my-case"},
        {"language": "en"},
        {"state": "planned"},
        {"state": "looking"},
        {"state": "done"},
        {"state": "declined"},
        {"tag": "一覧"},
        {"whose": "nobody"},
        {"asks": "1"},
        {"municipality": "神戸市", "state": "all"},
        {"since": "2026-11-13"},
        {"q": "電子証明書"},
    ],
)
def test_every_filter_of_the_review_finds_something_and_not_all(asked):
    reviewer = User.objects.get(email=people.REVIEWERS[0].email)
    everything = {"state": asked.get("state", "") and "all"}

    narrowed, whole = (found(one, by=reviewer).count() for one in (asked, everything))

    assert 0 < narrowed < whole


def test_every_opinion_that_waits_can_be_opened(client):
    client.force_login(User.objects.get(email=people.REVIEWERS[0].email))

    for opinion in Opinion.objects.exclude(state="counted").exclude(kind="free"):
        assert set(opinion.reasons) <= set(Opinion.Reason.values)
        assert client.get(f"/staff/feedback/opinion/{opinion.uuid}/").status_code == 200


def test_an_error_stood_on_the_screen_and_two_are_one():
    assert Opinion.objects.filter(errors__contains=["postcode:invalid"]).exists()
    assert Opinion.objects.exclude(merged_into=None).count() == 1


def test_todays_page_of_the_rule_has_the_wording_after_the_change(client):
    resident = ResidentFactory(user=UserFactory())
    CertificateFactory(resident=resident, expires_on=TODAY + timedelta(days=40))
    reconcile_people([resident.pk], today=TODAY)
    task = resident.tasks.get(rule__key=opinions.RULE)
    client.force_login(resident.user)

    [shown] = re.findall(r'name="shown" value="([^"]+)"', client.get(f"/tasks/{task.pk}/").text)

    changed = Improvement.objects.get().changed_at
    wording = Wording.objects.get(version=read(shown).wording)
    assert (wording.route, wording.first_seen) == ("tasks:task", changed)


def test_a_page_became_less_clear_and_its_owner_who_publishes_is_told():
    reviewer, publisher = (User.objects.get(email=one.email) for one in people.REVIEWERS)

    [alert] = Alert.objects.all()

    assert (alert.route, alert.owner, alert.mail) == ("childcare:child", publisher, "waiting")
    assert waiting_for(publisher).get() == alert
    assert not waiting_for(reviewer).exists()
    written = Opinion.objects.filter(route=alert.route, clear=False).exclude(text="")
    assert written.count() == 3


def test_the_clock_finds_it_too_a_day_later_and_once():
    Alert.objects.all().delete()
    AlertLook.objects.all().delete()

    made = [look(day=TODAY + timedelta(days=days)) for days in range(3)]

    assert list(map(len, made)) == [1, 0, 0]


def test_all_texts_have_been_read_and_two_things_are_rising():
    assert not Opinion.objects.exclude(text="").filter(terms=None).exists()

    terms = [one.term for one in rising(until=timezone.now())]

    assert {"窓口 予約", "混雑"} <= set(terms)
    assert len(terms) <= 4
