"""ZIP containers judged by their directory alone; nothing is unpacked but small parts with a limit.

- At most 2 000 entries, 200 MB in all, 100 times the packed size; no archive inside an archive.
- No absolute path, no way up, no link, no password, no two entries over the same bytes.
- Office parts: no macros, no relation to anything outside but hyperlinks.

Source: security.md D2, D4; the directory is bounded before Python's reader sees it.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from service.errors import Problem

MAX_ENTRIES = 2_000
MAX_TOTAL = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_DIRECTORY = 2 * 1024 * 1024
MAX_PART = 4 * 1024 * 1024
_END = b"PK\x05\x06"
_END_SIZE = 22
_LOCAL_SIZE = 30
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".tar", ".tgz")
_MACROS = ("vbaproject.bin", "vbadata.xml", "/macrosheets/", "/dialogsheets/", "/activex/")
_HYPERLINK = "/hyperlink"
_UTF8 = 0x800


def open_container(stream: BinaryIO, size: int) -> tuple[zipfile.ZipFile | None, tuple[Problem, ...]]:
    """Return the container and nothing, or None and why it is refused."""
    end = _directory_end(stream, size)
    if end is None:
        return None, (Problem("ZIP 目录缺失或损坏"),)
    entries, length = end
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY:
        return None, (Problem("压缩包内的文件过多", value=str(entries), allowed=f"不超过 {MAX_ENTRIES} 个"),)
    try:
        container = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return None, (Problem("ZIP 目录损坏"),)
    problems = tuple(_directory_problems(container.infolist(), size))
    return (None, problems) if problems else (container, ())


def _directory_end(stream: BinaryIO, size: int) -> tuple[int, int] | None:
    """Return the number of entries and the length of the directory as the file's end states them."""
    stream.seek(max(0, size - _END_SIZE - 0xFFFF))
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        return None
    entries, length = struct.unpack("<HI", tail[at + 10 : at + 16])
    return int(entries), int(length)


def _directory_problems(entries: list[zipfile.ZipInfo], size: int) -> Iterator[Problem]:
    if len(entries) > MAX_ENTRIES:
        yield Problem("压缩包内的文件过多", value=str(len(entries)), allowed=f"不超过 {MAX_ENTRIES} 个")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > MAX_TOTAL:
        yield Problem("解压后过大", value=f"{total} 字节", allowed=f"不超过 {MAX_TOTAL} 字节")
    if total > MAX_RATIO * max(packed, 1):
        yield Problem("压缩比过高，疑似压缩炸弹", value=f"{total}/{packed}", allowed=f"不超过 {MAX_RATIO} 倍")
    if _overlap(entries, size):
        yield Problem("压缩包内的文件相互重叠，疑似压缩炸弹")
    for entry in entries:
        yield from _entry_problems(entry)


def _overlap(entries: list[zipfile.ZipInfo], size: int) -> bool:
    free = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < free:
            return True
        free = entry.header_offset + _LOCAL_SIZE + entry.compress_size
    return free > size


def member_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry as its maker wrote it: UTF-8 where it says so or reads so, else GBK."""
    if entry.flag_bits & _UTF8:
        return entry.orig_filename
    try:
        written = entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.orig_filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def _outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]


def _entry_problems(entry: zipfile.ZipInfo) -> Iterator[Problem]:
    name = member_name(entry)
    if _outside(name) or _outside(entry.filename):
        yield Problem("压缩包内有越界路径", value=name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        yield Problem("压缩包内有链接", value=name)
    if entry.flag_bits & 0x1:
        yield Problem("压缩包有密码，无法查验", value=name, cure="去掉密码后重新上传")
    if name.lower().endswith(_ARCHIVES):
        yield Problem("压缩包内还有压缩包", value=name, cure="解开内层后重新打包")


def office_problems(container: zipfile.ZipFile) -> Iterator[Problem]:
    """Yield what makes an Office container refused: macros and outside relations."""
    for entry in container.infolist():
        name = f"/{entry.filename.lower()}"
        if any(mark in name for mark in _MACROS):
            yield Problem("文档含有宏或控件", value=entry.filename, cure="另存为不含宏的文档后重新上传")
        if name.endswith(".rels"):
            yield from _relation_problems(container, entry)


def _relation_problems(container: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Problem]:
    if entry.file_size > MAX_PART:
        yield Problem("文档的关系部件过大", value=entry.filename)
        return
    try:
        with container.open(entry) as part:
            root = fromstring(part.read(MAX_PART))
    except (ParseError, DefusedXmlException, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError):
        yield Problem("文档的关系部件损坏", value=entry.filename)
        return
    for relation in root.iter():
        outside = relation.get("TargetMode", "").lower() == "external"
        if outside and not relation.get("Type", "").lower().endswith(_HYPERLINK):
            yield Problem(
                "文档引用了外部内容", value=relation.get("Target"), cure="断开链接、嵌入内容后重新上传"
            )
