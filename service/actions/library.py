"""指标体系库: an organisation's frameworks are proposed, approved, returned and retired, version by version.

- A version is never changed: another text of the same code is the next number.
- Nothing here reaches a case: plans keep the text they adopted, whatever becomes of the library's version.
- Roles are those held for the organisation whose library it is; proposer and approver are two persons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import frameworks
from service.actions.planning import framework_row
from service.actions.transaction import Actor, Transaction, transaction
from service.errors import InvalidError, NotFoundError, Problem
from service.models.library import LibraryFramework, LibraryState
from service.models.plan import FrameworkVersion
from service.queries.people import roles_at
from service.scoring.framework import Framework
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.machine import plan

_LIMITS = {"year": 20, "area": 80, "kind": 80}
_STANDING = (LibraryState.PROPOSED, LibraryState.APPROVED)


@dataclass(frozen=True, slots=True)
class ProposeFramework:
    """A framework as YAML text for the library of `organisation` (id), with what it is meant for."""

    organisation: str
    framework: str
    year: str = ""
    area: str = ""
    kind: str = ""
    note: str = ""


@contextmanager
def library_action(
    actor: Actor,
    action: Action,
    organisation: Callable[[Session], str],
    *,
    reason: str = "",
    given: Callable[[Session], Mapping[str, Any]] = lambda _: {},
    unknown: str = "没有这个指标体系库",
) -> Iterator[Transaction]:
    """Run one act on a library under the rule table with the roles held for its organisation.

    Args:
        unknown: what somebody without a role there is told.

    Raises:
        NotFoundError: to somebody who has no role there.
        NotPermittedError, ActionRefusedError: as the table says.
    """
    with transaction(actor, action, reason=reason) as tx:
        roles = roles_at(tx.session, actor.person, organisation(tx.session), today=tx.on)
        if not roles:
            raise NotFoundError(unknown)
        known = {"reason_given": bool(reason.strip()), "target_missing": (), **given(tx.session)}
        plan(None, None, None, action, roles, Facts(**known))
        yield tx


def propose_framework(actor: Actor, command: ProposeFramework) -> str:
    """Return the id of the new version, which waits for another person's approval.

    Raises:
        InvalidError: every fault of the text and of the particulars at once; or the code is a bundled
            framework's, or the same text already stands in this library.
    """
    framework = _checked(command)
    with library_action(
        actor, Action.FRAMEWORK_PROPOSE, lambda _: command.organisation, reason=command.note
    ) as tx:
        text = framework_row(tx, framework, command.framework)
        earlier = _versions(tx.session, command.organisation, framework.code)
        _refuse_repeated(earlier, text)
        row = LibraryFramework(
            organisation_id=command.organisation,
            framework_id=text.id,
            code=framework.code,
            name=framework.name,
            number=max((one.number for one in earlier), default=0) + 1,
            year=command.year.strip(),
            area=command.area.strip(),
            kind=command.kind.strip(),
            leaves=len(framework.leaves),
            max=framework.max,
            note=command.note,
            proposed_by=actor.person,
        )
        tx.add(row)
        return row.id


def _checked(command: ProposeFramework) -> Framework:
    """Return the framework the text writes; all faults of text and particulars are raised together."""
    problems = [
        Problem("内容过长", path=name, value=getattr(command, name), allowed=f"{limit} 字以内", cure="写短些")
        for name, limit in _LIMITS.items()
        if len(getattr(command, name).strip()) > limit
    ]
    try:
        framework = frameworks.parse(command.framework, name="framework")
    except InvalidError as error:
        raise InvalidError([*error.problems, *problems]) from None
    if framework.code in frameworks.bundled():
        taken = "这个编号属于自带的指标体系，自带的不能改"
        problems.append(Problem(taken, path="code", value=framework.code, cure="另取一个编号"))
    if problems:
        raise InvalidError(problems)
    return framework


def _versions(session: Session, organisation: str, code: str) -> list[LibraryFramework]:
    query = select(LibraryFramework).where(
        LibraryFramework.organisation_id == organisation, LibraryFramework.code == code
    )
    return list(session.scalars(query))


def _refuse_repeated(earlier: list[LibraryFramework], text: FrameworkVersion) -> None:
    same = [one.number for one in earlier if one.framework_id == text.id and one.state in _STANDING]
    if same:
        raise InvalidError(
            Problem(f"与第 {same[0]} 版完全相同", path="framework", cure="没有改动就不必再提出")
        )


def approve_framework(actor: Actor, version: str) -> None:
    """The version is offered to new plans; its text is locked. Earlier versions stay as they are.

    Raises:
        ActionRefusedError: it does not wait for approval, or the proposer approves.
    """
    with _decision(actor, Action.FRAMEWORK_APPROVE, version, LibraryState.PROPOSED) as (tx, row):
        row.state, row.decided_by = LibraryState.APPROVED, actor.person
        tx.session.get_one(FrameworkVersion, row.framework_id).locked = True


def return_framework(actor: Actor, version: str, *, reason: str) -> None:
    """The version is back with its proposer, with a reason; a better text becomes the next number."""
    waiting = LibraryState.PROPOSED
    with _decision(actor, Action.FRAMEWORK_RETURN, version, waiting, reason=reason) as (_, row):
        row.state, row.decided_by, row.decision = LibraryState.RETURNED, actor.person, reason


def retire_framework(actor: Actor, version: str, *, reason: str) -> None:
    """The version is no longer offered to new plans; cases that adopted its text keep it."""
    standing = LibraryState.APPROVED
    with _decision(actor, Action.FRAMEWORK_RETIRE, version, standing, reason=reason) as (_, row):
        row.state, row.decided_by, row.decision = LibraryState.RETIRED, actor.person, reason


@contextmanager
def _decision(
    actor: Actor, action: Action, version: str, state: LibraryState, *, reason: str = ""
) -> Iterator[tuple[Transaction, LibraryFramework]]:
    """Open an act on one version that must be in `state`; yield the transaction and the locked row."""

    def organisation(session: Session) -> str:
        return _row(session, version).organisation_id

    def given(session: Session) -> dict[str, Any]:
        row = _row(session, version)
        mine = row.proposed_by == actor.person
        return {
            "target_open": row.state is state,
            "target_mine": mine,
            "target_missing": _faults(session, row),
        }

    with library_action(actor, action, organisation, reason=reason, given=given) as tx:
        yield tx, tx.get(LibraryFramework, version)


def _row(session: Session, version: str) -> LibraryFramework:
    """Return the row, locked, so that two decisions on one version follow each other."""
    row = session.get(LibraryFramework, version, with_for_update=True)
    if row is None:
        raise NotFoundError("没有这个指标体系库")
    return row


def _faults(session: Session, row: LibraryFramework) -> tuple[str, ...]:
    """Return what makes the stored text unreadable today; the format may have become stricter."""
    text = session.get_one(FrameworkVersion, row.framework_id)
    try:
        frameworks.parse(text.body, name=row.code)
    except InvalidError as error:
        return tuple(str(problem) for problem in error.problems)
    return ()
