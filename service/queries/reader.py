"""A case as one person may see it: found, and opened only as far as the rule table allows.

- Who may not read the case is told what somebody is told who asks for a case that does not exist.
- Reading is judged by `workflow.plan` like any act, guards included, with the roles held today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.errors import ActionRefusedError, NotFoundError, NotPermittedError
from service.models.evaluation import Evaluation
from service.queries.people import open_conflict, roles_in
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.machine import permits, plan
from service.workflow.roles import Role

MISSING = "没有这个案卷"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case this account may read, with the roles it holds there today.

    Args:
        row: the evaluation, for further queries only.
        scores: whether the team's scores may be shown; `history`: whether the log may.
    """

    row: Evaluation
    account: str
    roles: frozenset[Role]
    scores: bool
    history: bool

    @property
    def code(self) -> str:
        """Return the code of the case."""
        return self.row.code

    def demand(self, action: Action) -> None:
        """Accept only if the rule table lets this person do `action`, a read, here and now.

        Raises:
            NotPermittedError: with the reasons.
        """
        refusal = _refusal(self.row, action, self.roles)
        if refusal is not None:
            raise NotPermittedError(refusal.problems)

    def permits(self, action: Action) -> bool:
        """Return whether the rule table has a row for `action` here and now for one of these roles."""
        row = self.row
        return not row.imported and permits(row.kind, row.stage, row.status, action, self.roles)

    def demand_row(self, action: Action) -> None:
        """Accept only if the rule table has a row for `action` in this stage for one of these roles.

        Raises:
            NotPermittedError: the roles never do this in such a case.
            ActionRefusedError: they do, but not in this stage or state; where is named.
        """
        row = self.row
        if not permits(row.kind, row.stage, row.status, action, self.roles):
            refusal = _refusal(row, action, self.roles)
            raise refusal or NotPermittedError(f"本人职责不能办理“{action.label}”")


def open_case(session: Session, account: str, name: str, *, today: date) -> OpenCase:
    """Return the case of this code or id as `account` may see it.

    Raises:
        NotFoundError: there is none, or the account may not know of it.
        NotPermittedError: an interest was declared and nobody disposed of it yet.
    """
    case = session.scalar(select(Evaluation).where(or_(Evaluation.code == name, Evaluation.id == name)))
    roles = roles_in(session, account, case, today=today) if case is not None else frozenset()
    if case is None or _refusal(case, Action.EVALUATION_READ, roles) is not None:
        raise NotFoundError(MISSING)
    if open_conflict(session, case.id, account):
        raise NotPermittedError("本人申报了利害关系，处置之前不能查阅该案卷")
    return OpenCase(
        row=case,
        account=account,
        roles=roles,
        scores=_refusal(case, Action.SCORES_READ, roles) is None,
        history=_refusal(case, Action.HISTORY_READ, roles) is None,
    )


def _refusal(
    case: Evaluation, action: Action, roles: frozenset[Role]
) -> ActionRefusedError | NotPermittedError | None:
    known = Facts(scores_ever_submitted=bool(case.facts.get("scores_ever_submitted", False)))
    try:
        plan(case.kind, case.stage, case.status, action, roles, known)
    except (ActionRefusedError, NotPermittedError) as refusal:
        return refusal
    return None
