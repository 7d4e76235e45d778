"""Pictures and videos judged by their outer structure; nothing is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from service.errors import Problem

MAX_PIXELS = 50_000_000
MAX_BOXES = 10_000
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"})
_MP4_BRANDS = frozenset(
    {
        b"isom",
        b"iso2",
        b"iso3",
        b"iso4",
        b"iso5",
        b"iso6",
        b"mp41",
        b"mp42",
        b"avc1",
        b"M4V ",
        b"MSNV",
        b"dash",
    }
)


def _pixels(width: int, height: int) -> Iterator[Problem]:
    if width * height == 0:
        yield Problem("图片没有像素")
    if width * height > MAX_PIXELS:
        yield Problem("图片过大", value=f"{width}×{height}", allowed=f"不超过 {MAX_PIXELS} 像素")


def png_problems(stream: BinaryIO, size: int) -> Iterator[Problem]:
    """Yield what is wrong with a PNG: header, size in pixels, end."""
    stream.seek(0)
    head = stream.read(33)
    if len(head) < 33 or head[12:16] != b"IHDR":
        yield Problem("PNG 文件头损坏")
        return
    yield from _pixels(*struct.unpack(">II", head[16:24]))
    stream.seek(max(0, size - 12))
    if stream.read(12)[4:8] != b"IEND":
        yield Problem("PNG 没有正常结束，内容不全或附有其他数据")


def jpg_problems(stream: BinaryIO, size: int) -> Iterator[Problem]:
    """Yield what is wrong with a JPEG: segments up to the frame header, size in pixels."""
    stream.seek(2)
    while len(head := stream.read(4)) == 4 and head[0] == 0xFF:
        marker, length = head[1], struct.unpack(">H", head[2:4])[0]
        if marker in _START_OF_FRAME:
            frame = stream.read(5)
            if len(frame) == 5:
                height, width = struct.unpack(">HH", frame[1:5])
                yield from _pixels(width, height)
                return
        if length < 2 or marker == 0xDA:
            break
        stream.seek(length - 2, 1)
    yield Problem("JPEG 文件结构损坏")


def tif_problems(stream: BinaryIO, size: int) -> Iterator[Problem]:
    """Yield what is wrong with a TIFF: the first directory must lie inside the file."""
    stream.seek(0)
    head = stream.read(8)
    order = "<" if head[:2] == b"II" else ">"
    if len(head) < 8 or not 8 <= struct.unpack(f"{order}I", head[4:8])[0] <= size - 6:
        yield Problem("TIFF 目录损坏")


def heic_problems(stream: BinaryIO, size: int) -> Iterator[Problem]:
    """Yield what is wrong with a HEIC: brand, and a ``meta`` box."""
    boxes = dict(_boxes(stream, size))
    if not _brands(stream, boxes) & _HEIC_BRANDS:
        yield Problem("不是 HEIC 图片")
    elif b"meta" not in boxes:
        yield Problem("HEIC 文件结构损坏")


def mp4_problems(stream: BinaryIO, size: int) -> Iterator[Problem]:
    """Yield what is wrong with an MP4: brand, and the boxes ``moov`` and ``mdat``."""
    boxes = dict(_boxes(stream, size))
    if not _brands(stream, boxes) & _MP4_BRANDS:
        yield Problem("不是 MP4 视频")
    elif not {b"moov", b"mdat"} <= set(boxes):
        yield Problem("MP4 不完整，缺少索引或数据")


def _brands(stream: BinaryIO, boxes: dict[bytes, tuple[int, int]]) -> set[bytes]:
    start, length = boxes.get(b"ftyp", (0, 0))
    stream.seek(start)
    data = stream.read(min(length, 256))
    return {data[at : at + 4] for at in (8, *range(16, len(data), 4))}


def _boxes(stream: BinaryIO, size: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield type, start and length of each box at the top level, as far as they fit into the file."""
    at = 0
    for _ in range(MAX_BOXES):
        stream.seek(at)
        head = stream.read(16)
        if len(head) < 8:
            return
        length = struct.unpack(">I", head[:4])[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:16])[0]
        length = length or size - at
        if length < 8 or at + length > size:
            return
        yield head[4:8], (at, length)
        at += length
