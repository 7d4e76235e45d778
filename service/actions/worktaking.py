"""Tables of the team and the organising side are taken in from a workbook: scores, deductions, findings."""

from __future__ import annotations

from collections.abc import Mapping

from service.actions.actor import Actor
from service.actions.batches import record_findings, record_opinions, take_deductions
from service.actions.consultation import RecordOpinion
from service.actions.reasons import Origin, Reason
from service.actions.scoring import record_results
from service.actions.site_verification import RecordFinding
from service.actions.tabletaking import demand_ready, merged
from service.errors import InvalidError, Problem
from service.extensions import db
from service.models.evaluation import Evaluation
from service.queries.tables import CaseTable
from service.queries.worktables import grid_rows, level_stored, organisations_by_name, results_of
from service.workbooks.compare import Comparison
from service.workbooks.official import NOT_STATED


def take_scores(
    actor: Actor, evaluation: str, table: CaseTable, found: Comparison, origin: Origin | None
) -> None:
    """The results of every changed indicator hold what the workbook says."""
    demand_ready(found)
    grid = grid_rows(db.session(), _case(evaluation))
    results = results_of(found.changed, grid, level_stored(db.session(), _case(evaluation)))
    record_results(
        actor,
        evaluation,
        results=results,
        origin=origin,
        expected={code: table.versions.get(code, 0) for code in results},
    )


def take_deduction_list(
    actor: Actor, evaluation: str, table: CaseTable, found: Comparison, origin: Origin | None
) -> None:
    """New rows are drafted deductions; a changed one replaces the one it names."""
    demand_ready(found)
    rows = merged(found, table.standing)
    fresh = [_reason(row.values(), origin) for row in found.changed if row.new]
    held = {row.key for row in table.standing}
    changed = {key: _reason(values, origin) for key, values in rows.items() if key in held}
    words = f"从工作簿导入扣分：新增 {len(fresh)} 条，修改 {len(changed)} 条"
    take_deductions(actor, evaluation, new=fresh, changed=changed, reason=words)


def _reason(values: Mapping[str, str], origin: Origin | None) -> Reason:
    if not values.get("amount"):
        raise InvalidError(Problem("没有写扣分", path=values.get("node", ""), value="空", allowed="例：1.5"))
    return Reason(
        node=values["node"],
        amount=None if values["amount"] == NOT_STATED else values["amount"],
        reason=values.get("reason", ""),
        clause=values.get("clause", ""),
        evidence=tuple(code for code in values.get("evidence", "").split("、") if code),
        no_evidence=values.get("no_evidence", ""),
        bonus=values.get("bonus") == "是",
        origin=origin.kind if origin else "",
        asked_by=origin.asked_by if origin else "",
        paper=origin.paper if origin else "",
    )


def take_issues(actor: Actor, evaluation: str, table: CaseTable, found: Comparison) -> None:
    """Every new row is a finding."""
    demand_ready(found)
    new = [row.values() for row in found.changed if row.new]
    commands = [
        RecordFinding(
            nodes=tuple(code for code in each.get("nodes", "").split("、") if code), text=each["text"]
        )
        for each in new
    ]
    record_findings(actor, evaluation, commands)


def take_opinions(actor: Actor, evaluation: str, table: CaseTable, found: Comparison) -> None:
    """Every new row is an opinion of the organisation it names."""
    demand_ready(found)
    known = organisations_by_name(db.session(), _case(evaluation))
    commands = [
        RecordOpinion(
            organisation=known[each["organisation"]],
            text=each.get("text", ""),
            agrees=each.get("agrees") == "是",
            node=each.get("node", ""),
            place=each.get("place", ""),
        )
        for each in (row.values() for row in found.changed if row.new)
    ]
    record_opinions(actor, evaluation, commands)


def _case(evaluation: str) -> Evaluation:
    found = db.session().get(Evaluation, evaluation)
    assert found is not None
    return found
