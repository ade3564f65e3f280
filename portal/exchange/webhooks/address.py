"""Where a webhook may go: to public addresses only, as they are found when it goes.

The address is another office's to choose, so it could name a server beside ours that answers
whoever comes from within. The name is resolved here, every address found is looked at, and the
connection is made to one of these and to nothing that is resolved again.
"""

import ipaddress
import queue
import re
import socket
import threading
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RESOLVED_WITHIN = 5  # seconds
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.ASCII)
_PATH = re.compile(r"/[!-~]*", re.ASCII)
# Where unicast addresses of the internet are. All else is loopback, local, multicast, or carries
# an IPv4 address within, as 6to4 and the mapped ones do.
UNICAST = ipaddress.ip_network("2000::/3")
WITH_IPV4_WITHIN = [ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32")]
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(ValueError):
    """An address to which nothing is sent: `why` is a code, the text says it to staff."""

    def __init__(self, why: str, text: str | Promise):
        super().__init__(text)
        self.why, self.text = why, text


class Target(NamedTuple):
    """What an address says, checked as far as that goes without asking for the name."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Return the parts of an address. Raises NotAllowed."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise not_an_address() from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if "@" in parts.netloc or "#" in url or not _HOST.fullmatch(host) or not _PATH.fullmatch(path):
        raise not_an_address()
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOKS_TO_LOOPBACK):
        raise NotAllowed("not-https", _("The address must begin with https://."))
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def not_an_address() -> NotAllowed:
    return NotAllowed(
        "not-an-address",
        _(
            "This is not an address that a webhook can go to. Write https://, the host and the "
            "path, in ASCII, without a user’s name and without “#”."
        ),
    )


def addresses_of(target: Target) -> list[str]:
    """Return the addresses of a host, all of which may be gone to.

    Raises NotAllowed if any may not, OSError if there is none or nobody says in time.
    """
    found = list(dict.fromkeys(entry[4][0] for entry in resolved(target.host, target.port)))
    for address in found:
        if not may_go_to(address, target):
            raise NotAllowed(
                "not-public",
                _(
                    "This host has an address that is not public: of this machine, of a local "
                    "network, or reserved. Webhooks go to public addresses only."
                ),
            )
    return found


def may_go_to(address: str, target: Target) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # with the name of a network card: only local ones have that
        return False
    if ip.is_loopback and settings.WEBHOOKS_TO_LOOPBACK:
        return True
    return target.scheme == "https" and is_public(ip)


def is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address is one of the internet, for one receiver."""
    if ip.version == 4:
        return ip.is_global and not ip.is_multicast
    if ip in NAT64:
        return is_public(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
    return ip in UNICAST and ip.is_global and not any(ip in net for net in WITH_IPV4_WITHIN)


def resolved(host: str, port: int) -> list[tuple]:
    """Return what the system's resolver says. Raises OSError, also where it takes too long."""
    answers = queue.SimpleQueue()

    def ask():
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # The resolver takes no time limit, and the name's servers are somebody else's.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=RESOLVED_WITHIN)
    except queue.Empty as error:
        raise TimeoutError(f"No address within {RESOLVED_WITHIN} seconds.") from error
    if isinstance(answer, Exception):
        raise OSError("The name has no address.") from answer
    return answer
