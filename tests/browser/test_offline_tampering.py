"""Of altered bytes both verifiers say the same, word for word, and neither lets one pass.

The usual count takes a spread of places; ``./dev deep`` every value of every byte of checkpoint, policy and proofs,
one random bit at every byte of one file of entries and of one tile of each level, and flips in every tile.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from service.audit import verifier
from service.audit.verifier import Policy, ProofCheck, Refused, Verification
from tests.browser.offline import Change, OfflinePage, fresh_context, told
from tests.conftest import Depth
from tests.unit.audit.conftest import SmallLog, empty_log, log
from tests.unit.audit.memory import MemoryBundle, files_of
from tests.unit.audit.test_proofs import earlier, growth, inclusion
from tests.unit.audit.test_tampering import bits, many, meaning, remembered, tell

__all__ = ["earlier", "empty_log", "growth", "inclusion", "log", "remembered"]
CHUNK = 100

# A true signature need not be multiplied out again for every altered byte elsewhere.
REMEMBER = """
() => {
  const whole = ed25519Verifies, known = new Map();
  ed25519Verifies = (open, message, mark) => {
    const key = [open, message, mark].map(hex).join();
    if (!known.has(key)) known.set(key, whole(open, message, mark));
    return known.get(key);
  };
}
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[OfflinePage]:
    context, asked = fresh_context(browser)
    made = OfflinePage(context.new_page())
    made.page.evaluate(REMEMBER)
    yield made
    assert (made.faults, asked) == ([], [])
    context.close()


def values(name: str, data: bytes, deep: Depth) -> Iterator[Change]:
    """Every other value of every byte when `deep`; a spread of both otherwise."""
    for at in deep.numbers(0, len(data)) or range(0, len(data), max(1, len(data) // 20)):
        for value in sorted(set(range(256) if deep else (data[at] ^ 1, data[at] ^ 0x20, 0xFF)) - {data[at]}):
            yield name, at, value


def compared(page: OfflinePage, bundle: MemoryBundle, changes: Iterator[Change], policy: Policy) -> int:
    """Demand the same answer of both, and that it is no pass; how many were compared."""
    page.load(bundle.files)
    done = 0
    while chunk := list(islice(changes, CHUNK)):
        expected = [told(Verification(bundle.altered(*each), policy).run()) for each in chunk]
        assert _differing(chunk, page.judge_many(chunk, policy=policy), expected) == []
        done += len(chunk)
    return done


def _differing(chunk: Sequence[Any], answers: Sequence[Any], expected: Sequence[Any]) -> list[Any]:
    """What was judged otherwise, or passed."""
    rows = zip(chunk, answers, expected, strict=True)
    return [(each, page, ours) for each, page, ours in rows if page != ours or page["code"] == 0]


def test_of_every_byte_of_the_checkpoint(
    page: OfflinePage, log: SmallLog, tmp_path: Path, deep: Depth
) -> None:
    bundle = MemoryBundle(files_of(verifier.Bundle(log.export(tmp_path / "bundle"))))
    changes = values("checkpoint", bundle.files["checkpoint"], deep)
    tell(f"checkpoint: {compared(page, bundle, changes, verifier.trusted(log.vkey))} alike, 0 undetected")


def test_of_every_byte_of_the_policy(page: OfflinePage, log: SmallLog, deep: Depth) -> None:
    text = log.policy
    whole, done = meaning(Policy.parse(text)), 0
    parse = """(texts) => texts.map((text) => {
      try { const made = Policy.parse(text); return ["", made.name, made.quorum, [...made.keys.values()].map((key) => hex(key.open))]; }
      catch (error) { if (!(error instanceof Refused)) throw error; return [error.message]; }
    })"""
    changes = values("policy", text.encode(), deep)
    while chunk := list(islice(changes, CHUNK)):
        data = [text.encode()[:at] + bytes([value]) + text.encode()[at + 1 :] for _, at, value in chunk]
        texts = [each.decode() for each in data if _decodes(each)]
        expected: list[list[Any]] = []
        for each in texts:
            try:
                made = Policy.parse(each)
                expected.append(
                    ["", made.name, made.quorum, [key.public.hex() for key in made.keys.values()]]
                )
                assert meaning(made) == whole
            except Refused as error:
                expected.append([str(error)])
        assert page.page.evaluate(parse, texts) == expected
        done += len(chunk)
    tell(f"policy: {done} alike, 0 read as other keys")


def _decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("name", ["inclusion", "growth"])
def test_of_every_byte_of_a_proof(
    page: OfflinePage, log: SmallLog, earlier: bytes, deep: Depth, request: pytest.FixtureRequest, name: str
) -> None:
    data, policy = request.getfixturevalue(name).read_bytes(), verifier.trusted(log.vkey)
    leaf = log.parts[3].hash if name == "inclusion" else None
    first = len(verifier.INCLUSION) if name == "inclusion" else 4
    page.load({"proof": data})
    changes, done = values("proof", data, deep), 0
    while chunk := list(islice(changes, CHUNK)):
        made = [data[:at] + bytes([value]) + data[at + 1 :] for _, at, value in chunk]
        expected = [told(ProofCheck(each, policy, leaf, earlier).run()) for each in made]
        answers = page.judge_many(chunk, policy=policy, kept=earlier, leaf=leaf, alone="proof")
        # With another head it is no proof at all: the command takes it for a bundle and refuses it.
        heads = [
            at < first and answer["code"] == 2 for (_, at, _), answer in zip(chunk, answers, strict=True)
        ]
        rows = [
            (*row,)
            for row, head in zip(zip(chunk, answers, expected, strict=True), heads, strict=True)
            if not head
        ]
        assert _differing(*([row[n] for row in rows] for n in range(3))) == []
        assert all(each["code"] == 1 for each in expected)
        done += len(chunk)
    tell(f"{name}: {done} alike, 0 undetected")


def test_of_one_bit_at_every_byte_of_entries_and_tiles(
    page: OfflinePage, empty_log: SmallLog, tmp_path: Path, deep: Depth
) -> None:
    bundle, policy = many(empty_log, 300, tmp_path / "bundle"), verifier.trusted(empty_log.vkey)
    assert page.judge(bundle.files, policy=policy) == told(Verification(bundle, policy).run())
    for name in ("tile/entries/000", "tile/0/000", "tile/1/000.p/1"):
        changes = ((name, at, value) for at, value in bits(bundle.files[name], deep, 2, usual=12))
        tell(f"{name}: {compared(page, bundle, changes, policy)} alike, 0 undetected")


@pytest.mark.parametrize("size", [1, 256, 513])
def test_of_one_flip_in_every_tile(
    page: OfflinePage, empty_log: SmallLog, tmp_path: Path, deep: Depth, size: int
) -> None:
    bundle, policy = many(empty_log, size, tmp_path / "bundle"), verifier.trusted(empty_log.vkey)
    dice = random.Random(size)

    def flips() -> Iterator[Change]:
        for name in sorted(bundle.names):
            data = bundle.files[name]
            for _ in range((20 if deep else 1) if name.startswith("tile/") else 0):
                at = dice.randrange(len(data))
                yield name, at, data[at] ^ 1 << dice.randrange(8)

    assert compared(page, bundle, flips(), policy) > 1
