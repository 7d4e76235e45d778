"""Every material asked for in a case as one list: at 下达, by the plan's 资料清单 and by the indicators.

A material is there (已交) once a live piece of evidence bears its name, or the review found it complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.evidence import Evidence
from service.models.fieldwork import ReviewItem, Verdict
from service.models.plan import DraftState, Plan
from service.queries.evidence import linked_evidence
from service.queries.once import rows_of
from service.queries.sheet import framework_of

GIVEN, LACKING = "已交", "缺"
AT_ISSUE, BY_PLAN, BY_NODE = "下达时要求", "方案资料清单", "指标要求"
LISTED = "资料清单"


@dataclass(frozen=True, slots=True)
class Required:
    """One material: which indicators ask for it, who asks, what was handed in.

    Args:
        evidence: pieces that bear its name.
        near: other pieces linked to the indicators that ask for it.
        judged: what the review said last, "" if nothing yet.
    """

    name: str
    nodes: tuple[str, ...]
    asked_by: tuple[str, ...]
    evidence: tuple[str, ...]
    near: tuple[str, ...]
    judged: str

    @property
    def state(self) -> str:
        """Return whether it was handed in."""
        return GIVEN if self.evidence or self.judged == Verdict.COMPLETE.label else LACKING


def required_material(session: Session, case: Evaluation) -> tuple[Required, ...]:
    """Return everything asked for, each name once, in the order asked."""
    asked: dict[str, tuple[list[str], list[str]]] = {}
    for name, node, by in _asked(session, case):
        nodes, sources = asked.setdefault(name, ([], []))
        if node and node not in nodes:
            nodes.append(node)
        if by not in sources:
            sources.append(by)
    if not asked:
        return ()
    pieces = _pieces(session, case)
    links = linked_evidence(session, case)
    judged = _judged(session, case)
    return tuple(
        _required(name, nodes, sources, pieces, links, judged) for name, (nodes, sources) in asked.items()
    )


def _required(
    name: str,
    nodes: list[str],
    sources: list[str],
    pieces: Mapping[str, str],
    links: Mapping[tuple[str, str], tuple[str, ...]],
    judged: Mapping[str, str],
) -> Required:
    named = tuple(code for code, text in pieces.items() if name in text)
    linked = dict.fromkeys(code for node in nodes for code in links.get(("node", node), ()))
    return Required(
        name=name,
        nodes=tuple(nodes),
        asked_by=tuple(sources),
        evidence=named,
        near=tuple(code for code in linked if code not in named),
        judged=judged.get(name, ""),
    )


def _asked(session: Session, case: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Yield name, indicator ("" for the case) and who asks."""
    for name in case.facts.get("documents", ()):
        yield str(name).strip(), "", AT_ISSUE
    plans = [one for one in rows_of(session, Plan, case.id) if one.state is DraftState.APPROVED]
    plan = max(plans, key=lambda one: one.number, default=None)
    held = plan.body.get(LISTED, ()) if plan is not None else ()
    for name in held.splitlines() if isinstance(held, str) else held:
        if str(name).strip():
            yield str(name).strip(), "", BY_PLAN
    if case.framework_id is not None:
        for node in framework_of(session, case).walk():
            for name in node.evidence if node.leaf else ():
                yield str(name).strip(), node.code, BY_NODE


def _pieces(session: Session, case: Evaluation) -> dict[str, str]:
    rows = rows_of(session, Evidence, case.id)
    return {row.code: f"{row.name}\n{row.proves}" for row in rows if not row.void}


def _judged(session: Session, case: Evaluation) -> dict[str, str]:
    """Return the newest verdict on every subject."""
    rows = sorted(rows_of(session, ReviewItem, case.id), key=lambda one: one.round)
    return {row.subject: row.verdict.label for row in rows}
