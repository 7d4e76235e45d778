"""What was handed in many at once: one intake of an account, its items in order of concern, its samples.

- Only the account that handed it in sees it; everything in it is also in the cases it made.
- The order is that of concern: contradictions first, then points at stake, then doubts, then the number.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.models.evaluation import Evaluation
from service.models.operational import Intake, IntakeItem, ItemState
from service.models.organisation import Organisation
from service.queries.sheet import SCALE
from service.scoring.claimchecks import Check, Finding
from service.scoring.claims import ClaimForm
from service.workflow.kinds import Kind
from service.workflow.stages import Stage, Status

PAGE = 50
SELF, PROJECTS = "self", "projects"
KIND_WORDS = {SELF: "自评表汇总", PROJECTS: "按清单建立评价"}
STATE_WORDS = {"waiting": "等待处理", "read": "已读取", "done": "已登记", "refused": "没有登记"}
LISTED = "listed"
SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Said:
    """Why something was not taken in: as every refusal is told."""

    message: str
    path: str = ""
    value: str = ""
    allowed: str = ""
    cure: str = ""

    @property
    def sentence(self) -> str:
        """Return it on one line."""
        parts = [f"{self.path}：{self.message}" if self.path else self.message]
        parts += [f"读到 {self.value}"] if self.value else []
        parts += [f"应为 {self.allowed}"] if self.allowed else []
        return "；".join([*parts, *([self.cure] if self.cure else [])])


@dataclass(frozen=True)
class Item:
    """One workbook or row.

    Args:
        stage: where its case stands, "" without one; `case` its number.
        stake: points claimed beyond the rules, in millionths of a 分.
        facts: figures of the form, as text by name.
        version: of the case, 0 without one.
    """

    number: int
    path: str
    sha256: str
    state: str
    code: str
    title: str
    unit: str
    evaluation: str
    hard: int
    doubts: int
    stake: int
    total: str
    facts: Mapping[str, str]
    findings: tuple[Finding, ...]
    problems: tuple[Said, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    case: str = ""
    stage: str = ""
    returnable: bool = False
    version: int = 0

    @property
    def label(self) -> str:
        """Return in a word what became of it."""
        return STATE_WORDS[self.state]

    @property
    def stake_points(self) -> Fraction:
        """Return the points claimed beyond the rules, in 分."""
        return Fraction(self.stake, SCALE)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return what kinds of findings there are, each once, in the order of the checks."""
        found = {finding.check for finding in self.findings}
        return tuple(check for check in Check if check in found)


