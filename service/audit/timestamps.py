"""RFC 3161: the token of a time-stamp authority over a checkpoint, asked for and judged.

The imprint is the SHA-256 of the whole signed note. The authority's certificate must come from one of the
certificates the operator names, be meant for time stamps, and be good at the moment it stamped.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, pem, tsp, x509
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from service.errors import IntegrityFailureError, InvalidError, Problem, UnavailableError

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
TOLERANCE = timedelta(minutes=5)
GRANTED = ("granted", "granted_with_mods")


class _Reply(core.Sequence):  # type: ignore[misc]
    """A reply, also one that grants nothing, which the library's own form has no place for."""

    _fields = [  # noqa: RUF012 - the library wants it so
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def query(note: bytes, nonce: int) -> bytes:
    """Return the request for a token over `note`, with the authority's certificate enclosed."""
    imprint = {
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
        "hashed_message": hashlib.sha256(note).digest(),
    }
    asked = {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    return bytes(tsp.TimeStampReq(asked).dump())


def token_of(
    reply: bytes, note: bytes, nonce: int, *, roots: Sequence[x509.Certificate], at: datetime
) -> bytes:
    """Return the token of a reply that answers exactly this request, now.

    Raises:
        UnavailableError: the authority grants none.
        IntegrityFailureError: it answers something else, at another time, or is not who it should be.
    """
    try:
        found = _Reply.load(reply, strict=True)
        status = str(found["status"]["status"].native)
        token = found["time_stamp_token"]
        data = b"" if isinstance(token, core.Void) else token.dump()
        asked = _info(data)["nonce"].native if status in GRANTED else None
    except (ValueError, TypeError, KeyError) as error:
        raise IntegrityFailureError("时间戳机构的答复读不出来") from error
    if status not in GRANTED:
        raise UnavailableError(Problem("时间戳机构没有给出时间戳", value=status))
    if asked != nonce:
        raise IntegrityFailureError("时间戳不是对这次请求的答复")
    stamped = judged(data, hashlib.sha256(note).digest(), roots=roots)
    if abs(stamped - at) > TOLERANCE:
        told = f"{stamped.isoformat()}，本机 {at.isoformat()}"
        cure = "核对双方的时钟"
        raise IntegrityFailureError(Problem("时间戳的时间与本机相差超过五分钟", value=told, cure=cure))
    return data


def judged(token: bytes, digest: bytes, *, roots: Sequence[x509.Certificate]) -> datetime:
    """Return when the token was made, if it is one over `digest` by an authority under `roots`.

    Raises:
        IntegrityFailureError: anything about it does not hold.
    """
    try:
        info = _info(token)
        stamped: datetime = info["gen_time"].native
        imprint = info["message_imprint"]
        if imprint["hash_algorithm"]["algorithm"].native != "sha256":
            raise IntegrityFailureError("时间戳用的不是 SHA-256")
        if imprint["hashed_message"].native != digest:
            raise IntegrityFailureError("时间戳不是对这个检查点的")
        signed = cms.ContentInfo.load(token, strict=True)["content"]
        context = ValidationContext(
            trust_roots=list(roots), allow_fetching=False, moment=stamped, revocation_mode="soft-fail"
        )
        found: dict[str, Any] = asyncio.run(validate_tst_signed_data(signed, context, lambda _: digest))
        status = TimestampSignatureStatus(**found)
    except IntegrityFailureError:
        raise
    except Exception as error:
        raise IntegrityFailureError(f"时间戳读不出来或不能核验（{type(error).__name__}）") from error
    if not (status.valid and status.intact):
        raise IntegrityFailureError("时间戳的签名不成立")
    if not status.trusted:
        raise IntegrityFailureError("时间戳机构的证书不是由所设的证书签发，或不用于时间戳")
    return stamped


def _info(token: bytes) -> tsp.TSTInfo:
    """Return what a token states.

    Raises:
        ValueError: it is no token.
    """
    outer = cms.ContentInfo.load(token, strict=True)
    if outer["content_type"].native != "signed_data":
        raise ValueError("no signed data")
    held = outer["content"]["encap_content_info"]
    if held["content_type"].native != "tst_info":
        raise ValueError("no time stamp")
    return held["content"].parsed


def roots_in(path: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM file.

    Raises:
        InvalidError: it cannot be read or holds none.
    """
    try:
        data = path.read_bytes()
        found = tuple(
            x509.Certificate.load(der, strict=True)
            for kind, _, der in pem.unarmor(data, multiple=True)
            if kind == "CERTIFICATE"
        )
    except (OSError, ValueError) as error:
        problem = Problem("证书文件读不出来", value=str(path), allowed="PEM 格式的证书")
        raise InvalidError(problem) from error
    if not found:
        raise InvalidError(Problem("证书文件里没有证书", value=str(path), allowed="PEM 格式的证书"))
    return found
