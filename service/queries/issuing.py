"""What a drafted case still lacks before it may be issued (下达).

- Who evaluates whom: the evaluated unit, the organiser, and the agency wherever a firm works.
- Until when the self-assessment is due, the secrecy, and for what is not secret how it is made public.
- A replay declares what its source does not state (`not_stated`); parties can never be left out so.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.queries.parties import parties_in
from service.workflow.kinds import KINDS, Firm

DUE = "自评期限"
SECRECY = "密级"
PUBLICITY = "公开方式"
PUBLIC = "公开"
NOT_STATED = "not_stated"
"""Fact of a case: what of this its source does not state, by these names."""


def issue_missing(session: Session, case: Evaluation) -> tuple[str, ...]:
    """Return, in words, everything 下达 lacks."""
    return lacking_of(case, frozenset(party.part for party, _ in parties_in(session, case.id)))


def lacking_of(case: Evaluation, parts: frozenset[str]) -> tuple[str, ...]:
    """Return the same where the parts played in the case are already known."""
    stated = {DUE: case.self_due_on is not None, SECRECY: bool(case.secrecy.strip())}
    if case.secrecy.strip() in ("", PUBLIC):
        stated[PUBLICITY] = bool(case.publicity.strip())
    declared = case.facts.get(NOT_STATED, ())
    lacking = tuple(name for name, given in stated.items() if not given and name not in declared)
    return _parties_missing(case, parts) + lacking


def _parties_missing(case: Evaluation, held: frozenset[str]) -> tuple[str, ...]:
    firm = KINDS[case.kind].firm
    engaged = firm is Firm.ALWAYS or (firm is Firm.POSSIBLE and bool(case.facts.get("firm", False)))
    needed = {"evaluated": "被评价单位", "organiser": "组织方"} | ({"agency": "评价机构"} if engaged else {})
    return tuple(name for part, name in needed.items() if part not in held)
