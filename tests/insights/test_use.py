"""What is counted as pages are answered: by route and language, and of nobody."""

import logging
import re
import socket
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from feedback.on_screen import read
from portal.applications.definition import definition_of
from portal.applications.models import ProcedureVersion
from portal.applications.ship import ship
from portal.clock import today
from portal.insights import counter
from portal.insights.middleware import UseMiddleware
from portal.residents.access_log import note_access
from tasks.reconcile import reconcile_people
from tests.applications.factories import ApplicationFactory
from tests.applications.test_at_once import ANSWERS
from tests.at_once import at_once
from tests.factories import (
    PASSWORD,
    GuardianshipFactory,
    InsuranceUseFactory,
    ResidentFactory,
    UserFactory,
)
from tests.feedback.factories import OpinionFactory

pytestmark = pytest.mark.django_db
SIGN_IN = "/account/sign-in/"


@pytest.fixture
def counted(valkey):
    """Return a function that gives what is counted so far, of all minutes."""

    def counted():
        counter.counter.hand_over()
        sums = {}
        for key in valkey.scan_iter("annai:use:minute:*"):
            for field, times in valkey.hgetall(key).items():
                sums[field] = sums.get(field, 0) + int(times)
        return sums

    return counted


@pytest.fixture
def resident():
    return ResidentFactory(user=UserFactory(email="hanako@example.jp"))


def sign_in(client, password=PASSWORD):
    return client.post(SIGN_IN, {"login": "hanako@example.jp", "password": password})


def test_a_page_is_counted_by_its_route_and_language(client, counted):
    client.get(SIGN_IN)
    client.get(SIGN_IN)
    client.cookies["annai_language"] = "en"
    client.get(SIGN_IN)

    assert counted() == {"page|account_login|ja": 2, "page|account_login|en": 1}


def test_a_sign_in_is_counted_once_and_a_wrong_password_is_none(client, counted, resident):
    sign_in(client, "not the password")
    assert counted() == {"error-shown|account_login __all__:email_password_mismatch|ja": 1}

    sign_in(client)
    sign_in(client)  # already signed in: the page only leads on

    assert counted()["sign-in|account_login|ja"] == 1


def test_whoever_signs_in_again_in_the_same_browser_is_counted_again(client, counted, resident):
    sign_in(client)
    client.post("/account/sign-out/")
    sign_in(client)

    assert counted()["sign-in|account_login|ja"] == 2


def test_a_form_that_was_taken_is_counted_as_sent(client, counted):
    client.post(reverse("accounts:language"), {"language": "en"})
    client.post(reverse("accounts:language"), {"language": "xx"})

    assert counted() == {"sent|accounts:language|ja": 1}  # the page it was chosen on


def test_the_page_of_a_to_do_is_counted_by_its_rule(client, counted, resident):
    task = task_of(resident)
    client.force_login(resident.user)
    client.get(reverse("tasks:task", args=[task.pk]))
    client.get(reverse("tasks:task", args=[task.pk]), headers={"HX-Request": "true"})
    client.get(reverse("tasks:why-rule", args=["card.insurance-use"]))

    sums = counted()
    assert sums["task-seen|card.insurance-use|ja"] == 1
    assert {name for name in sums if name.startswith("task-seen")} == {
        "task-seen|card.insurance-use|ja"
    }


def test_an_error_is_counted_by_field_and_code_and_never_what_was_typed(client, counted, resident):
    sign_in(client, "hunter2-never-stored")
    client.post(SIGN_IN, {"login": "no-address", "password": ""})

    sums = counted()
    assert sums["error-shown|account_login __all__:email_password_mismatch|ja"] == 1
    assert sums["error-shown|account_login password:required|ja"] == 1
    assert "hunter2" not in str(sums)
    assert "no-address" not in str(sums)


def test_an_error_of_a_question_says_of_which(client, counted, resident):
    ship(using="default")
    version = ProcedureVersion.objects.offered().get(procedure__key="residence-certificate")
    draft = ApplicationFactory(version=version, resident=resident)
    question = definition_of(version.definition).questions[0]
    client.force_login(resident.user)

    client.post(reverse("applications:question", args=[draft.uuid, question.key]), {"answer": ""})

    place = f"applications:question residence-certificate/{question.key}"
    assert counted()[f"error-shown|{place} answer:required|ja"] == 1


