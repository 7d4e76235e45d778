"""A table brought back from a workbook is taken in: all of it in one transaction, or nothing.

Each function takes the table as it stood when it was compared, and what comparing it gave; a row somebody
changed meanwhile refuses the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.actions.actor import Actor
from service.actions.case_facts import EditFacts, edit_facts
from service.actions.commissioning import Money
from service.actions.self_assessment import ClaimLine, EditSelfAssessment, edit_self_assessment
from service.errors import InvalidError, Problem
from service.queries.selfparts import COLUMNS, SUBPROJECTS, SURVEY, TOTAL, SubProject
from service.queries.tables import ITEMS, CaseTable, survey_from
from service.scoring.quantities import exact
from service.workbooks.compare import Comparison, Standing
from service.workflow.moneykinds import MONEY_KINDS

FEN = 1_000_000
_MONEY = tuple(name for name, _, _ in COLUMNS)


def demand_ready(found: Comparison) -> None:
    """Accept only a comparison without a fault that changes something.

    Raises:
        InvalidError: with every fault, or that nothing changes.
    """
    if found.faults:
        raise InvalidError([fault.problem for fault in found.faults])
    if not found.count:
        cure = "改好后重新上传"
        raise InvalidError(Problem("工作簿与案卷内容相同，没有需要改动的内容", value="0 项", cure=cure))


def merged(found: Comparison, standing: Sequence[Standing]) -> dict[str, dict[str, str]]:
    """Return by key what the changed rows say: what stands, replaced where the workbook says otherwise."""
    held = {row.key: row.values for row in standing}
    return {row.key: {**held.get(row.key, {}), **row.values()} for row in found.changed}


def take_self(actor: Actor, evaluation: str, table: CaseTable, found: Comparison) -> None:
    """The 自评表 holds what the workbook says: every changed line and the total."""
    demand_ready(found)
    lines = tuple(
        ClaimLine(
            node=key,
            points=values.get("points") or None,
            target=values.get("target", ""),
            actual=values.get("actual", ""),
            deviation=values.get("deviation", ""),
            version=table.versions.get(key, 0),
        )
        for key, values in merged(found, table.standing).items()
    )
    total = found.total.new or None if found.total is not None else None
    seen = {TOTAL: table.seen[TOTAL]} if total else {}
    command = EditSelfAssessment(claims=lines, claimed_total=total, merge=True, seen=seen)
    edit_self_assessment(actor, evaluation, command)


def take_subprojects(actor: Actor, evaluation: str, table: CaseTable, found: Comparison) -> None:
    """The sub-projects hold what the workbook says; new ones stand at the end."""
    demand_ready(found)
    changed = merged(found, table.standing)
    rows = [_subproject(changed.pop(row.key, row.values)) for row in table.standing]
    rows += [_subproject(values) for values in changed.values()]
    _edit_part(actor, evaluation, SUBPROJECTS, [row.to_plain() for row in rows], table)


def _subproject(values: Mapping[str, str]) -> SubProject:
    money: dict[str, Any] = {name: _fen(values.get(name, "")) for name in _MONEY}
    words: dict[str, Any] = {name: values.get(name, "") for name in ("name", "group", "state", "reason")}
    return SubProject(**words, **money)


def _fen(text: str) -> int | None:
    return int(exact(text) * FEN) if text else None


def take_money(actor: Actor, evaluation: str, table: CaseTable, found: Comparison) -> None:
    """The sums of the case hold what the workbook says, in 分; new ones have the codes it gives them."""
    demand_ready(found)
    rows = merged(found, table.standing)
    new = sum(1 for row in found.changed if row.new)
    words = f"从工作簿导入资金：新增 {new} 笔，修改 {len(rows) - new} 笔"
    money = tuple(_sum(values) for values in rows.values())
    edit_facts(actor, evaluation, EditFacts(money=money), reason=words)


def _sum(values: Mapping[str, str]) -> Money:
    kinds = {label: name for name, label in MONEY_KINDS.items()}
    words = {name: values.get(name, "") for name in ("code", "name", "printed", "source")}
    return Money(kind=kinds[values["kind"]], fen=_fen(values.get("fen", "")), **words)


def take_survey(actor: Actor, evaluation: str, table: CaseTable, found: Comparison) -> None:
    """The survey holds what the workbook says."""
    demand_ready(found)
    changed = merged(found, table.standing)
    values = {row.key: changed.get(row.key, row.values).get("value", "") for row in table.standing}
    assert set(values) == {label for _, label, _, _ in ITEMS}
    _edit_part(actor, evaluation, SURVEY, survey_from(values).to_plain(), table)


def _edit_part(actor: Actor, evaluation: str, part: str, value: Any, table: CaseTable) -> None:
    command = EditSelfAssessment(body={part: value}, merge=True, seen={part: table.seen[part]})
    edit_self_assessment(actor, evaluation, command)
