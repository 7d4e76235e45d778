"""The bundle an auditor takes away: the log up to one checkpoint, as static files.

Layout (C2SP tlog-tiles for ``checkpoint`` and ``tile/``, so foreign tools read it too):

- ``checkpoint``: the signed note; ``checkpoints.jsonl``: the signer's history, oldest first.
- ``tile/entries/<n>[.p/<w>]``: up to 256 leaves, each after its length in two bytes, big-endian.
- ``tile/<level>/<n>[.p/<w>]``: up to 256 hashes of 32 bytes.
- ``disclosures.jsonl``: entry, path, digest, salt, body; salt and body null where erased.
- ``files.jsonl``: sha256, size, type, content (whether ``blobs/<sha256>`` is enclosed).
- ``timestamps/<SHA-256 of a note>.tst``: RFC 3161 token over a note of the history, where there is one;
  countersignatures of witnesses stand in ``checkpoint``.
- ``bundle.json``: format, origin, size, disclosures ("all" or "selected"); ``README.txt``.

No key is enclosed: it reaches the auditor another way, as does the verifier.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from service.audit.canonical import Plain, decode_strict, encode
from service.audit.checkpoint import Checkpoint, split_note
from service.audit.merkle import leaf_hash, root_of
from service.errors import IntegrityFailureError, InvalidError

FORMAT = "pingji-bundle/1"
TILE_WIDTH = 256
_CHUNK = 1 << 20
_README = """评迹留痕包

checkpoint           签名的检查点（C2SP tlog-checkpoint）
checkpoints.jsonl    历次检查点与恢复
tile/                记录与散列（C2SP tlog-tiles）
disclosures.jsonl    记录中只存承诺的文字；已隐去的为空
files.jsonl, blobs/  佐证材料的散列与内容
timestamps/          时间戳机构对检查点的时间戳（RFC 3161）

