"""The signer in its own process keeps every rule of the signer, whoever is killed whenever."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from service.audit.checkpoint import open_checkpoint
from service.audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from service.audit.signer import Signer
from service.audit.signer_client import SignerClient, door_of, signer_at
from service.audit.signer_words import CHUNK, MOST, address, dialled, put, talk
from service.errors import IntegrityFailureError, InvalidError, ServiceError, UnavailableError
from tests.conftest import ROOT, Depth
from tests.unit.audit.conftest import SmallLog

ORIGIN = "pingji.example/demo/0001"
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
SERVE = """
import sys
from pathlib import Path
from service.audit.signer_client import door_of
from service.audit.signer_server import serve
directory = Path(sys.argv[1])
serve(directory, door_of(directory), ready=lambda: print("ready", flush=True))
"""
ASK = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.unit.audit.test_signer_process import grow
grow(Path(sys.argv[1]), until=10**9)
"""


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(b"entry %d" % number) for number in range(size)]


def asked(signer: Any, size: int, *, fork: bool = False) -> str:
    hashes = leaves(size)
    if fork:
        hashes[0] = leaf_hash(b"fork")
    note: str = signer.sign(size, root_of(hashes), lambda start, end: hashes[start:end], at=AT)
    return note


def started(directory: Path) -> subprocess.Popen[str]:
    """Start the process and return it once callers can come."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(directory)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def killed(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def serving(directory: Path) -> Iterator[SignerClient]:
    process = started(directory)
    try:
        yield SignerClient(door_of(directory))
    finally:
        killed(process)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The state of a signer that signed nothing yet; deeper than a socket's address may be long."""
    instance = tmp_path / ("deep" * 25)
    instance.mkdir(mode=0o700)
    return Signer.create(instance / "signer", ORIGIN).directory


def test_it_answers_everything_the_signer_itself_would(directory: Path) -> None:
    own = Signer(directory)
    with serving(directory) as client:
        assert (client.newest(), client.leaf_hashes(), client.history()) == (None, (), ())
        for size in (0, 1, 7, CHUNK, 2 * CHUNK + 3):
            assert asked(client, size) == asked(client, size) == own.newest()
        assert client.verifier == own.verifier
        assert client.origin == ORIGIN
        assert client.state() == own.state()
        assert client.history() == own.history()
        assert client.notes() == own.notes()
        assert client.leaf_hashes() == own.leaf_hashes() == tuple(leaves(2 * CHUNK + 3))


def test_fork_and_rollback_are_refused_in_the_signers_own_words(directory: Path) -> None:
    with serving(directory) as client:
        asked(client, 9)
        for size, fork in ((8, False), (0, False), (9, True), (20, True)):
            with pytest.raises(IntegrityFailureError, match="拒绝签署") as refusal:
                # A fork is told only of what is new; its root then is not that of the signed past.
                asked(client, size, fork=fork)
            with pytest.raises(IntegrityFailureError) as same:
                asked(Signer(directory), size, fork=fork)
            assert str(refusal.value) == str(same.value)
        assert len(client.history()) == 1


def test_a_lost_memory_aid_is_asked_for_again(directory: Path) -> None:
    with serving(directory) as client:
        asked(client, CHUNK + 1)
        (directory / "leaves").write_bytes(b"")
        assert client.leaf_hashes() is None
        asked(client, CHUNK + 2)
        assert client.leaf_hashes() == tuple(leaves(CHUNK + 2))


def test_keys_change_through_the_door_and_both_sides_know(tmp_path: Path) -> None:
    log = SmallLog(tmp_path / "signer")
    log.add("evaluation.edit")
    with serving(log.signer.directory) as client:
        log.signer = client  # type: ignore[assignment] - asked like the signer itself
        first = client.verifier
        log.sign()
        log.change_key()
        assert client.verifier == Signer(tmp_path / "signer").verifier != first
        since = len(log.parts)
        assert open_checkpoint(log.note, [first]) == open_checkpoint(log.note, [client.verifier])
        log.change_key(above=since)
        assert f"until {since}" in log.policy
        with pytest.raises(InvalidError, match="没有并行签署"):
            client.change_key(log.key_event(above=since), log.leaves, at=AT)


