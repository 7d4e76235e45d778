"""Proofs as files a stranger can check: of one entry, and of growth since an earlier checkpoint.

- Inclusion is C2SP tlog-proof (``.tlog-proof``); its ``extra`` line carries the entry itself, unless the
  reader shall see its hash alone. Whoever reads it hashes the entry anew; the line itself is not trusted.
- Growth has no file of its own among the open formats; it is the body with which a log asks a witness
  for a cosignature (C2SP tlog-witness), kept as ``.tlog-growth``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from service.audit.checkpoint import Checkpoint, split_note
from service.audit.merkle import consistency_proof, inclusion_proof, root_of
from service.errors import IntegrityFailureError, InvalidError

INCLUSION = "c2sp.org/tlog-proof@v1"
SUFFIX, GROWTH_SUFFIX = ".tlog-proof", ".tlog-growth"


def inclusion_file(note: str, leaves: Sequence[bytes], index: int, *, entry: bytes | None) -> str:
    """Return the proof that entry `index` (from 0) stands in the tree that `note` signs.

    Args:
        leaves: leaf hashes in order, exactly those of the checkpoint.
        entry: stored bytes of the entry to enclose, or None.

    Raises:
        IntegrityFailureError: the leaves are not those of the checkpoint.
        InvalidError: `index` lies outside of it.
    """
    _demand(note, leaves)
    extra = [] if entry is None else [f"extra {_base64(entry)}"]
    hashes = map(_base64, inclusion_proof(leaves, index))
    return "\n".join([INCLUSION, *extra, f"index {index}", *hashes, "", note])


def growth_file(note: str, leaves: Sequence[bytes], old: Checkpoint) -> str:
    """Return the proof that the tree that `note` signs grew out of that of `old`, and nothing else.

    Raises:
        IntegrityFailureError: the leaves are not those of `note`, or their beginning not that of `old`.
        InvalidError: `old` is another log's, or larger.
    """
    new = _demand(note, leaves)
    if old.origin != new.origin or old.size > new.size:
        raise InvalidError(
            f"所给的检查点（{old.origin}，{old.size} 条）不早于现在的（{new.origin}，{new.size} 条）"
        )
    if root_of(leaves[: old.size]) != old.root:
        raise IntegrityFailureError(f"前 {old.size} 条不是所给检查点当时的记录，不能证明；请先运行核验")
    hashes = map(_base64, consistency_proof(leaves, old.size))
    return "\n".join([f"old {old.size}", *hashes, "", note])


def _demand(note: str, leaves: Sequence[bytes]) -> Checkpoint:
    checkpoint = Checkpoint.parse(split_note(note)[0])
    if len(leaves) != checkpoint.size or root_of(leaves) != checkpoint.root:
        raise IntegrityFailureError("记录与检查点不符，不能证明；请先运行核验")
    return checkpoint


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
