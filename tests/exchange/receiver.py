"""A receiver of webhooks on loopback that behaves as told, and keeps what it was sent."""

import json
import threading
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from standardwebhooks import Webhook


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict:
        return json.loads(self.body)


class Receiver:
    """`answers` are given to the next messages, one each; then every one is taken.

    An answer is a status, or a function that is given the request's handler and answers itself.
    """

    def __init__(self, host="127.0.0.1", port=0, context=None):
        self.received: list[Received] = []
        self.answers: deque = deque()
        self.headers: dict[str, str] = {}
        self.ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                answer = receiver.answers.popleft() if receiver.answers else 204
                with suppress(OSError):  # we may have hung up
                    if callable(answer):
                        answer(self)
                    else:
                        self.send_response(answer)
                        for name, value in receiver.headers.items():
                            self.send_header(name, value)
                        self.end_headers()

            do_GET = do_POST

            def log_message(self, *_arguments):
                """The tests look at what was received."""

        self.server = ThreadingHTTPServer((host, port), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if context else ''}://{host}:{self.port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def states(self) -> list[str]:
        return [one.said["data"]["state"] for one in self.received]

    def verified(self, secret: str) -> list[dict]:
        """Return what every message says. Raises WebhookVerificationError."""
        return [Webhook(secret).verify(one.body, one.headers) for one in self.received]


def drip(handler, receiver):
    """Answer with a byte now and then, and never to the end."""
    handler.connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not receiver.ended.wait(0.05):
        handler.connection.sendall(b"X")


def huge(handler, size=200_000_000):
    """Answer 200 with more than anybody would read."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(size))
    handler.end_headers()
    for _ in range(size // 1_000_000):
        handler.wfile.write(b"x" * 1_000_000)
        handler.server.sent = getattr(handler.server, "sent", 0) + 1_000_000
