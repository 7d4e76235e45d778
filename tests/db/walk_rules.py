"""What must hold after every act, whatever it was: judged from the rows, apart from the code under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

from sqlalchemy import Row, TextClause, select, text

from service.audit.canonical import decode_strict
from service.extensions import db
from service.models.audit import AuditEntry
from service.models.base import audited_tables
from service.models.evaluation import Evaluation
from service.queries.sheet import current_sheet
from service.scoring.lines import EntryKind
from service.workflow.actions import Action as A
from service.workflow.kinds import Kind
from service.workflow.machine import edges
from service.workflow.rules import find
from service.workflow.stages import Stage, Status
from tests.db.office import Look, Walk, read
from tests.unit.workflow.case_model import HELD, NEVER_AFTER, NEVER_BOTH, NEVER_BOTH_CITY

Rows = tuple[tuple[str, int, int], ...]
COUNTING = {"submitted", "draft"}


@cache
def _counts() -> TextClause:
    counted = "SELECT '{0}', count(*), coalesce(sum(version), 0) FROM {0}"
    return text(" UNION ALL ".join(counted.format(name) for name in audited_tables()))


def business_rows() -> Rows:
    """Return how many rows every audited table has and the sum of their versions."""
    return tuple((name, count, int(total)) for name, count, total in read(_counts()))


def entries_after(index: int) -> list[Row[Any]]:
    """Return action and outcome of the entries from `index` on."""
    query = select(AuditEntry.action, AuditEntry.outcome, AuditEntry.actor_id, AuditEntry.leaf)
    return read(query.where(AuditEntry.leaf_index >= index).order_by(AuditEntry.leaf_index))


@dataclass
class History:
    """What happened in one walk, and what was wrong with it."""

    accepted: list[tuple[str, A]] = field(default_factory=list)
    furthest: Stage = Stage.SELF_ASSESSMENT
    signed: dict[str, Row[Any]] = field(default_factory=dict)
    illegal: list[str] = field(default_factory=list)
    returns: int = 0

    def record(self, login: str, act: A) -> None:
        """Note an act that was done."""
        self.accepted.append((login, act))

    def did(self, login: str) -> frozenset[A]:
        """Return every act this person did."""
        return frozenset(act for who, act in self.accepted if who == login)


def effective(turn_action: A, leaf: dict[str, Any]) -> A:
    """Return the act itself; behind a registration, the act registered."""
    if turn_action is not A.PAPER_REGISTER:
        return turn_action
    for change in leaf["changes"]:
        if change["t"] == "paper_act":
            return A(change["f"]["act"][1])
    raise AssertionError("登记没有写明事项")


def moved(history: History, before: Look, after: Look, act: A) -> Iterator[str]:
    """Yield what is wrong with the change of stage or status an accepted act made."""
    kind, held = before.kind, HELD[before.kind]
    rule = find(kind, before.stage, before.status, act)
    if after.status is not (rule.next_status or before.status if rule else before.status):
        yield f"status {before.status} -> {after.status}"
    if after.stage is before.stage:
        return
    if (before.stage, act, after.stage) not in edges(kind):
        yield f"no edge {before.stage} -> {after.stage}"
    if after.stage not in held:
        yield f"stage not held: {after.stage}"
    elif after.stage.position > before.stage.position:
        if after.stage is not held[held.index(before.stage) + 1] and history.furthest.before(after.stage):
            yield f"skipped: {before.stage} -> {after.stage}"
        yield from _unready(before, after)
    else:
        history.returns += 1
    if history.furthest.before(after.stage):
        history.furthest = after.stage


def _unready(before: Look, after: Look) -> Iterator[str]:
    """Yield why the case should not have gone on."""
    team = before.kind is not Kind.UNIT_SELF
    reasons = {row.state for table in ("deduction", "adjustment") for row in after.rows(table)}
    checks: dict[Stage, Callable[[], bool]] = {
        Stage.MATERIAL_REVIEW: lambda: team and (before.case.framework_id is None or "pending" in reasons),
        Stage.ON_SITE_VERIFICATION: lambda: (
            not before.case.scores_submitted or bool(reasons & {"draft", "pending"})
        ),
        Stage.CONSULTATION: lambda: _unanswered(after) or not before.case.scores_submitted,
        Stage.FINALISATION: lambda: bool(reasons & {"draft", "pending"}) or not after.rows("narrative"),
    }
    if checks.get(before.stage, lambda: False)():
        yield f"{before.kind.value}: left {before.stage.value} unready"
    if team and before.stage in (Stage.MATERIAL_REVIEW, Stage.ON_SITE_VERIFICATION):
        opened = {"sent", "answered"}
        if any(row.mandatory and row.state in opened for row in after.rows("supplement")):
            yield "left with an open supplement"


def _unanswered(look: Look) -> bool:
    found = look.dispositions()
    contested = [row for row in look.rows("opinion") if not row.agrees and not row.lapsed]
    return any(row.id not in found or found[row.id].confirmed_by is None for row in contested)


def frozen_in(before: Look, act: A) -> bool:
    """Say whether the status of the case lets `act` happen at all."""
    reads_on = {A.EVALUATION_RESUME, A.EVALUATION_TERMINATE, A.EVALUATION_CONFIRM_TERMINATION}
    if before.status is Status.TERMINATED:
        return True
    if before.status is Status.SUSPENDED:
        return act not in reads_on
    return before.stage is Stage.SIGNED and act.subject != "correction" and act is not A.REPORT_FINISH


def signature(walk: Walk, before: Look, after: Look, act: A) -> Iterator[str]:
    """Yield what is wrong with a signature just given."""
    if act not in (A.REPORT_SIGN, A.CORRECTION_SIGN):
        return
    report, earlier = after.report(), before.report()
    if report is None or earlier is None or report.state != "signed" or earlier.state != "frozen":
        yield "signed what was not frozen"
        return
    approvals = [row for row in after.rows("approval") if row.part == act.value]
    if approvals[-1].seen_sha256 != report.frozen_sha256:
        yield "signed other bytes than seen"
    parts = {row.part for row in after.rows("approval") if row.seen_sha256 == report.snapshot_sha256}
    given = {row.part for row in after.rows("approval") if row.report_id == report.id}
    if act is A.REPORT_SIGN and before.kind is not Kind.UNIT_SELF:
        wanted = {A.REPORT_SECOND_REVIEW.value}
        if before.firm:
            wanted |= {A.REPORT_INTERNAL_REVIEW.value, A.REPORT_SEAL.value}
        if before.kind is Kind.FISCAL_FIRM:
            wanted.add(A.REPORT_CERTIFY.value)
        if wanted - parts - given:
            yield f"signed without {sorted(wanted - parts - given)}"


def signed_bytes(walk: Walk, history: History, look: Look) -> Iterator[str]:
    """Yield every signed version that is not what it was when it was signed."""
    for row in look.rows("report_version"):
        known = history.signed.get(row.id)
        if known is not None:
            same = (
                "number",
                "snapshot_sha256",
                "docx_sha256",
                "frozen_sha256",
                "total",
                "grade",
                "state",
                "media",
            )
            yield from (
                f"signed {name} changed" for name in same if getattr(row, name) != getattr(known, name)
            )
            if known.final_sha256 not in (None, row.final_sha256):
                yield "final file replaced"
        if row.state == "signed":
            history.signed[row.id] = row
            if not walk.store.exists(row.frozen_sha256):
                yield "frozen bytes are gone"


def ledger(look: Look) -> Iterator[str]:
    """Yield every line of the sheet whose points do not follow from its reasons."""
    case = db.session.get(Evaluation, look.case_id)
    found = current_sheet(db.session(), case) if case is not None else None
    db.session.rollback()
    if found is None:
        return
    counting = {row.code for row in look.rows("deduction") if row.state in COUNTING}
    zero = Fraction(0)
    for line in found.sheet.lines:
        if line.awarded is None:
            continue
        if line.awarded != (line.max or zero) - (line.deductions or zero) + (line.bonuses or zero) + (
            line.adjustment or zero
        ):
            yield f"{line.code}: ledger does not close"
        named = {e.id for e in line.entries if e.id and e.kind in (EntryKind.DEDUCTION, EntryKind.BONUS)}
        if named - counting:
            yield f"{line.code}: counts {sorted(named - counting)}"
        taken = sum((e.effective or zero for e in line.entries if e.kind is not EntryKind.BONUS), zero)
        if line.leaf and line.deductions is not None and taken != line.deductions:
            yield f"{line.code}: deductions {line.deductions} but entries {taken}"


def two_hats(walk: Walk, history: History, look: Look) -> Iterator[str]:
    """Yield every pair of exclusive acts one person did."""
    acts: dict[str, set[A]] = {}
    for login, act in history.accepted:
        for first, second in NEVER_AFTER:
            if act is second and first in acts.get(login, set()):
                yield f"{login}: {first} then {second}"
        acts.setdefault(login, set()).add(act)
    pairs = NEVER_BOTH + (NEVER_BOTH_CITY if look.case.policy == "city" else ())
    for login, did in acts.items():
        for one, other in pairs:
            own = look.kind is Kind.UNIT_SELF and A.SELF_EDIT in one and A.SELF_REVIEW not in other
            if one & did and other & did and not own:
                yield f"{login}: {one & did} and {other & did}"


def leaf_of(row: Row[Any]) -> dict[str, Any]:
    """Return the entry, decoded."""
    found: dict[str, Any] = decode_strict(bytes(row.leaf))
    return found
