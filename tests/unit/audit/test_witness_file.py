"""The witness file only grows, and nothing is added to one whose past is not ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.audit.canonical import decode_strict
from service.audit.merkle import leaf_hash, root_of
from service.audit.signer import Signer
from service.audit.witnessfile import bring_up_to_date, fault
from service.errors import IntegrityFailureError, UnavailableError

ORIGIN = "pingji/demo/0123456789abcdef"
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def grown(signer: Signer, *sizes: int, mark: str = "") -> tuple[str, ...]:
    for size in sizes:
        hashes = [leaf_hash(f"{n}{mark}".encode()) for n in range(size)]
        signer.sign(size, root_of(hashes), lambda a, b, h=hashes: h[a:b], at=AT + timedelta(minutes=size))  # type: ignore[misc]
    return signer.history()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.create(tmp_path / "signer", ORIGIN)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "medium").mkdir()
    return tmp_path / "medium" / "checkpoints.jsonl"


def notes(history: tuple[str, ...]) -> set[str]:
    return {hashlib.sha256(decode_strict(line.encode())["note"].encode()).hexdigest() for line in history}


def test_it_holds_every_checkpoint_and_only_grows(signer: Signer, file: Path) -> None:
    seen = b""
    for size in (1, 2, 5, 9):
        history = grown(signer, size)
        assert bring_up_to_date(file, history) > 0
        assert file.read_bytes().startswith(seen)
        seen = file.read_bytes()
        assert seen == "".join(f"{line}\n" for line in history).encode()
    assert bring_up_to_date(file, signer.history(), notes(signer.history())) == 0
    assert file.read_bytes() == seen
    assert fault(file, signer.history()) is None


def test_what_was_missed_is_added_at_once_and_a_torn_line_completed(signer: Signer, file: Path) -> None:
    whole = "".join(f"{line}\n" for line in grown(signer, 1, 4, 6)).encode()
    for cut in range(0, len(whole) + 1, 7):
        file.write_bytes(whole[:cut])
        assert bring_up_to_date(file, signer.history()) == len(whole) - cut
        assert file.read_bytes() == whole


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "one bit in the first line": lambda data: bytes([data[0]]) + bytes([data[1] ^ 1]) + data[2:],
    "one bit in the last line": lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:],
    "a line gone": lambda data: b"".join(data.splitlines(keepends=True)[1:]),
    "lines exchanged": lambda data: b"".join(data.splitlines(keepends=True)[::-1]),
    "a line twice": lambda data: data + data.splitlines(keepends=True)[-1],
    "a line end of another system": lambda data: data.replace(b"\n", b"\r\n"),
    "something of somebody": lambda data: data + b"hello\n",
    "an empty line": lambda data: b"\n" + data,
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_with_another_past_is_refused_and_left_as_it_is(signer: Signer, file: Path, how: str) -> None:
    bring_up_to_date(file, grown(signer, 1, 4, 6))
    file.write_bytes(SPOILT[how](file.read_bytes()))
    before = file.read_bytes()
    with pytest.raises(IntegrityFailureError, match="见证文件"):
        bring_up_to_date(file, grown(signer, 8))
    assert file.read_bytes() == before
    found = fault(file, signer.history())
    assert found is not None
    assert found.line is not None


def test_a_signer_set_back_or_made_anew_is_found_out(signer: Signer, file: Path, tmp_path: Path) -> None:
    kept = {each.name: each.read_bytes() for each in signer.directory.iterdir() if each.is_file()}
    bring_up_to_date(file, grown(signer, 3, 7))
    for name, data in kept.items():
        (signer.directory / name).write_bytes(data)
    with pytest.raises(IntegrityFailureError, match="变短"):
        bring_up_to_date(file, signer.history())
    with pytest.raises(IntegrityFailureError, match="不同"):
        bring_up_to_date(file, grown(signer, 3, 7, mark="forged"))
    with pytest.raises(IntegrityFailureError):
        bring_up_to_date(file, grown(Signer.create(tmp_path / "other", ORIGIN), 9))


def test_a_file_that_held_more_is_not_made_anew(signer: Signer, file: Path) -> None:
    history = grown(signer, 3, 7)
    bring_up_to_date(file, history)
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"\n") + 1])
    with pytest.raises(IntegrityFailureError, match="短"):
        bring_up_to_date(file, history, notes(history))
    file.unlink()
    with pytest.raises(UnavailableError, match="不能写入"):
        bring_up_to_date(file, history, notes(history))
    assert not file.exists()


def test_a_medium_that_is_away_is_tried_again_later(signer: Signer, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="介质"):
        bring_up_to_date(tmp_path / "away" / "file", grown(signer, 3))
