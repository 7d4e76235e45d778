"""The periods that run for a unit in a case, and its requests to have them extended, with their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.fieldwork import Supplement, SupplementState
from service.models.organisation import Account
from service.queries.consultation import latest_issue
from service.queries.once import rows_of
from service.workflow.stages import Stage

FACT = "extensions"
SELF, REPLY = "self", "consultation"
STATES = {"": "待答复", "granted": "已准予", "refused": "不予延期"}


@dataclass(frozen=True, slots=True)
class Period:
    """A period that runs now: how it is called in addresses and for people, and its last day."""

    what: str
    label: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Extension:
    """One request for more time, with what became of it; people by duty."""

    code: str
    what: str
    label: str
    until: date
    reason: str
    by: str
    on: date
    state: str
    answer: str
    answered_by: str
    answered_on: date | None

    @property
    def waits(self) -> bool:
        """Return whether nobody has answered it."""
        return not self.state

    @property
    def state_label(self) -> str:
        """Return the state in words."""
        return STATES[self.state]


def periods(session: Session, case: Evaluation) -> tuple[Period, ...]:
    """Return the periods that run now, the one of the stage first."""
    found = []
    if case.stage is Stage.SELF_ASSESSMENT:
        found.append(Period(SELF, "自评报送", case.self_due_on))
    issue = latest_issue(session, case.id) if case.stage is Stage.CONSULTATION else None
    if issue is not None:
        found.append(Period(REPLY, "反馈意见", issue.due_on))
    requests = sorted(rows_of(session, Supplement, case.id), key=lambda one: one.code)
    asked = (one for one in requests if one.state is SupplementState.SENT)
    return (*found, *(Period(row.code, f"补正 {row.code} 的答复", row.due_on) for row in asked))


def period_of(session: Session, case: Evaluation, what: str) -> Period | None:
    """Return the period called `what`, the one of the stage for "", None if it does not run."""
    found = periods(session, case)
    if not what:
        stage = next((one for one in found if one.what in (SELF, REPLY)), None)
        return stage or Period(SELF, "自评报送", case.self_due_on)
    return next((one for one in found if one.what == what), None)


def extensions(session: Session, case: Evaluation) -> tuple[Extension, ...]:
    """Return every request for more time, those that wait first, then the newest."""
    held = case.facts.get(FACT, ())
    if not held:
        return ()
    people = {one.get(key, "") for one in held for key in ("by", "answered_by")} - {""}
    duties = dict(session.execute(select(Account.id, Account.duty).where(Account.id.in_(people))).all())
    labels = {SELF: "自评报送", REPLY: "反馈意见"}
    found = [
        Extension(
            code=one["code"],
            what=one["what"],
            label=labels.get(one["what"], f"补正 {one['what']} 的答复"),
            until=date.fromisoformat(one["until"]),
            reason=one["reason"],
            by=duties.get(one["by"], ""),
            on=date.fromisoformat(one["on"]),
            state=one["state"],
            answer=one["answer"],
            answered_by=duties.get(one.get("answered_by", ""), ""),
            answered_on=date.fromisoformat(one["answered_on"]) if one.get("answered_on") else None,
        )
        for one in reversed(held)
    ]
    return tuple(sorted(found, key=lambda one: bool(one.state)))
