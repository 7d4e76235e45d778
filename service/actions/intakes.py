"""Intakes kept on the server: opened with their items, confirmed once, with what came of every item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service import clock
from service.actions.housekeeping import housekeeping
from service.errors import NotFoundError, Problem
from service.models.base import new_id
from service.models.operational import Intake, IntakeItem, ItemState
from service.queries.intakes import SAMPLES

MOST_SAMPLES = 50


@dataclass(frozen=True, slots=True)
class NewItem:
    """One item as it is handed in; `problems` keep it out from the beginning."""

    path: str
    code: str = ""
    title: str = ""
    unit: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NewIntake:
    """What is handed in: file name, its SHA-256, the settings that go for all items, the items in order."""

    kind: str
    name: str
    sha256: str
    data: Mapping[str, Any]
    items: tuple[NewItem, ...]


def open_intake(account: str, new: NewIntake, *, at: datetime) -> str:
    """Return the id of the intake, which waits for its confirmation."""
    key = new_id()
    with housekeeping() as session:
        session.add(
            Intake(
                id=key,
                account_id=account,
                kind=new.kind,
                name=new.name[:300],
                sha256=new.sha256,
                data=dict(new.data),
                created_at=at,
            )
        )
        session.flush()
        for number, item in enumerate(new.items, 1):
            session.add(_row(key, number, item))
    return key


def _row(key: str, number: int, item: NewItem) -> IntakeItem:
    state = ItemState.REFUSED if item.problems else ItemState.WAITING
    data = {"values": dict(item.values), "problems": told(item.problems)}
    return IntakeItem(
        intake_id=key, number=number, path=item.path[:500], state=state.value, code=item.code[:80],
        title=item.title[:300], unit=item.unit[:300], data=data,
    )  # fmt: skip


def told(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Return problems as they are kept with an item."""
    return [
        {
            "message": problem.message,
            "path": problem.path or "",
            "value": problem.value or "",
            "allowed": problem.allowed or "",
            "cure": problem.cure or "",
        }
        for problem in problems
    ]


def confirm_intake(account: str, key: str) -> bool:
    """Return whether this confirmation counts; an intake is confirmed once.

    Raises:
        NotFoundError: the account has no such intake.
    """
    with housekeeping() as session:
        row = session.scalars(select(Intake).where(Intake.id == key).with_for_update()).one_or_none()
        if row is None or row.account_id != account:
            raise NotFoundError("没有这一批")
        counts, row.confirmed = not row.confirmed, True
        return counts


def note_draw(account: str, key: str, *, seed: str, size: int, query: Mapping[str, str]) -> None:
    """The draw is kept with the intake, with when it was made; the same one twice is kept once."""
    with housekeeping() as session:
        row = session.scalars(select(Intake).where(Intake.id == key).with_for_update()).one_or_none()
        if row is None or row.account_id != account:
            raise NotFoundError("没有这一批")
        drawn: list[dict[str, Any]] = list(row.data.get(SAMPLES, ()))
        new = {"seed": seed, "size": size, "query": dict(query)}
        if any({**each, "at": ""} == {**new, "at": ""} for each in drawn):
            return
        kept = [*drawn, {**new, "at": clock.stamp(clock.now())}][-MOST_SAMPLES:]
        row.data = {**row.data, SAMPLES: kept}


@dataclass(frozen=True)
class Outcome:
    """What came of one item: new values of its columns, and of its data."""

    number: int
    columns: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)


def refused(number: int, problems: Sequence[Problem], **columns: Any) -> Outcome:
    """Return that an item is not taken in, and why."""
    state = ItemState.REFUSED.value
    return Outcome(number, {"state": state, **columns}, {"problems": told(problems), "form": None})


def note_items(key: str, outcomes: Sequence[Outcome]) -> None:
    """What came of these items is kept, all of it or nothing."""
    if not outcomes:
        return
    by_number = {outcome.number: outcome for outcome in outcomes}
    query = select(IntakeItem).where(IntakeItem.intake_id == key, IntakeItem.number.in_(by_number))
    with housekeeping() as session:
        for row in session.scalars(query):
            outcome = by_number[row.number]
            for name, value in outcome.columns.items():
                setattr(row, name, value)
            data = {**row.data, **outcome.data}
            row.data = {name: value for name, value in data.items() if value is not None}
