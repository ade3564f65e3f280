from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.exchange.connections.keys import make_key
from portal.exchange.lines.formats import KINDS
from portal.exchange.models import Connection
from tests.factories import CHIYODA, MunicipalityFactory, SourceFactory


@pytest.fixture
def connection(db):
    """Chiyoda's register, which may send everything about its residents."""
    MunicipalityFactory()
    return Connection.objects.create(
        source=SourceFactory(name="千代田区の住民登録", name_en="Chiyoda’s register"),
        kinds=list(KINDS),
        municipality_id=CHIYODA,
    )


@pytest.fixture
def key(connection):
    return make_key(connection)[1]


@pytest.fixture
def caller(key):
    """Return a client that comes in with the connection's key and reads English."""
    return Client(headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"})


@pytest.fixture
def time_machine_at():
    """20 seconds past ten on a day in November; the clock moves when the test says so."""
    moment = datetime.fromisoformat("2026-11-20T10:00:20+09:00")
    with time_machine.travel(moment, tick=False) as traveller:
        yield traveller
