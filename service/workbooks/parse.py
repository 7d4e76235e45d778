"""Reads a workbook into plain cells; the program of a shut-in child: ``python -I parse.py SOURCE TARGET …``.

- One pass over the XML by expat, so a formula and its cached value are both seen; openpyxl would have to read
  the file twice for that, and gives up on style sheets that WPS writes.
- Numbers stay the text of the file; nothing is calculated here.
- A document type, a DDE formula, data connections and what is beyond the limits end the reading with a code.

TARGET is JSON: ``{"sheets": [{"name", "state", "cells": [[row, column, type, text, format]], "merged": [[r1,
c1, r2, c2]]}], "epoch"}`` or ``{"refused": code, "value": …}``. Types: n number, s text, b truth, e error,
d date, f formula without cached value; format: "" , "%" or "d".
Exit code 0 if TARGET was written.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
import zlib
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

MAX_SHEETS, MAX_ROWS, MAX_COLUMNS, MAX_CELLS = 20, 5_000, 100, 200_000
MAX_TEXT = 32_767
CHUNK = 1 << 16
_CODE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DDE = re.compile(r"[A-Za-z_.]+\s*\|")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'(?=!)")
_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_PERCENTS = frozenset({9, 10})
_FORBIDDEN = ("xl/connections.xml", "xl/querytables/", "xl/embeddings/", "xl/externallinks/", "xl/ctrlprops/")


BROKEN = (expat.ExpatError, LookupError, ValueError, zipfile.BadZipFile, EOFError, OSError, zlib.error)


class RefusedError(Exception):
    """The file is not read; `code` says why, `value` what was found."""

    def __init__(self, code: str, value: str = "") -> None:
        super().__init__(code)
        self.code, self.value = code, value


def main(source: str, target: str) -> None:
    """`target` holds the cells of `source`, or why it is refused."""
    try:
        with zipfile.ZipFile(source) as box:
            found = read(box)
    except RefusedError as refused:
        found = {"refused": refused.code, "value": refused.value}
    except BROKEN:
        found = {"refused": "broken", "value": ""}
    with open(target, "w", encoding="utf-8") as output:
        json.dump(found, output, ensure_ascii=True)


def read(box: zipfile.ZipFile) -> dict[str, Any]:
    """Return the cells of an open container."""
    names = {entry.filename.lower(): entry.filename for entry in box.infolist()}
    for name in names:
        if name.startswith(_FORBIDDEN):
            raise RefusedError("foreign", names[name])
    _demand_no_types(box)
    relations = _relations(box)
    sheets, epoch = _sheets(box)
    if len(sheets) > MAX_SHEETS:
        raise RefusedError("sheets", str(len(sheets)))
    formats = _formats(box, _kind(relations, "styles"))
    strings = _strings(box, _kind(relations, "sharedStrings"))
    made = []
    left = [MAX_CELLS]
    for name, state, relation in sheets:
        kind, target = relations.get(relation, ("", ""))
        if kind != "worksheet":
            continue
        sheet = _Reading(name, strings, formats, left)
        _parse(box, target, sheet.start, sheet.end, sheet.text)
        made.append({"name": name, "state": state, "cells": sheet.cells, "merged": sheet.merged})
    return {"sheets": made, "epoch": epoch}


def _demand_no_types(box: zipfile.ZipFile) -> None:
    """No part declares a document type, wherever it is: no entity is ever expanded."""
    for entry in box.infolist():
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        with box.open(entry) as part:
            head = part.read(CHUNK)
            if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:64]:
                raise RefusedError("encoding", entry.filename)
            while head:
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise RefusedError("entities", entry.filename)
                more = part.read(CHUNK)
                head = head[-16:] + more if more else b""


def _parse(box: zipfile.ZipFile, part: str, start: Any, end: Any = None, text: Any = None) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    with box.open(part) as stream:
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _no_doctype(*_: Any) -> None:
    raise RefusedError("entities")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _relations(box: zipfile.ZipFile) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, given: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            target = given.get("Target", "")
            full = target[1:] if target.startswith("/") else f"xl/{target}"
            found[given.get("Id", "")] = (given.get("Type", "").rpartition("/")[2], full)

    _parse(box, "xl/_rels/workbook.xml.rels", start)
    return found


def _kind(relations: dict[str, tuple[str, str]], wanted: str) -> str:
    return next((target for kind, target in relations.values() if kind == wanted), "")


def _sheets(box: zipfile.ZipFile) -> tuple[list[tuple[str, str, str]], int]:
    found: list[tuple[str, str, str]] = []
    epoch = [1900]

    def start(name: str, given: dict[str, str]) -> None:
        plain = {_local(key): value for key, value in given.items()}
        if _local(name) == "sheet":
            found.append((plain.get("name", ""), plain.get("state", "visible"), plain.get("id", "")))
        elif _local(name) == "workbookPr" and plain.get("date1904") in ("1", "true"):
            epoch[0] = 1904

    _parse(box, "xl/workbook.xml", start)
    return found, epoch[0]


def _formats(box: zipfile.ZipFile, part: str) -> list[str]:
    """Return what each cell format shows: "%" percent, "d" a date, "" anything else."""
    codes: dict[int, str] = {}
    formats: list[str] = []
    inside = [False]

    def start(name: str, given: dict[str, str]) -> None:
        local = _local(name)
        if local == "numFmt":
            codes[int(given.get("numFmtId", "0"))] = given.get("formatCode", "")
        elif local == "cellXfs":
            inside[0] = True
        elif local == "xf" and inside[0]:
            formats.append(_shows(int(given.get("numFmtId", "0")), codes))

    def end(name: str) -> None:
        if _local(name) == "cellXfs":
            inside[0] = False

    if part:
        _parse(box, part, start, end)
    return formats


def _shows(number: int, codes: dict[int, str]) -> str:
    if number in codes:
        code = _IN_FORMAT.sub("", codes[number]).lower()
        return "%" if "%" in code else "d" if re.search("[ymdhs]", code) and "general" not in code else ""
    return "%" if number in _PERCENTS else "d" if number in _DATES else ""


def _strings(box: zipfile.ZipFile, part: str) -> list[str]:
    reading = _Strings()
    if part:
        _parse(box, part, reading.start, reading.end, reading.text)
    return reading.found


class _Strings:
    """The shared texts being read; the phonetic helps (``rPh``) are no part of them."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._inside, self._hidden = False, 0

    def start(self, name: str, _: dict[str, str]) -> None:
        local = _local(name)
        if local == "si":
            self._pieces.clear()
        elif local == "rPh":
            self._hidden += 1
        elif local == "t":
            self._inside = not self._hidden

    def end(self, name: str) -> None:
        local = _local(name)
        if local == "t":
            self._inside = False
        elif local == "rPh":
            self._hidden -= 1
        elif local == "si":
            self.found.append(_plain("".join(self._pieces)))

    def text(self, data: str) -> None:
        if self._inside:
            self._pieces.append(data)


