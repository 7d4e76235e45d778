"""Questions about what the units claim: full marks everywhere, completion far ahead of the money spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation, MoneyFact
from service.models.plan import FrameworkVersion
from service.models.report import ReportVersion
from service.models.selfassessment import Claim
from service.queries.auditscope import Asked, Scope
from service.queries.auditspots import Answers, Spot, chunked, counted
from service.queries.sheet import parsed_text
from service.scoring.claimchecks import Asked as Form
from service.scoring.claimchecks import Check, Finding, Norm, findings
from service.scoring.claims import ClaimForm, FormLine, FundRow
from service.scoring.quantities import exact, exact_text

_BUDGETS = ("adjusted", "budget", "initial")
"""Kinds of money that are the budget of the year, the one that counts first."""
_PAID = "paid"
_EXECUTION = "预算执行"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One line of a framework as a form asks for it."""

    code: str
    name: str
    max: str
    execution: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """Leaves of a framework and its full marks in 分, None where it has none."""

    leaves: tuple[Leaf, ...]
    max: Fraction | None


_MARKS: dict[str, Marks] = {}
"""By digest of the framework's text, which never changes."""


def full(scope: Scope, *, start: int, size: int | None) -> Answers:
    """Return the cases whose unit claims full marks everywhere, or whose frozen total is full marks."""
    spots: list[Spot] = []
    if scope.wanted.kind in ("", "claimed"):
        spots += _claimed(scope, Check.FULL_MARKS, Norm(), kind="claimed")
    if scope.wanted.kind in ("", "awarded"):
        spots += _awarded(scope)
    return counted(scope, spots, start=start, size=size)


def ahead(scope: Scope, *, start: int, size: int | None) -> Answers:
    """Return the cases whose claimed completion is ahead of execution by more than the share asked for."""
    norm = Norm(ahead=scope.wanted.percent / 100)
    return counted(scope, _claimed(scope, Check.AHEAD, norm), start=start, size=size)


def _claimed(scope: Scope, check: Check, norm: Norm, kind: str = "") -> Iterator[Spot]:
    claims = _claims(scope)
    frameworks = _marks(scope, {scope.cases[case].framework for case in claims})
    money = _money(scope) if check is Check.AHEAD else {}
    for case, rows in claims.items():
        asked = scope.cases[case]
        marks = frameworks.get(asked.framework or "")
        if marks is None:
            continue
        form = _form(asked, marks, rows, money.get(case, {}))
        for found in findings(Form(form, {}, norm)):
            if found.check is check:
                yield _spot(case, kind, found, rows)


def _spot(case: str, kind: str, found: Finding, rows: Sequence[Any]) -> Spot:
    newest = max(rows, key=lambda row: row.place)
    name = "自评" if found.check is Check.FULL_MARKS else found.subject
    return Spot(case, newest.last_audit, kind, place=name, after=found.value)


def _claims(scope: Scope) -> dict[str, list[Any]]:
    """Return the lines each unit claims, with the place of the entry that wrote them last."""
    query = (
        select(Claim.evaluation_id, Claim.node, Claim.points, Claim.last_audit, AuditEntry.id.label("place"))
        .join(AuditEntry, AuditEntry.entry_id == Claim.last_audit)
        .join(Evaluation, Evaluation.id == Claim.evaluation_id)
        .where(scope.chosen, Claim.points.is_not(None))
    )
    found: dict[str, list[Any]] = {}
    for row in scope.session.execute(query):
        found.setdefault(row.evaluation_id, []).append(row)
    return found


def _money(scope: Scope) -> dict[str, dict[str, int]]:
    """Return the sums of the money stated, by case and kind, in 分 of yuan."""
    query = (
        select(MoneyFact.evaluation_id, MoneyFact.kind, func.sum(MoneyFact.fen))
        .join(Evaluation, Evaluation.id == MoneyFact.evaluation_id)
        .where(scope.chosen, MoneyFact.kind.in_((*_BUDGETS, _PAID)), MoneyFact.fen.is_not(None))
        .group_by(MoneyFact.evaluation_id, MoneyFact.kind)
    )
    found: dict[str, dict[str, int]] = {}
    for case, kind, fen in scope.session.execute(query):
        found.setdefault(case, {})[kind] = int(fen or 0)
    return found


def _marks(scope: Scope, keys: set[str | None]) -> dict[str, Marks]:
    """Return leaves and full marks of these frameworks, each text parsed once per process."""
    query = select(FrameworkVersion.id, FrameworkVersion.sha256)
    digests = {
        row.id: row.sha256 for row in chunked(scope.session, query, FrameworkVersion.id, filter(None, keys))
    }
    unknown = {digest: key for key, digest in digests.items() if digest not in _MARKS}
    texts = select(FrameworkVersion.sha256, FrameworkVersion.body)
    for row in chunked(scope.session, texts, FrameworkVersion.id, unknown.values()):
        framework = parsed_text(row.sha256, row.body)
        leaves = tuple(
            Leaf(
                leaf.code,
                leaf.name,
                "" if leaf.max is None else exact_text(leaf.max),
                _EXECUTION in leaf.name,
            )
            for leaf in framework.leaves
            if not leaf.block
        )
        _MARKS[row.sha256] = Marks(leaves, framework.max)
    return {key: _MARKS[digest] for key, digest in digests.items()}


def _form(case: Asked, marks: Marks, rows: Sequence[Any], money: Mapping[str, int]) -> ClaimForm:
    """Return what the unit claims as the form the checks of the 自评表 read."""
    points = {row.node: row.points for row in rows}
    lines = tuple(
        FormLine(
            leaf.code, "", "", leaf.name, "", "", leaf.max, points.get(leaf.code, ""), "",
            execution=leaf.execution,
        )
        for leaf in marks.leaves
    )  # fmt: skip
    budget = next((money[kind] for kind in _BUDGETS if kind in money), None)
    whole = FundRow("", None, budget, money.get(_PAID))
    return ClaimForm(case.code, case.title, "", "", "", lines, (whole,))


def _awarded(scope: Scope) -> Iterator[Spot]:
    """Yield the cases whose last frozen total is the full marks of the framework."""
    inner = aliased(ReportVersion)
    newest = select(func.max(inner.number)).where(inner.evaluation_id == Evaluation.id).scalar_subquery()
    columns = (
        ReportVersion.evaluation_id,
        ReportVersion.number,
        ReportVersion.total,
        ReportVersion.last_audit,
    )
    query = (
        select(*columns, Evaluation.framework_id)
        .join(Evaluation, Evaluation.id == ReportVersion.evaluation_id)
        .where(scope.chosen, scope.scored, ReportVersion.number == newest, ReportVersion.total.is_not(None))
    )
    rows = scope.session.execute(query).all()
    frameworks = _marks(scope, {row.framework_id for row in rows})
    for row in rows:
        marks = frameworks.get(row.framework_id or "")
        if marks is not None and marks.max is not None and exact(row.total) == marks.max:
            place, total = f"报告第 {row.number} 版总分", f"{exact_text(marks.max)} 分（满分）"
            yield Spot(row.evaluation_id, row.last_audit, "awarded", place=place, after=total)
