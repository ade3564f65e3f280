"""Lines for a terminal that try each call: shown to whoever connects a source, and to everyone."""

from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _


class Example(NamedTuple):
    what: str
    lines: str


def api_address() -> str:
    return f"{settings.PORTAL_URL}/api/v1"


def examples(connection, *, key: str = "", client: str = "", secret: str | None = None):
    """Return what to type to try a connection; with what was just made in it, if it was."""
    api = api_address()
    sign_in = '-H "Authorization: Bearer $KEY"'
    begin = f"KEY='{key}'" if key else "KEY='…'"
    fetch = (
        f"curl -u '{client or '…'}:{secret if client else '…'}' -d grant_type=client_credentials "
        f"{api}/oauth/token"
    )
    ask = f"{begin}\ncurl {sign_in} {api}/connection"
    send = (
        f"curl {sign_in} -H 'Content-Type: application/x-ndjson' \\\n"
        f"     --data-binary @facts.ndjson {api}/facts"
    )
    by_token = [Example(_("With a client: fetch a token, which is used like a key"), fetch)]
    return [
        *(by_token if client else []),
        Example(_("Who am I here?"), ask),
        Example(_("Send a file of facts"), send),
        *([] if client or key else by_token),
    ]
