"""What the page for editing a case starts from: its particulars, settings, sums and leaders as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, MoneyFact
from service.queries.commission import parties_by_part
from service.queries.parties import PART_LABELS
from service.queries.people import holders
from service.workflow.roles import Role
from service.workflow.stages import Status


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum of money as stored; `fen` in 分 of yuan, None if the source does not state it."""

    code: str
    name: str
    kind: str
    fen: int | None
    printed: str
    source: str


@dataclass(frozen=True, slots=True)
class Particulars:
    """The case as its editing forms show it; values by field name, as a page sends them.

    Args:
        drafted: whether it waits for 下达, so that everything but number and kind is open.
        money_open: whether sums may still be changed.
    """

    version: int
    drafted: bool
    money_open: bool
    values: dict[str, Any]
    parties: tuple[tuple[str, str], ...]
    money: tuple[Sum, ...]
    leaders: dict[str, str]


def particulars_of(session: Session, case: Evaluation, *, today: date) -> Particulars:
    """Return the case as its editing forms show it."""
    rows = session.scalars(
        select(MoneyFact).where(MoneyFact.evaluation_id == case.id).order_by(MoneyFact.code)
    )
    return Particulars(
        version=case.version,
        drafted=case.status is Status.DRAFT,
        money_open=not case.facts.get("scores_ever_submitted", False),
        values=_values(case),
        parties=tuple((PART_LABELS.get(p, p), name) for p, name in parties_by_part(session, case.id)),
        money=tuple(Sum(r.code, r.name, r.kind, r.fen, r.printed, r.source) for r in rows),
        leaders={
            account.id: f"{account.duty}（{account.login}）"
            for account in holders(session, case, Role.EL, today=today)
        },
    )


def _values(case: Evaluation) -> dict[str, Any]:
    names = ("title", "year", "subject_name", "subject_kind", "secrecy", "publicity", "policy", "profile")
    facts = case.facts
    return {
        **{name: getattr(case, name) for name in names},
        "self_due_on": case.self_due_on.isoformat() if case.self_due_on else "",
        "round_limit": str(facts.get("round_limit", 2)),
        "silence_is_consent": "1" if facts.get("silence_is_consent") else "",
        "documents": "\n".join(facts.get("documents", ())),
        "report_on": facts.get("report_on") or "",
    }