def _plain(text: str) -> str:
    if "_x" in text:
        text = _CODE.sub(lambda found: chr(int(found.group(1), 16)), text)
        # Codes may stand for halves of a character; what makes no character is told as such later.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text[:MAX_TEXT]


class _Reading:
    """One sheet being read; the handlers are hot, so they stay plain."""

    def __init__(self, sheet: str, strings: list[str], formats: list[str], left: list[int]) -> None:
        self.cells: list[list[Any]] = []
        self.merged: list[list[int]] = []
        self._sheet, self._strings, self._formats, self._left = sheet, strings, formats, left
        self._row = self._column = 0
        self._kind = self._format = ""
        self._formula = False
        self._pieces: list[str] = []
        self._written: list[str] = []
        self._has_value = False
        self._into: Callable[[str], None] | None = None
        self._hidden = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self._begin(given)
        elif name == "v":
            self._has_value = True
            self._into = self._pieces.append
        elif name == "row":
            self._row = int(given["r"]) if "r" in given else self._row + 1
            self._column = 0
        else:
            self._start_other(name, given)

    def _start_other(self, name: str, given: dict[str, str]) -> None:
        if name == "f":
            self._formula = True
            self._into = self._written.append
        elif name == "t":
            self._into = None if self._hidden else self._pieces.append
        elif name == "rPh":
            self._hidden += 1
        elif name == "mergeCell":
            self._merge(given.get("ref", ""))

    def _begin(self, given: dict[str, str]) -> None:
        place = given.get("r")
        if place:
            self._row, self._column = _place(place)
        else:
            self._column += 1
        self._kind = given.get("t", "n")
        style = int(given.get("s", "0"))
        self._format = self._formats[style] if style < len(self._formats) else ""
        self._formula = self._has_value = False
        self._pieces.clear()
        self._written.clear()

    def text(self, data: str) -> None:
        if self._into is not None:
            self._into(data)

    def end(self, name: str) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name in ("v", "f", "t"):
            self._into = None
        elif name == "c":
            self._take()
        elif name == "rPh":
            self._hidden -= 1

    def _take(self) -> None:
        text = "".join(self._pieces)
        if self._formula:
            written = "".join(self._written)
            if _DDE.search(_QUOTED.sub("", written)):
                raise RefusedError("dde", f"{self._sheet}!{letters(self._column)}{self._row}")
            if text == "" and self._kind != "str":
                self._keep("f", f"={written}" if written else "=")
                return
        if text == "":
            return
        if self._kind == "s":
            text = self._strings[int(text)]
        elif self._kind in ("str", "inlineStr"):
            text = _plain(text)
        kind = {"n": "n", "b": "b", "e": "e", "d": "d"}.get(self._kind, "s")
        if text.strip():
            self._keep(kind, text)

    def _keep(self, kind: str, text: str) -> None:
        if self._row > MAX_ROWS:
            raise RefusedError("rows", f"{self._sheet}!{letters(self._column)}{self._row}")
        if self._column > MAX_COLUMNS:
            raise RefusedError("columns", f"{self._sheet}!{letters(self._column)}{self._row}")
        self._left[0] -= 1
        if self._left[0] < 0:
            raise RefusedError("cells", str(MAX_CELLS))
        self.cells.append([self._row, self._column, kind, text, self._format if kind == "n" else ""])

    def _merge(self, area: str) -> None:
        first, _, last = area.partition(":")
        if last:
            self.merged.append([*_place(first), *_place(last)])
            if len(self.merged) > MAX_CELLS // 10:
                raise RefusedError("cells", str(len(self.merged)))


def _place(name: str) -> tuple[int, int]:
    """Return row and column of a cell's name such as ``B7``."""
    digits = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    column = 0
    for sign in name[: len(name) - len(digits)]:
        column = column * 26 + ord(sign) - 64
    return int(digits), column


def letters(column: int) -> str:
    """Return the letters of a column counted from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


if __name__ == "__main__":
    # Several sources may follow one another, each with its target: starting a child costs more than reading.
    for given, wanted in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        main(given, wanted)
