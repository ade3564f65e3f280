"""One message sent many times at the same moment."""

from uuid import uuid4

import pytest

from portal.applications.messages import write
from portal.applications.models import Message
from tests.applications.factories import SentApplicationFactory, VersionFactory
from tests.at_once import at_once
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
]


@pytest.mark.parametrize("side", ["resident", "office"])
def test_sent_many_times_at_once_it_is_written_once(side):
    application = SentApplicationFactory(version=VersionFactory())
    token, by = uuid4(), UserFactory()

    def deed():
        return write(application, side=side, text="Which paper?", token=token, by=by).pk

    assert set(at_once(*[deed] * 16)) == {Message.objects.get().pk}
