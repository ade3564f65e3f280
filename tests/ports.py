"""Ports for the servers that tests start."""

import random
import socket

# Below those that the system gives to whoever asks for any (Linux: from 32768), so that no
# connection of anybody takes a port in the seconds until the server that it is for has started.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of loopback at which nobody listens."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port of loopback is free")
