"""Asking a witness for its countersignature under a checkpoint (C2SP tlog-witness, tlog-cosignature).

The witness remembers the largest consistent tree it saw; we tell it which one we believe that is, and prove
that ours grew out of it. It may know a larger one, then we prove from there. Its answer is checked by the key
the operator wrote down before it is kept.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from service.audit.checkpoint import Checkpoint, split_note
from service.audit.merkle import consistency_proof
from service.audit.signer_client import Signing
from service.audit.verifier import ed25519_verifies
from service.errors import IntegrityFailureError, Problem, UnavailableError
from service.outbound import Answer, post
from service.witnesses import Cosigner

TOLERANCE = timedelta(minutes=5)
SIZE_TYPE = "text/x.tlog.size"
LONGEST_SIZE = 20


def cosignature(witness: Cosigner, signer: Signing, note: str, known: int, *, at: datetime) -> str:
    """Return the signature line of the witness under `note`, checked.

    Args:
        known: the size it is believed to have seen last.

    Raises:
        UnavailableError: it does not answer.
        IntegrityFailureError: it has seen another history than ours, or answers falsely.
    """
    leaves, size = signer.leaf_hashes(), Checkpoint.parse(split_note(note)[0]).size
    if leaves is None or len(leaves) < size:
        raise IntegrityFailureError(_problem(witness, "签名器没有可供证明的散列"))
    leaves = leaves[:size]
    answer = _ask(witness, leaves, note, min(known, size))
    if answer.status == HTTPStatus.CONFLICT and answer.kind == SIZE_TYPE:
        theirs = answer.body.decode("ascii", "replace").strip()
        seen = int(theirs) if theirs.isdigit() and len(theirs) < LONGEST_SIZE else size + 1
        if seen > size:
            told = f"见证人已看到 {theirs} 条，本机只签到 {size} 条：本机的留痕变短了"
            raise IntegrityFailureError(_problem(witness, told))
        answer = _ask(witness, leaves, note, seen)
    if answer.status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
        raise IntegrityFailureError(_problem(witness, "见证人看到的历史与本机的不同"))
    if answer.status != HTTPStatus.OK:
        raise UnavailableError(_problem(witness, f"见证人答复 {answer.status}"))
    return checked(witness, note, answer.body, at)


def _ask(witness: Cosigner, leaves: tuple[bytes, ...], note: str, known: int) -> Answer:
    proof = consistency_proof(leaves, known) if 0 < known < len(leaves) else ()
    lines = [f"old {known}", *(base64.b64encode(each).decode() for each in proof), "", note]
    try:
        return post(f"{witness.address}/add-checkpoint", "\n".join(lines).encode(), kind="text/plain")
    except UnavailableError as error:
        raise UnavailableError(_problem(witness, error.problems[0].message)) from error


def checked(witness: Cosigner, note: str, body: bytes, at: datetime | None) -> str:
    """Return the one line of `body` that is this witness's, if it holds and is of the moment `at`.

    Raises:
        IntegrityFailureError: it does not hold.
    """
    text, signatures = split_note(note + body.decode("utf-8", "replace"))
    ours = [s for name, key_id, s in signatures if (name, key_id) == (witness.key.name, witness.key.key_id)]
    if len(ours) != 1 or len(ours[0]) != 72:
        raise IntegrityFailureError(_problem(witness, "答复里没有见证人的签名"))
    time, signature = int.from_bytes(ours[0][:8], "big"), ours[0][8:]
    told = f"cosignature/v1\ntime {time}\n{text}".encode()
    if not ed25519_verifies(witness.key.public, told, signature):
        raise IntegrityFailureError(_problem(witness, "见证人的签名不成立"))
    if at is not None and abs(time - at.astimezone(UTC).timestamp()) > TOLERANCE.total_seconds():
        raise IntegrityFailureError(_problem(witness, "见证人的时间与本机相差超过五分钟；核对双方的时钟"))
    mark = base64.b64encode(witness.key.key_id + ours[0]).decode()
    return f"— {witness.key.name} {mark}\n"


def _problem(witness: Cosigner, message: str) -> Problem:
    return Problem(message, value=witness.key.name, path=witness.address)
