"""The lines shown for a terminal run as they stand, with a sandbox like the demo's."""

import json
import shutil
import subprocess

import pytest
from django.test import Client

from portal.demo.sandbox import open_sandbox
from portal.exchange.api.calls import CALLS
from portal.exchange.connections.examples import examples
from portal.exchange.models import Upload

# A test that stops at the first answer that is an error, and says what was answered.
BEGIN = 'set -eu -o pipefail; curl() { command curl -sS --fail-with-body "$@"; }\n'


@pytest.fixture
def api(live_server, municipalities, tmp_path, settings):
    settings.PORTAL_URL = live_server.url
    return open_sandbox(url=live_server.url, folder=tmp_path)


def run(lines, folder):
    if not shutil.which("curl"):
        pytest.skip("no curl found; install it (Debian: apt install curl)")
    return subprocess.run(
        [shutil.which("bash"), "-c", BEGIN + lines],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_lines_of_the_page_run_one_after_another(api, tmp_path):
    lines = [f"KEY='{api['key']}'", *(call.lines.replace("{api}", api["url"]) for call in CALLS)]

    done = run("\n".join(lines), tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    uploads = Upload.objects.order_by("pk").values_list("read", "changed", "quarantined")
    assert list(uploads) == [(2, 2, 0), (1, 1, 0)]


def test_the_lines_to_come_in_run_in_the_demo_as_the_page_shows_them(api, tmp_path, settings):
    settings.DEMO = True
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "demo.json").write_text(json.dumps({"api": api}))
    context = Client().get("/api/").context

    for lines in (f'{context["begin"]}\ntest "$KEY" = "{api["key"]}"', context["token"]):
        done = run(lines, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["token_type"] == "Bearer"


def test_the_lines_that_staff_are_shown_run(api, tmp_path):
    (tmp_path / "facts.ndjson").write_text("")
    client = {"client": api["client_id"], "secret": api["client_secret"]}
    by_key, *_others = examples(key=api["key"])
    by_token, *_others = examples(**client)

    for example in (by_key, by_token):
        done = run(example.lines, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
