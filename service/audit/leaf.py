"""Leaf format v1: what one entry of the log says, as canonical bytes.

- One business transaction is one entry; only when it exceeds `LIMIT` bytes it becomes consecutive
  parts, each an entry of its own that cites the hash of the part before it.
- A leaf holds neither its index nor the hash of its predecessor: it is final when written.
- Free text stands in the leaf only as a salted commitment ``{"#": hex}``; the text itself is a
  `Disclosure` kept beside the log, so it can be erased without touching the tree.
- Commitment = SHA-256 of the canonical bytes of ``[salt, value]``, salt = 128 random bits in hex.
- null is always written inline, also for committed fields: that something is empty is no secret.

Members always present: v log id at actor{id role org on_behalf} action reason evaluation stage
source changes files outcome. Present only when stated: on part request ip system_user problems
redact restore key. Paths of disclosures are JSON pointers into the leaf, e.g. ``/changes/0/f/note/1``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from service.audit.canonical import Plain, encode
from service.audit.facts import (
    REDACT_ACTION,
    RESTORE_ACTION,
    Change,
    FieldChange,
    FileFact,
    KeyFact,
    LeafActor,
    LeafFacts,
    RedactionFact,
    RestoreFact,
    demand,
)
from service.audit.merkle import leaf_hash
from service.clock import stamp
from service.errors import InvalidError

__all__ = [
    "LIMIT",
    "REDACT_ACTION",
    "RESTORE_ACTION",
    "VERSION",
    "Change",
    "Disclosure",
    "FieldChange",
    "FileFact",
    "KeyFact",
    "LeafActor",
    "LeafFacts",
    "Part",
    "RedactionFact",
    "RestoreFact",
    "build",
    "build_parts",
    "commitment",
    "new_salt",
]

VERSION = 1
LIMIT = 60_000
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The value behind one commitment; `salt` and `body` become null when it is erased.

    Attributes:
        path: JSON pointer inside the leaf.
        digest: the commitment, 64 hex digits, as in the leaf.
        salt: 32 hex digits.
        body: canonical JSON text of the value.
    """

    path: str
    digest: str
    salt: str
    body: str


@dataclass(frozen=True, slots=True)
class Part:
    """One finished leaf with the changes and disclosures it holds; `hash` is its leaf hash."""

    entry_id: str
    data: bytes
    hash: bytes
    changes: tuple[Change, ...]
    disclosures: tuple[Disclosure, ...]


def new_salt() -> str:
    """Return 128 random bits as 32 hex digits."""
    return secrets.token_hex(16)


def commitment(salt: str, body: str) -> str:
    """Return the hex commitment to the canonical text `body` under `salt`."""
    return hashlib.sha256(f'["{salt}",{body}]'.encode()).hexdigest()


@dataclass(slots=True)
class _Sealer:
    """Replaces values by commitments and collects what it hid."""

    salts: Callable[[], str]
    kept: list[Disclosure] = field(default_factory=list)

    def seal(self, value: Plain, path: str) -> Plain:
        if value is None:
            return None
        salt, body = self.salts(), encode(value).decode()
        digest = commitment(salt, body)
        self.kept.append(Disclosure(path, digest, salt, body))
        return {"#": digest}


def build(facts: LeafFacts, *, salts: Callable[[], str] = new_salt) -> tuple[bytes, tuple[Disclosure, ...]]:
    """Return the canonical bytes of the one leaf of `facts`, and what its commitments hide.

    Raises:
        InvalidError: with all problems; also if the leaf exceeds `LIMIT` (then use `build_parts`).
    """
    demand(facts)
    data, disclosures = _write(facts, facts.entry_id, facts.changes, facts.files, part=None, salts=salts)
    if len(data) > LIMIT:
        raise InvalidError(f"记录为 {len(data)} 字节，超过 {LIMIT} 字节，须分为几部分")
    return data, disclosures


def build_parts(
    facts: LeafFacts, next_id: Callable[[], str], *, salts: Callable[[], str] = new_salt
) -> tuple[Part, ...]:
    """Return the leaves of `facts` in log order: one, or several parts of at most `LIMIT` bytes.

    The first part has the id of `facts`, the others ids from `next_id`. Parts share every member
    but id, salts, changes and files, and carry
    ``part {n: [i, count], of: first id, prev: hash of the part before or null}``, i from 1.

    Raises:
        InvalidError: with all problems; also if a single change cannot fit into a part.
    """
    demand(facts)
    data, disclosures = _write(facts, facts.entry_id, facts.changes, facts.files, part=None, salts=salts)
    if len(data) <= LIMIT:
        return (Part(facts.entry_id, data, leaf_hash(data), facts.changes, disclosures),)
    groups = list(_groups(facts, len(data)))
    parts: list[Part] = []
    for number, (changes, files) in enumerate(groups, start=1):
        entry_id = next_id() if parts else facts.entry_id
        previous = parts[-1].hash.hex() if parts else None
        part: Plain = {"n": [number, len(groups)], "of": facts.entry_id, "prev": previous}
        data, disclosures = _write(facts, entry_id, changes, files, part=part, salts=salts)
        parts.append(Part(entry_id, data, leaf_hash(data), changes, disclosures))
    return tuple(parts)


