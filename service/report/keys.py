"""Keys that sign reports: the port every key answers to, and the demo keys of one instance.

- `Signer` is all the rest of the code knows; a PKCS#11 token or a remote service implements it.
- Demo keys are P-256, made on first use, one root and one signer per part; every name says
  演示 and 本机, no name of an organisation stands in them, and no legal force is claimed.
- Key files are 0600 in a 0700 folder, complete or absent: written aside, synced and renamed under a lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.errors import IntegrityFailureError, Problem, UnavailableError
from service.report.signatories import Part

VALID_FOR = timedelta(days=3652)
# A clock that runs a little behind must not find the certificate "not yet valid".
BACKDATED = timedelta(days=1)
_ROOT = "report-root"
_NOTICE = "仅供演示，无法律效力"


class Signer(Protocol):
    """A key that signs for one part: local file, token or remote service."""

    @property
    def certificate(self) -> x509.Certificate:
        """Return the certificate of the key."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Return the intermediate certificates up to, without, the root; often empty."""

    @property
    def demo(self) -> bool:
        """Return whether marks of this key must say 演示 无效."""

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over SHA-256 of `message` (ECDSA as DER).

        Raises:
            UnavailableError: the key does not answer now.
        """


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """A P-256 key in memory, read from the instance's key folder."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    demo: bool = True

    def sign(self, message: bytes) -> bytes:
        """Return the ECDSA signature over SHA-256 of `message`, as DER."""
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """The demo root of one instance and the signers it vouches for, made when first asked for.

    Args:
        folder: the instance's key folder; made 0700 if missing.
    """

    folder: Path

    def root(self, *, at: datetime) -> x509.Certificate:
        """Return the root's certificate; `at` is the moment a new one is valid from.

        Raises:
            IntegrityFailureError: the stored file is damaged.
        """
        with _locked(self.folder):
            return self._root(at).certificate

    def signer(self, part: Part, *, at: datetime) -> LocalSigner:
        """Return the key of `part`, certified by the root of this folder.

        Raises:
            IntegrityFailureError: a stored file is damaged or was certified by another root.
        """
        with _locked(self.folder):
            root = self._root(at)
            path = self.folder / f"report-{part.value}.pem"
            if not path.exists():
                _write(path, _issue(f"评迹本机演示 {part.label}", issuer=root, at=at))
            signer = _read(path)
        try:
            signer.certificate.verify_directly_issued_by(root.certificate)
        except Exception as error:  # the library names half a dozen reasons; all mean the same here
            raise IntegrityFailureError(
                Problem("签名证书不是本实例的根签发的", file=str(path), cure="从备份恢复 keys 目录")
            ) from error
        return signer

    def _root(self, at: datetime) -> LocalSigner:
        path = self.folder / f"{_ROOT}.pem"
        if not path.exists():
            made = _issue(f"评迹本机演示根 {os.urandom(4).hex()}", issuer=None, at=at)
            _write(path, made)
            public = made.certificate.public_bytes(serialization.Encoding.PEM)
            _write_bytes(self.folder / f"{_ROOT}.crt", public)
        return _read(path)


def _issue(name: str, *, issuer: LocalSigner | None, at: datetime) -> LocalSigner:
    """Return a new key whose certificate `issuer` signs, or which signs itself as a root."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _NOTICE),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ])  # fmt: skip
    is_root = issuer is None
    signing = key if issuer is None else issuer.key
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at + VALID_FOR if issuer is None else issuer.certificate.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(_usage(is_root=is_root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority, critical=False)
        .sign(signing, hashes.SHA256())
    )
    return LocalSigner(key, certificate)


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root, content_commitment=not is_root,
        key_cert_sign=is_root, crl_sign=is_root,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(path: Path, signer: LocalSigner) -> None:
    """Write key and certificate as one file, so that one is never there without the other."""
    key = signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_bytes(path, key + signer.certificate.public_bytes(serialization.Encoding.PEM))


def _write_bytes(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read(path: Path) -> LocalSigner:
    try:
        content = path.read_bytes()
        key = serialization.load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except OSError as error:
        raise UnavailableError(Problem("签名密钥读不到", file=str(path), value=str(error))) from error
    except ValueError as error:
        raise IntegrityFailureError(
            Problem("签名密钥文件已损坏", file=str(path), cure="从备份恢复 keys 目录")
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise IntegrityFailureError(
            Problem("签名密钥与证书不是一对", file=str(path), cure="从备份恢复 keys 目录")
        )
    return LocalSigner(key, certificate)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two processes starting at once must not make two roots."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    handle = os.open(folder / "report.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def load_roots(paths: Iterable[Path]) -> tuple[x509.Certificate, ...]:
    """Return the certificates of PEM or DER files, in order; private keys beside them are ignored.

    Raises:
        IntegrityFailureError: naming every file that holds no certificate.
    """
    found: list[x509.Certificate] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            content = path.read_bytes()
            pem = b"-----BEGIN" in content
            found += (
                x509.load_pem_x509_certificates(content) if pem else [x509.load_der_x509_certificate(content)]
            )
        except (OSError, ValueError) as error:
            problems.append(
                Problem("不是证书文件", file=str(path), value=str(error), cure="给出根证书（PEM 或 DER）")
            )
    if problems:
        raise IntegrityFailureError(problems)
    return tuple(found)
