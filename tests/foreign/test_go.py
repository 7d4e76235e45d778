"""The Go project's own log library accepts what we sign and prove, and refuses what was altered.

- Every tree size from 0 to 300, every leaf and every earlier size when `deep`; a spread of sizes otherwise.
- An alteration is refused by it and by us alike. The one difference known: its base64 is lax, so it takes
  the three other writings of the last signature character's spare bits; ours takes none.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from typing import Any

import pytest

from service.audit.checkpoint import Checkpoint, SignerKey, open_checkpoint, sign_checkpoint
from service.audit.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from service.errors import IntegrityFailureError
from tests.conftest import Depth
from tests.foreign.conftest import Stranger

MOST = 300
ORIGIN = "pingji/live/0123456789abcdef"
KEY = SignerKey(ORIGIN, bytes(range(32)))
VKEY = str(KEY.verifier)
DATA = [b"entry %d" % number for number in range(MOST)]
LEAVES = [leaf_hash(each) for each in DATA]
ROOTS = [root_of(LEAVES[:size]) for size in range(MOST + 1)]
NOTES = [sign_checkpoint(Checkpoint(ORIGIN, size, root), KEY) for size, root in enumerate(ROOTS)]
SPREAD = (0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 129, 257)
Question = dict[str, Any]


@pytest.fixture(scope="module")
def sizes(deep: Depth) -> list[int]:
    """The tree sizes to try in this run."""
    return list(deep.numbers(0, MOST + 1)) or list(SPREAD)


def note_question(note: str) -> Question:
    return {"Ask": "checkpoint", "Key": VKEY, "Note": note}


def record_questions(size: int) -> Iterator[Question]:
    for index in range(size):
        proof = inclusion_proof(LEAVES[:size], index)
        yield {
            "Ask": "record", "Key": VKEY, "Note": NOTES[size], "Index": index, "Leaf": LEAVES[index],
            "Proof": list(proof),
        }  # fmt: skip


def tree_questions(size: int) -> Iterator[Question]:
    """From size 1: a tree of nothing is a prefix of all, and the library has no proof of it."""
    for old in range(1, size + 1):
        proof = consistency_proof(LEAVES[:size], old)
        yield {"Ask": "tree", "Key": VKEY, "Note": NOTES[size], "Old": NOTES[old], "Proof": list(proof)}


@cache
def opened(note: str) -> Checkpoint:
    return open_checkpoint(note, [KEY.verifier])


@cache
def fork(size: int) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, size, leaf_hash(b"fork")), KEY)


def accepted_by_us(question: Question) -> bool:
    """Judge a question with our own code alone."""
    now, old = opened(question["Note"]), opened(question.get("Old") or question["Note"])
    if question["Ask"] == "record":
        return verify_inclusion(
            question["Leaf"], question["Index"], size=now.size, root=now.root, proof=question["Proof"]
        )
    return verify_consistency(
        old_size=old.size, old_root=old.root, new_size=now.size, new_root=now.root, proof=question["Proof"]
    )


def altered(question: Question, chance: random.Random) -> Iterator[Question]:
    """Yield the question wrong in every way that applies to it."""
    proof: list[bytes] = question["Proof"]
    for at in {0, len(proof) - 1, chance.randrange(len(proof))} if proof else ():
        flipped = bytearray(proof[at])
        flipped[chance.randrange(32)] ^= 1 << chance.randrange(8)
        yield question | {"Proof": [*proof[:at], bytes(flipped), *proof[at + 1 :]]}
        yield question | {"Proof": [*proof[:at], *proof[at + 1 :]]}
        yield question | {"Proof": [*proof[:at], proof[at][:-1], *proof[at + 1 :]]}
    yield question | {"Proof": [*proof, LEAVES[0]]}
    yield question | {"Proof": [b"\0" * 32, *proof]}
    if len(proof) > 1:
        yield question | {"Proof": proof[::-1]}
    size = NOTES.index(question["Note"])
    for other in {size - 1, size + 1} & set(range(MOST + 1)):
        yield question | {"Note": NOTES[other]}
    yield question | {"Note": fork(size)}
    if question["Ask"] == "record":
        yield from (question | {"Index": question["Index"] + by} for by in (-1, 1, size))
        yield question | {"Leaf": leaf_hash(b"another entry")}
    else:
        old = NOTES.index(question["Old"])
        yield question | {"Old": fork(old)}
        yield from (question | {"Old": NOTES[old + by]} for by in (-1, 1) if 0 < old + by <= MOST)


def test_it_opens_our_checkpoints_and_finds_our_roots(stranger: Stranger) -> None:
    answers = stranger.ask(map(note_question, NOTES))
    assert [each["ok"] for each in answers] == [True] * (MOST + 1)
    assert [(each["size"], base64.b64decode(each["root"])) for each in answers] == list(enumerate(ROOTS))
    (answer,) = stranger.ask([{"Ask": "roots", "Leaves": DATA}])
    assert [base64.b64decode(each) for each in answer["roots"]] == ROOTS[1:]


@pytest.mark.parametrize("questions", [record_questions, tree_questions])
def test_it_accepts_every_proof_and_refuses_every_altered_one(
    stranger: Stranger, sizes: list[int], deep: Depth, questions: Any
) -> None:
    chance = random.Random(1962)
    turns = cycle(range(4 if deep.full else 9))
    for size in sizes:
        honest = list(questions(size))
        told = stranger.ask(honest)
        assert [each for each, answer in zip(honest, told, strict=True) if not answer["ok"]] == []
        wrong = [bad for each in honest if next(turns) == 0 for bad in altered(each, chance)]
        # Two writings of one question are no alteration: the same tree at both ends has an empty proof.
        wrong = [each for each in wrong if each not in honest]
        assert [each for each in wrong if accepted_by_us(each)] == []
        told = stranger.ask(wrong)
        assert [each for each, answer in zip(wrong, told, strict=True) if answer["ok"]] == []


def test_every_altered_byte_of_a_checkpoint_is_refused_but_for_spare_bits(
    stranger: Stranger, deep: Depth
) -> None:
    data = NOTES[257].encode()
    values = range(256) if deep.full else (0, 10, 13, 32, 43, 48, 65, 61, 0x7F, 0xC2)
    tried = [
        data[:at] + bytes([value]) + data[at + 1 :]
        for at, byte in enumerate(data)
        for value in {*values, byte ^ 1, byte ^ 0x20}
        if value != byte
    ]
    # JSON carries text: what is no UTF-8 is refused before the question, by us as by Go's reader.
    texts = [each.decode() for each in tried if is_text(each)]
    answers = stranger.ask(map(note_question, texts))
    taken = [text for text, answer in zip(texts, answers, strict=True) if answer["ok"]]
    assert {base64.b64decode(each.split()[-1]) for each in taken} <= {
        base64.b64decode(NOTES[257].split()[-1])
    }
    assert len(taken) == 3 if deep.full else len(taken) <= 3
    for each in tried:
        with pytest.raises(IntegrityFailureError):
            open_checkpoint(each, [KEY.verifier])


def is_text(data: bytes) -> bool:
    try:
        return data.decode() is not None
    except UnicodeDecodeError:
        return False


def test_another_key_another_name_and_another_log_are_refused(stranger: Stranger) -> None:
    namesake = SignerKey(ORIGIN, bytes(32))
    elsewhere = SignerKey("pingji/live/fedcba9876543210", KEY.seed)
    notes = [
        namesake.sign(Checkpoint(ORIGIN, 3, ROOTS[3]).text),
        elsewhere.sign(Checkpoint(ORIGIN, 3, ROOTS[3]).text),
        KEY.sign(Checkpoint("pingji/live/fedcba9876543210", 3, ROOTS[3]).text),
        KEY.sign(f"{ORIGIN}\n03\n{base64.b64encode(ROOTS[3]).decode()}\n"),
        NOTES[3].replace("\n\n", "\n"),
        NOTES[3].split("\n\n")[0] + "\n",
    ]
    assert [each["ok"] for each in stranger.ask(map(note_question, notes))] == [False] * len(notes)
    for note in notes:
        with pytest.raises(IntegrityFailureError):
            open_checkpoint(note, [KEY.verifier])
