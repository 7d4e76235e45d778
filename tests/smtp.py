"""A small mail server on this machine: takes mails as a real one does, or fails in the way asked for."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Mailbox:
    """What arrived, and how the server behaves.

    `answers` replaces what it says to a command, e.g. ``{"RCPT": "550 nobody"}``; `dumb` hangs up at once.
    """

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    dumb: bool = False
    trust: ssl.SSLContext | None = None
    at_once: bool = False

    def read(self) -> list[EmailMessage]:
        """The mails, parsed."""
        return [message_from_bytes(each, policy=policy.default) for each in self.mails]  # type: ignore[misc]


class _Talk(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        if box.dumb:
            return
        line: Any = self.request
        line.settimeout(60)
        try:
            if box.trust is not None and box.at_once:
                line = box.trust.wrap_socket(line, server_side=True)
            self._talk(box, line)
        except (OSError, ssl.SSLError):
            return
        finally:
            line.close()

    def _talk(self, box: Mailbox, line: Any) -> None:
        with line.makefile("rwb", buffering=0) as stream:
            line.sendall(b"220 test\r\n")
            while words := stream.readline():
                verb = words.split()[0].upper().decode()
                if verb == "STARTTLS" and box.trust is not None:
                    line.sendall(b"220 go\r\n")
                    break
                line.sendall(self._answer(box, verb, words, line, stream))
            else:
                return
        with box.trust.wrap_socket(line, server_side=True) as secure:
            self._talk(box, _Muted(secure))

    def _answer(self, box: Mailbox, verb: str, words: bytes, line: Any, stream: Any) -> bytes:
        if verb == "QUIT":
            return b"221 bye\r\n"
        if verb in box.answers:
            return f"{box.answers[verb]}\r\n".encode()
        if verb == "EHLO":
            clear = box.trust is not None and not isinstance(line, _Muted | ssl.SSLSocket)
            return b"250-test\r\n250-AUTH PLAIN\r\n" + (b"250 STARTTLS\r\n" if clear else b"250 OK\r\n")
        if verb == "AUTH":
            box.logins.append(words.decode().split()[-1])
            return b"235 OK\r\n"
        if verb == "DATA":
            line.sendall(b"354 go\r\n")
            body = []
            while (row := stream.readline()) not in (b".\r\n", b""):
                body.append(row[1:] if row.startswith(b"..") else row)
            box.mails.append(b"".join(body))
        return b"250 OK\r\n"


class _Muted:
    """A line on which the first answer, the greeting, is not sent: after STARTTLS there is none."""

    def __init__(self, line: Any) -> None:
        self._line, self._quiet = line, True

    def makefile(self, *args: Any, **more: Any) -> Any:
        return self._line.makefile(*args, **more)

    def sendall(self, data: bytes) -> None:
        if self._quiet:
            self._quiet = False
            return
        self._line.sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever breaks off is the test's own business."""


@contextmanager
def mailbox(**how: Any) -> Iterator[Mailbox]:
    """Have a mail server on the loopback address for the block."""
    box = Mailbox(**how)
    with _Server(("127.0.0.1", box.port), _Talk) as server:
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for the loopback address; return its file and the context of a server that has it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, secret = folder / "server.pem", folder / "server.key"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secret.write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    return file, context
