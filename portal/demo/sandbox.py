"""A connection with which anyone can try the API of the demo: its key and client, kept like the
password in the checkout's own folder."""

from pathlib import Path

from allauth.idp.oidc.models import Client
from django.db import transaction

from portal.demo.facts import CHIYODA
from portal.exchange.connections.keys import key_of, make_key
from portal.exchange.connections.oauth_clients import make_client
from portal.exchange.lines.formats import KINDS
from portal.exchange.models import Connection, WebhookEndpoint
from portal.exchange.webhooks.plan import make_endpoint
from portal.residents.models import Source

SOURCE = "sandbox"
NAMES = {"name": "試験用の接続（デモ）", "name_en": "Sandbox (demo)"}


def open_sandbox(*, url: str, folder: Path) -> dict:
    """Return what to come in with, the same at each start of this demo: the note's "api"."""
    connection = sandbox()
    bring_changes_to(f"{url}/demo/webhook/", connection)
    key, client = kept_key(connection, folder), kept_client(connection, folder)
    client_id, _colon, client_secret = client.partition(":")
    return {
        "url": f"{url}/api/v1",
        "docs_url": f"{url}/api/",
        "source": SOURCE,
        "key": key,
        "client_id": client_id,
        "client_secret": client_secret,
    }


def files(folder: Path) -> list[Path]:
    return [folder / "demo-api-key", folder / "demo-api-client"]


@transaction.atomic
def sandbox() -> Connection:
    source, _new = Source.objects.update_or_create(key=SOURCE, defaults=NAMES)
    may = {
        "kinds": list(KINDS),
        "municipality_id": CHIYODA,
        "told_of_applications": True,
        "active": True,
    }
    return Connection.objects.get_or_create(source=source, defaults=may)[0]


def bring_changes_to(url: str, connection: Connection) -> None:
    """Let the demo itself be the receiver of the sandbox's changes (portal/demo/receiver.py)."""
    if endpoint := connection.endpoints.order_by("pk").first():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=url)
    else:
        make_endpoint(connection=connection, url=url, by=None)


def kept_key(connection: Connection, folder: Path) -> str:
    kept, _client = files(folder)
    if kept.exists() and key_of(kept.read_text()):
        return kept.read_text()
    return keep(kept, make_key(connection)[1])


def kept_client(connection: Connection, folder: Path) -> str:
    """Return id and secret, by a colon."""
    _key, kept = files(folder)
    if kept.exists():
        client_id, _colon, secret = kept.read_text().partition(":")
        found = Client.objects.filter(of_connection__connection=connection, id=client_id).first()
        if found and found.check_secret(secret):
            return kept.read_text()
    client, secret = make_client(connection)
    return keep(kept, f"{client.client_id}:{secret}")


def keep(path: Path, text: str) -> str:
    path.touch(mode=0o600)
    path.write_text(text)
    return text
