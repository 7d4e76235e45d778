"""The kinds of file accepted as evidence, and what a file seems to be by its first bytes."""

from __future__ import annotations

from enum import Enum

_OFFICE = "application/vnd.openxmlformats-officedocument"


class MediaKind(Enum):
    """A kind of file; the value is stored and equals the usual ending."""

    PDF = "pdf"
    OFD = "ofd"
    DOC = "doc"
    DOCX = "docx"
    XLS = "xls"
    XLSX = "xlsx"
    WPS = "wps"
    ET = "et"
    JPG = "jpg"
    PNG = "png"
    HEIC = "heic"
    TIF = "tif"
    MP4 = "mp4"
    ZIP = "zip"
    TXT = "txt"


ENDINGS: dict[str, MediaKind] = {
    **{kind.value: kind for kind in MediaKind},
    "jpeg": MediaKind.JPG,
    "tiff": MediaKind.TIF,
    "heif": MediaKind.HEIC,
}
"""Ending in lower case to kind."""

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP 容器"),
    (b"PK\x05\x06", "空的 ZIP"),
    (OLE_MAGIC, "旧版 Office 容器"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"MZ", "可执行程序"),
    (b"\x7fELF", "可执行程序"),
    (b"#!", "脚本"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"GIF8", "GIF"),
    (b"<", "标记文本"),
)


def seems(head: bytes) -> str:
    """Return in words what the first bytes look like."""
    if head[4:8] == b"ftyp":
        return "MP4/HEIC 容器"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "无法识别的内容")
