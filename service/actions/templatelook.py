"""A template handed in is judged: its name and container here, what is in it by the shut-in child."""

from __future__ import annotations

from service.errors import InvalidError, Problem
from service.evidence.inspect import inspect_bytes
from service.report import apart
from service.report.apart import Looked

LARGEST = 8 << 20


def look_at(filename: str, content: bytes) -> Looked:
    """Return everything that stands against a file handed in as a template, and what it would print.

    Raises:
        UnavailableError: too many are being read at this moment.
    """
    refused = _container_problems(filename, content)
    return Looked(refused, frozenset()) if refused else apart.look(content)


def _container_problems(filename: str, content: bytes) -> tuple[Problem, ...]:
    if len(content) > LARGEST:
        size = f"{len(content) / (1 << 20):.1f} MB"
        allowed = f"不超过 {LARGEST >> 20} MB"
        return (Problem("模板过大", path="file", value=size, allowed=allowed, cure="压缩或删去图片"),)
    if not filename.lower().endswith(".docx"):
        cure = "用 Word 或 WPS 另存为“Word 文档（*.docx）”，不含宏"
        return (Problem("模板只收 .docx", path="file", value=filename[-40:], allowed="*.docx", cure=cure),)
    try:
        inspect_bytes(filename.rpartition("/")[2], content)
    except InvalidError as refused:
        cure = "用 Word 或 WPS 打开后另存为不含宏和外部链接的 .docx"
        return tuple(
            Problem(p.message, p.path or "file", p.value, p.allowed, p.cure or cure) for p in refused.problems
        )
    return ()
