"""Lines for a terminal that try a connection: for whoever connects a source, and for everyone."""

from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

# Where the demo notes its key and its client (portal/demo/sandbox.py).
FROM_THE_DEMO = (
    """$(python3 -c 'import json; print(json.load(open(".run/demo.json"))["api"]["key"])')"""
)
CLIENT_OF_THE_DEMO = (
    """"$(python3 -c 'import json; api = json.load(open(".run/demo.json"))["api"]; """
    """print(api["client_id"], api["client_secret"], sep=":")')\""""
)


class Example(NamedTuple):
    what: str
    lines: str


def api_address() -> str:
    return f"{settings.PORTAL_URL}/api/v1"


def begin_with(key: str = "") -> str:
    """Return the line that puts a key where the others look for it."""
    if not key and settings.DEMO:
        return f"KEY={FROM_THE_DEMO}"
    return f"KEY='{key or '…'}'"


def token_line(who: str = "") -> str:
    """Return the line that fetches a token for a client, given as its id, a colon, its secret."""
    of_the_demo = settings.DEMO and not who
    given = f"{CLIENT_OF_THE_DEMO} \\\n    " if of_the_demo else f"'{who or '…:…'}'"
    return f"curl -u {given} -d grant_type=client_credentials \\\n     {api_address()}/oauth/token"


def examples(*, key: str = "", client: str = "", secret: str | None = None) -> list[Example]:
    """Return what to type to try a connection; with what was just made in it, if it was."""
    begin = f"KEY='{key or '…'}'"
    sign_in, api = '-H "Authorization: Bearer $KEY"', api_address()
    fetch = token_line(f"{client}:{secret}" if client else "…:…")
    by_token = Example(_("With a client: fetch a token, which is used like a key"), fetch)
    by_key = Example(_("Who am I here?"), f"{begin}\ncurl {sign_in} {api}/connection")
    send = Example(
        _("Send a file of facts"),
        f"curl {sign_in} -H 'Content-Type: application/x-ndjson' \\\n"
        f"     --data-binary @facts.ndjson {api}/facts",
    )
    return [by_token, by_key, send] if client else [by_key, send, by_token]
