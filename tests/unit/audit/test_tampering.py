"""Nothing below the newest checkpoint is altered without the verifier finding it and naming the place.

The usual count takes a spread of places; ``./dev deep`` takes every value of every byte of checkpoint and policy,
one random bit at every byte of one file of entries and of one tile of each level, and one flip in every tile of
trees of all shapes, one of three levels among them.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from service.audit import verifier
from service.audit.bundle import BundleSource, export
from service.audit.leaf import LeafActor, LeafFacts, build
from service.audit.merkle import leaf_hash, root_of
from service.audit.verifier import Policy, Refused, Verdict, Verification, hash_tiles, tile_name
from tests.conftest import Depth
from tests.unit.audit.conftest import START, SmallLog, filled
from tests.unit.audit.memory import MemoryBundle, files_of
from tests.unit.audit.test_signer_keys import ONE, TWO

TALL = 256 * 256 + 257
SHAPES = (1, 255, 256, 257, 511, 512, 513, 700)


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged once need not be judged again: true notes, entries and subtrees; never a refusal."""
    for name, most in (("open_note", 1000), ("read_json", 2 * TALL), ("ed25519_verifies", 10_000)):
        monkeypatch.setattr(verifier, name, lru_cache(most)(getattr(verifier, name)))
    known_root = lru_cache(1000)(verifier.tree_root)

    def tree_root(leaves: Sequence[bytes]) -> bytes:
        return known_root(tuple(leaves))

    monkeypatch.setattr(verifier, "tree_root", tree_root)


