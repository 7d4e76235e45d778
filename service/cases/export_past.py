"""Sections of an exported case that only its past tells: returns, papers of 主评人, withdrawn evidence.

- People are named by the codes the export gives them; who no longer has a duty in the case is left out.
- A date the replay could not place is left out: what was withdrawn in a later passage of a stage is
  withdrawn in the first one there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from service.cases.export_parts import day, person_codes
from service.queries.evidenceroom import evidence_room
from service.queries.pastacts import PastEvidence, PastReturn, duties_of, past_returns, withdrawn_evidence
from service.queries.sheet import framework_of
from service.queries.waivers import in_force
from service.report.snapshot import CaseSnapshot
from service.workflow.certifier import papers_of
from service.workflow.stages import Stage

if TYPE_CHECKING:
    from service.models.evaluation import Evaluation

UNIT, TEAM = frozenset({"DF", "DH"}), frozenset({"EL", "EV", "EX"})


class Past:
    """Writes what the log of a case tells, naming people as the export does."""

    def __init__(
        self, session: Session, case: Evaluation, people: list[dict[str, Any]], snapshot: CaseSnapshot
    ) -> None:
        self._session, self._case = session, case
        codes, duties = person_codes(snapshot), duties_of(session)
        self._codes = {account: codes.get(duty, "") for account, duty in duties.items()}
        self._roles = {person["code"]: frozenset(person["roles"]) for person in people}

    def papers(self) -> dict[str, dict[str, Any]]:
        """Return the papers on file by code of the person."""
        kept: Mapping[str, Any] = self._case.facts.get("certifiers", {})
        return {
            code: _papers(kept[account]) for account, code in self._codes.items() if account in kept and code
        }

    def waivers(self) -> list[dict[str, str]]:
        """Return every 签认 in force, in the order they were given."""
        return [
            {
                "rule": row.rule,
                "text": row.text,
                "expected": row.expected,
                "actual": row.actual,
                "reason": row.reason,
                "on": day(row.on),
                "by": self._codes.get(row.waived_by, ""),
            }
            for row in in_force(self._session, self._case).values()
        ]

    def returns(self) -> list[dict[str, Any]]:
        """Return every return in the order it was made."""
        nodes = framework_of(self._session, self._case).by_code if self._case.framework_id else {}
        return [
            {
                "start": order.start.value,
                "back_to": order.back_to.value,
                "items": [_item(text, nodes) for text in order.items],
                "straight_back": "yes" if order.straight_back else "",
                "after_freeze": "yes" if order.after_freeze else "",
                "on": day(order.on),
                "by": self._codes.get(order.by, ""),
                "resubmitted_on": day(_resubmitted(order)),
            }
            for order in past_returns(self._session, self._case)
        ]

    def voided(self) -> Iterator[dict[str, Any]]:
        """Yield what was withdrawn, with its reason; the report no longer knows of it."""
        past = withdrawn_evidence(self._session, self._case)
        for piece in evidence_room(self._session, self._case):
            if piece.void:
                yield {
                    "code": piece.code,
                    "name": piece.name,
                    "obtained": piece.source,
                    "proves": piece.proves,
                    "stage": past[piece.code].stage.value,
                    "voided": {"reason": piece.void_reason, **self._withdrawn(past[piece.code])},
                }

    def _withdrawn(self, past: PastEvidence) -> dict[str, str]:
        earlier = past.withdrawn_in.before(past.stage)
        by = self._codes.get(past.by, "")
        side = UNIT if past.stage is Stage.SELF_ASSESSMENT else TEAM
        return {
            "stage": "" if earlier or past.withdrawn_in is past.stage else past.withdrawn_in.value,
            "on": "" if earlier or past.again else day(past.on),
            "by": by if self._roles.get(by, frozenset()) & side else "",
        }


def _papers(plain: Mapping[str, Any]) -> dict[str, str]:
    papers = papers_of(plain)
    return {
        "qualification": papers.qualification,
        "years": str(papers.years),
        "evaluating_years": str(papers.evaluating_years),
        "clean_record": "yes" if papers.clean_record else "no",
        "valid_until": day(papers.valid_until),
    }


def _item(text: str, nodes: Mapping[str, Any]) -> dict[str, str]:
    """Return one item of a return, with the node it begins with if it names one."""
    node, colon, reason = text.partition("：")
    return {"node": node, "reason": reason} if colon and node in nodes and reason else {"reason": text}


def _resubmitted(order: PastReturn) -> Any:
    return order.left_on if order.back_to is Stage.SELF_ASSESSMENT else None
