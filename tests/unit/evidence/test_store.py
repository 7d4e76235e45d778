"""Bytes are kept by their hash, whole or not at all, and never handed out damaged."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from service.errors import IntegrityFailureError, InvalidError, NotFoundError, UnavailableError
from service.evidence.store import EvidenceStore

CONTENT = "证据".encode() * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(f"file://{tmp_path / 'evidence'}")


def place(store: EvidenceStore, sha256: str = SHA256) -> Path:
    assert store.local is not None
    return store.local / sha256[:2] / sha256[2:4] / sha256


def files(store: EvidenceStore) -> list[Path]:
    assert store.local is not None
    return [path for path in store.local.rglob("*") if path.is_file()]


def test_what_is_put_is_found_under_its_hash(store: EvidenceStore) -> None:
    blob = store.put(BytesIO(CONTENT))
    assert (blob.sha256, blob.size) == (SHA256, len(CONTENT))
    assert store.exists(SHA256)
    assert store.read(SHA256) == CONTENT
    assert files(store) == [place(store)]
    assert place(store).stat().st_mode & 0o777 == 0o440


def test_bytes_and_streams_are_the_same_and_the_second_changes_nothing(store: EvidenceStore) -> None:
    store.put(CONTENT)
    before = place(store).stat()
    assert store.put(BytesIO(CONTENT)).sha256 == SHA256
    assert (place(store).stat().st_ino, place(store).stat().st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )
    assert list(store.names()) == [SHA256]


def test_the_memory_store_behaves_alike() -> None:
    store = EvidenceStore("memory://pingji-test")
    assert store.put(CONTENT) == store.put(BytesIO(CONTENT))
    assert store.read(SHA256) == CONTENT
    assert list(store.names()) == [SHA256]
    assert store.fsck({SHA256: len(CONTENT)}) == []
    assert [p.message for p in store.fsck({"0" * 64: 1})] == ["证据文件丢失"]


def test_more_than_the_limit_leaves_nothing(store: EvidenceStore) -> None:
    with pytest.raises(InvalidError, match="过大"):
        store.put(CONTENT, limit=len(CONTENT) - 1)
    assert files(store) == []
    assert store.put(CONTENT, limit=len(CONTENT)).size == len(CONTENT)


def test_what_is_not_there_is_not_found(store: EvidenceStore) -> None:
    assert not store.exists(SHA256)
    with pytest.raises(NotFoundError):
        store.open(SHA256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, SHA256 + "/x", SHA256[:-1]])
def test_a_name_that_is_no_hash_is_refused(store: EvidenceStore, name: str) -> None:
    with pytest.raises(InvalidError):
        store.open(name)


def test_damaged_bytes_are_never_handed_out(store: EvidenceStore) -> None:
    store.put(CONTENT)
    place(store).chmod(0o640)
    place(store).write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(IntegrityFailureError):
        store.open(SHA256)


def test_a_shortened_file_is_not_taken_for_the_same(store: EvidenceStore) -> None:
    store.put(CONTENT)
    place(store).chmod(0o640)
    place(store).write_bytes(CONTENT[:-1])
    with pytest.raises(IntegrityFailureError):
        store.put(CONTENT)


def test_fsck_names_what_is_lost_shortened_and_altered(store: EvidenceStore) -> None:
    blobs = [store.put(bytes([number]) * 10) for number in range(4)]
    expected = {blob.sha256: blob.size for blob in blobs}
    assert store.fsck(expected) == []
    for blob in blobs:
        place(store, blob.sha256).chmod(0o640)
    place(store, blobs[0].sha256).unlink()
    place(store, blobs[1].sha256).write_bytes(b"short")
    place(store, blobs[2].sha256).write_bytes(b"altered 10")
    assert [p.message for p in store.fsck(expected)] == [
        "证据文件丢失",
        "证据文件大小不符",
        "证据文件的内容已被改动",
    ]


def test_uploads_without_a_row_are_found_as_orphans(store: EvidenceStore) -> None:
    kept, lost = store.put(b"kept"), store.put(b"lost")
    assert store.orphans([kept.sha256]) == [lost.sha256]


def test_unfinished_uploads_are_swept_after_a_while(store: EvidenceStore) -> None:
    store.put(CONTENT)
    assert store.local is not None
    (store.local / "incoming" / "left").write_bytes(b"half")
    now = datetime.now(UTC)
    assert store.sweep(now - timedelta(hours=1)) == 0
    assert store.sweep(now + timedelta(hours=1)) == 1
    assert files(store) == [place(store)]


@pytest.mark.parametrize("call", ["open", "fdopen", "fsync", "link", "write"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_whichever_step_fails_nothing_incomplete_gets_a_name(
    store: EvidenceStore, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(code, os.strerror(code))

    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(code, os.strerror(code))

    stream = Broken() if call == "write" else BytesIO(CONTENT)
    if call != "write":
        monkeypatch.setattr(os, call, fail)
    with pytest.raises(UnavailableError, match="空间不足" if code == errno.ENOSPC else "失败"):
        store.put(stream)
    monkeypatch.undo()
    assert files(store) == []
    assert store.put(CONTENT).sha256 == SHA256
    assert store.read(SHA256) == CONTENT


def test_many_writers_of_one_file_leave_one_whole_file(store: EvidenceStore) -> None:
    content = os.urandom(3_000_000)
    threads = [threading.Thread(target=store.put, args=(content,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files(store)) == 1
    assert store.read(hashlib.sha256(content).hexdigest()) == content


def test_an_unknown_address_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        EvidenceStore("nosuchscheme://x")
