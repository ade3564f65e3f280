"""The least valid connection, and events of applications as it is told of them."""

import factory

from portal.applications.models import ApplicationEvent
from portal.exchange.models import Connection
from tests.factories import CHIYODA, SourceFactory


class ConnectionFactory(factory.django.DjangoModelFactory):
    """Chiyoda's system for applications, which is told how they stand."""

    class Meta:
        model = Connection

    source = factory.SubFactory(SourceFactory, key=factory.Sequence("shinsei-{}".format))
    kinds = factory.LazyFunction(lambda: ["application-status"])
    municipality_id = CHIYODA
    told_of_applications = True


def event(application, state="received", *, what="state", step="", **fields):
    return ApplicationEvent.objects.create(
        resident_id=application.resident_id,
        application=application,
        what=what,
        state=state,
        turn="office",
        step=step,
        **fields,
    )
