"""报告模板: an organisation's layouts are proposed, approved, returned and retired; a case chooses one.

- What is handed in is a stranger's file: looked at in the shut-in child of `apart` before anything is kept.
- A version is never changed: another file of the same name is the next number. Who proposed it does not
  decide on it.
- A case keeps the version it chose, whatever becomes of it; what it was signed with stands in its data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.proposals import STANDING, UNKNOWN, decision, library_action
from service.actions.steps import case_action
from service.actions.templatelook import look_at
from service.actions.transaction import Actor, StoredFile
from service.errors import InvalidError, Problem
from service.evidence.store import EvidenceStore
from service.models.evaluation import Evaluation
from service.models.library import LibraryState
from service.models.template import ReportTemplate
from service.queries.templates import organiser_of
from service.report import profile
from service.report.layoutneeds import lacking
from service.workflow.actions import Action

LONGEST_NAME = 120
STOCK = ""
"""What is chosen to go back to the template that comes with the report profile."""


@dataclass(frozen=True, slots=True)
class ProposeTemplate:
    """A .docx for the templates of `organisation` (id), under a name its versions share."""

    organisation: str
    name: str
    filename: str
    content: bytes
    note: str = ""


def propose_template(actor: Actor, command: ProposeTemplate, store: EvidenceStore) -> str:
    """Return the id of the new version, which waits for another person's approval.

    Raises:
        InvalidError: everything that stands against the file and the name, each with place and cure; or the
            same file already stands among the organisation's templates.
    """
    name = " ".join(command.name.split())
    looked = look_at(command.filename, command.content)
    problems = [*looked.problems, *_name_problems(name)]
    if problems:
        raise InvalidError(problems)
    with library_action(
        actor,
        Action.TEMPLATE_PROPOSE,
        lambda _: command.organisation,
        reason=command.note,
        given=lambda _: {"target_missing": ()},
        unknown=UNKNOWN[ReportTemplate],
    ) as tx:
        blob = store.put(command.content)
        earlier = _versions(tx.session, command.organisation)
        _refuse_repeated(earlier, blob.sha256)
        row = ReportTemplate(
            organisation_id=command.organisation,
            name=name,
            number=max((one.number for one in earlier if one.name == name), default=0) + 1,
            filename=command.filename.rpartition("/")[2][-200:],
            sha256=blob.sha256,
            size=blob.size,
            prints=sorted(looked.used),
            note=command.note,
            proposed_by=actor.person,
        )
        tx.add(row)
        tx.files.append(StoredFile(blob.sha256, blob.size, "docx"))
        return row.id


def _name_problems(name: str) -> list[Problem]:
    if 0 < len(name) <= LONGEST_NAME:
        return []
    allowed = f"1–{LONGEST_NAME} 个字"
    return [
        Problem("模板要有名称", path="name", value=name[:40], allowed=allowed, cure="例：重点评价报告版式")
    ]


def _versions(session: Session, organisation: str) -> list[ReportTemplate]:
    return list(session.scalars(select(ReportTemplate).where(ReportTemplate.organisation_id == organisation)))


def _refuse_repeated(earlier: list[ReportTemplate], sha256: str) -> None:
    same = [one for one in earlier if one.sha256 == sha256 and one.state in STANDING]
    if same:
        what = f"与“{same[0].name}”第 {same[0].number} 版是同一个文件"
        raise InvalidError(Problem(what, path="file", value=same[0].state.label, cure="没有改动就不必再提出"))


def approve_template(actor: Actor, version: str) -> None:
    """The version is offered to the cases of its organisation; earlier versions stay as they are.

    Raises:
        ActionRefusedError: it does not wait for approval, or the proposer approves.
    """
    with decision(actor, Action.TEMPLATE_APPROVE, ReportTemplate, version, LibraryState.PROPOSED) as (_, row):
        row.state, row.decided_by = LibraryState.APPROVED, actor.person


def return_template(actor: Actor, version: str, *, reason: str) -> None:
    """The version is back with its proposer, with a reason; a better file becomes the next number."""
    waiting = LibraryState.PROPOSED
    with decision(actor, Action.TEMPLATE_RETURN, ReportTemplate, version, waiting, reason=reason) as (_, row):
        row.state, row.decided_by, row.decision = LibraryState.RETURNED, actor.person, reason


def retire_template(actor: Actor, version: str, *, reason: str) -> None:
    """The version is no longer offered; cases that chose it keep it."""
    standing = LibraryState.APPROVED
    with decision(actor, Action.TEMPLATE_RETIRE, ReportTemplate, version, standing, reason=reason) as (
        _,
        row,
    ):
        row.state, row.decided_by, row.decision = LibraryState.RETIRED, actor.person, reason


def choose_template(actor: Actor, evaluation: str, *, version: str) -> None:
    """The report of the case is set with this version from now on; `STOCK` goes back to the profile's own.

    Raises:
        ActionRefusedError: it is no approved template of the case's organising side, or it has no places
            for parts the report profile prints.
    """

    def given(session: Session, case: Evaluation) -> Mapping[str, Any]:
        if version == STOCK:
            return {"target_open": True, "target_missing": ()}
        row = session.get(ReportTemplate, version)
        offered = row is not None and row.organisation_id == organiser_of(session, case)
        missing = lacking(profile.load(case.profile), row.prints) if row is not None and offered else ()
        return {
            "target_open": row is not None and offered and row.state is LibraryState.APPROVED,
            "target_missing": tuple(f"模板没有{word}的位置" for word in missing),
        }

    with case_action(actor, Action.REPORT_CHOOSE_TEMPLATE, evaluation=evaluation, given=given) as work:
        work.case.template_id = version or None
