"""schemathesis calls a server of this test run with whatever the document allows, and more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.exchange.connections.keys import make_key
from portal.exchange.lines.formats import KINDS
from portal.exchange.models import Connection
from portal.exchange.webhooks.plan import make_endpoint
from tests.factories import CHIYODA, SourceFactory

EXAMPLES = 25  # of each call in each phase
SEED = 20261128
HERE = Path(__file__).parent


@pytest.fixture
def key(live_server, municipalities):
    connection = Connection.objects.create(
        source=SourceFactory(key="sandbox"),
        kinds=list(KINDS),
        municipality_id=CHIYODA,
        told_of_applications=True,
        per_minute=1_000_000,
    )
    make_endpoint(connection=connection, url="https://hooks.example.jp/", by=None)
    return make_key(connection)[1]


def test_schemathesis_finds_nothing(live_server, key, tmp_path):
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", HERE / "schemathesis.toml", "run"),
            *("--url", live_server.url, "--header", f"Authorization: Bearer {key}"),
            *("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--request-timeout", "60"),
            *("--suppress-health-check", "all", "--generation-database", "none", "--no-color"),
            f"{live_server.url}/api/v1/openapi.json",
        ],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
        capture_output=True,
        text=True,
        check=False,
    )

    if found.returncode:
        pytest.fail(found.stdout + found.stderr, pytrace=False)
