"""Over TLS: what fails before the handshake is through was not sent, what fails later may be."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import time
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.x import transport, watch
from accounts.x.errors import NotSent, Unknown
from tests.x.raw_server import answer, drip, raw, reset, serving
from tests.x.test_write_once import CREATED, make_client


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def session() -> requests.Session:
        made = watch.fresh_session()
        made.verify = str(certificate)
        return made

    monkeypatch.setattr(transport, "fresh_session", session)


@pytest.mark.usefixtures("trusted")
def test_a_post_goes_out_over_tls(tls: ssl.SSLContext) -> None:
    with serving(answer("201 Created", CREATED), tls) as server:
        assert make_client(server.url).create_post("hi").text == "hi"
    assert len(server.requests) == 1


def test_an_untrusted_certificate_stops_before_the_request(tls: ssl.SSLContext) -> None:
    with serving(answer("201 Created", CREATED), tls) as server, pytest.raises(NotSent) as caught:
        make_client(server.url).create_post("hi")
    assert caught.value.code == "tls"
    assert server.requests == []


def test_no_tls_on_the_other_side_stops_before_the_request() -> None:
    with serving(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(NotSent):
            make_client(url).create_post("hi")
    assert not any(b"POST" in heard for heard in server.requests)


@pytest.mark.usefixtures("trusted")
def test_a_reset_after_the_request_is_unknown(tls: ssl.SSLContext) -> None:
    with serving(reset, tls) as server, pytest.raises(Unknown) as caught:
        make_client(server.url).create_post("hi")
    assert caught.value.code == "connection_reset"
    assert len(server.requests) == 1


@pytest.mark.usefixtures("trusted")
def test_the_deadline_holds_over_tls(tls: ssl.SSLContext) -> None:
    with serving(drip(b"HTTP/1.1 201 Created\r\nX-Slow: ", b"a"), tls) as server:
        began = time.monotonic()
        with pytest.raises(Unknown) as caught:
            make_client(server.url).create_post("hi")
    assert caught.value.code == "timeout"
    assert time.monotonic() - began < 1.6
    assert len(server.requests) == 1
