"""A time-stamp authority on this machine: certificates made for the test, tokens by ``openssl ts``, over HTTP."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[tsa]
default_tsa = main
[main]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = {digests}
accuracy = secs:1
ess_cert_id_alg = sha256
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
"""


@dataclass
class Authority:
    """The authority's folder; `root` is the certificate that vouches for it."""

    folder: Path

    @property
    def root(self) -> Path:
        """The file of its root certificate."""
        return self.folder / "root.pem"

    def reply(self, query: bytes) -> bytes:
        """The answer to a request, as `openssl` makes it."""
        (self.folder / "q").write_bytes(query)
        openssl(
            "ts", "-reply", "-queryfile", self.folder / "q", "-config", self.config, "-out", self.folder / "r"
        )
        return (self.folder / "r").read_bytes()

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.folder / "tsa.conf"


def openssl(*words: object) -> str:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def authority(folder: Path, *, usage: str = "critical, timeStamping", digests: str = "sha256") -> Authority:
    """Make an authority with a root of its own."""
    folder.mkdir()
    made = Authority(folder)
    made.config.write_text(CONFIG.format(folder=folder, usage=usage, name=folder.name, digests=digests))
    (folder / "serial").write_text("01\n")
    for name in ("root", "tsa"):
        openssl(
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            folder / f"{name}.key",
        )
    conf = ("-config", made.config)
    openssl("req", "-x509", "-new", "-key", folder / "root.key", "-subj", "/CN=root", "-days", 30,
            "-extensions", "root", *conf, "-out", made.root)  # fmt: skip
    openssl("req", "-new", "-key", folder / "tsa.key", "-subj", "/CN=tsa", *conf, "-out", folder / "tsa.csr")
    openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", made.root, "-CAkey", folder / "root.key",
            "-set_serial", 7, "-days", 30, "-extfile", made.config, "-extensions", "leaf",
            "-out", folder / "tsa.pem")  # fmt: skip
    return made


@contextmanager
def answering(answer: Callable[[str, bytes], tuple[int, str, bytes]]) -> Iterator[str]:
    """Have `answer(path, body)` answer POST requests for the block; yields the address."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, said = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            if status in (301, 302, 307):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
