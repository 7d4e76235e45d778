"""Reads a working copy that came back: rows by marked place, figures, comments and tracked changes.

Run in a child of its own for files of strangers: ``python -I workread.py SOURCE RESULT``. Exit code 0:
RESULT holds the `Reading` as JSON; anything else: the file could not be read to its end.

- The text is that with all tracked changes accepted; each of them is listed with author, time and place.
- A place begins and ends with lines known by content control, else by bookmark; a figure likewise.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MOST_BYTES, MOST_ROWS, MOST_REMARKS, LONGEST = 30_000_000, 20_000, 2_000, 4_000
_TEXT = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_TRACKED = {f"{W}ins": "insert", f"{W}moveTo": "insert", f"{W}del": "delete", f"{W}moveFrom": "delete"}
_OFF = ("0", "false", "off", "none")
_SHORT = re.compile(r"短码\s*([0-9A-F]{4}-[0-9A-F]{4})")
_MARK = re.compile(r"([sef]):([0-9]{1,6})")
STRAY = -1


class Reader:
    """Walks one document; `rows` are its paragraphs, `remarks` what others wrote about it."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self.styles = _style_names(parts)
        self.comments = _comments(parts)
        self.rows: list[dict[str, Any]] = []
        self.remarks: list[dict[str, Any]] = []
        self.place = STRAY
        self.figures: dict[str, int] = {}
        self.ranges: dict[str, dict[str, Any]] = {}
        self.row: dict[str, Any] = {}
        self.edge = ""

    def walk(self, holder: Any) -> None:
        """Read what stands in `holder`, in order."""
        for node in holder:
            if node.tag == f"{W}p":
                self._paragraph(node)
            elif node.tag in (f"{W}bookmarkStart", f"{W}bookmarkEnd"):
                self._bookmark(node)
            elif node.tag in (f"{W}commentRangeStart", f"{W}commentRangeEnd"):
                self._range(node)
            elif isinstance(node.tag, str) and node.tag not in (f"{W}sectPr", f"{W}sdtPr", f"{W}tblPr"):
                self.walk(node)

    def _paragraph(self, node: Any) -> None:
        if len(self.rows) >= MOST_ROWS:
            raise ValueError("too many paragraphs")
        style = node.find(f"{W}pPr/{W}pStyle")
        name = self.styles.get(style.get(f"{W}val"), "") if style is not None else ""
        self.row = {"place": self.place, "style": name, "parts": []}
        self.edge = ""
        self._inline(node)
        if self.edge:
            self.place = int(self.edge[2:]) if self.edge.startswith("s") else STRAY
            self.row["place"] = STRAY
        text = "".join(part["t"] for part in self.row["parts"])
        for remark in self.remarks:
            remark.setdefault("place", self.row["place"])
            if remark.pop("fresh", False):
                remark["anchor"] = text[:80]
        self.rows.append({**self.row, "edge": self.edge})

    def _inline(self, holder: Any, *, figure: int = STRAY, tracked: str = "") -> None:
        for node in holder:
            if node.tag == f"{W}r":
                self._run(node, figure=figure, tracked=tracked)
            elif node.tag == f"{W}sdt":
                self._control(node, figure=figure, tracked=tracked)
            elif node.tag in _TRACKED:
                self._change(node, figure=figure)
            elif node.tag in (f"{W}bookmarkStart", f"{W}bookmarkEnd"):
                self._bookmark(node)
            elif node.tag in (f"{W}commentRangeStart", f"{W}commentRangeEnd"):
                self._range(node)
            elif isinstance(node.tag, str) and node.tag != f"{W}pPr":
                self._inline(node, figure=figure, tracked=tracked)

    def _control(self, node: Any, *, figure: int, tracked: str) -> None:
        tag = node.find(f"{W}sdtPr/{W}tag")
        found = _MARK.fullmatch(tag.get(f"{W}val", "")) if tag is not None else None
        if found and found[1] == "f":
            figure = int(found[2])
        elif found:
            self.edge = f"{found[1]}:{found[2]}"
        content = node.find(f"{W}sdtContent")
        if content is not None:
            self._inline(content, figure=figure, tracked=tracked)

    def _run(self, run: Any, *, figure: int, tracked: str) -> None:
        bold = run.find(f"{W}rPr/{W}b")
        strong = bold is not None and bold.get(f"{W}val", "1") not in _OFF
        text = ""
        for node in run:
            if node.tag == f"{W}commentReference":
                self._comment(node.get(f"{W}id", ""))
            text += node.text or "" if node.tag == f"{W}t" else _TEXT.get(node.tag, "")
        if text and tracked != "delete":
            inside = figure if figure != STRAY else next(reversed(self.figures.values()), STRAY)
            self._say(text, strong=strong, figure=inside)

    def _say(self, text: str, *, strong: bool, figure: int) -> None:
        for held in self.ranges.values():
            held["anchor"] = (held["anchor"] + text)[:LONGEST]
        parts = self.row["parts"]
        if parts and (parts[-1]["b"], parts[-1]["f"]) == (strong, figure):
            parts[-1]["t"] += text
        else:
            parts.append({"t": text, "b": strong, "f": figure})

    def _change(self, node: Any, *, figure: int) -> None:
        kind = _TRACKED[node.tag]
        tags = (f"{W}t", f"{W}delText")
        text = "".join(t.text or "" for t in node.iter(*tags))
        who, at = node.get(f"{W}author", ""), node.get(f"{W}date", "")
        last = self.remarks[-1] if self.remarks else None
        if text and last is not None and last.get("fresh") and (last["kind"], last["author"]) == (kind, who):
            last["text"] = (last["text"] + text)[:LONGEST]
        elif text:
            self._remark(kind, who, at, text, fresh=True)
        self._inline(node, figure=figure, tracked=kind)

    def _remark(self, kind: str, author: str, at: str, text: str, **more: Any) -> dict[str, Any]:
        if len(self.remarks) >= MOST_REMARKS:
            raise ValueError("too many remarks")
        made = {
            "kind": kind,
            "author": author[:80],
            "at": at[:30],
            "text": text[:LONGEST],
            "anchor": "",
            **more,
        }
        self.remarks.append(made)
        return made

    def _bookmark(self, node: Any) -> None:
        key = node.get(f"{W}id", "")
        if node.tag == f"{W}bookmarkEnd":
            self.figures.pop(key, None)
            return
        found = _MARK.fullmatch(node.get(f"{W}name", "").removeprefix("pj").replace("_", ":"))
        if found and found[1] == "f":
            self.figures[key] = int(found[2])
        elif found:
            self.edge = f"{found[1]}:{found[2]}"

    def _range(self, node: Any) -> None:
        key = node.get(f"{W}id", "")
        if node.tag == f"{W}commentRangeStart":
            held = self._comment(key)
            if held is not None:
                self.ranges[key] = held
        else:
            self.ranges.pop(key, None)

    def _comment(self, key: str) -> dict[str, Any] | None:
        told = self.comments.pop(key, None)
        return None if told is None else self._remark("comment", *told)


