"""Changes brought by themselves: signed, in order, again where that failed, and never lost."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
import time_machine
from django.db import connection as database
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from portal.exchange import jobs
from portal.exchange.changes.number import KEPT_FOR, forget_changes, number_changes
from portal.exchange.changes.tell import tell
from portal.exchange.models import Change, WebhookDelivery, WebhookEndpoint
from portal.exchange.webhooks import send
from portal.exchange.webhooks.plan import go_on, make_endpoint, replay, with_work
from portal.exchange.webhooks.send import send_due, wait
from portal.exchange.webhooks.sign import change_secret, headers, secret_of
from tests.applications.factories import SentApplicationFactory
from tests.at_once import at_once
from tests.exchange.connections import ConnectionFactory, event
from tests.factories import MunicipalityFactory

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture
def endpoint(receiver, db):
    MunicipalityFactory()
    return make_endpoint(connection=ConnectionFactory(), url=receiver.url, by=None)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def soon(monkeypatch):
    """What failed is due again at once."""
    monkeypatch.setattr(send, "wait", lambda failures, longest: timedelta())


def happens(*states, application=None):
    """Let an application pass through states; number that."""
    application = application or SentApplicationFactory()
    for state in states:
        event(application, state)
    number_changes()
    return application


def delivery(**fields):
    return WebhookDelivery.objects.get(**fields)


# ---- signed
def test_the_published_example_of_the_specification_has_the_published_signature():
    body = '{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)

    signed = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_of_the_moment_in_whatever_zone_it_is_given(endpoint):
    in_japan = START.astimezone(timezone.get_default_timezone())

    assert headers(endpoint, message_id="1", body="{}", now=in_japan) == headers(
        endpoint, message_id="1", body="{}", now=START
    )


def test_a_message_is_verified_by_the_library_and_says_what_changed(endpoint, receiver):
    application = happens("granted")

    assert send_due(endpoint.pk) == 1

    [told] = receiver.verified(secret_of(endpoint))
    change = Change.objects.get()
    assert told == {
        "id": str(change.uuid),
        "type": "application.changed",
        "timestamp": change.at.isoformat(),
        "data": change.data,
    }
    assert told["data"]["application"] == str(application.uuid)
    [one] = receiver.received
    assert one.id == str(change.uuid)
    assert one.path == "/hook"
    assert one.headers["content-type"] == "application/json"


def test_a_changed_text_or_another_secret_is_not_verified(endpoint, receiver):
    happens("granted")
    send_due(endpoint.pk)
    [one] = receiver.received

    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(endpoint)).verify(one.body.replace("granted", "refused"), one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(endpoint, 2)).verify(one.body, one.headers)


def test_for_a_week_the_former_secret_signs_too(endpoint, receiver, clock):
    former = secret_of(endpoint)
    new = change_secret(endpoint, now=timezone.now())
    happens("received")
    send_due(endpoint.pk)
    assert former != new
    assert receiver.verified(former) == receiver.verified(new)

    clock.shift(timedelta(days=7))
    happens("granted")
    send_due(endpoint.pk)

    last = receiver.received[-1]
    assert Webhook(new).verify(last.body, last.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(former).verify(last.body, last.headers)


def test_each_endpoint_has_a_secret_of_its_own_which_the_database_does_not_hold(endpoint):
    other = make_endpoint(connection=endpoint.connection, url="https://b.example.jp/", by=None)

    assert secret_of(endpoint) != secret_of(other)
    kept = WebhookEndpoint.objects.filter(pk=endpoint.pk).values().get()
    assert not any(secret_of(endpoint)[6:] in str(value) for value in kept.values())


# ---- what is brought, and to whom
def test_an_endpoint_is_told_what_happens_from_then_on(receiver, db):
    MunicipalityFactory()
    happens("received")
    endpoint = make_endpoint(connection=ConnectionFactory(), url=receiver.url, by=None)
    happens("granted")

    assert send_due(endpoint.pk) == 1
    assert receiver.states == ["granted"]


def test_nothing_of_others_is_brought(endpoint, receiver):
    other = ConnectionFactory(told_of_applications=False)
    tell(other, what="ref.merged", about=SentApplicationFactory().uuid)
    number_changes()

    assert send_due(endpoint.pk) == 0
    assert receiver.received == []


@pytest.mark.parametrize("how", ["off", "gone", "paused", "connection"])
def test_an_endpoint_that_is_off_is_brought_nothing_and_misses_nothing(endpoint, receiver, how):
    happens("received")
    if how == "connection":
        endpoint.connection.active = False
        endpoint.connection.save()
    else:
        WebhookEndpoint.objects.update(state=how)

    assert with_work(timezone.now()) == []
    assert send_due(endpoint.pk) == 0

    endpoint.connection.active = True
    endpoint.connection.save()
    go_on(endpoint)
    assert with_work(timezone.now()) == [endpoint.pk]
    assert send_due(endpoint.pk) == 1
    assert receiver.states == ["received"]


def test_what_was_brought_is_not_brought_again(endpoint, receiver):
    happens("received")

    assert [send_due(endpoint.pk) for _ in range(3)] == [1, 0, 0]
    assert with_work(timezone.now()) == []
    assert (delivery().state, delivery().status, delivery().attempts) == ("taken", 204, 1)


def test_the_job_numbers_and_wakes_a_sender_for_each_endpoint_with_work(
    endpoint, receiver, monkeypatch
):
    woken = []
    monkeypatch.setattr(
        jobs.send_webhooks, "apply_async", lambda args, **options: woken.append((*args, options))
    )
    make_endpoint(connection=ConnectionFactory(municipality=None), url="https://b.jp/", by=None)
    WebhookEndpoint.objects.exclude(pk=endpoint.pk).update(state="off")
    event(SentApplicationFactory())

    jobs.tell_changes()
    assert woken == [(endpoint.pk, {"expires": 5, "priority": 9})]

    jobs.send_webhooks(endpoint.pk)
    jobs.tell_changes()
    assert len(woken) == 1
    assert len(receiver.received) == 1


# ---- order
def test_of_one_application_all_come_in_order(endpoint, receiver):
    happens("received", "under-review", "correction", "under-review", "granted")

    assert send_due(endpoint.pk) == 5
    assert receiver.states == ["received", "under-review", "correction", "under-review", "granted"]


def test_a_later_change_of_an_application_waits_for_the_earlier_and_others_go_on(
    endpoint, receiver, clock
):
    held_up = happens("received", "granted")
    other = happens("received", "refused")
    receiver.answers.append(500)

    send_due(endpoint.pk)
    clock.shift(timedelta(minutes=1))
    send_due(endpoint.pk)

    came = [
        (one.said["data"]["application"], one.said["data"]["state"]) for one in receiver.received
    ]
    assert came == [
        (str(held_up.uuid), "received"),
        (str(other.uuid), "received"),
        (str(other.uuid), "refused"),
        (str(held_up.uuid), "received"),
        (str(held_up.uuid), "granted"),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_bring_each_change_once_and_in_order(municipalities, receiver):
    endpoint = make_endpoint(connection=ConnectionFactory(), url=receiver.url, by=None)
    applications = [happens("received", "under-review", "granted") for _ in range(5)]

    at_once(*[lambda: send_due(endpoint.pk)] * 3)
    send_due(endpoint.pk)

    assert len(receiver.received) == len({one.id for one in receiver.received}) == 15
    for application in applications:
        of_one = [
            one.said["data"]["state"]
            for one in receiver.received
            if one.said["data"]["application"] == str(application.uuid)
        ]
        assert of_one == ["received", "under-review", "granted"]


# ---- again
def test_what_failed_is_tried_again_with_the_same_id_and_text_and_a_signature_of_then(
    endpoint, receiver, clock
):
    happens("received")
    receiver.answers.extend([500, 404])

    send_due(endpoint.pk)
    assert (delivery().state, delivery().status, delivery().why) == ("waiting", 500, "status")
    assert send_due(endpoint.pk) == 0
    for _ in range(2):
        clock.shift(timedelta(minutes=1))
        send_due(endpoint.pk)

    assert (delivery().state, delivery().attempts) == ("taken", 3)
    assert len({(one.id, one.body) for one in receiver.received}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.received}) == 3


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 5), (2, 20), (3, 80), (6, 5120), (7, 20480), (8, 21600), (99, 21600)],
)
def test_waits_grow_up_to_six_hours_and_differ_by_chance(failures, seconds):
    waits = {wait(failures, send.LONGEST_WAIT).total_seconds() for _ in range(50)}

    assert len(waits) > 1
    assert all(seconds * 0.5 <= one <= seconds * 1.5 for one in waits)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_where_nobody_is_there_the_whole_endpoint_rests(endpoint, receiver, clock, status):
    for _ in range(5):
        happens("received")
    receiver.answers.append(status)

    send_due(endpoint.pk)
    assert len(receiver.received) == 1
    assert with_work(timezone.now()) == []

    clock.shift(timedelta(minutes=1))
    assert send_due(endpoint.pk) == 5
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.rests_until) == (0, None, None)
    assert endpoint.taken_at == timezone.now()


@pytest.mark.parametrize(("asked", "rests"), [("600", 600), ("999999", 3600)])
def test_a_receiver_is_left_alone_as_long_as_it_asks_but_an_hour_at_most(
    endpoint, receiver, clock, asked, rests
):
    happens("received")
    receiver.answers.append(503)
    receiver.headers["Retry-After"] = asked

    send_due(endpoint.pk)

    endpoint.refresh_from_db()
    assert endpoint.rests_until == timezone.now() + timedelta(seconds=rests)


def test_after_ten_failures_in_a_row_of_any_kind_it_rests_too(endpoint, receiver, clock):
    for _ in range(15):
        happens("received")
    receiver.answers.extend([400] * 15)

    send_due(endpoint.pk)

    assert len(receiver.received) == 10


def test_what_is_not_taken_for_three_days_while_others_are_is_given_up_and_the_next_goes_on(
    endpoint, receiver, clock
):
    application = happens("received", "granted")
    receiver.answers.append(400)
    send_due(endpoint.pk)
    clock.shift(timedelta(days=2, hours=23))
    happens("received")
    receiver.answers.append(400)
    send_due(endpoint.pk)
    assert delivery(about=application.uuid, attempts=2).state == "waiting"

    clock.shift(timedelta(hours=12))
    receiver.answers.append(400)
    send_due(endpoint.pk)

    first, second = WebhookDelivery.objects.filter(about=application.uuid).order_by("position")
    assert (first.state, first.status, first.why) == ("failed", 400, "status")
    assert second.state == "taken"
    endpoint.refresh_from_db()
    assert endpoint.state == "active"


def test_an_endpoint_that_takes_nothing_for_three_days_is_paused_and_nothing_is_lost(
    endpoint, receiver, clock
):
    happens("received", "granted")
    receiver.answers.extend([500] * 2)
    send_due(endpoint.pk)
    clock.shift(timedelta(days=3, minutes=1))
    happens("received")

    send_due(endpoint.pk)

    endpoint.refresh_from_db()
    assert endpoint.state == "paused"
    assert not WebhookDelivery.objects.exclude(state="waiting").exists()
    receiver.received.clear()
    go_on(endpoint)
    assert send_due(endpoint.pk) == 3
    assert sorted(receiver.states) == ["granted", "received", "received"]


def test_410_ends_an_endpoint_at_once_and_keeps_what_waits(endpoint, receiver):
    happens("received", "granted")
    receiver.answers.append(410)

    assert send_due(endpoint.pk) == 0

    endpoint.refresh_from_db()
    assert endpoint.state == "gone"
    assert len(receiver.received) == 1
    assert WebhookDelivery.objects.filter(state="waiting").count() == 2


def test_what_staff_do_while_it_is_being_sent_stays(endpoint, receiver):
    happens("received")

    def off_meanwhile(handler):
        handler.send_response(500)
        handler.end_headers()

    receiver.answers.append(off_meanwhile)
    real = send.bring

    def bring(*args):
        answer = real(*args)
        WebhookEndpoint.objects.update(state="off")
        return answer

    send.bring = bring
    try:
        send_due(endpoint.pk)
    finally:
        send.bring = real

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failures) == ("off", 1)


def test_a_fault_of_ours_in_one_message_holds_up_no_other(endpoint, receiver, monkeypatch):
    bad, _good = happens("received"), happens("received")
    real = send.message

    def message(endpoint, change, now):
        if change.about == bad.uuid:
            raise ZeroDivisionError
        return real(endpoint, change, now)

    monkeypatch.setattr(send, "message", message)

    assert send_due(endpoint.pk) == 1
    assert delivery(about=bad.uuid).why == "error"


def test_it_rests_and_waits_where_the_address_is_not_public_any_more(endpoint, receiver, settings):
    happens("received")
    settings.WEBHOOKS_TO_LOOPBACK = False

    assert send_due(endpoint.pk) == 0
    assert (delivery().state, delivery().why) == ("waiting", "not-https")
    assert receiver.received == []


# ---- replay
def test_a_replay_brings_all_since_a_moment_again_in_order_with_the_same_ids(
    endpoint, receiver, clock
):
    application = happens("received")
    clock.shift(timedelta(days=1))
    since = timezone.now()
    happens("under-review", "granted", application=application)
    send_due(endpoint.pk)
    before = [(one.id, one.body) for one in receiver.received]

    assert replay(endpoint, since=since) == 2
    assert replay(endpoint, since=since) == 2
    assert with_work(timezone.now()) == [endpoint.pk]
    assert send_due(endpoint.pk) == 2

    assert [(one.id, one.body) for one in receiver.received[3:]] == before[1:]
    assert send_due(endpoint.pk) == 0


def test_a_replay_brings_what_was_given_up_too(endpoint, receiver):
    happens("received")
    send_due(endpoint.pk)
    WebhookDelivery.objects.update(state="failed", attempts=9, why="status")

    replay(endpoint, since=START - timedelta(days=30))

    assert send_due(endpoint.pk) == 1
    assert (delivery().state, delivery().attempts, delivery().why) == ("taken", 1, "")


def test_a_replay_from_the_future_or_of_an_empty_table_brings_nothing(endpoint, receiver):
    assert replay(endpoint, since=START) == 0
    happens("received")
    send_due(endpoint.pk)

    assert replay(endpoint, since=timezone.now() + timedelta(days=1)) == 0
    assert send_due(endpoint.pk) == 0


def test_a_replay_of_more_than_one_round_is_whole(endpoint, receiver, monkeypatch):
    monkeypatch.setattr("portal.exchange.webhooks.plan.AT_ONCE", 2)
    application = happens("received", "under-review", "correction", "under-review", "granted")
    send_due(endpoint.pk)

    replay(endpoint, since=START - timedelta(days=30))

    assert send_due(endpoint.pk) == 5
    assert receiver.states[5:] == receiver.states[:5]
    assert application


def test_what_is_forgotten_after_90_days_takes_its_deliveries_along(endpoint, receiver):
    happens("received")
    happens("granted")
    send_due(endpoint.pk)

    forget_changes(now=timezone.now() + KEPT_FOR + timedelta(days=1))

    assert Change.objects.count() == WebhookDelivery.objects.count() == 1


# ---- few statements, however many there are
def test_the_next_is_found_by_as_many_statements_with_few_and_with_many(
    endpoint, receiver, statements
):
    def asked():
        statements.clear()
        send.send_next(endpoint.pk)
        return len(statements)

    happens("received", "granted")
    send.plan(endpoint.pk)
    few = asked()
    for _ in range(20):
        happens("received", "granted")
    send.plan(endpoint.pk)

    assert asked() == few


# ---- killed
def killed(endpoint, moment):
    """Send in a process that is killed at the moment."""
    address = urlsplit(os.environ["DATABASE_URL"])
    ours = urlunsplit(address._replace(path="/" + database.settings_dict["NAME"]))
    program = (
        "import django; django.setup(); from django.conf import settings; "
        "settings.WEBHOOKS_TO_LOOPBACK = True; "
        f"from portal.exchange.webhooks.send import send_due; send_due({endpoint.pk})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"DATABASE_URL": ours, "CRASH_AT": f"webhook:2:{moment}"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("moment", "repeated"),
    [("taken", 0), ("answered", 1), ("before_commit", 1), ("after_commit", 0)],
)
def test_a_sender_killed_anywhere_loses_nothing_and_repeats_one_at_most_with_its_id(
    municipalities, receiver, moment, repeated
):
    endpoint = make_endpoint(connection=ConnectionFactory(), url=receiver.url, by=None)
    happens("received", "under-review", "granted")

    killed(endpoint, moment)
    came = len(receiver.received)
    assert came == (1 if moment == "taken" else 2)
    until = time.monotonic() + 60  # the server notices in its own time that the sender is gone
    while not send_due(endpoint.pk):
        assert time.monotonic() < until
        time.sleep(0.05)

    ids = [one.id for one in receiver.received]
    assert len(ids) - len(set(ids)) == repeated
    once = [
        json.loads(body)["data"]["state"]
        for body in dict.fromkeys(r.body for r in receiver.received)
    ]
    assert once == ["received", "under-review", "granted"]
    assert WebhookDelivery.objects.filter(state="taken").count() == 3
    assert receiver.verified(secret_of(endpoint))
