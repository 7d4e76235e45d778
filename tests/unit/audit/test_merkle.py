"""The tree is that of RFC 6962: compared with its recursive definition for every size up to 300."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from service.errors import IntegrityFailureError, InvalidError

MOST = 300
LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(MOST)]


def largest_power_below(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


@cache
def defined_root(start: int, end: int) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if start == end:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    middle = start + largest_power_below(end - start)
    return hashlib.sha256(b"\x01" + defined_root(start, middle) + defined_root(middle, end)).digest()


def defined_path(index: int, start: int, end: int) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1."""
    if end - start == 1:
        return []
    middle = start + largest_power_below(end - start)
    if index < middle:
        return [*defined_path(index, start, middle), defined_root(middle, end)]
    return [*defined_path(index, middle, end), defined_root(start, middle)]


def defined_subproof(old: int, start: int, end: int, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2; `old` counts from the start of the range."""
    if old == end - start:
        return [] if whole else [defined_root(start, end)]
    middle = start + largest_power_below(end - start)
    if start + old <= middle:
        return [*defined_subproof(old, start, middle, whole), defined_root(middle, end)]
    return [*defined_subproof(start + old - middle, middle, end, False), defined_root(start, middle)]


def test_a_leaf_and_a_node_carry_their_prefixes() -> None:
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_the_frontier_has_the_defined_root_at_every_size_and_survives_packing() -> None:
    frontier = Frontier()
    for size in range(MOST + 1):
        assert frontier.root() == defined_root(0, size)
        assert len(frontier.pack()) == 32 * size.bit_count()
        frontier = Frontier.unpack(size, frontier.pack())
        if size < MOST:
            assert frontier.append(LEAVES[size]) == size


def test_every_inclusion_proof_is_the_defined_one_and_verifies() -> None:
    for size in (*range(1, 70), 127, 128, 129, 255, 256, 257, 300):
        root = defined_root(0, size)
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            assert list(proof) == defined_path(index, 0, size)
            assert verify_inclusion(LEAVES[index], index, size=size, root=root, proof=proof)


def test_every_consistency_proof_is_the_defined_one_and_verifies() -> None:
    for new in (*range(0, 50), 63, 64, 65, 128, 255, 300):
        for old in range(0, new + 1):
            proof = consistency_proof(LEAVES[:new], old)
            assert list(proof) == (defined_subproof(old, 0, new, True) if old > 0 else [])
            assert verify_consistency(
                old_size=old,
                old_root=defined_root(0, old),
                new_size=new,
                new_root=defined_root(0, new),
                proof=proof,
            )


def test_all_sizes_to_three_hundred_are_consistent_with_their_successor() -> None:
    for new in range(1, MOST + 1):
        proof = consistency_proof(LEAVES[:new], new - 1)
        roots = {"old_root": defined_root(0, new - 1), "new_root": defined_root(0, new)}
        assert verify_consistency(old_size=new - 1, new_size=new, proof=proof, **roots)
        for side in ("old_root", "new_root")[: 1 if new == 1 else 2]:  # any tree grows from nothing
            fork = roots | {side: leaf_hash(b"fork")}
            assert not verify_consistency(old_size=new - 1, new_size=new, proof=proof, **fork)


@given(st.data())
def test_any_changed_part_of_an_inclusion_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 120))
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(LEAVES[:size], index))
    root, leaf = defined_root(0, size), LEAVES[index]
    wrong = data.draw(st.sampled_from(["index", "size", "drop", "extra", "swap", "flip", "leaf", "root"]))
    if wrong == "index":
        index = data.draw(st.integers(-2, size + 2).filter(lambda other: other != index))
    elif wrong == "size":
        # a path of an inner leaf may be the same in a neighbouring size; its root is another
        size = data.draw(st.integers(0, 130).filter(lambda other: other != size))
        root = defined_root(0, size)
    elif wrong == "drop":
        proof.pop(data.draw(st.integers(0, len(proof) - 1)))
    elif wrong == "extra":
        proof.insert(data.draw(st.integers(0, len(proof))), LEAVES[-1])
    elif wrong == "swap":
        proof[0] = LEAVES[-1]
    elif wrong == "flip":
        at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        proof[at] = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    elif wrong == "leaf":
        leaf = LEAVES[-1]
    else:
        root = LEAVES[-1]
    assert not verify_inclusion(leaf, index, size=size, root=root, proof=proof)


@given(st.data())
def test_any_changed_part_of_a_consistency_proof_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 120))
    old = data.draw(st.integers(1, new - 1))
    proof = list(consistency_proof(LEAVES[:new], old))
    old_root, new_root = defined_root(0, old), defined_root(0, new)
    wrong = data.draw(st.sampled_from(["drop", "extra", "flip", "old", "new"]))
    if wrong == "drop":
        proof.pop(data.draw(st.integers(0, len(proof) - 1)))
    elif wrong == "extra":
        proof.insert(data.draw(st.integers(0, len(proof))), LEAVES[-1])
    elif wrong == "flip":
        at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        proof[at] = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    elif wrong == "old":
        old_root = LEAVES[-1]
    else:
        new_root = LEAVES[-1]
    assert not verify_consistency(
        old_size=old, old_root=old_root, new_size=new, new_root=new_root, proof=proof
    )


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_is_refused_everywhere(length: int) -> None:
    odd = bytes(length)
    with pytest.raises(IntegrityFailureError):
        Frontier().append(odd)
    one = LEAVES[0]
    assert not verify_inclusion(odd, 0, size=1, root=odd, proof=())
    assert not verify_inclusion(one, 0, size=1, root=odd, proof=())
    assert not verify_inclusion(one, 0, size=2, root=defined_root(0, 2), proof=(odd,))
    two = {"old_root": one, "new_size": 2, "new_root": defined_root(0, 2)}
    assert not verify_consistency(old_size=1, proof=(odd,), **two)  # type: ignore[arg-type]
    assert not verify_consistency(old_size=1, old_root=odd, new_size=1, new_root=odd, proof=())


def test_size_zero_has_one_root_and_no_proof() -> None:
    def check(old: int, old_root: bytes, new: int, new_root: bytes, *proof: bytes) -> bool:
        return verify_consistency(
            old_size=old, old_root=old_root, new_size=new, new_root=new_root, proof=proof
        )

    one = LEAVES[0]
    assert check(0, EMPTY_ROOT, 0, EMPTY_ROOT)
    assert check(0, EMPTY_ROOT, 1, one)
    assert not check(0, one, 0, one)
    assert not check(0, one, 1, one)
    assert not check(0, EMPTY_ROOT, 1, one, one)
    assert not check(0, EMPTY_ROOT, 0, EMPTY_ROOT, one)
    assert not check(1, one, 1, one, one)
    assert not check(1, one, 0, EMPTY_ROOT)
    assert not check(1, one, 2, defined_root(0, 2))
    assert not verify_inclusion(one, 0, size=0, root=EMPTY_ROOT, proof=())


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 0), (1, 2), (3, 1), (-1, 0)])
def test_a_packed_frontier_of_the_wrong_length_is_refused(size: int, count: int) -> None:
    with pytest.raises(IntegrityFailureError):
        Frontier.unpack(size, bytes(32 * count))


def test_a_proof_outside_the_tree_is_not_made() -> None:
    with pytest.raises(InvalidError):
        inclusion_proof(LEAVES[:3], 3)
    with pytest.raises(InvalidError):
        consistency_proof(LEAVES[:3], 4)