def read(content: bytes) -> dict[str, Any]:
    """Return identity, short code, rows and remarks of a .docx.

    Raises:
        ValueError, KeyError, XMLSyntaxError, BadZipFile: it is no sound document, or larger than allowed.
    """
    parts = _parts(content)
    reader = Reader(parts)
    reader.walk(_tree(parts["word/document.xml"]).find(f"{W}body"))
    for remark in reader.remarks:
        remark.pop("fresh", None)
        remark.setdefault("place", STRAY)
    return {
        "identity": _identity(parts),
        "short": _short(parts),
        "rows": reader.rows,
        "remarks": reader.remarks,
    }


def _parts(content: bytes) -> dict[str, bytes]:
    wanted = re.compile(r"word/(document|styles|comments|header\d*)\.xml|docProps/custom\.xml")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = [info for info in archive.infolist() if wanted.fullmatch(info.filename)]
        if sum(info.file_size for info in found) > MOST_BYTES:
            raise ValueError("too large")
        return {info.filename: archive.read(info) for info in found}


def _tree(content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    if b"<!DOCTYPE" in content[:4096]:
        raise ValueError("a document type is not allowed")
    return root


def _style_names(parts: dict[str, bytes]) -> dict[str, str]:
    if "word/styles.xml" not in parts:
        return {}
    found = {}
    for style in _tree(parts["word/styles.xml"]).iter(f"{W}style"):
        name = style.find(f"{W}name")
        if name is not None:
            found[style.get(f"{W}styleId", "")] = name.get(f"{W}val", "")
    return found


def _comments(parts: dict[str, bytes]) -> dict[str, tuple[str, str, str]]:
    """Return author, time and text of every comment by its id."""
    if "word/comments.xml" not in parts:
        return {}
    found = {}
    for node in _tree(parts["word/comments.xml"]).iter(f"{W}comment"):
        lines = ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in node.iter(f"{W}p")]
        told = (node.get(f"{W}author", ""), node.get(f"{W}date", ""), "\n".join(filter(None, lines)))
        found[node.get(f"{W}id", "")] = told
    return found


def _identity(parts: dict[str, bytes]) -> str:
    if "docProps/custom.xml" not in parts:
        return ""
    for node in _tree(parts["docProps/custom.xml"]):
        if node.get("name") == "PingjiCopy":
            return "".join(node.itertext()).strip()[:200]
    return ""


def _short(parts: dict[str, bytes]) -> str:
    """Return the short code printed in a header, "" if there is none."""
    for name in sorted(parts):
        if "header" in name:
            found = _SHORT.search("".join(_tree(parts[name]).itertext()))
            if found:
                return found[1]
    return ""


if __name__ == "__main__":
    told = read(Path(sys.argv[1]).read_bytes())
    Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")