核验：python verifier.py 本目录 --vkey 公钥；或用浏览器打开 verifier.html，选本目录
公钥和核验程序须另行取得，不在本包之内。
"""


@dataclass(frozen=True, slots=True)
class StoredDisclosure:
    """A disclosure as the database holds it; `salt` and `body` are None once erased."""

    entry: str
    path: str
    digest: str
    salt: str | None
    body: str | None


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """What was written: entries, disclosures, files named and files enclosed."""

    origin: str
    size: int
    disclosures: int
    files: int
    blobs: int


@dataclass(frozen=True, slots=True)
class BundleSource:
    """Where the parts of a bundle come from.

    Attributes:
        note: the signed checkpoint up to which the log is exported.
        leaves: stored leaves in order, at least as many as the checkpoint counts.
        history: lines of the signer's history up to that checkpoint.
        disclosures: in any order; may be a selection, then `complete` is False. Those of
            entries above the checkpoint are left out here.
        open_blob: opens the content of a SHA-256, or None to enclose no content; it returns
            None for content that is not handed out.
        timestamps: SHA-256 (hex) of a note in the history → token.
        cosignatures: signature lines of witnesses under `note`.
    """

    note: str
    leaves: Iterable[bytes]
    history: Iterable[str]
    disclosures: Iterable[StoredDisclosure]
    complete: bool = True
    open_blob: Callable[[str], IO[bytes] | None] | None = None
    timestamps: Mapping[str, bytes] = field(default_factory=dict)
    cosignatures: Sequence[str] = ()


def export(target: Path, source: BundleSource) -> BundleSummary:
    """Write the bundle to the new directory `target` and return what it holds.

    Raises:
        InvalidError: `target` exists.
        IntegrityFailureError: leaves or blobs are not those of the checkpoint; nothing remains.
    """
    try:
        target.mkdir(parents=True)
    except FileExistsError as error:
        raise InvalidError(f"导出目录已存在：{target.name}") from error
    try:
        return _write(target, source)
    except BaseException:
        shutil.rmtree(target)
        raise


def _write(target: Path, source: BundleSource) -> BundleSummary:
    checkpoint = Checkpoint.parse(split_note(source.note)[0])
    ids: set[str] = set()
    files: dict[str, tuple[int, str]] = {}
    hashes = _write_entries(target, islice(source.leaves, checkpoint.size), ids, files)
    if len(hashes) != checkpoint.size or root_of(hashes) != checkpoint.root:
        raise IntegrityFailureError("记录与检查点不符，不能导出；请先运行核验")
    _write_tiles(target, hashes)
    told = (_told(each) for each in source.disclosures if each.entry in ids)
    disclosures = _write_lines(target / "disclosures.jsonl", told)
    blobs = _write_blobs(target, files, source.open_blob)
    _write_lines(target / "files.jsonl", _listed(files, blobs))
    for name, token in sorted(source.timestamps.items()):
        _write_file(target / "timestamps" / f"{name}.tst", token)
    (target / "checkpoint").write_bytes((source.note + "".join(source.cosignatures)).encode())
    (target / "checkpoints.jsonl").write_bytes("".join(f"{line}\n" for line in source.history).encode())
    about: Plain = {
        "format": FORMAT,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "disclosures": "all" if source.complete else "selected",
    }
    (target / "bundle.json").write_bytes(encode(about))
    (target / "README.txt").write_text(_README, encoding="utf-8")
    return BundleSummary(checkpoint.origin, checkpoint.size, disclosures, len(files), len(blobs))


def _told(disclosure: StoredDisclosure) -> dict[str, Plain]:
    return {
        "entry": disclosure.entry,
        "path": disclosure.path,
        "digest": disclosure.digest,
        "salt": disclosure.salt,
        "body": disclosure.body,
    }


def _listed(files: dict[str, tuple[int, str]], blobs: set[str]) -> Iterator[dict[str, Plain]]:
    for sha256, (size, kind) in files.items():
        yield {"sha256": sha256, "size": size, "type": kind, "content": sha256 in blobs}


def _write_entries(
    target: Path, leaves: Iterator[bytes], ids: set[str], files: dict[str, tuple[int, str]]
) -> list[bytes]:
    """Write the leaves in bundles, fill `ids` and `files`, and return the leaf hashes."""
    hashes: list[bytes] = []
    number = 0
    while group := list(islice(leaves, TILE_WIDTH)):
        for data in group:
            leaf = decode_strict(data)
            ids.add(leaf["id"])
            hashes.append(leaf_hash(data))
            files.update({each["sha256"]: (each["size"], each["type"]) for each in leaf["files"]})
        packed = b"".join(len(data).to_bytes(2, "big") + data for data in group)
        _write_file(target / tile_path("entries", number, len(group)), packed)
        number += 1
    return hashes


def _write_tiles(target: Path, hashes: list[bytes]) -> None:
    level = 0
    while hashes:
        full: list[bytes] = []
        for number, start in enumerate(range(0, len(hashes), TILE_WIDTH)):
            tile = hashes[start : start + TILE_WIDTH]
            _write_file(target / tile_path(str(level), number, len(tile)), b"".join(tile))
            if len(tile) == TILE_WIDTH:
                full.append(root_of(tile))
        level, hashes = level + 1, full


def tile_path(level: str, number: int, width: int) -> str:
    """Return the path of a tile or entry bundle, e.g. ``tile/0/x001/234.p/12``.

    Source: C2SP tlog-tiles.md; groups of three digits, all but the last with an x before them.
    """
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*(f"x{each}" for each in groups[:-1]), groups[-1]])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < TILE_WIDTH else "")


def _write_blobs(
    target: Path, files: dict[str, tuple[int, str]], opened: Callable[[str], IO[bytes] | None] | None
) -> set[str]:
    """Copy the contents that are handed out, checking each, and return their SHA-256."""
    written: set[str] = set()
    for sha256 in files if opened else ():
        stream = opened(sha256) if opened else None
        if stream is None:
            continue
        path = target / "blobs" / sha256
        path.parent.mkdir(exist_ok=True)
        digest = hashlib.sha256()
        with stream, path.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != sha256:
            raise IntegrityFailureError(f"文件 {sha256} 的内容已被改动，不能导出")
        written.add(sha256)
    return written


def _write_lines(path: Path, values: Iterable[Mapping[str, Plain]]) -> int:
    count = 0
    with path.open("wb") as file:
        for value in values:
            file.write(encode(value) + b"\n")
            count += 1
    return count


def _write_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
