"""A push service and the browsers that it serves: real ones, on loopback."""

import base64
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tasks.reminders.models import PushSubscription


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    """Keeps the keys of a subscription, as a browser does, and opens what it gets."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    @property
    def subscription(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "p256dh": text_of(point),
            "auth": text_of(self.secret),
        }

    def subscribe(self, resident) -> PushSubscription:
        return PushSubscription.objects.create(resident=resident, **self.subscription)

    def open(self, body: bytes) -> dict[str, str]:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret))


class PushService(ThreadingHTTPServer):
    """Notes each request, then lets the test answer it: `answer(handler)`."""

    daemon_threads = True

    def __init__(self):
        self.requests = []  # (path, headers, body)
        self.answer = with_status(201)
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def browser(self, name="one") -> Browser:
        return Browser(f"{self.address}/push/{name}")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers, body))
        self.server.answer(self)

    def log_message(self, *words):
        """Say nothing: a test says what it expects."""


def with_status(status, **headers):
    """Return an answer that is a status and nothing else."""

    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
