"""What a 征求意见稿 showed, node by node, and what has been lowered since the unit last saw it.

- Points are kept as exact text by sheet (`""` is the main or joint one) and code; a node that was not
  scored is not in it, so scoring it later lowers nothing.
- A unit has to see a lowered node again even if another was raised by as much.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.queries.consultation import latest_issue
from service.queries.sheet import CurrentSheet, current_sheet
from service.scoring.quantities import exact, exact_text

TOTAL = ""


def shown_points(session: Session, case: Evaluation) -> dict[str, dict[str, str]]:
    """Return the awarded points of every scored node and the total, by sheet and code."""
    return {name: _points(sheet) for name, sheet in _sheets(session, case).items()}


def lowered_nodes(session: Session, case: Evaluation) -> tuple[str, ...]:
    """Return code and name of every node that now has fewer points than the newest draft showed.

    The total comes last, named 总分; a sheet of several is named before its nodes.
    """
    issue = latest_issue(session, case.id)
    if issue is None:
        return ()
    return tuple(
        words
        for name, sheet in _sheets(session, case).items()
        for words in _lowered(name, sheet, issue.awarded.get(name, {}))
    )


def _sheets(session: Session, case: Evaluation) -> dict[str, CurrentSheet]:
    names = ("", *case.facts.get("sheets", ()))
    found = {name: current_sheet(session, case, sheet=name) for name in names}
    return {name: sheet for name, sheet in found.items() if sheet is not None}


def _points(current: CurrentSheet) -> dict[str, str]:
    points = {line.code: exact_text(line.awarded) for line in current.sheet.lines if line.awarded is not None}
    return points if current.total is None else {**points, TOTAL: exact_text(current.total)}


def _lowered(name: str, current: CurrentSheet, before: dict[str, str]) -> list[str]:
    names = {line.code: f"{line.code} {line.name}" for line in current.sheet.lines} | {TOTAL: "总分"}
    now = _points(current)
    where = f"{name} " if name else ""
    return [
        f"{where}{names[code]}"
        for code, points in now.items()
        if code in before and exact(points) < exact(before[code])
    ]
