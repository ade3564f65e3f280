"""What the tests of webhooks, and of the calls for them, have in common."""

import pytest

from tests.exchange.receiver import Receiver


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True
    with Receiver() as receiver:
        yield receiver
