"""The Merkle tree of RFC 6962 over leaf hashes (SHA-256).

- leaf = H(0x00 ‖ data), node = H(0x01 ‖ left ‖ right), empty tree = H("").
- A `Frontier` holds the roots of the perfect subtrees on the left, largest first: all that is
  needed to append and to know the root. Its length is the number of one-bits of the size.
- Every hash taken from outside is checked to be 32 bytes before use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from service.errors import IntegrityFailureError, InvalidError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_SIZE = 2**63 - 1


def leaf_hash(data: bytes) -> bytes:
    """Return the 32-byte hash of a leaf holding `data`."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of the node over two child hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _demand_hash(value: bytes) -> None:
    if len(value) != HASH_SIZE:
        raise IntegrityFailureError(f"散列值长度为 {len(value)} 字节，应为 {HASH_SIZE} 字节")


@dataclass(slots=True)
class Frontier:
    """A tree that can only grow: its size and the roots of its perfect subtrees, largest first."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> int:
        """Add the leaf hash `leaf` (32 bytes) and return its index, counted from 0."""
        _demand_hash(leaf)
        index = self.size
        self.hashes.append(leaf)
        carry = index
        while carry & 1:
            right = self.hashes.pop()
            self.hashes[-1] = node_hash(self.hashes[-1], right)
            carry >>= 1
        self.size = index + 1
        return index

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add many leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the root hash of the tree of `size` leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def pack(self) -> bytes:
        """Return the hashes joined, 32 bytes each; the size is stored beside it."""
        return b"".join(self.hashes)

    @classmethod
    def unpack(cls, size: int, data: bytes) -> Frontier:
        """Return the frontier of `size` leaves written by `pack`.

        Raises:
            IntegrityFailureError: if the number of hashes does not belong to `size`.
        """
        if not 0 <= size <= MAX_SIZE or len(data) != HASH_SIZE * size.bit_count():
            raise IntegrityFailureError(f"日志头损坏：{size} 条记录与 {len(data)} 字节的前沿不相符")
        return cls(size, [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)])


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over the leaf hashes in order, in constant memory."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of leaf `index` in the tree over `leaves`, lowest sibling first.

    Raises:
        InvalidError: if `index` is outside the tree.
    """
    if not 0 <= index < len(leaves):
        raise InvalidError(f"序号 {index} 不在 {len(leaves)} 条记录之内")
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root_of(leaves[middle:end]))
            end = middle
        else:
            path.append(root_of(leaves[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof that the tree over the first `old_size` leaves is a prefix of this one.

    The proof is empty for `old_size` 0 and for equal sizes.

    Raises:
        InvalidError: if `old_size` is negative or larger than the tree.
    """
    if not 0 <= old_size <= len(leaves):
        raise InvalidError(f"旧的记录数 {old_size} 超出 {len(leaves)}")
    if old_size in (0, len(leaves)):
        return ()
    path: list[bytes] = []
    start, end = 0, len(leaves)
    complete = True
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(root_of(leaves[middle:end]))
            end = middle
        else:
            path.append(root_of(leaves[start:middle]))
            start, complete = middle, False
    if not complete:
        path.append(root_of(leaves[start:end]))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, *, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `leaf` is entry `index` of the tree of `size` leaves with `root`."""
    if not 0 <= index < size <= MAX_SIZE or any(len(h) != HASH_SIZE for h in (leaf, root, *proof)):
        return False
    node, last = index, size - 1
    current = leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether the tree of `old_size` leaves is a prefix of the tree of `new_size` leaves.

    Size 0 has one root only, H(""); from it and between equal sizes the proof must be empty.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        return False
    if any(len(h) != HASH_SIZE for h in (old_root, new_root, *proof)):
        return False
    if (old_size == 0 and old_root != EMPTY_ROOT) or (new_size == 0 and new_root != EMPTY_ROOT):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    return not proof if old_size == 0 else _grown(old_size, old_root, new_size, new_root, proof)


def _grown(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Check a consistency proof with 0 < `old_size` < `new_size` (RFC 9162 §2.1.4.2)."""
    path = list(proof)
    if old_size.bit_count() == 1:
        path.insert(0, old_root)
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root
