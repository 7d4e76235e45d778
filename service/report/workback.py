"""What a working copy that came back says of each piece, beside the copy as it was taken. Pure.

- A figure keeps its token whatever was typed over it; each one altered is listed and its digits refused.
- Programs shift the ends of a figure by a sign or two; what stands on the page is what counts.
- A figure whose control was lost is found again where its text still stands; replaced by another number it
  counts as altered; gone with its sentence it is listed as left out.
- Text outside every marked place that was not there before is listed; it belongs nowhere by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from service.report.redline import tokens
from service.report.workcopy import HERE, ROWS, Place
from service.report.workread import STRAY

SAME, CHANGED, MISSING = "same", "changed", "missing"
MARKS = {style: mark for mark, style in ROWS.items()}
LINE = "\n"
_AHEAD, _BEHIND = re.compile(r"\d[\d,]*\.?\Z"), re.compile(r"[.,]?\d[\d,.]*")


@dataclass(frozen=True, slots=True)
class Refused:
    """One figure somebody wrote over: its token, what it showed, what was typed; "" where it was left out."""

    place: int
    token: str
    shown: str
    typed: str


@dataclass(frozen=True, slots=True)
class Returned:
    """One place: how it came back, and its text with the figures bound again."""

    place: Place
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment or tracked change: kind comment, insert or delete; the text it hangs on; place or -1."""

    place: int
    kind: str
    author: str
    at: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything a returned copy says."""

    places: tuple[Returned, ...]
    altered: tuple[Refused, ...]
    left_out: tuple[Refused, ...]
    strays: tuple[str, ...]
    remarks: tuple[Remark, ...]


@dataclass(slots=True)
class _Piece:
    """One token of text; `figure` is the number of the figure it shows, else -1."""

    text: str
    bold: bool = False
    figure: int = STRAY


Rows = list[tuple[str, list[_Piece]]]


def compare(
    places: Sequence[Place], figures: Sequence[str], taken: Mapping[str, Any], back: Mapping[str, Any]
) -> Comparison:
    """Return what `back` says; both are readings of `workread`, `taken` that of the copy as it was made."""
    there = {int(row["edge"][2:]) for row in back["rows"] if row["edge"].startswith("s")}
    shown = {p["f"]: p["t"] for row in taken["rows"] for p in row["parts"] if p["f"] != STRAY}
    present = {p["f"] for row in back["rows"] for p in row["parts"] if p["f"] != STRAY}
    found: list[Returned] = []
    altered: list[Refused] = []
    left: list[Refused] = []
    for number, place in enumerate(places):
        before, after = _rows(taken, number), _rows(back, number)
        if number not in there:
            found.append(Returned(place, MISSING, ""))
            continue
        for _, line in after:
            _straighten(line, shown)
        _rebind(before, after, present, figures, number, altered, left)
        for piece in _pieces(after):
            if piece.figure != STRAY and piece.text != shown.get(piece.figure):
                altered.append(Refused(number, _of(figures, piece), shown.get(piece.figure, ""), piece.text))
        altered += _touched(before, after, number, figures)
        text = _text(after, figures)
        found.append(Returned(place, SAME if text == _text(before, figures) else CHANGED, text))
    remarks = tuple(Remark(**remark) for remark in back["remarks"])
    return Comparison(tuple(found), tuple(altered), tuple(left), tuple(_strays(taken, back)), remarks)


def _straighten(line: list[_Piece], shown: Mapping[int, str]) -> None:
    """Let each figure hold what it showed if just that stands there, though its ends were shifted."""
    for piece in [p for p in line if p.figure != STRAY and p.text != shown.get(p.figure, p.text)]:
        before, after = _beside(line, piece)
        wanted, whole = shown[piece.figure], before.text + piece.text + after.text
        start, end = len(before.text), len(before.text) + len(piece.text)
        spans = [m.span() for m in re.finditer(re.escape(wanted), whole)]
        near = [span for span in spans if span[0] < end and span[1] > start and _apart(whole, *span)]
        if len(near) == 1:
            first, last = near[0]
            before.text, piece.text, after.text = whole[:first], wanted, whole[last:]


def _beside(line: list[_Piece], piece: _Piece) -> tuple[_Piece, _Piece]:
    """Return the free text before and after a figure; where there is none, an empty one now stands."""
    at = next(n for n, each in enumerate(line) if each is piece)
    if at + 1 == len(line) or line[at + 1].figure != STRAY:
        line.insert(at + 1, _Piece("", piece.bold))
    if at == 0 or line[at - 1].figure != STRAY:
        line.insert(at, _Piece("", piece.bold))
        at += 1
    return line[at - 1], line[at + 1]


def _touched(before: Rows, after: Rows, place: int, figures: Sequence[str]) -> Iterator[Refused]:
    """Take away digits typed against a figure, which would print as part of it, and yield each figure."""
    known = {p.figure: _touch(line, p) for _, line in before for p in line if p.figure != STRAY}
    for _, line in after:
        for piece in [p for p in line if p.figure != STRAY]:
            ahead, behind = _touch(line, piece)
            if (ahead, behind) in (("", ""), known.get(piece.figure)):
                continue
            left, right = _beside(line, piece)
            left.text, right.text = left.text[: len(left.text) - len(ahead)], right.text[len(behind) :]
            yield Refused(place, _of(figures, piece), piece.text, f"{ahead}{piece.text}{behind}")


def _touch(line: list[_Piece], piece: _Piece) -> tuple[str, str]:
    """Return the digits that stand directly before and after a figure."""
    left, right = _beside(line, piece)
    ahead, behind = _AHEAD.search(left.text), _BEHIND.match(right.text)
    return ahead[0] if ahead else "", behind[0] if behind else ""


def _apart(text: str, first: int, last: int) -> bool:
    """Return whether no digit, point or percent sign touches the stretch from outside."""
    around = text[max(0, first - 1) : first] + text[last : last + 1]
    return not any(sign.isdigit() or sign in ".,%-" for sign in around)


def _rows(reading: Mapping[str, Any], place: int) -> Rows:
    found: Rows = []
    for row in reading["rows"]:
        if row["place"] != place:
            continue
        lines: list[list[_Piece]] = [[]]
        for part in row["parts"]:
            for number, text in enumerate(part["t"].split(LINE) if part["f"] == STRAY else [part["t"]]):
                if number:
                    lines.append([])
                if text:
                    lines[-1].append(_Piece(text, part["b"], part["f"]))
        found += [(row["style"], line) for line in lines]
    return found


def _pieces(rows: Rows) -> Iterator[_Piece]:
    for _, line in rows:
        yield from line


def _rebind(
    before: Rows,
    after: Rows,
    present: set[int],
    figures: Sequence[str],
    place: int,
    altered: list[Refused],
    left: list[Refused],
) -> None:
    """Find the figures of `before` that are in no control of the file any more, and bind them in `after`."""
    lost = [p for p in _pieces(before) if p.figure != STRAY and p.figure not in present]
    if not lost:
        return
    _loosen(after)
    old, new = _cut(before), _cut(after)
    one, other = [p.text for p in old], [p.text for p in new]
    wanted = {id(p) for p in lost}
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs = [(was, now) for was, now in zip(old[a:b], new[c:d], strict=True) if id(was) in wanted]
        else:
            gone = [p for p in old[a:b] if id(p) in wanted]
            pairs = list(zip(gone, filter(_counts, new[c:d]), strict=False))
            left += [Refused(place, _of(figures, p), p.text, "") for p in gone[len(pairs) :]]
        for was, now in pairs:
            now.figure = was.figure  # another text than the figure's is found by whoever asked


def _loosen(rows: Rows) -> None:
    """Cut the free text of rows into tokens, so that one of them can become a figure."""
    for _, line in rows:
        line[:] = [
            _Piece(text, piece.bold, piece.figure)
            for piece in line
            for text in ([piece.text] if piece.figure != STRAY else tokens(piece.text))
        ]


def _counts(piece: _Piece) -> bool:
    return piece.figure == STRAY and any(sign.isdigit() for sign in piece.text)


def _of(figures: Sequence[str], piece: _Piece) -> str:
    return figures[piece.figure] if piece.figure < len(figures) else ""


def _cut(rows: Rows) -> list[_Piece]:
    found: list[_Piece] = []
    for _, line in rows:
        for piece in line:
            found += (
                [piece]
                if piece.figure != STRAY or len(tokens(piece.text)) == 1
                else [_Piece(text, piece.bold) for text in tokens(piece.text)]
            )
        found.append(_Piece(LINE))
    return found


def _text(rows: Rows, figures: Sequence[str]) -> str:
    """Return rows in the way of writing of the report's texts."""
    lines = (_line(style, [_token(p, figures) for p in line]) for style, line in rows)
    return LINE.join(line for line in lines if line)


def _token(piece: _Piece, figures: Sequence[str]) -> _Piece:
    known = 0 <= piece.figure < len(figures)
    return _Piece(figures[piece.figure] if known else piece.text, piece.bold)


def _line(style: str, pieces: Sequence[_Piece]) -> str:
    mark = MARKS.get(style, "")
    whole = "".join(p.text for p in pieces).strip()
    if not whole or whole == HERE:
        return ""
    head = 0
    while mark in ("", "- ") and head < len(pieces) and pieces[head].bold:
        head += 1
    lead = "".join(p.text for p in pieces[:head]).strip()
    rest = "".join(p.text for p in pieces[head:]).strip()
    return mark + (f"**{lead}**{rest}" if lead and "**" not in lead else whole)


def _strays(taken: Mapping[str, Any], back: Mapping[str, Any]) -> Iterator[str]:
    known = Counter(_said(taken))
    for text in _said(back):
        if known[text] > 0:
            known[text] -= 1
        elif text.strip():
            yield text


def _said(reading: Mapping[str, Any]) -> list[str]:
    return ["".join(p["t"] for p in row["parts"]) for row in reading["rows"] if row["place"] == STRAY]
