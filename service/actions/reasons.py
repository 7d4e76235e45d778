"""What every reason for moving points must state, and where a change after submission comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service.actions.steps import CaseWork, Given, lacking, one
from service.actions.transaction import Actor
from service.errors import InvalidError, Problem
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceLink
from service.models.score import ReasonState
from service.queries.sheet import framework_of
from service.scoring.check import points_problem
from service.scoring.facts import TOTAL_NAMES
from service.scoring.quantities import exact

ORIGINS = ("异议", "复核", "会商纪要", "批示", "事实更正")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why points move: node, amount in 分 (None = 来源未载), words, clause, evidence or an explicit none."""

    node: str
    amount: str | None
    reason: str
    clause: str = ""
    evidence: tuple[str, ...] = ()
    no_evidence: str = ""
    sheet: str = ""
    target: str = "leaf"
    origin: str = ""
    asked_by: str = ""
    paper: str = ""
    bonus: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change after submission comes from: kind (`ORIGINS`), who asked, and the paper."""

    kind: str
    asked_by: str
    paper: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what is lacking, in words."""
        parts = (("来由", self.kind), ("提出人", self.asked_by), ("文件", self.paper))
        return tuple(name for name, value in parts if not value.strip())


def check_reason(work: CaseWork, command: Reason, *, adjusting: bool = False) -> None:
    """Accept the reason if its node, points and words are in order; `adjusting` allows elements and minus.

    Raises:
        InvalidError: naming everything that is wrong with it.
    """
    framework = framework_of(work.session, work.case)
    problems = []
    node, _, element = command.node.partition("/")
    if node not in {*TOTAL_NAMES, *framework.codes} or (element and not adjusting):
        problems.append(Problem("指标体系中没有这个编码", path="node", value=command.node))
    wrong = points_problem(framework, command.amount or "", path="amount")
    if wrong is not None:
        problems.append(wrong)
    elif command.amount is not None and exact(command.amount) < 0 and not adjusting:
        problems.append(Problem("扣分、加分应为非负数", path="amount", value=command.amount))
    if not command.reason.strip():
        problems.append(Problem("缺少理由", path="reason", cure="写明为什么扣分或调整"))
    if command.origin and command.origin not in ORIGINS:
        problems.append(
            Problem("来由不在规定范围内", path="origin", value=command.origin, allowed="、".join(ORIGINS))
        )
    if problems:
        raise InvalidError(problems)


def origin_facts(command: Reason) -> dict[str, Any]:
    """Return what is missing of origin, person and paper; only asked once scores were submitted."""
    return {"origin_missing": Origin(command.origin, command.asked_by, command.paper).missing}


def own_facts(actor: Actor, model: Any, code: str, **facts: Any) -> Given:
    """Return the facts of an existing reason: whose it is, whether it waits, has words, besides `facts`."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        row = one(session, model, evaluation=case.id, code=code, what="扣分或调整")
        known = {
            "target_mine": row.author == actor.person,
            "target_open": row.state is ReasonState.PENDING,
            **lacking(理由=row.reason),
            **facts,
        }
        if case.facts.get("scores_ever_submitted") and "origin_missing" not in facts:
            known["origin_missing"] = Origin(row.origin, row.asked_by, row.paper).missing
        return known

    return target


def link_evidence(work: CaseWork, evidence: tuple[str, ...], kind: str, target: str) -> None:
    """Each piece of `evidence` (code) speaks for the reason `target`."""
    for code in evidence:
        row: Evidence = one(work.session, Evidence, evaluation=work.case.id, code=code, what="佐证")
        work.tx.add(EvidenceLink(evidence_id=row.id, target_kind=kind, target=target))
