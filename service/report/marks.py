"""Markers that travel through the template inside text: U+FDD0 and following noncharacters.

They are never part of anybody's text (`clean` removes them from it), so a marker in the rendered
document can only come from `render`; the finishing pass reads and removes all of them.
"""

from __future__ import annotations

import re

from service.report.blocks import Cell, Line, Run

NOTHING = "\ufdd0"
FIGURE, SPLIT, END = "\ufdd1", "\ufdd2", "\ufdd3"
ABOVE, RESTART, LEFT = "\ufdd4", "\ufdd5", "\ufdd6"
ALIGN_LEFT, ALIGN_RIGHT, STRONG = "\ufdd7", "\ufdd8", "\ufdd9"
WIDTHS, ANCHOR, LINK, CHART, IMAGE = "\ufdda", "\ufddb", "\ufddc", "\ufddd", "\ufdde"
BOLD = "\ufddf"
ANY = re.compile("[\ufdd0-\ufdef]")
ILLEGAL = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
PAIRS = {"{_{": f"{{{NOTHING}_{{", "}_}": f"}}{NOTHING}_}}", "{_%": f"{{{NOTHING}_%", "%_}": f"%{NOTHING}_}}"}
MERGES = {"above": ABOVE, "restart": RESTART, "left": LEFT}
ALIGNS = {"left": ALIGN_LEFT, "right": ALIGN_RIGHT}


class Marked(str):
    """Text made by `render` from cleaned parts; its markers are ours."""

    __slots__ = ()


def clean(text: str) -> str:
    """Return `text` without characters XML forbids and without our markers; \\n and \\t stay.

    The four pairs the template engine rewrites (``{_{`` and the like) are kept apart by a marker.
    """
    text = ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for pair, safe in PAIRS.items():
        text = text.replace(pair, safe)
    return text


def finalize(value: object) -> object:
    """Return what a template may print: our text as it is, other text cleaned, None as nothing."""
    if isinstance(value, Marked):
        return value
    return "" if value is None else clean(value) if isinstance(value, str) else value


def run(part: Run) -> str:
    """Return one run with its figure and emphasis markers."""
    text = clean(part.text)
    if part.key:
        text = f"{FIGURE}{clean(part.key)}{SPLIT}{clean(part.form)}{SPLIT}{text}{END}"
    return f"{BOLD}{text}{END}" if part.strong else text


def line(parts: Line, *, before: str = "") -> Marked:
    """Return a line with all its markers; `before` holds markers of the paragraph."""
    return Marked(before + "".join(run(part) for part in parts))


def named(mark: str, name: str) -> str:
    """Return a marker that carries a name."""
    return f"{mark}{clean(name)}{END}"


def cell(value: Cell, *, widths: str = "") -> Marked:
    """Return a cell with its merge, alignment and emphasis markers."""
    before = (
        widths + MERGES.get(value.merge, "") + ALIGNS.get(value.align, "") + (STRONG if value.strong else "")
    )
    return line(value.line, before=before)
