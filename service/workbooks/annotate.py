"""The annotated copy of somebody's own workbook: cells coloured, faults as comments and as a first sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from service.errors import UnavailableError
from service.workbooks.book import in_child
from service.workbooks.compare import Comparison, State
from service.workbooks.values import Fault


def annotated(content: bytes, found: Comparison) -> bytes:
    """Return a copy of the workbook `found` was read from, marked; made in a shut-in child.

    Raises:
        UnavailableError: the workbook cannot be written again.
    """
    marks = [_mark(cell.place, cell.state.value) for cell in found.cells if cell.state is not State.SAME]
    marks = [mark for mark in marks if mark["state"] != State.WRONG.value]
    marks += [_mark(fault.place, State.WRONG.value, fault) for fault in found.faults if "!" in fault.place]
    return _written(content, marks)


def annotated_faults(content: bytes, faults: Sequence[Fault]) -> bytes:
    """Return a copy of the workbook with these faults marked in their cells; made in a shut-in child.

    Raises:
        UnavailableError: the workbook cannot be written again.
    """
    return _written(content, [_mark(f.place, State.WRONG.value, f) for f in faults if "!" in f.place])


def _written(content: bytes, marks: Sequence[Mapping[str, object]]) -> bytes:
    plain = json.dumps(marks).encode()
    with in_child("mark.py", content, marks=plain) as made:
        if made is None:
            raise UnavailableError("这个工作簿不能加标注，请对照页面上的错误清单修改")
        return made.read_bytes()


def _mark(place: str, state: str, fault: Fault | None = None) -> dict[str, object]:
    sheet, _, cell = place.rpartition("!")
    words = (
        [fault.place, fault.message, fault.value, fault.allowed, fault.example, fault.cure] if fault else []
    )
    return {"sheet": sheet, "cell": cell, "state": state, "words": words}