@dataclass(frozen=True)
class IntakeShown:
    """One intake with how far it is.

    Args:
        counts: items by state; `checks` items by kind of finding.
        absent: numbers on the list that nobody handed in anything for.
        samples: draws so far: seed, size and when.
    """

    id: str
    kind: str
    name: str
    sha256: str
    confirmed: bool
    created_at: datetime
    data: Mapping[str, Any]
    counts: Mapping[str, int]
    checks: Mapping[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return what it is, in words."""
        return KIND_WORDS[self.kind]

    @property
    def size(self) -> int:
        """Return how many items it has."""
        return sum(self.counts.values())

    @property
    def handled(self) -> int:
        """Return how many items are done with."""
        return self.counts.get("done", 0) + self.counts.get("refused", 0)

    @property
    def over(self) -> bool:
        """Return whether nothing is left to do."""
        return self.confirmed and self.handled == self.size

    @property
    def samples(self) -> tuple[Mapping[str, Any], ...]:
        """Return the draws so far, the newest last."""
        return tuple(self.data.get(SAMPLES, ()))


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What of a list is asked for, empty for all; `state` may also be ``hard``, ``doubts`` or ``clean``."""

    check: str = ""
    state: str = ""
    text: str = ""

    def query(self) -> dict[str, str]:
        """Return it as arguments of an address."""
        plain = {"check": self.check, "state": self.state, "text": self.text}
        return {name: value for name, value in plain.items() if value}


def intakes_of(session: Session, account: str, *, limit: int = 50) -> list[IntakeShown]:
    """Return the newest intakes of the account."""
    query = select(Intake).where(Intake.account_id == account).order_by(Intake.created_at.desc()).limit(limit)
    rows = session.scalars(query).all()
    counts = _counts(session, [row.id for row in rows])
    return [_shown(row, counts.get(row.id, {})) for row in rows]


def intake_of(session: Session, account: str, key: str) -> IntakeShown:
    """Return one intake of the account with its counts.

    Raises:
        NotFoundError: there is none of this name.
    """
    row = session.get(Intake, key)
    if row is None or row.account_id != account:
        raise NotFoundError("没有这一批")
    items = session.execute(
        select(IntakeItem.code, IntakeItem.checks).where(IntakeItem.intake_id == key)
    ).all()
    checks = Counter(name for item in items for name in item.checks.split(",") if name)
    seen = {item.code for item in items}
    absent = tuple(code for code in row.data.get(LISTED, ()) if code not in seen)
    return _shown(row, _counts(session, [key]).get(key, {}), checks, absent)


def _shown(
    row: Intake,
    counts: Mapping[str, int],
    checks: Mapping[str, int] | None = None,
    absent: tuple[str, ...] = (),
) -> IntakeShown:
    return IntakeShown(
        row.id, row.kind, row.name, row.sha256, row.confirmed, row.created_at, row.data, counts,
        checks or {}, absent,
    )  # fmt: skip


def _counts(session: Session, keys: Sequence[str]) -> dict[str, dict[str, int]]:
    query = (
        select(IntakeItem.intake_id, IntakeItem.state, func.count())
        .where(IntakeItem.intake_id.in_(keys))
        .group_by(IntakeItem.intake_id, IntakeItem.state)
    )
    found: dict[str, dict[str, int]] = {}
    for key, state, count in session.execute(query):
        found.setdefault(key, {})[state] = count
    return found


def ranked(
    session: Session,
    key: str,
    asked: ItemFilter,
    *,
    page: int = 1,
    size: int | None = PAGE,
    concern: bool = True,
) -> tuple[list[Item], int]:
    """Return one page of the items asked for, the most concerning first, and how many there are.

    Args:
        size: None for all of them.
        concern: False for the order in which they were handed in.
    """
    where = [IntakeItem.intake_id == key, *_conditions(asked)]
    total = session.scalar(select(func.count()).select_from(IntakeItem).where(*where)) or 0
    order = (
        IntakeItem.hard.desc(),
        IntakeItem.stake.desc(),
        IntakeItem.doubts.desc(),
        # What was not taken in asks for somebody; what is in order does not.
        (IntakeItem.state == ItemState.REFUSED.value).desc(),
        IntakeItem.code,
    )
    query = select(IntakeItem).where(*where).order_by(*(order if concern else ()), IntakeItem.number)
    if size is not None:
        query = query.limit(size).offset((page - 1) * size)
    return _with_cases(session, session.scalars(query).all()), total


def items_in_order(session: Session, key: str) -> list[Item]:
    """Return every item as it was handed in."""
    query = select(IntakeItem).where(IntakeItem.intake_id == key).order_by(IntakeItem.number)
    return _with_cases(session, session.scalars(query).all())


def item_of(session: Session, key: str, number: int) -> Item:
    """Return one item.

    Raises:
        NotFoundError: the intake has none of this number.
    """
    query = select(IntakeItem).where(IntakeItem.intake_id == key, IntakeItem.number == number)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFoundError("这一批没有这一项")
    return _with_cases(session, [row])[0]


def sampled(session: Session, key: str, *, seed: str, size: int, asked: ItemFilter) -> list[Item]:
    """Return the sample a seed draws from the items asked for; the same seed draws the same ones.

    Method: items by SHA-256 of ``seed/number of the project``, smallest first, as many as asked for.
    """
    items, _ = ranked(session, key, asked, size=None)
    drawn = [item for item in items if item.evaluation]
    return sorted(drawn, key=lambda item: hashlib.sha256(f"{seed}/{item.code}".encode()).hexdigest())[:size]


def _conditions(asked: ItemFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.check:
        found.append(IntakeItem.checks.contains(f",{asked.check},", autoescape=True))
    done = IntakeItem.state == ItemState.DONE.value
    states = {
        "hard": done & (IntakeItem.hard > 0),
        "doubts": done & (IntakeItem.hard == 0) & (IntakeItem.doubts > 0),
        "clean": done & (IntakeItem.hard == 0) & (IntakeItem.doubts == 0),
    }
    if asked.state:
        found.append(states.get(asked.state, IntakeItem.state == asked.state))
    if asked.text:
        columns = (IntakeItem.code, IntakeItem.title, IntakeItem.unit, IntakeItem.path)
        found.append(or_(*(column.icontains(asked.text, autoescape=True) for column in columns)))
    return found


def _with_cases(session: Session, rows: Sequence[IntakeItem]) -> list[Item]:
    ids = {row.evaluation_id for row in rows if row.evaluation_id}
    cases = {case.id: case for case in session.scalars(select(Evaluation).where(Evaluation.id.in_(ids)))}
    return [_item(row, cases.get(row.evaluation_id or "")) for row in rows]


def _item(row: IntakeItem, case: Evaluation | None) -> Item:
    data = row.data
    return Item(
        number=row.number,
        path=row.path,
        sha256=row.sha256,
        state=row.state,
        code=row.code,
        title=row.title,
        unit=row.unit,
        evaluation=row.evaluation_id or "",
        hard=row.hard,
        doubts=row.doubts,
        stake=row.stake,
        total=row.total,
        facts=data.get("facts", {}),
        findings=tuple(Finding(Check(check), *rest) for check, *rest in data.get("findings", ())),
        problems=tuple(Said(**plain) for plain in data.get("problems", ())),
        values=data.get("values", {}),
        case=case.code if case else "",
        stage=(case.status.label if case.status is not Status.ACTIVE else case.stage.label) if case else "",
        returnable=case is not None
        and case.status is Status.ACTIVE
        and case.stage is Stage.MATERIAL_REVIEW
        and case.kind is Kind.UNIT_SELF,
        version=case.version if case else 0,
    )


def form_of(session: Session, key: str, number: int) -> ClaimForm:
    """Return the form read from one item that waits to be registered."""
    query = select(IntakeItem.data).where(IntakeItem.intake_id == key, IntakeItem.number == number)
    return ClaimForm.from_plain(session.scalars(query).one()["form"])


def organisations_named(session: Session) -> dict[str, tuple[str, ...]]:
    """Return the ids of all organisations by name and by code; two of one name stand under it both."""
    found: dict[str, tuple[str, ...]] = {}
    for row in session.execute(select(Organisation.id, Organisation.code, Organisation.name)):
        for word in {row.code, row.name}:
            found[word] = (*found.get(word, ()), row.id)
    return found
