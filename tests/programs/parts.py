"""A form with files as a program sends it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

EDGE = "part-of-a-form-7f3a91c2"


def multipart(fields: Mapping[str, Any], files: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """The bytes of the form and their type; what is no text goes as JSON, as the description says."""
    told = b""
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            text = each if isinstance(each, str) else json.dumps(each)
            told += f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
    for name, (filename, content) in files.items():
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        told += head.encode() + content + b"\r\n"
    return told + f"--{EDGE}--\r\n".encode(), f"multipart/form-data; boundary={EDGE}"
