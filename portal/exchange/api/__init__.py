"""The API of sources, `/api/v1/`: each module has a router, and this one puts them together."""

from typing import ClassVar

from django.conf import settings
from ninja import NinjaAPI
from ninja.renderers import JSONRenderer

from portal.exchange.api import changes, connection, facts, statuses, uploads, webhooks
from portal.exchange.api.document import complete
from portal.exchange.api.door import Door
from portal.exchange.api.middleware import problem_of
from portal.exchange.api.rate import PerMinute


class Readable(JSONRenderer):
    """Writes Japanese as such: who asks with curl reads the answer."""

    json_dumps_params: ClassVar = {"ensure_ascii": False}


class Api(NinjaAPI):
    def set_default_exception_handlers(self):
        """Let every exception become a problem document, in development too."""
        self.add_exception_handler(Exception, problem_of)

    def get_openapi_schema(self, **options):
        return complete(super().get_openapi_schema(**options))


api = Api(
    title="Annai",
    version="1",
    servers=[{"url": settings.PORTAL_URL}],
    urls_namespace="api",
    docs_url=None,  # its page is one of ours: portal/exchange/api/pages.py
    auth=Door(),
    throttle=PerMinute(),
    renderer=Readable(),
)
api.add_router("", connection.router)
api.add_router("", changes.router)
api.add_router("", facts.router)
api.add_router("", statuses.router)
api.add_router("", uploads.router)
api.add_router("", webhooks.router)
