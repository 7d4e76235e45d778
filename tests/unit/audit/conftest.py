"""A small log with every kind of entry, signed as it grows, and the bundle made of it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest

from service.audit.bundle import BundleSource, StoredDisclosure, export
from service.audit.leaf import (
    Change,
    FieldChange,
    FileFact,
    KeyFact,
    LeafActor,
    LeafFacts,
    Part,
    RedactionFact,
    RestoreFact,
    build_parts,
)
from service.audit.merkle import root_of
from service.audit.signer import NamedPerson, RestoreEvent, Signer
from service.audit.signer_keys import KeyEvent, policy_text, trusted_keys

ORIGIN = "pingji.example/demo/0001"
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
PERSONS = (NamedPerson("account-1", "系统管理员"), NamedPerson("account-2", "审计员"))
FILE = b"%PDF-1.7 evidence"
FILE_HASH = hashlib.sha256(FILE).hexdigest()


class SmallLog:
    """A log in memory with its signer; what a database would hold."""

    def __init__(self, directory: Path, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.signer = Signer.create(directory, origin)
        self.parts: list[Part] = []
        self.disclosures: list[StoredDisclosure] = []
        self.numbers = count(1)
        self.note = ""

    def new_id(self) -> str:
        return f"entry-{next(self.numbers):06d}"

    def add(self, action: str, *changes: Change, **more: Any) -> Part:
        """Append one entry and return its first part."""
        at = START + timedelta(seconds=len(self.parts))
        actor = LeafActor("account-1", "EV", "organisation-1")
        facts = LeafFacts(self.origin, self.new_id(), at, actor, action, changes=changes, **more)
        parts = build_parts(facts, self.new_id)
        self.parts.extend(parts)
        self.disclosures += [
            StoredDisclosure(part.entry_id, d.path, d.digest, d.salt, d.body)
            for part in parts
            for d in part.disclosures
        ]
        return parts[0]

    def leaves(self, start: int, end: int) -> Iterable[bytes]:
        return [part.hash for part in self.parts[start:end]]

    def sign(self) -> str:
        at = START + timedelta(days=1)
        size = len(self.parts)
        self.note = self.signer.sign(size, root_of(self.leaves(0, size)), self.leaves, at=at)
        return self.note

    def erase(self, entry: str, path: str) -> None:
        """Null one disclosure, as the redaction does."""
        self.disclosures = [
            StoredDisclosure(d.entry, d.path, d.digest, None, None)
            if (d.entry, d.path) == (entry, path)
            else d
            for d in self.disclosures
        ]

    def redact(self, entry: str, path: str) -> None:
        self.erase(entry, path)
        fact = RedactionFact(entry, path, "个人信息保护法第四十七条", "account-2")
        self.add("audit.redact", reason="当事人申请", redactions=(fact,))

    def restore(self, kept: int) -> str:
        """Cut the log to `kept` entries and let two persons answer for it."""
        state = self.signer.state()
        del self.parts[kept:]
        ids = {part.entry_id for part in self.parts}
        self.disclosures = [each for each in self.disclosures if each.entry in ids]
        fact = RestoreFact(state.size, state.root.hex(), ("account-1", "account-2"))
        entry = self.add("system.restore", reason="磁盘损坏", restore=fact)
        size = len(self.parts)
        root = root_of(self.leaves(0, size))
        event = RestoreEvent(entry.data, kept, size, root, PERSONS, "磁盘损坏")
        self.note = self.signer.accept_restore(event, self.leaves, at=START)
        return self.note

    def key_event(self, *, above: int | None = None, **other: Any) -> KeyEvent:
        """Append a change of keys: a new key comes, or the old one is void above a size."""
        keys = trusted_keys(self.signer.history(), self.signer.verifier)
        accounts = (PERSONS[0].account, PERSONS[1].account)
        if above is None:
            fact = KeyFact(str(self.signer.verifier), str(self.signer.fresh_key()), None, accounts)
        else:
            fact = KeyFact(str(keys[-2].key), None, above, accounts)
        action = "key.rotate" if above is None else "key.revoke"
        entry = self.add(action, reason="例行更换", key=replace(fact, **other))
        size = len(self.parts)
        root = root_of(self.leaves(0, size))
        return KeyEvent(entry.data, size - 1, size, root, PERSONS, "例行更换")

    def change_key(self, *, above: int | None = None) -> str:
        event = self.key_event(above=above)
        self.note = self.signer.change_key(event, self.leaves, at=START)
        return self.note

    @property
    def policy(self) -> str:
        return policy_text(trusted_keys(self.signer.history(), self.signer.verifier))

    def export(self, target: Path, *, blobs: bool = True, complete: bool = True, **more: Any) -> Path:
        def opened(sha256: str) -> IO[bytes] | None:
            return io.BytesIO(FILE) if sha256 == FILE_HASH else None

        source = BundleSource(
            note=more.get("note", self.note),
            leaves=more.get("leaves", [part.data for part in self.parts]),
            history=more.get("history", self.signer.history()),
            disclosures=more.get("disclosures", self.disclosures),
            complete=complete,
            open_blob=opened if blobs else None,
        )
        export(target, source)
        return target

    @property
    def vkey(self) -> str:
        return str(self.signer.verifier)


def insert(pk: str, amount: str, note: str) -> Change:
    fields = {"amount": FieldChange(None, amount), "note": FieldChange(None, note, commit=True)}
    return Change("deduction", pk, "insert", 1, fields)


def update(pk: str, rev: int, **fields: tuple[Any, Any]) -> Change:
    said = {name: FieldChange(*pair, commit=name == "note") for name, pair in fields.items()}
    return Change("deduction", pk, "update", rev, said)


def filled(log: SmallLog, rows: int = 3) -> SmallLog:
    """Insert, update, refuse, bind a file and split an entry; signed twice on the way."""
    for row in range(rows):
        log.add(
            "deduction.draft",
            insert(f"row-{row}", "1", "缺少合同"),
            reason="依据不足",
            stage="material_review",
        )
    log.sign()
    log.add(
        "deduction.revise",
        update("row-0", 2, amount=("1", "1.5"), note=("缺少合同", "合同未盖章")),
        reason="复核",
    )
    log.add("evidence.add", files=(FileFact(FILE_HASH, len(FILE), "application/pdf"),), ip="10.0.0.1")
    log.add("report.sign", outcome="refused", problems=("尚有 1 条意见未答复",))
    log.add("deduction.revise", update("row-0", 3, note=("合同未盖章", None)))
    log.add("case.import", *(insert(f"import-{n}", "2", "批量") for n in range(300)))
    log.sign()
    return log


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    """A filled, signed log."""
    return filled(SmallLog(tmp_path / "signer"))


@pytest.fixture
def empty_log(tmp_path: Path) -> SmallLog:
    """A log without entries."""
    return SmallLog(tmp_path / "empty-signer")


@pytest.fixture
def other_log(tmp_path: Path) -> SmallLog:
    """A filled log of another instance."""
    return filled(SmallLog(tmp_path / "other-signer", "pingji.example/live/0002"))
