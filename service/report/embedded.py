"""The data inside a report and the words printed on it must say the same.

- Compared: total, grade, and for every first-level line its name with its points printed close by;
  a form that prints points only for leaves (自评表) is held to those it prints.
- A printed number agrees if it equals the exact value, or is it rounded half up to two places or more.
- Values the data leaves open (no total, no grade) are not looked for.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import Any

from lxml import etree
from pypdf import PdfReader

from service.report.freeze import CHECKPOINT, SCORES

# How far behind a line's name its points may stand, in characters without blanks.
_REACH = 60
_LEAST_PLACES = 2
_MAX_XML = 64 * 1024 * 1024
_NUMBER = re.compile(r"[-−－]?\d[\d,]*(?:\.\d+)?")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class Content:
    """What a report carries: its embedded JSON files (None if absent) and its printed text."""

    scores: Mapping[str, Any] | None
    checkpoint: Mapping[str, Any] | None
    text: str


def read_pdf(content: bytes) -> Content:
    """Return data and text of a PDF.

    Raises:
        Exception: whatever the parser meets in a damaged file.
    """
    reader = PdfReader(BytesIO(content))
    files = reader.attachments
    text = "\n".join(page.extract_text() for page in reader.pages)
    return Content(_json(_one(files.get(SCORES))), _json(_one(files.get(CHECKPOINT))), text)


def read_docx(content: bytes) -> Content:
    """Return data and text of a .docx frozen by `freeze.freeze_docx`.

    Raises:
        Exception: whatever the parser meets in a damaged file.
    """
    with zipfile.ZipFile(BytesIO(content)) as package:
        names = set(package.namelist())
        body = _bounded(package, "word/document.xml")
        data = {
            name: _bounded(package, f"pingji/{name}")
            for name in (SCORES, CHECKPOINT)
            if f"pingji/{name}" in names
        }
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    paragraphs = ("".join(node.text or "" for node in p.iter(f"{_WORD}t")) for p in root.iter(f"{_WORD}p"))
    return Content(_json(data.get(SCORES)), _json(data.get(CHECKPOINT)), "\n".join(paragraphs))


def scores_of(content: bytes) -> Mapping[str, Any] | None:
    """Return the data embedded in a frozen .docx or PDF, None if it carries none; its text is not read.

    Raises:
        Exception: whatever the parser meets in a damaged file.
    """
    if content.startswith(b"PK"):
        return read_docx(content).scores
    return _json(_one(PdfReader(BytesIO(content)).attachments.get(SCORES)))


def _bounded(package: zipfile.ZipFile, name: str) -> bytes:
    if package.getinfo(name).file_size > _MAX_XML:
        raise ValueError(f"{name} is too large")
    return package.read(name)


def _one(files: Sequence[bytes] | None) -> bytes | None:
    if files is not None and len(files) != 1:
        raise ValueError("the same attachment twice")
    return files[0] if files else None


def _json(content: bytes | None) -> Mapping[str, Any] | None:
    if content is None:
        return None
    value = json.loads(content)
    if not isinstance(value, dict):
        raise ValueError("embedded data is no object")
    return value


def differences(scores: Mapping[str, Any], text: str) -> list[str]:
    """Return in Chinese every figure of `scores` that `text` does not print.

    Args:
        scores: ``total``, ``grade`` and ``lines`` of a score sheet in plain form, either at the top or
            under ``sheet``; numbers as exact text (``22.5``, ``2145/5823``).
    """
    sheet = scores if "lines" in scores else scores.get("sheet") or {}
    if "lines" not in sheet:
        return ["内嵌评分数据没有得分行，无法与正文核对"]
    squeezed = squeeze(text)
    found = []
    total, grade = sheet.get("total"), sheet.get("grade")
    if total is not None and not _printed(Fraction(total), squeezed):
        found.append(f"正文没有内嵌数据的总分 {total}")
    if grade is not None and grade not in squeezed:
        found.append(f"正文没有内嵌数据的等级“{grade}”")
    found += [
        f"正文“{line['name']}”附近没有内嵌数据的得分 {line['awarded']}"
        for line in _disagreeing(sheet["lines"], squeezed)
    ]
    return found


def _disagreeing(lines: Sequence[Mapping[str, Any]], squeezed: str) -> list[Mapping[str, Any]]:
    """Return the lines whose points are not printed beside their names."""
    scored = [line for line in lines if line.get("awarded") is not None]
    first = [line for line in scored if line.get("level") == 1]
    wrong = [line for line in first if not _beside(line, squeezed)]
    parents = {line.get("parent") for line in lines}
    leaves = [
        line
        for line in scored
        if line not in first and line.get("code") not in parents and squeeze(str(line["name"])) in squeezed
    ]
    if len(wrong) < len(first) or not leaves:
        return wrong
    return [line for line in leaves if not _beside(line, squeezed)]


def squeeze(text: str) -> str:
    """Return `text` without blanks, but with a bar where two numbers would otherwise run together."""
    return re.sub(r"\s+", "", re.sub(r"(?<=[\d%.])\s+(?=[\d.\-−－])", "|", text))


def _beside(line: Mapping[str, Any], squeezed: str) -> bool:
    name, awarded = squeeze(str(line["name"])), Fraction(line["awarded"])
    return any(_printed(awarded, window) for window in _windows(name, squeezed))


def _windows(name: str, squeezed: str) -> Iterator[str]:
    """Yield what stands behind every occurrence of `name`."""
    start = squeezed.find(name)
    while start >= 0:
        end = start + len(name)
        yield squeezed[end : end + _REACH]
        start = squeezed.find(name, end)


def _printed(value: Fraction, text: str) -> bool:
    return any(_says(token, value) for token in _NUMBER.findall(text))


def _says(token: str, value: Fraction) -> bool:
    written = token.replace(",", "").replace("−", "-").replace("－", "-")
    number = Fraction(written)
    if number == value:
        return True
    places = len(written.partition(".")[2])
    if places < _LEAST_PLACES:
        return False
    scaled = abs(value) * 10**places
    rounded = Fraction((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator), 10**places)
    return number == (rounded if value >= 0 else -rounded)
