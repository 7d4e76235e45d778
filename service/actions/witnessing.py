"""Checkpoints handed to those outside who are to hold them, and what came of it kept beside the log.

Each way takes the newest checkpoint; whoever was away gets the newest when it is back, which covers all
before it. Done twice for one checkpoint, the second time does nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus

from sqlalchemy import func, insert, select

from service import clock
from service.actions.cosigning import checked, cosignature
from service.audit import timestamps
from service.audit.checkpoint import Checkpoint, split_note
from service.audit.signer_client import Signing
from service.audit.ways import Way
from service.audit.witnessfile import bring_up_to_date, fault
from service.errors import IntegrityFailureError, Problem, UnavailableError
from service.extensions import WRITING, db
from service.mailing import checkpoint_mail, send
from service.models.audit import AuditAttestation
from service.models.base import ID_LENGTH
from service.outbound import post
from service.witnesses import Witnesses


def attest(way: Way, witnesses: Witnesses, signer: Signing) -> int:
    """Hand the newest checkpoint to the witnesses of one way and return its size, 0 if none is signed yet.

    Raises:
        UnavailableError: a witness does not answer; try again later.
        IntegrityFailureError, InvalidError: a witness has another past than ours, or answers falsely.
    """
    note = signer.newest()
    if note is None:
        return 0
    WAYS[way](witnesses, signer, note)
    return Checkpoint.parse(split_note(note)[0]).size


def _file(witnesses: Witnesses, signer: Signing, note: str) -> None:
    if witnesses.file is None:
        return
    name = str(witnesses.file)
    # Asked even if it has this checkpoint already: a file that was changed since is to be found.
    bring_up_to_date(witnesses.file, signer.history(), attested_notes(Way.FILE, name))
    keep(Way.FILE, name, note, b"")


def _mail(witnesses: Witnesses, signer: Signing, note: str) -> None:
    if witnesses.mail is None:
        return
    name = "、".join(witnesses.mail.to)
    if digest(note) in attested_notes(Way.MAIL, name):
        return
    message = checkpoint_mail(witnesses.mail, note, str(signer.verifier), at=clock.now())
    send(witnesses.mail.server, message)
    keep(Way.MAIL, name, note, str(message["Message-ID"]).encode())


def _stamp(witnesses: Witnesses, signer: Signing, note: str) -> None:
    stamping = witnesses.stamping
    if stamping is None or digest(note) in attested_notes(Way.TSA, stamping.address):
        return
    nonce, data = secrets.randbits(63), note.encode()
    answer = post(stamping.address, timestamps.query(data, nonce), kind=timestamps.QUERY)
    if answer.status != HTTPStatus.OK or answer.kind != timestamps.REPLY:
        told = f"{answer.status} {answer.kind}"
        raise UnavailableError(Problem(f"时间戳机构答复 {told}", value=stamping.address))
    roots = timestamps.roots_in(stamping.roots)
    token = timestamps.token_of(answer.body, data, nonce, roots=roots, at=clock.now())
    keep(Way.TSA, stamping.address, note, token)


def _cosign(witnesses: Witnesses, signer: Signing, note: str) -> None:
    """Ask every witness; one that fails keeps no other from being asked."""
    problems: list[Problem] = []
    away = True
    for each in witnesses.cosigning.cosigners if witnesses.cosigning else ():
        if digest(note) in attested_notes(Way.WITNESS, each.key.name):
            continue
        try:
            line = cosignature(each, signer, note, newest_size(Way.WITNESS, each.key.name), at=clock.now())
            keep(Way.WITNESS, each.key.name, note, line.encode())
        except (UnavailableError, IntegrityFailureError) as error:
            away = away and isinstance(error, UnavailableError)
            problems += error.problems
    if problems:
        raise UnavailableError(problems) if away else IntegrityFailureError(problems)


WAYS: dict[Way, Callable[[Witnesses, Signing, str], None]] = {
    Way.FILE: _file, Way.MAIL: _mail, Way.TSA: _stamp, Way.WITNESS: _cosign,
}  # fmt: skip


def witness_faults(witnesses: Witnesses, signer: Signing) -> tuple[str, ...]:
    """Return in what the witnesses that can be looked at from here contradict the signer's history."""
    history = signer.history()
    notes = {digest(note): note for _, note in signer.notes()}
    found = fault(witnesses.file, history) if witnesses.file and witnesses.file.exists() else None
    return (*((str(found),) if found else ()), *_spoilt(witnesses, notes))


def _spoilt(witnesses: Witnesses, notes: Mapping[str, str]) -> Iterator[str]:
    """Yield every kept time stamp and countersignature that does not hold."""
    roots = timestamps.roots_in(witnesses.stamping.roots) if witnesses.stamping else ()
    keys = {each.key.name: each for each in witnesses.cosigning.cosigners} if witnesses.cosigning else {}
    row = AuditAttestation
    with db.engine.connect() as connection:
        kept = connection.execute(select(row.way, row.name, row.size, row.note_sha256, row.body)).all()
    for each in kept:
        place = f"{each.size} 条的{Way(each.way).label}（{each.name}）"
        if each.note_sha256 not in notes:
            yield f"{place}不属于任何签署过的检查点"
            continue
        try:
            if each.way == Way.TSA and witnesses.stamping and each.name == witnesses.stamping.address:
                timestamps.judged(bytes(each.body), bytes.fromhex(each.note_sha256), roots=roots)
            if each.way == Way.WITNESS and each.name in keys:
                checked(keys[each.name], notes[each.note_sha256], bytes(each.body), None)
        except IntegrityFailureError as error:
            yield f"{place}：{error}"


def digest(note: str) -> str:
    """Return the SHA-256 of a note, by which attestations name it."""
    return hashlib.sha256(note.encode()).hexdigest()


def attested_notes(way: Way, name: str) -> frozenset[str]:
    """Return the SHA-256 of every note this witness has attested."""
    row = AuditAttestation
    with db.engine.connect() as connection:
        query = select(row.note_sha256).where(row.way == way.value, row.name == name)
        return frozenset(connection.scalars(query))


def newest_size(way: Way, name: str) -> int:
    """Return the largest size this witness has attested, 0 if none."""
    row = AuditAttestation
    with db.engine.connect() as connection:
        query = select(func.max(row.size)).where(row.way == way.value, row.name == name)
        return connection.scalar(query) or 0


def keep(way: Way, name: str, note: str, body: bytes) -> None:
    """Store an attestation, once."""
    mark = hashlib.sha256(f"{way.value}\n{name}\n{note}".encode()).hexdigest()[:ID_LENGTH]
    row = {
        "id": mark, "way": way.value, "name": name, "size": Checkpoint.parse(split_note(note)[0]).size,
        "note_sha256": digest(note), "body": body, "at": clock.now(),
    }  # fmt: skip
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        if connection.scalar(select(AuditAttestation.id).where(AuditAttestation.id == mark)) is None:
            connection.execute(insert(AuditAttestation), row)