@pytest.mark.parametrize("way", ["attach", "question"])
def test_what_is_wrong_with_a_file_is_counted_too(client, counted, resident, settings, way):
    settings.CLAMD_URL = ""
    ship(using="default")
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    answers = ANSWERS | {"account": "other"}
    draft = ApplicationFactory(version=version, resident=resident, answers=answers)
    client.force_login(resident.user)
    address = reverse(f"applications:{way}", args=[draft.uuid, "account-copy"])

    answer = client.post(address, {"file": SimpleUploadedFile("secret-name.pdf", b"MZ")})

    assert answer.status_code == 422
    error = f"error-shown|applications:{way} child-allowance/account-copy file:other-kind|ja"
    assert counted() == {error: 1}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_what_htmx_brings_is_counted_as_a_page_is(client, counted, resident, headers):
    task = task_of(resident)
    client.force_login(resident.user)

    answer = client.post(reverse("tasks:snooze", args=[task.pk]), {"until": ""}, headers=headers)

    assert answer.status_code == 422
    assert counted() == {"error-shown|tasks:task until:required|ja": 1}
    [shown] = re.findall(r'id="opinion-shown" name="shown" value="([^"]+)"', answer.text)
    assert read(shown).errors == ("until:required",)
    assert (read(shown).route, read(shown).rule) == ("tasks:task", "card.insurance-use")


def test_a_part_is_of_the_wording_of_its_page(client, resident):
    address = reverse("tasks:task", args=[task_of(resident).pk])
    client.force_login(resident.user)

    whole, part = client.get(address), client.get(address, headers={"HX-Request": "true"})

    assert "<aside" in whole.text
    assert "<aside" not in part.text
    one, other = (re.findall(r'name="shown" value="([^"]+)"', one.text) for one in (whole, part))
    assert one == other
    assert len(one) == 1


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_what_is_wrong_with_an_opinion_is_counted_too(client, counted, headers):
    given = OpinionFactory(state="counted", text="")
    reasons = ["too-long", "hard-words", "not-found", "next-step"]

    client.post("/opinions/more/", {"opinion": given.uuid, "reasons": reasons}, headers=headers)
    client.post("/opinions/", {"text": " "}, headers=headers)

    assert counted() == {
        "error-shown|feedback:more reasons:too-many|ja": 1,
        "error-shown|feedback:free text:required|ja": 1,
    }


def test_errors_of_pages_without_a_form_of_their_own_are_counted(client, counted, resident):
    client.force_login(resident.user)
    child = GuardianshipFactory(guardian=resident).child
    access = note_access(resident=resident, by=UserFactory(), purpose="x")
    rows = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 0, "form-0-on": "no day"}

    client.post(reverse("tasks:ask-access", args=[access.number]), {"text": "123456789018"})
    client.post(reverse("childcare:enter", args=[child.uuid]), rows)

    assert counted() == {
        "error-shown|tasks:ask-access text:invalid|ja": 1,
        "error-shown|childcare:enter vaccine:invalid|ja": 1,
        "error-shown|childcare:enter on:invalid|ja": 1,
    }


def task_of(resident):
    InsuranceUseFactory(resident=resident)
    reconcile_people([resident.pk], today=today())
    return resident.tasks.get(rule__key="card.insurance-use")


@pytest.mark.parametrize("address", ["/livez", "/metrics", "/no/such/page", "/service-worker.js"])
def test_what_nobody_reads_is_not_counted(client, counted, address):
    client.get(address)

    assert counted() == {}


def test_a_part_of_a_page_is_no_page(client, counted):
    client.get(SIGN_IN, headers={"HX-Request": "true"})

    assert counted() == {}


def test_nothing_of_who_asks_or_what_for_is_in_valkey(client, valkey, resident):
    sign_in(client)
    client.get("/", {"q": "my-secret"}, headers={"User-Agent": "a-known-browser"})
    client.get("/no/such/page/of-hanako")
    counter.counter.hand_over()

    written = str([(key, kept(valkey, key)) for key in valkey.scan_iter("annai:use:*")])

    assert "page|tasks:home|ja" in written
    session = client.cookies["annai_session"].value
    for secret in ("hanako", "my-secret", "a-known-browser", "127.0.0.1", session):
        assert secret not in written
    assert str(resident.ref) not in written


