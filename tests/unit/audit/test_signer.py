"""The signer remembers outside the database and goes backwards only for two named persons."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from service.audit.canonical import decode_strict, encode
from service.audit.checkpoint import Checkpoint, open_checkpoint
from service.audit.leaf import LeafActor, LeafFacts, RestoreFact, build
from service.audit.merkle import EMPTY_ROOT, Frontier, leaf_hash, root_of
from service.audit.signer import NamedPerson, RestoreEvent, Signer
from service.audit.signer_files import binding_roots, line_hash
from service.errors import IntegrityFailureError, InvalidError, UnavailableError

ORIGIN = "pingji.example/demo/0001"
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
PERSONS = (NamedPerson("account-1", "系统管理员"), NamedPerson("account-2", "审计员"))


class Log:
    """Leaves in memory, as a database would hold them."""

    def __init__(self, *data: bytes) -> None:
        self.hashes = [leaf_hash(each) for each in data]
        self.asked: list[tuple[int, int]] = []

    def add(self, *data: bytes) -> Log:
        self.hashes.extend(leaf_hash(each) for each in data)
        return self

    def leaves(self, start: int, end: int) -> Iterable[bytes]:
        self.asked.append((start, end))
        return self.hashes[start:end]

    @property
    def root(self) -> bytes:
        return root_of(self.hashes)

    def signed_by(self, signer: Signer) -> str:
        return signer.sign(len(self.hashes), self.root, self.leaves, at=AT)


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [str(number).encode() for number in range(start, start + count)]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.create(tmp_path / "signer", ORIGIN)


def test_directory_and_files_are_closed_to_others(signer: Signer) -> None:
    assert signer.directory.stat().st_mode & 0o777 == 0o700
    assert {each.name: each.stat().st_mode & 0o777 for each in signer.directory.iterdir()} == dict.fromkeys(
        ("key", "history", "state", "lock", "leaves"), 0o600
    )


@pytest.mark.parametrize("name", ["", "key", "history", "state", "lock"])
def test_a_signer_open_to_others_or_incomplete_does_not_start(signer: Signer, name: str) -> None:
    path = signer.directory / name
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(IntegrityFailureError):
        Signer(signer.directory)
    if name:
        path.unlink()
        with pytest.raises(UnavailableError, match=name):
            Signer(signer.directory)


def test_a_signer_is_never_made_twice(signer: Signer) -> None:
    with pytest.raises(InvalidError):
        Signer.create(signer.directory, ORIGIN)


def test_every_growth_is_signed_and_asks_only_for_what_is_new(signer: Signer) -> None:
    log = Log()
    for size in (0, 1, 2, 7, 8, 8, 20, 100):
        log.add(*numbered(size - len(log.hashes), len(log.hashes)))
        note = log.signed_by(Signer(signer.directory))
        assert open_checkpoint(note, [signer.verifier]) == Checkpoint(ORIGIN, size, log.root)
    assert log.asked == [(0, 1), (1, 2), (2, 7), (7, 8), (8, 20), (20, 100)]
    assert len(signer.history()) == 7
    assert signer.state().size == 100
    assert signer.newest() == note


def test_the_same_tree_again_gives_the_same_note_and_no_new_line(signer: Signer) -> None:
    log = Log(*numbered(5))
    assert log.signed_by(signer) == log.signed_by(signer)
    assert len(signer.history()) == 1


def test_nothing_signed_yet_has_no_newest(signer: Signer) -> None:
    assert signer.newest() is None
    assert signer.state().root == EMPTY_ROOT


def refused(signer: Signer, log: Log) -> None:
    before = signer.history()
    with pytest.raises(IntegrityFailureError):
        log.signed_by(signer)
    assert signer.history() == before


def test_a_smaller_log_is_refused(signer: Signer) -> None:
    Log(*numbered(9)).signed_by(signer)
    for size in range(9):
        refused(signer, Log(*numbered(size)))


def test_another_root_at_the_same_size_is_refused(signer: Signer) -> None:
    Log(*numbered(9)).signed_by(signer)
    for changed in range(9):
        data = numbered(9)
        data[changed] = b"fork"
        refused(signer, Log(*data))


def test_a_grown_log_with_another_past_is_refused(signer: Signer) -> None:
    Log(*numbered(9)).signed_by(signer)
    for changed in range(9):
        data = numbered(30)
        data[changed] = b"fork"
        refused(signer, Log(*data))
    swapped = numbered(30)
    swapped[2], swapped[3] = swapped[3], swapped[2]
    refused(signer, Log(*swapped))


def test_a_size_that_the_leaves_do_not_bear_out_is_refused(signer: Signer) -> None:
    log = Log(*numbered(4))
    with pytest.raises(IntegrityFailureError, match="只交出"):
        signer.sign(5, log.root, log.leaves, at=AT)
    with pytest.raises(IntegrityFailureError):
        signer.sign(4, log.root, lambda start, end: [b"short"] * (end - start), at=AT)
    assert signer.history() == ()


def sign_repeatedly(directory: str, turns: int) -> None:
    signer = Signer(Path(directory))
    for turn in range(1, turns + 1):
        size = max(turn, signer.state().size)
        log = Log(*numbered(size))
        try:
            log.signed_by(signer)
        except IntegrityFailureError as error:
            assert "条：拒绝签署" in str(error)  # noqa: PT017 - another process was quicker


def test_several_processes_leave_one_unbroken_history(signer: Signer) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=sign_repeatedly, args=(str(signer.directory), 12)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    notes = [decode_strict(line.encode())["note"] for line in signer.history()]
    sizes = [open_checkpoint(note, [signer.verifier]).size for note in notes]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 12


def test_a_torn_last_line_was_never_given_out_and_is_dropped(signer: Signer) -> None:
    log = Log(*numbered(3))
    log.signed_by(signer)
    whole = (signer.directory / "history").read_bytes()
    (signer.directory / "history").write_bytes(whole + b'{"at":"2026')
    assert log.add(b"more").signed_by(signer)
    assert (signer.directory / "history").read_bytes().startswith(whole)
    assert len(signer.history()) == 2


def test_a_crash_between_history_and_state_is_healed_forward(signer: Signer) -> None:
    log = Log(*numbered(3))
    log.signed_by(signer)
    old = (signer.directory / "state").read_bytes()
    note = log.add(b"more").signed_by(signer)
    (signer.directory / "state").write_bytes(old)
    assert signer.state().size == 4
    assert log.signed_by(signer) == note
    refused(signer, Log(*numbered(3)))


def test_a_crash_that_left_a_new_state_file_beside_does_not_block(signer: Signer) -> None:
    (signer.directory / "state.new").write_bytes(b"half")
    assert Log(*numbered(3)).signed_by(signer)


def test_a_shortened_swapped_or_edited_history_stops_the_signer(signer: Signer) -> None:
    log = Log()
    for number in range(4):
        log.add(str(number).encode()).signed_by(signer)
    path = signer.directory / "history"
    lines = path.read_bytes().splitlines(keepends=True)
    edited = lines[1].replace(b"checkpoint", b"checkpoinT")
    for broken in (
        lines[:3],
        lines[1:],
        [lines[1], lines[0], *lines[2:]],
        [lines[0], edited, *lines[2:]],
        [],
    ):
        path.write_bytes(b"".join(broken))
        with pytest.raises(IntegrityFailureError):
            signer.state()
        with pytest.raises(IntegrityFailureError):
            log.signed_by(signer)
    path.write_bytes(b"".join(lines))
    assert signer.state().size == 4


def test_every_byte_changed_in_the_state_file_stops_the_signer_or_changes_nothing(signer: Signer) -> None:
    log = Log(*numbered(11))
    log.signed_by(signer)
    path = signer.directory / "state"
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(IntegrityFailureError):
            signer.state()


def restore_leaf(size: int, root: bytes, persons: tuple[NamedPerson, NamedPerson] = PERSONS) -> bytes:
    facts = LeafFacts(
        log=ORIGIN,
        entry_id="restore-1",
        at=AT,
        actor=LeafActor("account-1", "SA"),
        action="system.restore",
        reason="磁盘损坏",
        restore=RestoreFact(size, root.hex(), (persons[0].account, persons[1].account)),
    )
    return build(facts)[0]


def restored(signer: Signer, kept: int) -> tuple[Log, RestoreEvent]:
    """A log cut to `kept` leaves, with the entry that says so."""
    state = signer.state()
    leaf = restore_leaf(state.size, state.root)
    log = Log(*numbered(kept), leaf)
    return log, RestoreEvent(leaf, kept, kept + 1, log.root, PERSONS, "磁盘损坏，恢复到前一日备份")


def grown_signer(signer: Signer) -> Signer:
    log = Log()
    for size in (3, 6, 10):
        log.add(*numbered(size - len(log.hashes), len(log.hashes))).signed_by(signer)
    return signer


def test_a_restore_by_two_named_persons_moves_the_signer_and_stays_in_its_history(signer: Signer) -> None:
    grown_signer(signer)
    before = signer.history()
    old = signer.state()
    log, event = restored(signer, 7)
    refused(signer, log)
    note = signer.accept_restore(event, log.leaves, at=AT)
    assert open_checkpoint(note, [signer.verifier]) == Checkpoint(ORIGIN, 8, log.root)
    line = decode_strict(signer.history()[-1].encode())
    assert signer.history()[:-1] == before
    assert line["kind"] == "restore"
    assert line["from"] == {"size": 10, "root": old.root.hex()}
    assert line["entry"] == {"index": 7, "hash": leaf_hash(event.leaf).hex()}
    assert line["persons"] == [
        {"account": "account-1", "name": "系统管理员"},
        {"account": "account-2", "name": "审计员"},
    ]
    assert line["reason"] == "磁盘损坏，恢复到前一日备份"
    assert set(binding_roots(signer.history())) == {3, 6, 8}
    assert log.add(b"after").signed_by(signer)


def test_a_restore_that_lost_nothing_is_recorded_too(signer: Signer) -> None:
    grown_signer(signer)
    log, event = restored(signer, 12)
    assert signer.accept_restore(event, log.leaves, at=AT)
    assert set(binding_roots(signer.history())) == {3, 6, 10, 13}


@pytest.mark.parametrize(
    "persons",
    [
        (PERSONS[0], PERSONS[0]),
        (PERSONS[0], NamedPerson("account-3", "审计员")),
        (PERSONS[1], PERSONS[0]),
        (PERSONS[0], NamedPerson("account-2", " ")),
        (PERSONS[0], NamedPerson("account-2", "系统管理员")),
    ],
)
def test_a_restore_without_its_two_persons_is_refused(signer: Signer, persons: Any) -> None:
    log, event = restored(grown_signer(signer), 7)
    with pytest.raises(InvalidError):
        signer.accept_restore(replace(event, persons=persons), log.leaves, at=AT)
    assert signer.state().size == 10


def test_a_restore_without_reason_or_outside_the_log_is_refused(signer: Signer) -> None:
    log, event = restored(grown_signer(signer), 7)
    for wrong in (replace(event, reason=" "), replace(event, index=8), replace(event, index=-1)):
        with pytest.raises(InvalidError):
            signer.accept_restore(wrong, log.leaves, at=AT)


def test_a_restore_citing_anything_but_the_last_checkpoint_is_refused(signer: Signer) -> None:
    grown_signer(signer)
    for size, root in ((6, root_of(Log(*numbered(6)).hashes)), (10, EMPTY_ROOT), (11, signer.state().root)):
        leaf = restore_leaf(size, root)
        log = Log(*numbered(7), leaf)
        event = RestoreEvent(leaf, 7, 8, log.root, PERSONS, "原因")
        with pytest.raises(IntegrityFailureError, match="最后的检查点"):
            signer.accept_restore(event, log.leaves, at=AT)


def test_a_restore_that_changes_what_stays_is_refused(signer: Signer) -> None:
    _, event = restored(grown_signer(signer), 7)
    for changed in range(6):
        data = numbered(7)
        data[changed] = b"rewritten"
        log = Log(*data, event.leaf)
        with pytest.raises(IntegrityFailureError, match="当时签署的不同"):
            signer.accept_restore(replace(event, root=log.root), log.leaves, at=AT)


def test_a_restore_whose_entry_is_not_in_the_log_is_refused(signer: Signer) -> None:
    log, event = restored(grown_signer(signer), 7)
    other = Log(*numbered(8))
    with pytest.raises(IntegrityFailureError, match="不是所报的恢复记录"):
        signer.accept_restore(replace(event, root=other.root), other.leaves, at=AT)
    with pytest.raises(IntegrityFailureError, match="条数或根"):
        signer.accept_restore(replace(event, root=EMPTY_ROOT), log.leaves, at=AT)
    plain = build(
        LeafFacts(log=ORIGIN, entry_id="e", at=AT, actor=LeafActor("a", "SA"), action="evaluation.edit")
    )[0]
    with pytest.raises(IntegrityFailureError, match="不是恢复记录"):
        signer.accept_restore(replace(event, leaf=plain), log.leaves, at=AT)


def test_the_restore_cannot_be_replayed(signer: Signer) -> None:
    log, event = restored(grown_signer(signer), 7)
    signer.accept_restore(event, log.leaves, at=AT)
    with pytest.raises(IntegrityFailureError):
        signer.accept_restore(event, log.leaves, at=AT)


def test_every_word_of_the_history_is_sealed(signer: Signer) -> None:
    """Even a hand that mends the chain and the state cannot put other names into a restore."""
    log, event = restored(grown_signer(signer), 7)
    signer.accept_restore(event, log.leaves, at=AT)
    path = signer.directory / "history"
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    forged = [*lines[:-1], lines[-1].replace("审计员", "经办")]
    path.write_text("".join(f"{line}\n" for line in forged), encoding="utf-8")
    state = decode_strict((signer.directory / "state").read_bytes())
    mended = encode({**state, "last_line": line_hash(forged[-1])})
    (signer.directory / "state").write_bytes(mended)
    with pytest.raises(IntegrityFailureError, match="封记"):
        signer.history()
    (signer.directory / "state").write_bytes(
        encode({**state, "lines": 3, "last_line": line_hash(lines[-2]), "size": 10, **frontier_of(10)})
    )
    with pytest.raises(IntegrityFailureError, match="封记"):
        signer.state()


def frontier_of(size: int) -> dict[str, str]:
    frontier = Frontier()
    frontier.extend(leaf_hash(each) for each in numbered(size))
    return {"frontier": frontier.pack().hex(), "root": frontier.root().hex()}


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\r\n", "\n"])
def test_odd_line_ends_in_a_reason_do_not_split_the_history(signer: Signer, separator: str) -> None:
    log, event = restored(grown_signer(signer), 7)
    signer.accept_restore(replace(event, reason=f"一{separator}二"), log.leaves, at=AT)
    assert len(signer.history()) == 4
    assert log.add(b"x").signed_by(signer)


@pytest.mark.parametrize("limit", [0, 40])
def test_a_full_disk_gives_no_note_and_loses_no_memory(signer: Signer, limit: int) -> None:
    """A child may write `limit` more bytes; the kernel refuses the rest, as a full disk would."""
    log = Log(*numbered(3))
    log.signed_by(signer)
    size = (signer.directory / "history").stat().st_size
    context = get_context("spawn")
    process = context.Process(target=sign_with_limit, args=(str(signer.directory), size + limit))
    process.start()
    process.join()
    assert process.exitcode == 3
    assert signer.state().size == 3
    assert log.add(b"more").signed_by(signer)


def sign_with_limit(directory: str, limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        Log(*numbered(4)).signed_by(Signer(Path(directory)))
    except UnavailableError:
        os._exit(3)
    os._exit(4)


def test_the_signed_leaf_hashes_are_remembered_and_rebuilt_when_lost(signer: Signer) -> None:
    log = Log(*numbered(4))
    log.signed_by(signer)
    assert signer.leaf_hashes() == tuple(log.hashes)
    path = signer.directory / "leaves"
    for broken in (b"", path.read_bytes()[:-5], bytes(128)):
        path.write_bytes(broken)
        assert signer.leaf_hashes() is None
    path.unlink()
    assert signer.leaf_hashes() is None
    log.add(b"more").signed_by(signer)
    assert signer.leaf_hashes() == tuple(log.hashes)
    path.write_bytes(path.read_bytes() + b"torn")
    log.add(b"and more").signed_by(signer)
    assert signer.leaf_hashes() == tuple(log.hashes)


def test_the_memory_aid_follows_a_restore(signer: Signer) -> None:
    log, event = restored(grown_signer(signer), 7)
    signer.accept_restore(event, log.leaves, at=AT)
    assert signer.leaf_hashes() == tuple(log.hashes)