def many(log: SmallLog, size: int, folder: Path) -> MemoryBundle:
    """A bundle of `size` smallest entries, signed twice."""
    leaves = []
    for number in range(size):
        at, actor = START + timedelta(seconds=number), LeafActor("account-1", "EV")
        leaves.append(build(LeafFacts(log.origin, f"entry-{number:06d}", at, actor, "evaluation.edit"))[0])
    hashes = [leaf_hash(each) for each in leaves]
    for upto in sorted({size // 2, size}):
        log.note = log.signer.sign(upto, root_of(hashes[:upto]), lambda a, b: hashes[a:b], at=START)
    log.note = log.signer.notes()[-1][1]
    export(folder, BundleSource(log.note, leaves, log.signer.history(), ()))
    return MemoryBundle(files_of(verifier.Bundle(folder)))


def judged(bundle: MemoryBundle, policy: Policy, kept: bytes | None = None) -> Verification:
    return Verification(bundle, policy, kept).run()


def bits(data: bytes, deep: Depth, seed: int, usual: int = 60) -> Iterator[tuple[int, int]]:
    """Places and values that differ from `data` in one random bit, at every byte when `deep`."""
    dice = random.Random(f"{seed} {len(data)}")
    places = deep.numbers(0, len(data)) or sorted(
        {0, len(data) - 1, *dice.sample(range(len(data)), min(usual, len(data)))}
    )
    for at in places:
        yield at, data[at] ^ 1 << dice.randrange(8)


def test_every_value_of_every_byte_of_the_checkpoint(log: Any, tmp_path: Path, deep: Depth) -> None:
    bundle, policy = (
        MemoryBundle(files_of(verifier.Bundle(log.export(tmp_path / "bundle")))),
        verifier.trusted(log.vkey),
    )
    assert judged(bundle, policy).ok
    data, tried = bundle.files["checkpoint"], 0
    for at in deep.numbers(0, len(data)) or range(0, len(data), 3):
        for value in set(range(256) if deep else (data[at] ^ 1, data[at] ^ 0x20, 10)) - {data[at]}:
            outcome = judged(bundle.altered("checkpoint", at, value), policy)
            tried += 1
            assert {name for name, each in outcome.verdicts.items() if not each.ok} == {"signature"}, (
                at,
                value,
            )
    tell(f"checkpoint: {tried} values over {len(data)} bytes, 0 undetected")


def tell(figures: str) -> None:
    """Figures for whoever runs the full count."""
    print(figures)  # noqa: T201


def meaning(policy: Policy) -> tuple[Any, ...]:
    """Whom a policy trusts, but for the numbers and names the auditor writes himself."""
    return (
        policy.name,
        {(k.name, k.public) for k in policy.keys.values()},
        {(k.name, k.public) for k in policy.witnesses.values()},
    )


def test_every_value_of_every_byte_of_the_policy(log: Any, deep: Depth) -> None:
    """It is refused, or the bundle is, or it still trusts the very same keys: no byte brings in another one."""
    text = (
        f"{log.policy}witness A {ONE.vkey}\nwitness B {TWO.vkey}\ngroup g any A B\n".replace(
            "quorum none\n", ""
        )
        + "quorum g\n"
    )
    whole, data = meaning(Policy.parse(text)), text.encode()
    tried = same = 0
    for at in deep.numbers(0, len(data)) or range(0, len(data), 3):
        for value in set(range(256) if deep else (data[at] ^ 1, data[at] ^ 0x20, 10)) - {data[at]}:
            tried += 1
            try:
                made = Policy.parse((data[:at] + bytes([value]) + data[at + 1 :]).decode())
            except (Refused, UnicodeDecodeError):
                continue
            same += 1
            assert meaning(made) == whole, (at, value)
    tell(f"policy: {tried} values over {len(data)} bytes; {same} read as the same keys, 0 as others")


def test_one_bit_at_every_byte_of_one_file_of_entries_and_one_tile_of_each_level(
    empty_log: SmallLog, tmp_path: Path, deep: Depth
) -> None:
    bundle, policy = many(empty_log, 300, tmp_path / "bundle"), verifier.trusted(empty_log.vkey)
    assert judged(bundle, policy).ok
    for name in ("tile/entries/000", "tile/0/000", "tile/1/000.p/1"):
        data, tried, named = bundle.files[name], 0, 0
        bounds = _bounds(data) if "entries" in name else []
        for at, value in bits(data, deep, 1):
            outcome = judged(bundle.altered(name, at, value), policy)
            first, tried = outcome.first_bad(), tried + 1
            assert first is not None, (name, at, value)
            if bounds:
                # Behind a false length the rest of the file is out of step; before it, everything is in place.
                assert first["index"] == next(i for i, end in enumerate(bounds) if at < end), (at, value)
            else:
                assert first["message"] == f"{name} 与记录不符"
            named += 1
        tell(f"{name}: one bit at {tried} of {len(data)} bytes, 0 undetected, {named} named the place")


def _bounds(data: bytes) -> list[int]:
    """Where each entry of a file of entries ends."""
    ends = [0]
    while ends[-1] < len(data):
        ends.append(ends[-1] + 2 + int.from_bytes(data[ends[-1] : ends[-1] + 2], "big"))
    return ends[1:]


@pytest.mark.parametrize("size", SHAPES)
def test_one_flip_in_every_tile_of_trees_of_all_shapes(
    empty_log: SmallLog, tmp_path: Path, deep: Depth, size: int
) -> None:
    bundle, policy = many(empty_log, size, tmp_path / "bundle"), verifier.trusted(empty_log.vkey)
    dice = random.Random(size)
    names = [name for name in sorted(bundle.names) if name.startswith("tile/")]
    assert judged(bundle, policy).ok
    for name in names:
        for _ in range(20 if deep else 1):
            at = dice.randrange(len(bundle.files[name]))
            outcome = judged(
                bundle.altered(name, at, bundle.files[name][at] ^ 1 << dice.randrange(8)), policy
            )
            _names(outcome, name)


def _names(outcome: Verification, name: str) -> None:
    """Demand that a verdict names the tile, or the entry within the file of entries."""
    first = outcome.first_bad()
    assert first is not None, name
    if name.startswith("tile/entries/"):
        number = int(name.split("/", 2)[2].partition(".")[0].replace("x", "").replace("/", ""))
        assert first["index"] // 256 == number
    else:
        assert first["message"] == f"{name} 与记录不符"


@pytest.mark.deep
def test_a_tree_of_three_levels_whose_right_edges_share_tiles(
    empty_log: SmallLog, tmp_path: Path, deep: Depth
) -> None:
    """CVE-2026-56865: a reader of tiles took altered hashes where right-edge subtrees share a tile."""
    bundle, policy = many(empty_log, TALL, tmp_path / "bundle"), verifier.trusted(empty_log.vkey)
    whole = judged(bundle, policy)
    assert whole.ok
    tried: dict[str, int] = {}
    for level, number, width in hash_tiles(TALL):
        name = tile_name(str(level), number, width)
        data = bundle.files[name]
        # Of every level the first tile at every byte, the others at one.
        every = number == 0 and level > 0
        chosen = list(bits(data, deep, level)) if every else [next(bits(data, Depth(full=False), number + 7))]
        for at, value in chosen:
            again = copy.copy(whole)
            again.bundle, again.verdicts = (
                bundle.altered(name, at, value),
                {**whole.verdicts, "tree": Verdict("tree")},
            )
            again._tree()
            assert [each[2] for each in again.verdicts["tree"].problems] == [f"{name} 与记录不符"]
            key = f"tiles of level {level}"
            tried[key] = tried.get(key, 0) + 1
    files = [name for name in sorted(bundle.names) if name.startswith("tile/entries/")]
    for index in deep.numbers(len(files), len(files)):
        data = bundle.files[files[index]]
        at, value = next(bits(data, Depth(full=False), index, 1))
        _names(judged(bundle.altered(files[index], at, value), policy), files[index])
    tell(f"tree of {TALL}: {tried}, files of entries {len(files)}, 0 undetected")


def test_every_earlier_state_is_a_rollback_and_every_other_tail_a_fork(log: Any, tmp_path: Path) -> None:
    """Cut tails, restored backups and forks at every size, against the checkpoint the auditor has kept."""
    policy, kept, whole = verifier.trusted(log.vkey), log.note.encode(), list(log.parts)
    backup = filled(SmallLog(tmp_path / "other", log.origin), rows=2)
    for size in range(1, len(whole)):
        log.parts = whole[:size]
        for number, tail in enumerate(([], [backup.parts[0]], [whole[size - 1]])):
            parts = [*log.parts, *tail]
            hashes = [part.hash for part in parts]
            stolen = log.signer.__class__.create(tmp_path / f"stolen-{size}-{number}", log.origin)
            (stolen.directory / "key").write_text((log.signer.directory / "key").read_text())
            stolen = log.signer.__class__(stolen.directory)
            note = stolen.sign(len(parts), root_of(hashes), lambda a, b, known=hashes: known[a:b], at=START)
            folder = tmp_path / f"bundle-{size}-{number}"
            export(
                folder,
                BundleSource(note, [part.data for part in parts], stolen.history(), (), complete=False),
            )
            files = MemoryBundle(files_of(verifier.Bundle(folder)))
            outcome = judged(files, policy, kept)
            first = outcome.first_bad()
            assert first is not None
            assert not outcome.verdicts["history"].ok, (size, number)
            assert first["index"] is not None


def test_a_backdated_entry_is_named_in_the_notes(empty_log: SmallLog, tmp_path: Path) -> None:
    """Signed by the right key it breaks no rule of the tree: the verifier says where time runs backwards."""
    for _ in range(9):
        empty_log.add("evaluation.edit")
    late, early = empty_log.parts[7], empty_log.parts[2]
    empty_log.parts[2], empty_log.parts[7] = late, early
    empty_log.sign()
    outcome = verifier.verify_bundle(empty_log.export(tmp_path / "bundle"), empty_log.vkey)
    backwards = [note for note in outcome.verdicts["entries"].notes if "时间早于前面的记录" in note]
    assert [note.split(" ")[1] for note in backwards] == ["3", "4", "5", "6", "7"]