def kept(valkey, key):
    return valkey.hgetall(key) if valkey.type(key) == "hash" else valkey.smembers(key)


def test_counting_asks_the_database_nothing(client, valkey, statements):
    client.get(SIGN_IN)

    assert not [statement for statement in statements if "insights" in statement]


# ---- how often Valkey is asked, and without it
@pytest.fixture
def clock(monkeypatch):
    """The seconds that the counter believes to have passed, in a list of one."""
    seconds = [1000.0]
    monkeypatch.setattr(counter.time, "monotonic", lambda: seconds[0])
    return seconds


@pytest.fixture
def handed_over(monkeypatch):
    """The sums that were handed to Valkey, each time."""
    calls, add = [], counter.add
    monkeypatch.setattr(counter, "add", lambda sums: (calls.append(dict(sums)), add(sums)))
    return calls


def test_sums_are_handed_over_by_the_first_request_after_a_second(valkey, clock, handed_over):
    one = counter.Counter()
    for later in (0, 0.1, 0.9, 1, 1.5):
        clock[0] = 1000 + later
        one.count(["page|tasks:home|ja"], now=60)

    assert handed_over == [{(1, "page|tasks:home|ja"): 1}, {(1, "page|tasks:home|ja"): 3}]


def test_a_request_that_counts_nothing_hands_over_what_is_due(valkey, clock, handed_over):
    one = counter.Counter()
    one.count(["page|tasks:home|ja"], now=59)
    one.count(["page|tasks:home|ja"], now=59)
    clock[0] += 1
    one.count([], now=61)
    clock[0] += 1
    one.count([], now=62)

    assert handed_over == [{(0, "page|tasks:home|ja"): 1}] * 2


def test_requests_at_once_are_each_counted(valkey):
    one = counter.Counter()

    def deed():
        for _ in range(200):
            one.count(["page|tasks:home|ja"], now=0)

    at_once(deed, deed, deed, deed)
    one.hand_over()

    assert valkey.hgetall(counter.minute_key(0)) == {"page|tasks:home|ja": "800"}


def test_without_valkey_pages_are_shown_and_it_is_not_tried_again_at_once(
    client, valkey, clock, handed_over, settings, caplog, monkeypatch
):
    monkeypatch.setattr(counter.counter, "next_at", 0.0)
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    with caplog.at_level(logging.WARNING, logger="portal.insights.counter"):
        for later in (0, 1, 9.9, 10):
            clock[0] = 1000 + later
            assert client.get(SIGN_IN).status_code == 200

    assert len(handed_over) == 2
    assert [record.message for record in caplog.records] == ["Use is not counted"] * 2


def test_a_valkey_that_does_not_answer_is_asked_once_in_ten_seconds(
    settings, clock, handed_over, monkeypatch
):
    monkeypatch.setattr("portal.valkey.PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        one = counter.Counter()
        for later in (0, 9.9, 10):
            clock[0] = 1000 + later
            one.count(["page|tasks:home|ja"], now=0)

    assert len(handed_over) == 2
    counter.valkey(settings.REDIS_URL).close()


def test_once_valkey_is_back_it_is_counted_again(valkey, settings, clock):
    there, settings.REDIS_URL = settings.REDIS_URL, "unix:///nowhere/valkey.sock"
    one = counter.Counter()
    one.count(["page|lost|ja"], now=0)
    settings.REDIS_URL = there
    one.count(["page|counted|ja"], now=0)
    clock[0] += counter.SILENT_FOR

    one.count(["page|counted|ja"], now=0)

    assert valkey.hgetall(counter.minute_key(0)) == {"page|counted|ja": "2"}


def test_what_a_process_has_counted_is_handed_over_as_it_ends(valkey):
    program = (
        "import django; django.setup(); from portal import valkey; valkey.PATIENCE = 120;"
        "from portal.insights.counter import counter;"
        "[counter.count(['page|tasks:home|ja'], now=0) for _ in range(3)]"
    )
    subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, check=True)

    assert valkey.hgetall(counter.minute_key(0)) == {"page|tasks:home|ja": "3"}


def test_what_goes_wrong_in_a_view_still_goes_wrong(rf, valkey):
    def breaks(request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        UseMiddleware(breaks)(rf.get("/"))