def _groups(facts: LeafFacts, total: int) -> Iterator[tuple[tuple[Change, ...], tuple[FileFact, ...]]]:
    """Yield changes, then files, in groups whose leaves stay within `LIMIT`.

    Args:
        total: bytes of the leaf that would hold everything; the rest above changes and files is
            the envelope each part repeats, with 400 bytes reserved for the member `part`.
    """
    unsalted = _Sealer(lambda: "0" * 32)
    changes = [(each, len(encode(_change(each, 0, unsalted))) + 1) for each in facts.changes]
    files = [(each, len(encode(_file(each))) + 1) for each in facts.files]
    envelope = total - sum(cost for _, cost in (*changes, *files)) + 400
    room = LIMIT - envelope
    for share in _packed(changes, room):
        yield share, ()
    for bundle in _packed(files, room):
        yield (), bundle


def _packed(items: Sequence[tuple[Item, int]], room: int) -> Iterator[tuple[Item, ...]]:
    """Yield the items in order, in groups whose costs (bytes) add up to at most `room`."""
    group: list[Item] = []
    used = 0
    for item, cost in items:
        if cost > room:
            raise InvalidError(f"单项改动为 {cost} 字节，一条记录放不下")
        if used + cost > room:
            yield tuple(group)
            group, used = [], 0
        group.append(item)
        used += cost
    if group:
        yield tuple(group)


def _change(change: Change, number: int, sealer: _Sealer) -> Plain:
    fields: dict[str, Plain] = {}
    for name, each in change.fields.items():
        before, after = each.before, each.after
        if each.commit:
            before = sealer.seal(before, f"/changes/{number}/f/{name}/0")
            after = sealer.seal(after, f"/changes/{number}/f/{name}/1")
        fields[name] = (before, after)
    return {"t": change.table, "pk": change.pk, "op": change.op, "rev": change.rev, "f": fields}


def _file(file: FileFact) -> Plain:
    return {"sha256": file.sha256, "size": file.size, "type": file.type}


def _write(
    facts: LeafFacts,
    entry_id: str,
    changes: tuple[Change, ...],
    files: tuple[FileFact, ...],
    *,
    part: Plain,
    salts: Callable[[], str],
) -> tuple[bytes, tuple[Disclosure, ...]]:
    """Return bytes and disclosures of one leaf holding the given share of `facts`."""
    sealer = _Sealer(salts)
    actor = facts.actor
    body: dict[str, Plain] = {
        "v": VERSION,
        "log": facts.log,
        "id": entry_id,
        "at": stamp(facts.at),
        "actor": {
            "id": actor.account,
            "role": actor.role,
            "org": actor.organisation,
            "on_behalf": actor.on_behalf,
        },
        "action": facts.action,
        "reason": sealer.seal(facts.reason or None, "/reason"),
        "evaluation": facts.evaluation,
        "stage": facts.stage,
        "source": facts.source,
        "changes": [_change(change, number, sealer) for number, change in enumerate(changes)],
        "files": [_file(file) for file in files],
        "outcome": facts.outcome,
    }
    optional: dict[str, Plain] = {
        "on": facts.on.isoformat() if facts.on else None,
        "part": part,
        "request": facts.request,
        "ip": sealer.seal(facts.ip, "/ip"),
        "system_user": sealer.seal(facts.system_user, "/system_user"),
        "problems": sealer.seal(facts.problems or None, "/problems"),
        **_acts(facts),
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    return encode(body), tuple(sealer.kept)


def _acts(facts: LeafFacts) -> dict[str, Plain]:
    """Return the members of the two acts upon the log itself."""
    members: dict[str, Plain] = {}
    if facts.redactions:
        members["redact"] = [
            {"entry": r.entry, "path": r.path, "basis": r.basis, "approver": r.approver}
            for r in facts.redactions
        ]
    if (restore := facts.restore) is not None:
        members["restore"] = {"size": restore.size, "root": restore.root, "persons": restore.persons}
    if (key := facts.key) is not None:
        members["key"] = {"old": key.old, "new": key.new, "above": key.above, "persons": key.persons}
    return members
