"""A 征求意见稿 as the unit answers it: the figures shown, their reasons, its own opinions beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, Party
from service.models.organisation import Account, Organisation
from service.models.score import Deduction, ReasonState
from service.queries.consultation import latest_issue, opinions_with_dispositions
from service.queries.drafts import TOTAL
from service.queries.sheet import framework_of
from service.queries.views import printed_max
from service.scoring.quantities import exact_text
from service.workflow.deadlines import days_late, load_calendar, working_days

_CALENDAR = load_calendar()
_SHOWN = (ReasonState.SUBMITTED, ReasonState.DRAFT)


@dataclass(frozen=True, slots=True)
class Cut:
    """One deduction the draft states: amount as exact text, reason and clause."""

    code: str
    amount: str | None
    reason: str
    clause: str
    bonus: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """One opinion of a unit and what became of it so far."""

    code: str
    organisation: str
    text: str
    place: str
    on: date
    agrees: bool
    lapsed: bool
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One indicator of the draft with what the unit said to it."""

    code: str
    name: str
    level: int
    leaf: bool
    max: str | None
    awarded: str | None
    cuts: tuple[Cut, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class ReplyPage:
    """The draft now out; `organisation` is the party the person answers for, empty if none."""

    number: int
    issued_on: date
    due_on: date
    left: int
    late: int
    total: str | None
    lines: tuple[DraftLine, ...]
    general: tuple[Remark, ...]
    organisation: str

    @property
    def open(self) -> bool:
        """Return whether it may still be answered."""
        return self.late == 0


def reply_page(session: Session, case: Evaluation, *, account: str, today: date) -> ReplyPage | None:
    """Return the newest draft with the opinions on it, None before the first."""
    issue = latest_issue(session, case.id)
    if issue is None or case.framework_id is None:
        return None
    remarks = _remarks(session, case)
    shown = issue.awarded.get("", {})
    return ReplyPage(
        number=issue.number,
        issued_on=issue.issued_on,
        due_on=issue.due_on,
        left=working_days(today, issue.due_on, _CALENDAR),
        late=days_late(issue.due_on, today, _CALENDAR),
        total=shown.get(TOTAL, issue.total),
        lines=_lines(session, case, shown, remarks),
        general=tuple(remarks.get("", ())),
        organisation=_mine(session, case, account),
    )


def _lines(
    session: Session, case: Evaluation, shown: dict[str, str], remarks: dict[str, list[Remark]]
) -> tuple[DraftLine, ...]:
    cuts: dict[str, list[Cut]] = {}
    query = select(Deduction).where(Deduction.evaluation_id == case.id, Deduction.state.in_(_SHOWN))
    for row in session.scalars(query.order_by(Deduction.code)):
        cuts.setdefault(row.node, []).append(Cut(row.code, row.amount, row.reason, row.clause, row.bonus))
    lines = []
    for node in framework_of(session, case).walk():
        full = printed_max(node)
        lines.append(
            DraftLine(
                code=node.code,
                name=node.name,
                level=node.level,
                leaf=node.leaf,
                max=None if full is None else exact_text(full),
                awarded=shown.get(node.code),
                cuts=tuple(cuts.get(node.code, ())),
                remarks=tuple(remarks.get(node.code, ())),
            )
        )
    return tuple(lines)


def _remarks(session: Session, case: Evaluation) -> dict[str, list[Remark]]:
    """Return the opinions by the indicator they are about; an outcome counts once it is confirmed."""
    names = dict(session.execute(select(Organisation.id, Organisation.name)).all())
    found: dict[str, list[Remark]] = {}
    for opinion, disposition in opinions_with_dispositions(session, case.id):
        settled = disposition is not None and disposition.confirmed_by is not None
        remark = Remark(
            code=opinion.code,
            organisation=names.get(opinion.organisation_id, ""),
            text=opinion.text,
            place=opinion.place,
            on=opinion.received_on,
            agrees=opinion.agrees,
            lapsed=opinion.lapsed,
            outcome=disposition.verdict.label if disposition and settled else "",
            reason=disposition.reason if disposition and settled else "",
        )
        found.setdefault(opinion.node, []).append(remark)
    return found


def _mine(session: Session, case: Evaluation, account: str) -> str:
    """Return the party of the case the account belongs to."""
    query = (
        select(Party.organisation_id)
        .join(Account, Account.organisation_id == Party.organisation_id)
        .where(
            Party.evaluation_id == case.id,
            Account.id == account,
            Party.part.in_(("evaluated", "supervisor")),
        )
    )
    return session.scalars(query).first() or ""
