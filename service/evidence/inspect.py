"""A file is accepted as evidence only if its name, its first bytes and its structure say the same.

- Kinds are a closed list (`MediaKind`); everything else is refused with what to do instead.
- Only structure is read: directories, headers, ends. Nothing is unpacked or decoded.
- All problems are named at once; a file that passes is stored byte for byte.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from service.errors import InvalidError, Problem
from service.evidence.compound import stream_names
from service.evidence.containers import office_problems, open_container
from service.evidence.kinds import ENDINGS, OLE_MAGIC, MediaKind, seems
from service.evidence.pictures import (
    heic_problems,
    jpg_problems,
    mp4_problems,
    png_problems,
    tif_problems,
)

__all__ = ["MediaKind", "inspect", "inspect_bytes", "inspect_stream"]

MAX_NAME_BYTES = 255
MAX_TEXT = 1024 * 1024
_FORBIDDEN = frozenset('/\\:*?"<>|')
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
)
_MACRO_STREAMS = frozenset({"_VBA_PROJECT", "VBA", "Macros", "_VBA_PROJECT_CUR"})
_ENCRYPTED_STREAMS = frozenset({"EncryptedPackage", "EncryptionInfo"})


def check_name(name: str) -> None:
    """Accept a file's name before its bytes are there.

    Raises:
        InvalidError: no such file would be taken, whatever is in it.
    """
    problems = [*_name_problems(name), *_kind_problems(name)]
    if problems:
        raise InvalidError(problems)


def inspect(name: str, path: Path) -> MediaKind:
    """Return the kind of the file at `path`, which was handed in under `name`.

    Raises:
        InvalidError: with everything that speaks against it.
    """
    with path.open("rb") as stream:
        return inspect_stream(name, stream)


def inspect_bytes(name: str, content: bytes) -> MediaKind:
    """Return the kind of `content`; raises what `inspect` raises."""
    return inspect_stream(name, BytesIO(content))


def inspect_stream(name: str, stream: BinaryIO) -> MediaKind:
    """Return the kind of a seekable stream, left at its start; raises what `inspect` raises."""
    problems = [*_name_problems(name), *_kind_problems(name)]
    kind = ENDINGS.get(_ending(name))
    size = stream.seek(0, os.SEEK_END)
    if kind is not None and size == 0:
        problems.append(Problem("文件是空的", path=name))
    elif kind is not None:
        stream.seek(0)
        head = stream.read(16)
        problems += [_placed(problem, name) for problem in _CHECKS[kind](stream, size, head)]
    stream.seek(0)
    if kind is None or problems:
        raise InvalidError(problems)
    return kind


def _placed(problem: Problem, name: str) -> Problem:
    return Problem(
        problem.message, path=name, value=problem.value, allowed=problem.allowed, cure=problem.cure
    )


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _kind_problems(name: str) -> Iterator[Problem]:
    if _ending(name) not in ENDINGS:
        allowed = " ".join(each.value for each in MediaKind)
        yield Problem(
            "不接受这种文件", path=name, value=_ending(name), allowed=allowed, cure="转成 PDF 后上传"
        )


def _name_problems(name: str) -> Iterator[Problem]:
    if not name.strip(" .") or len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        yield Problem("文件名为空或过长", value=name[:40], allowed=f"不超过 {MAX_NAME_BYTES} 字节")
    if any(c in _FORBIDDEN or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in name):
        yield Problem("文件名含有不可用的字符（路径符号、控制或方向字符）", value=repr(name[:80]))
    if name.partition(".")[0].strip().lower() in _RESERVED:
        yield Problem("文件名是系统保留字", value=name)


def _differs(head: bytes) -> Problem:
    return Problem(
        "文件内容与扩展名不符", value=f"内容像是{seems(head)}", cure="用正确的扩展名保存后重新上传"
    )


Check = Callable[[BinaryIO, int, bytes], Iterator[Problem]]


def _starting(magics: tuple[bytes, ...], then: Callable[[BinaryIO, int], Iterator[Problem]]) -> Check:
    def check(stream: BinaryIO, size: int, head: bytes) -> Iterator[Problem]:
        if head.startswith(magics):
            yield from then(stream, size)
        else:
            yield _differs(head)

    return check


def _boxed(then: Callable[[BinaryIO, int], Iterator[Problem]]) -> Check:
    def check(stream: BinaryIO, size: int, head: bytes) -> Iterator[Problem]:
        if head[4:8] == b"ftyp":
            yield from then(stream, size)
        else:
            yield _differs(head)

    return check


def _pdf(stream: BinaryIO, size: int) -> Iterator[Problem]:
    stream.seek(max(0, size - 2048))
    if b"%%EOF" not in stream.read():
        yield Problem("PDF 不完整，没有结束标记")


def _container(*needed: str, office: bool = False) -> Callable[[BinaryIO, int], Iterator[Problem]]:
    def check(stream: BinaryIO, size: int) -> Iterator[Problem]:
        container, problems = open_container(stream, size)
        yield from problems
        if container is None:
            return
        names = {entry.filename for entry in container.infolist()}
        missing = [part for part in needed if part not in names]
        if missing:
            yield Problem("文件内容与扩展名不符", value=f"缺少 {'、'.join(missing)}")
        if office:
            yield from office_problems(container)

    return check


def _compound(*streams: str) -> Callable[[BinaryIO, int], Iterator[Problem]]:
    def check(stream: BinaryIO, size: int) -> Iterator[Problem]:
        names = set(stream_names(stream, size))
        if names & _ENCRYPTED_STREAMS:
            yield Problem("文档有密码，无法查验", cure="去掉密码后重新上传")
        elif not names & set(streams):
            yield Problem("文件内容与扩展名不符", value=f"缺少 {' 或 '.join(streams)}")
        if names & _MACRO_STREAMS:
            yield Problem("文档含有宏", cure="另存为不含宏的文档后重新上传")

    return check


def _office(container: Callable[[BinaryIO, int], Iterator[Problem]]) -> Check:
    """New Office files; an encrypted one is a compound file and gets its own sentence."""

    def check(stream: BinaryIO, size: int, head: bytes) -> Iterator[Problem]:
        if head.startswith(b"PK\x03\x04"):
            yield from container(stream, size)
        elif head.startswith(OLE_MAGIC) and set(stream_names(stream, size)) & _ENCRYPTED_STREAMS:
            yield Problem("文档有密码，无法查验", cure="去掉密码后重新上传")
        else:
            yield _differs(head)

    return check


def _either(compound: Check, container: Check) -> Check:
    """WPS files come in both forms, old and new."""

    def check(stream: BinaryIO, size: int, head: bytes) -> Iterator[Problem]:
        yield from (container if head.startswith(b"PK") else compound)(stream, size, head)

    return check


def _text(stream: BinaryIO, size: int, head: bytes) -> Iterator[Problem]:
    stream.seek(0)
    data = stream.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        yield Problem("文字过长", value=f"{size} 字节", allowed=f"不超过 {MAX_TEXT} 字节")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield Problem("不是 UTF-8 文本", cure="另存为 UTF-8 编码后重新上传")
        return
    if any(c < " " and c not in "\t\r\n\f" for c in text):
        yield Problem("文本含有控制字符", value=f"内容像是{seems(head)}")


_WORD = _office(_container("[Content_Types].xml", "word/document.xml", office=True))
_SHEET = _office(_container("[Content_Types].xml", "xl/workbook.xml", office=True))
_OLD_WORD = _starting((OLE_MAGIC,), _compound("WordDocument"))
_OLD_SHEET = _starting((OLE_MAGIC,), _compound("Workbook", "Book"))

_CHECKS: dict[MediaKind, Check] = {
    MediaKind.PDF: _starting((b"%PDF-1.", b"%PDF-2."), _pdf),
    MediaKind.OFD: _starting((b"PK\x03\x04",), _container("OFD.xml")),
    MediaKind.DOC: _OLD_WORD,
    MediaKind.DOCX: _WORD,
    MediaKind.XLS: _OLD_SHEET,
    MediaKind.XLSX: _SHEET,
    MediaKind.WPS: _either(_OLD_WORD, _WORD),
    MediaKind.ET: _either(_OLD_SHEET, _SHEET),
    MediaKind.JPG: _starting((b"\xff\xd8\xff",), jpg_problems),
    MediaKind.PNG: _starting((b"\x89PNG\r\n\x1a\n",), png_problems),
    MediaKind.HEIC: _boxed(heic_problems),
    MediaKind.TIF: _starting((b"II*\x00", b"MM\x00*"), tif_problems),
    MediaKind.MP4: _boxed(mp4_problems),
    MediaKind.ZIP: _starting((b"PK\x03\x04",), _container()),
    MediaKind.TXT: _text,
}
