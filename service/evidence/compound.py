"""Names of the streams in an old Office container (compound file), read from its directory alone.

Source: [MS-CFB] §2.2 header, §2.3 FAT, §2.6 directory. Every chain is bounded by the file's size.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from service.evidence.kinds import OLE_MAGIC

_HEADER = 512
_ENTRY = 128
_LAST = 0xFFFFFFFA
MAX_DIRECTORY_SECTORS = 4_096


def stream_names(stream: BinaryIO, size: int) -> tuple[str, ...]:
    """Return the names of all storages and streams; empty if the container is damaged."""
    stream.seek(0)
    header = stream.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(OLE_MAGIC):
        return ()
    shift, first = struct.unpack_from("<H", header, 30)[0], struct.unpack_from("<I", header, 48)[0]
    if shift not in (9, 12):
        return ()
    fat = [sector for sector in struct.unpack_from("<109I", header, 76) if sector < _LAST]
    names: list[str] = []
    sector, seen = first, 0
    while sector < _LAST and seen < MAX_DIRECTORY_SECTORS:
        data = _sector(stream, sector, shift=shift, size=size)
        if data is None:
            return ()
        names += _entry_names(data)
        sector, seen = _next(stream, sector, fat=fat, shift=shift, size=size), seen + 1
    return tuple(names)


def _sector(stream: BinaryIO, number: int, *, shift: int, size: int) -> bytes | None:
    start = (number + 1) << shift
    if start >= size:
        return None
    stream.seek(start)
    return stream.read(1 << shift)


def _next(stream: BinaryIO, sector: int, *, fat: list[int], shift: int, size: int) -> int:
    per_sector = 1 << (shift - 2)
    table, at = divmod(sector, per_sector)
    data = _sector(stream, fat[table], shift=shift, size=size) if table < len(fat) else None
    if data is None or len(data) < 4 * (at + 1):
        return _LAST
    return int(struct.unpack_from("<I", data, 4 * at)[0])


def _entry_names(data: bytes) -> list[str]:
    found = []
    for start in range(0, len(data) - _ENTRY + 1, _ENTRY):
        length = struct.unpack_from("<H", data, start + 64)[0]
        if 2 <= length <= 64 and data[start + 66] in (1, 2, 5):
            found.append(data[start : start + length - 2].decode("utf-16-le", "replace"))
    return found
