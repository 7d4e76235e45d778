"""指标体系库: an organisation's frameworks are proposed, approved, returned and retired, version by version.

- A version is never changed: another text of the same code is the next number.
- Nothing here reaches a case: plans keep the text they adopted, whatever becomes of the library's version.
- Roles are those held for the organisation whose library it is; proposer and approver are two persons.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import frameworks
from service.actions.planning import framework_row
from service.actions.proposals import STANDING, decision, library_action
from service.actions.transaction import Actor
from service.errors import InvalidError, Problem
from service.models.library import LibraryFramework, LibraryState
from service.models.plan import FrameworkVersion
from service.scoring.framework import Framework
from service.workflow.actions import Action

_LIMITS = {"year": 20, "area": 80, "kind": 80}


@dataclass(frozen=True, slots=True)
class ProposeFramework:
    """A framework as YAML text for the library of `organisation` (id), with what it is meant for."""

    organisation: str
    framework: str
    year: str = ""
    area: str = ""
    kind: str = ""
    note: str = ""


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
    same = [one.number for one in earlier if one.framework_id == text.id and one.state in STANDING]
    if same:
        raise InvalidError(
            Problem(f"与第 {same[0]} 版完全相同", path="framework", cure="没有改动就不必再提出")
        )


def approve_framework(actor: Actor, version: str) -> None:
    """The version is offered to new plans; its text is locked. Earlier versions stay as they are.

    Raises:
        ActionRefusedError: it does not wait for approval, or the proposer approves.
    """
    with decision(
        actor, Action.FRAMEWORK_APPROVE, LibraryFramework, version, LibraryState.PROPOSED, missing=_faults
    ) as (tx, row):
        row.state, row.decided_by = LibraryState.APPROVED, actor.person
        tx.session.get_one(FrameworkVersion, row.framework_id).locked = True


def return_framework(actor: Actor, version: str, *, reason: str) -> None:
    """The version is back with its proposer, with a reason; a better text becomes the next number."""
    act, waiting = Action.FRAMEWORK_RETURN, LibraryState.PROPOSED
    with decision(actor, act, LibraryFramework, version, waiting, reason=reason, missing=_faults) as (_, row):
        row.state, row.decided_by, row.decision = LibraryState.RETURNED, actor.person, reason


def retire_framework(actor: Actor, version: str, *, reason: str) -> None:
    """The version is no longer offered to new plans; cases that adopted its text keep it."""
    act, standing = Action.FRAMEWORK_RETIRE, LibraryState.APPROVED
    with decision(actor, act, LibraryFramework, version, standing, reason=reason, missing=_faults) as (
        _,
        row,
    ):
        row.state, row.decided_by, row.decision = LibraryState.RETIRED, actor.person, reason


def _faults(session: Session, row: LibraryFramework) -> tuple[str, ...]:
    """Return what makes the stored text unreadable today; the format may have become stricter."""
    text = session.get_one(FrameworkVersion, row.framework_id)
    try:
        frameworks.parse(text.body, name=row.code)
    except InvalidError as error:
        return tuple(str(problem) for problem in error.problems)
    return ()
