"""Ports for the servers that tests start."""

import socket


def free_port() -> int:
    """Return a port of loopback at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
