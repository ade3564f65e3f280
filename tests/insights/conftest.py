import pytest
import redis
from django.conf import settings

from portal.insights.counter import counter


@pytest.fixture
def valkey():
    """The test's own Valkey, with nothing counted in it yet."""
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        counter.hand_over()  # what pages of earlier tests counted
        forget(client)
        yield client
        forget(client)


def forget(client):
    if keys := list(client.scan_iter("annai:use:*")):
        client.delete(*keys)