def test_the_second_process_on_the_same_state_is_refused(directory: Path) -> None:
    with serving(directory) as client:
        second = subprocess.run(
            [sys.executable, "-c", SERVE, str(directory)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode != 0
        assert "已有一个签名器" in second.stderr
        assert asked(client, 3)
    # Its death frees the state, and the socket it left is nobody's.
    assert door_of(directory).exists()
    with serving(directory) as client:
        assert asked(client, 4)


def test_the_door_is_closed_to_others_and_found_by_whoever_needs_it(directory: Path) -> None:
    assert isinstance(signer_at(directory), Signer)
    with serving(directory):
        assert door_of(directory).stat().st_mode & 0o777 == 0o600
        assert isinstance(signer_at(directory), SignerClient)
    assert isinstance(signer_at(directory), Signer)
    with pytest.raises(UnavailableError, match="没有运行"):
        SignerClient(door_of(directory)).newest()


def raw(directory: Path, *lines: bytes) -> bytes:
    """Say exactly this to the signer, end the talk and return all it answers."""
    line = dialled(door_of(directory))
    assert line is not None
    with closing(line):
        line.sendall(b"".join(lines))
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while more := line.recv(65536):
            answer += more
    return answer


NONSENSE = (
    b"\n",
    b"null\n",
    b"[]\n",
    b"\xff\n",
    b'{"ask":"key","more":1}\n',
    b'{"ask":"keys"}\n',
    b'{"ask":["key"]}\n',
    b'{"ask": "key"}\n',
    b'{"ask":"key","ask":"key"}\n',
    b'{"ask":"sign"}\n',
    b'{"ask":"sign","at":"2026-03-02T01:30:00.000000Z","root":"","size":-1}\n',
    b'{"ask":"sign","at":"never","root":"","size":1}\n',
    b'{"ask":"sign","at":"2026-03-02T01:30:00.000000Z","root":"zz","size":1}\n',
    b'{"ask":"sign","at":"2026-03-02T01:30:00.000000Z","root":"00","size":true}\n',
    b'{"ask":"sign","at":"2026-03-02T01:30:00.000000Z","root":"00","size":4}\n{"leaves":"00"}\n',
    b'{"ask":"sign","at":"2026-03-02T01:30:00.000000Z","root":"00","size":4}\n{"leaf":""}\n',
    b'{"ask":"restore","at":"","index":0,"leaf":"","persons":[],"reason":"","root":"","size":0}\n',
    b'{"ask":"key"}',
    b"x" * (MOST + 10),
)


def test_nonsense_is_refused_and_signs_nothing(directory: Path) -> None:
    with serving(directory) as client:
        for each in NONSENSE:
            answer = raw(directory, each)
            assert b"done" not in answer, each
            assert b'"refused"' in answer, each
        assert raw(directory) == b""
        assert client.history() == ()
        assert asked(client, 2)


def test_whoever_breaks_off_loses_his_talk_and_nothing_else(directory: Path) -> None:
    question = b'{"ask":"sign","at":"2026-03-02T01:30:00.000000Z","root":"00","size":9000}\n'
    with serving(directory) as client:
        for cut in range(0, len(question), 9):
            raw(directory, question[:cut])
        line = dialled(door_of(directory))
        assert line is not None
        with line:
            line.sendall(question)
            assert line.recv(100).startswith(b'{"want":[0,')
        assert client.history() == ()
        assert asked(client, 5)


def test_errors_keep_their_class_and_words(directory: Path) -> None:
    with serving(directory) as client:
        with pytest.raises(IntegrityFailureError, match="不是原日志的延续"):
            client.sign(1, EMPTY_ROOT, lambda a, b: leaves(b)[a:b], at=AT)
        with pytest.raises(InvalidError, match="没有交出"):
            client.sign(2, EMPTY_ROOT, lambda a, b: [], at=AT)
        (directory / "state").chmod(0o600)
        (directory / "history").write_bytes(b"broken\n")
        with pytest.raises(IntegrityFailureError):
            client.state()


class TestWhatEndsATalkIsNotReplacedByItsClosing:
    """A stream that still holds something says so when it is closed; nobody wants to hear it then."""

    @staticmethod
    def broken() -> socket.socket:
        own, other = socket.socketpair()
        other.close()
        return own

    def test_a_signer_that_is_gone_is_away_for_the_moment(self) -> None:
        with closing(self.broken()) as line, pytest.raises(UnavailableError), talk(line) as stream:
            put(stream, {"ask": "key"})

    def test_the_wish_to_stop_survives_a_caller_that_is_gone(self) -> None:
        def stopped_in_the_middle(line: socket.socket) -> None:
            with talk(line) as stream:
                stream.write(b"an answer under way")
                raise KeyboardInterrupt

        with closing(self.broken()) as line, pytest.raises(KeyboardInterrupt):
            stopped_in_the_middle(line)


# --- kill -9 at any moment ----------------------------------------------------------------------


def grow(directory: Path, *, until: int) -> list[str]:
    """Have a log grow by one entry a time, signed each time; wait for a signer that is away."""
    notes, log = [], directory.parent / "log"
    client = SignerClient(door_of(directory))
    size = int(log.read_text()) if log.exists() else 0
    while size < until:
        # As in the database: the entry is durable before anybody is asked to sign it.
        size += 1
        _durably(log, str(size))
        while True:
            try:
                notes.append(asked(client, size))
                break
            except UnavailableError:
                time.sleep(0.01)
    return notes


def _durably(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, path)


def sound(directory: Path) -> list[int]:
    """Return the sizes signed, after holding history, state and the true log against each other."""
    signer = Signer(directory)
    points = [open_checkpoint(note, [signer.verifier]) for _, note in signer.notes()]
    sizes = [each.size for each in points]
    assert all(one < two for one, two in pairwise(sizes))
    assert all(each.root == root_of(leaves(each.size)) for each in points)
    assert signer.state().size == (sizes[-1] if sizes else 0)
    assert signer.leaf_hashes() in (tuple(leaves(signer.state().size)), None)
    return sizes


def test_the_signer_killed_at_any_moment_signs_nothing_twice_and_loses_nothing(
    directory: Path, deep: Depth
) -> None:
    rounds = deep.numbers(4, 120)
    process = started(directory)
    asking = subprocess.Popen([sys.executable, "-c", ASK, str(directory), str(ROOT)], cwd=ROOT)
    try:
        for number in rounds:
            before = len(Signer(directory).history())
            _await(lambda: len(Signer(directory).history()) > before)  # noqa: B023 - asked at once
            time.sleep(random.Random(number).random() / 20)
            killed(process)
            sound(directory)
            process = started(directory)
    finally:
        killed(asking)
        killed(process)
    sizes = sound(directory)
    assert len(sizes) > len(rounds)
    # Every entry was signed as it came: no size is missing, for each was asked until it had its note.
    assert sizes == list(range(1, sizes[-1] + 1))


def test_the_caller_killed_at_any_moment_leaves_a_signer_that_goes_on(directory: Path, deep: Depth) -> None:
    with serving(directory) as client:
        for number in deep.numbers(2, 60):
            before = len(client.history())
            asking = subprocess.Popen([sys.executable, "-c", ASK, str(directory), str(ROOT)], cwd=ROOT)
            _await(lambda: len(client.history()) > before)  # noqa: B023 - asked at once
            time.sleep(random.Random(number).random() / 20)
            killed(asking)
            # One talk after the other: this answer comes when the broken one is over.
            client.state()
            sizes = sound(directory)
            log = int((directory.parent / "log").read_text())
            assert sizes[-1] in (log, log - 1)
        assert asked(client, log + 1)


def _await(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_socket_address_is_short_however_deep_the_instance(tmp_path: Path) -> None:
    with address(tmp_path / "signer.sock") as place:
        assert len(place) < 100
    assert dialled(tmp_path / "signer.sock") is None
    assert issubclass(UnavailableError, ServiceError)
