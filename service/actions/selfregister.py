"""登记自评表: a form a unit handed in as a file becomes what its case says of itself, in one transaction.

- The case goes on to 材料审核; what was wrong with the form is for the officer to return, line by line.
- The workbook itself is kept as evidence and bound into the entry.
- A form handed in again, after a return, replaces lines, 分值 and money; what stood before is in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from service.actions.commissioning import Money, money_row
from service.actions.evidence import AddEvidence, inspected, keep_evidence
from service.actions.planning import framework_row
from service.actions.self_assessment import apply_submission, open_round
from service.actions.steps import CaseWork, case_action
from service.actions.transaction import Actor
from service.evidence.store import EvidenceStore
from service.models.evaluation import MoneyFact
from service.models.score import LeafResult
from service.models.selfassessment import Claim
from service.scoring.framework import Framework
from service.workflow.actions import Action

KLASS = "正式资料"


@dataclass(frozen=True, slots=True)
class RegisterSelf:
    """One 自评表 as it is registered.

    Args:
        filename, content: the workbook.
        framework, text: what its lines amount to.
        claims: by node target, actual, points and deviation.
        results: by node what was measured.
        money: the sums it states; total: 总分 as exact text, None if it states none.
    """

    filename: str
    content: bytes
    framework: Framework
    text: str
    claims: Mapping[str, Mapping[str, str]]
    results: Mapping[str, Mapping[str, Any]]
    money: tuple[Money, ...] = ()
    total: str | None = None
    source: str = ""
    missing: tuple[str, ...] = field(default=())


def register_self(actor: Actor, evaluation: str, command: RegisterSelf, *, store: EvidenceStore) -> None:
    """The case holds what the form says and stands in 材料审核.

    Raises:
        ActionRefusedError: it is not a 单位自评 that waits for its 自评表.
        InvalidError: the file is not what its name says.
    """
    media = inspected(command.filename, command.content)
    given = {"target_missing": command.missing}
    reason = f"{command.source}：{command.filename}" if command.source else command.filename
    with case_action(
        actor, Action.SELF_REGISTER, evaluation=evaluation, reason=reason, given=given, gate=False
    ) as work:
        version = framework_row(work.tx, command.framework, command.text)
        version.locked, work.case.framework_id = True, version.id
        _write_money(work, command.money)
        _write_claims(work, command.claims)
        _write_results(work, command.results)
        draft = open_round(work, keep=False)
        draft.claimed_total = command.total
        apply_submission(work)
        piece = AddEvidence(
            "自评表", command.filename, command.content, klass=KLASS, proves="自评得分和完成值"
        )
        keep_evidence(work, piece, media=media, store=store)


def _write_money(work: CaseWork, money: tuple[Money, ...]) -> None:
    query = select(MoneyFact).where(MoneyFact.evaluation_id == work.case.id)
    standing = {row.code: row for row in work.session.scalars(query)}
    for each in money:
        row = standing.get(each.code)
        if row is None:
            work.tx.add(money_row(work.case.id, each))
        else:
            row.fen, row.printed, row.source = each.fen, each.printed, each.source


def _write_claims(work: CaseWork, claims: Mapping[str, Mapping[str, str]]) -> None:
    rows = work.session.scalars(select(Claim).where(Claim.evaluation_id == work.case.id))
    standing = {row.node: row for row in rows}
    for node in claims.keys() | standing.keys():
        row = standing.get(node)
        if row is None:
            row = Claim(evaluation_id=work.case.id, node=node)
            work.tx.add(row)
        told = claims.get(node, {})
        row.points = told.get("points") or None
        row.target, row.actual = told.get("target", ""), told.get("actual", "")
        row.deviation = told.get("deviation", "")


def _write_results(work: CaseWork, results: Mapping[str, Mapping[str, Any]]) -> None:
    query = select(LeafResult).where(LeafResult.evaluation_id == work.case.id, LeafResult.sheet == "")
    standing = {row.node: row for row in work.session.scalars(query)}
    for node in results.keys() | standing.keys():
        row = standing.get(node)
        if row is None:
            row = LeafResult(evaluation_id=work.case.id, sheet="", node=node)
            work.tx.add(row)
        row.data, row.stage, row.author = dict(results.get(node, {})), work.case.stage, work.person
