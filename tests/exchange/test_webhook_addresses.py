"""Where a webhook may not go, by whatever name, way or form."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.exchange.webhooks import address as addresses
from portal.exchange.webhooks import post as posting
from portal.exchange.webhooks.address import NotAllowed, addresses_of, may_go_to, target_of
from portal.exchange.webhooks.post import post
from tests.exchange.receiver import Receiver, drip, huge

PUBLIC = ["8.8.8.8", "203.0.114.1", "2606:4700::1111", "64:ff9b::808:808"]
NOT_PUBLIC = [
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255"),  # noqa: S104
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.2.1"),
    *("198.18.0.1", "224.0.0.1", "224.0.1.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254"),
    *("fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1"),
    *("2001:db8::1", "2001::1", "2002:7f00:1::", "2002:808:808::", "64:ff9b::7f00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "5f00::1"),
]
OURS = target_of("https://hooks.example.jp/")


@pytest.fixture
def names(monkeypatch):
    """Names with the addresses that the resolver gives, one list a time it is asked; asked so far.

    The last list stays. Other names are not known.
    """
    known, asked = {}, []

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        if host not in known:
            raise OSError("Name or service not known")
        answers = known[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(2, 1, 6, "", (one, port)) for one in found]

    class Resolver:
        """Stands in for the module, so that connections to addresses go on as they do."""

    Resolver.getaddrinfo = staticmethod(getaddrinfo)
    Resolver.SOCK_STREAM = socket.SOCK_STREAM
    monkeypatch.setattr(addresses, "socket", Resolver)
    known["asked"] = asked
    return known


@pytest.fixture
def loopback(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def ask(url):
    return post(url, body=b"{}", headers={"Content-Type": "application/json"})


# ---- the address itself
@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_gone_to(ip):
    assert may_go_to(ip, OURS)


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_no_other_address_is(ip):
    assert not may_go_to(ip, OURS)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "hooks.example.jp",
            "https://",
            "https:///a",
            "ftp://example.jp/",
            "file:///etc/passwd",
        ),
        *("https://a@example.jp/", "https://a:b@example.jp/", "https://example.jp/#a"),
        *("https://example.jp:99999/", "https://example.jp:x/", "https://例え.jp/"),
        *("https://example.jp/a b", "https://example.jp/\r\nHost: a", "https://example.jp/é"),
        *("https://[fe80::1%25eth0]/", "https://exa mple.jp/", "https://a\\@b/", "http://[::1"),
        "http://example.jp/",
    ],
)
def test_what_is_no_https_address_of_a_host_is_refused(url):
    with pytest.raises(NotAllowed):
        target_of(url)


def test_the_parts_of_an_address():
    assert target_of("https://Hooks.Example.jp/a?b=c") == (
        "https",
        "hooks.example.jp",
        443,
        "/a?b=c",
    )
    assert target_of("https://[2606:4700::1111]:8443") == ("https", "2606:4700::1111", 8443, "/")


# ---- after the name was resolved
@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "017700000001", "127.1", "[::1]", "0"],
)
def test_loopback_is_refused_in_each_way_to_write_it(host):
    with pytest.raises((NotAllowed, OSError)) as raised:
        addresses_of(target_of(f"https://{host}/"))

    assert not isinstance(raised.value, NotAllowed) or raised.value.why == "not-public"


@pytest.mark.parametrize("ip", ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_one_address_that_is_not_public_beside_public_ones_refuses_the_host(names, ip):
    names["hooks.example.jp"] = [["8.8.8.8", ip]]

    with pytest.raises(NotAllowed):
        addresses_of(OURS)


def test_a_name_without_an_address_and_a_resolver_that_is_silent_are_no_answer(names, monkeypatch):
    assert ask("https://nowhere.example.jp/").why == "no-answer"

    monkeypatch.setattr(addresses, "RESOLVED_WITHIN", 0.01)
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", staticmethod(lambda *a, **k: threading.Event().wait(60))
    )
    assert ask("https://silent.example.jp/").why == "no-answer"


def test_a_webhook_to_loopback_asks_nobody(receiver):
    answer = ask(receiver.url.replace("http:", "https:"))

    assert (answer.why, answer.status, receiver.received) == ("not-public", None, [])


def test_a_name_that_has_come_to_mean_loopback_is_refused_when_it_goes(names, receiver):
    names["hooks.example.jp"] = [["8.8.8.8"], ["127.0.0.1"]]
    assert addresses_of(OURS) == ["8.8.8.8"]

    answer = ask(f"https://hooks.example.jp:{receiver.port}/")

    assert (answer.why, receiver.received) == ("not-public", [])


def test_it_goes_to_the_address_that_was_checked_though_the_name_means_another_now(
    names, loopback, receiver
):
    names["hooks.example.jp"] = [["127.0.0.1"], ["127.0.0.2"]]

    with Receiver("127.0.0.2", receiver.port) as other:
        answer = ask(f"http://hooks.example.jp:{receiver.port}/")

    assert answer.taken
    assert len(receiver.received) == 1
    assert other.received == []
    assert names["asked"] == ["hooks.example.jp"]
    assert receiver.received[0].headers["host"] == f"hooks.example.jp:{receiver.port}"


def test_without_tls_it_goes_to_loopback_alone(names, loopback):
    names["hooks.example.jp"] = [["8.8.8.8"]]

    assert ask("http://hooks.example.jp/").why == "not-public"


def test_the_next_address_is_tried_where_nobody_listens_at_the_first(names, loopback, receiver):
    names["hooks.example.jp"] = [["127.0.0.3", "127.0.0.1"]]

    assert ask(f"http://hooks.example.jp:{receiver.port}/").taken


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch, loopback, receiver):
    with Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

        assert ask(receiver.url).taken
        assert proxy.received == []


# ---- behind a redirect
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(loopback, receiver, status):
    with Receiver() as trap:
        receiver.answers.append(status)
        receiver.headers["Location"] = trap.url

        answer = ask(receiver.url)

        assert (answer.status, answer.why) == (status, "redirect")
        assert len(receiver.received) == 1
        assert trap.received == []


# ---- answers
@pytest.mark.parametrize(
    ("status", "why", "nobody_there"),
    [
        *((200, "", False), (202, "", False), (299, "", False), (410, "gone", False)),
        *((400, "status", False), (404, "status", False), (500, "status", False)),
        *((429, "status", True), (502, "status", True), (503, "status", True)),
    ],
)
def test_what_an_answer_means(loopback, receiver, status, why, nobody_there):
    receiver.answers.append(status)

    answer = ask(receiver.url)

    assert (answer.status, answer.why, answer.nobody_there) == (status, why, nobody_there)


@pytest.mark.parametrize(
    ("given", "later"), [("30", 30), ("", None), ("-1", None), ("9" * 5000, None), ("²", None)]
)
def test_for_how_long_a_receiver_wants_to_be_left_alone(given, later):
    assert posting.read(503, given).later == later


def test_a_server_that_drips_is_cut_off(settings, loopback, receiver):
    settings.WEBHOOK_TAKES_AT_MOST = 0.5
    receiver.answers.append(lambda handler: drip(handler, receiver))

    assert ask(receiver.url).why == "no-answer"


def test_a_huge_answer_is_not_read(loopback, receiver):
    receiver.answers.append(huge)

    assert ask(receiver.url).taken
    assert getattr(receiver.server, "sent", 0) < 100_000_000


def test_what_is_no_http_is_no_answer(loopback, receiver):
    receiver.answers.append(lambda handler: handler.connection.sendall(b"220 mail ready\r\n\r\n"))

    assert ask(receiver.url).why == "no-answer"


def test_nobody_listening_is_no_answer(loopback):
    with socket.socket() as taken:  # and so nobody else's meanwhile, but not listened at
        taken.bind(("127.0.0.1", 0))

        answer = ask(f"http://127.0.0.1:{taken.getsockname()[1]}/")

    assert answer == posting.Answer(None, "no-answer", True)


# ---- TLS
def certificate_for(name, folder):
    """Return a server's context with a certificate for a name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """A receiver whose certificate is for hooks.example.jp; the names that it was asked for."""
    server, client = certificate_for("hooks.example.jp", tmp_path)
    asked_for = []
    server.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    monkeypatch.setattr(posting, "client_context", lambda: client)
    with Receiver(context=server) as receiver:
        receiver.asked_for = asked_for
        yield receiver


def test_certificate_and_host_are_those_of_the_name(names, loopback, secure):
    names["hooks.example.jp"] = [["127.0.0.1"]]

    assert ask(f"https://hooks.example.jp:{secure.port}/").taken
    assert secure.asked_for == ["hooks.example.jp"]
    assert secure.received[0].headers["host"] == f"hooks.example.jp:{secure.port}"


def test_a_certificate_of_another_name_is_refused(names, loopback, secure):
    names["other.example.jp"] = [["127.0.0.1"]]

    assert ask(f"https://other.example.jp:{secure.port}/").why == "certificate"
    assert secure.received == []


def test_a_handshake_that_never_ends_is_cut_off(names, settings, loopback):
    settings.WEBHOOK_TAKES_AT_MOST = 0.5
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        names["hooks.example.jp"] = [["127.0.0.1"]]

        answer = ask(f"https://hooks.example.jp:{silent.getsockname()[1]}/")

    assert answer.why == "no-answer"
