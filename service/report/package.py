"""Word packages as bytes: one canonical zip for equal content.

Members sorted by name ([Content_Types].xml first), fixed date, one compression level, no extra fields.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

DATE = (1980, 1, 1, 0, 0, 0)
FIRST = "[Content_Types].xml"


def read(content: bytes) -> dict[str, bytes]:
    """Return the members of a zip by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(members: Mapping[str, bytes]) -> bytes:
    """Return the canonical zip of `members`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(members, key=lambda n: (n != FIRST, n)):
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, members[name])
    return buffer.getvalue()


def canonical(content: bytes) -> bytes:
    """Return the canonical zip with the same members as `content`."""
    return write(read(content))
