"""The same call twice is one, by its Idempotency-Key."""

import gzip
import json
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from portal.exchange import jobs
from portal.exchange.api import facts
from portal.exchange.connections.keys import make_key
from portal.exchange.models import Connection, KeyedCall, Upload
from portal.exchange.uploads import idempotency, merging, receive
from portal.exchange.uploads.body import body_of
from portal.residents.models import FactReport, Source
from tests.at_once import at_once
from tests.exchange.api.test_facts import has_account, ndjson, person, post, problem
from tests.exchange.api.test_status import post as post_status
from tests.exchange.api.test_status import status

KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'


def again(caller, *lines, key=KEY, **headers):
    return post(caller, *lines, idempotency_key=key, **headers)


@pytest.mark.django_db
class TestInTurn:
    def test_the_same_key_and_body_get_the_stored_answer(self, caller):
        first = again(caller, person(), has_account())
        second = again(caller, person(), has_account())

        assert second.status_code == first.status_code == 200
        assert second.content == first.content
        assert second.headers["Content-Type"] == first.headers["Content-Type"]
        assert second.json()["lines"]["changed"] == 2
        assert second.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert Upload.objects.count() == 1

    def test_with_or_without_quotes_and_packed_or_not_it_is_the_same(self, caller):
        first = again(caller, person())
        packed = gzip.compress(ndjson(person()))
        second = again(caller, content=packed, content_encoding="gzip", key=KEY.strip('"'))

        assert second.json() == first.json()

    def test_another_body_or_address_is_refused(self, caller):
        again(caller, person())

        for answer in (
            again(caller, person(2)),
            caller.post(
                "/api/v1/applications/S-17/status",
                json.dumps(status()),
                content_type="application/json",
                headers={"Idempotency-Key": KEY},
            ),
        ):
            assert (answer.status_code, problem(answer)) == (422, "idempotency-key-used")
        assert Upload.objects.count() == 1

    def test_two_connections_may_use_the_same_key(self, caller, db):
        again(caller, person())
        other = Connection.objects.create(
            source=Source.objects.create(key="kokin"), kinds=["account"]
        )
        its = Client(headers={"Authorization": f"Bearer {make_key(other)[1]}"})

        assert again(its, has_account(source="kokin")).json()["lines"]["changed"] == 1

    @pytest.mark.parametrize("given", ["", '"', '""', "a b", "x" * 256, '"a"b"', "é"])
    def test_what_is_no_key_is_refused(self, caller, given):
        answer = again(caller, person(), key=given)

        assert (answer.status_code, problem(answer)) == (400, "idempotency-key-not-valid")
        assert not Upload.objects.exists()

    def test_a_large_one_gets_its_first_answer_again(self, caller, monkeypatch, queue):
        monkeypatch.setattr(merging, "SMALL", 1)
        first = again(caller, person(1), person(2))
        jobs.merge_upload(first.json()["upload"])
        second = again(caller, person(1), person(2))

        assert (first.status_code, second.status_code) == (202, 202)
        assert second.json() == first.json()
        assert second.headers["Location"] == first.headers["Location"]
        assert caller.get(second.headers["Location"]).json()["state"] == "done"

    def test_a_call_that_runs_is_a_conflict_and_says_when_to_ask_again(self, caller, connection):
        idempotency.begin(connection, key=KEY.strip('"'), path="/api/v1/facts")

        answer = again(caller, person())

        assert (answer.status_code, problem(answer)) == (409, "idempotency-key-running")
        assert 1 <= int(answer.headers["Retry-After"]) <= idempotency.ASK_AGAIN
        assert not Upload.objects.exists()

    def test_who_was_faster_and_let_go_at_once_leaves_a_conflict_not_a_failure(
        self, caller, monkeypatch
    ):
        def taken(**_fields):
            raise IntegrityError

        monkeypatch.setattr(KeyedCall.objects, "create", taken)
        answer = again(caller, person())

        assert (answer.status_code, problem(answer)) == (409, "idempotency-key-running")
        assert answer.headers["Retry-After"] == "1"

    def test_a_call_killed_before_its_body_was_there_frees_the_key(self, caller, connection):
        call = idempotency.begin(connection, key=KEY.strip('"'), path="/api/v1/facts")
        KeyedCall.objects.filter(pk=call.pk).update(held_until=timezone.now())

        assert again(caller, person(5)).json()["lines"]["changed"] == 1

    def test_who_stalled_until_another_had_the_key_is_told_so(self, caller, monkeypatch):
        """Nothing came for a minute, so the key was free: who asks again meanwhile is first."""
        meanwhile = []

        def stalls(*args, **options):
            monkeypatch.undo()
            yield from body_of(*args, **options)
            KeyedCall.objects.update(held_until=timezone.now())
            meanwhile.append(again(caller, person()))

        monkeypatch.setattr(facts, "body_of", stalls)
        late = again(caller, person())

        assert (late.status_code, problem(late)) == (408, "body-too-slow")
        assert [one.status_code for one in meanwhile] == [200]
        assert again(caller, person()).json() == meanwhile[0].json()
        states = Upload.objects.order_by("pk").values_list("state", "why_failed")
        assert list(states) == [("failed", "body-too-slow"), ("done", "")]

    def test_a_call_killed_while_it_merged_is_answered_by_what_came_of_it(
        self, caller, connection, queue
    ):
        call = idempotency.begin(connection, key=KEY.strip('"'), path="/api/v1/facts")
        upload, _lines = receive.receive(
            [ndjson(person())],
            connection=connection,
            on_received=partial(idempotency.received, call),
        )
        assert problem(again(caller, person())) == "idempotency-key-running"
        KeyedCall.objects.update(held_until=timezone.now())

        waiting = again(caller, person())
        assert (waiting.status_code, waiting.json()["upload"]) == (202, str(upload.uuid))
        assert Upload.objects.count() == 1
        assert again(caller, person(2)).status_code == 422

    def test_a_body_that_broke_off_frees_the_key(self, caller):
        assert again(caller, content=b'{"kind"').status_code == 400
        assert not KeyedCall.objects.exists()

        assert again(caller, person()).status_code == 200

    def test_a_status_has_its_key_too_and_a_problem_is_not_kept(self, caller, key):
        keyed = Client(headers={"Authorization": f"Bearer {key}", "Idempotency-Key": KEY})
        post(caller, person())
        assert post_status(keyed, status="lost").status_code == 422
        assert not KeyedCall.objects.exists()

        first, second = post_status(keyed), post_status(keyed)
        assert first.json() == second.json()
        assert first.json()["changed"] is True
        assert problem(post_status(keyed, seq=2)) == "idempotency-key-used"

    def test_a_key_is_kept_for_a_day(self, caller):
        again(caller, person())
        KeyedCall.objects.update(made_at=timezone.now() - timedelta(hours=23, minutes=59))
        jobs.tidy_uploads()
        assert again(caller, person()).headers["Idempotency-Replayed"]

        KeyedCall.objects.update(made_at=timezone.now() - timedelta(hours=24, minutes=1))
        fresh = again(caller, person())
        assert "Idempotency-Replayed" not in fresh.headers
        assert fresh.json()["lines"]["unchanged"] == 1
        KeyedCall.objects.update(made_at=timezone.now() - timedelta(hours=24, minutes=1))
        jobs.tidy_uploads()
        assert not KeyedCall.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.serial
def test_the_same_call_several_times_at_once_is_loaded_once(municipalities, connection, key):
    def call():
        client = Client(headers={"Authorization": f"Bearer {key}"})
        return again(client, person(), has_account()).status_code

    answers = at_once(*[call] * 4)

    assert 200 in answers
    assert set(answers) <= {200, 409}
    assert Upload.objects.count() == 1
    assert FactReport.objects.count() == 2
