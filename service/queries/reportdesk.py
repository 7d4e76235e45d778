"""What a reviewer or signer needs beside the report: its state, who touched it, and what he last approved.

- The baseline of a person is the version his newest approval was given to; who gave none compares with the
  version before the newest.
- An approval stands if it is bound to the frozen file or to the content the newest version was made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.organisation import Account, Organisation
from service.models.report import Approval, Narrative, ReportState, ReportVersion
from service.models.score import Adjustment, Deduction, LeafResult
from service.queries.once import rows_of
from service.workflow.actions import Action

_WORDS = {action.value: action.label for action in Action}


@dataclass(frozen=True, slots=True)
class Given:
    """One approval: what, by whom, when, the short code of what was seen, whether it still stands."""

    label: str
    duty: str
    organisation: str
    on: date
    signature: str
    note: str
    short: str
    stands: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody who made part of the content: duty, organisation, what and how many of it."""

    duty: str
    organisation: str
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The version a person compares with: number, digests, and why it is that one."""

    number: int
    frozen_sha256: str
    snapshot_sha256: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything beside the versions; `frozen` is the newest unsigned one, `newest` any."""

    approvals: tuple[Given, ...]
    hands: tuple[Hand, ...]
    baseline: Baseline | None
    frozen_number: int
    frozen_sha256: str
    media: str
    pages: int
    snapshot_sha256: str


def report_desk(session: Session, case: Evaluation, person: str) -> Desk:
    """Return what stands beside the report of the case as `person` sees it."""
    versions = sorted(rows_of(session, ReportVersion, case.id), key=lambda row: row.number)
    newest = versions[-1] if versions else None
    frozen = newest if newest is not None and newest.state is ReportState.FROZEN else None
    rows = session.execute(
        select(Approval, Account.duty, Organisation.name)
        .join(Account, Account.id == Approval.account_id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .where(Approval.evaluation_id == case.id)
        .order_by(Approval.on, Approval.id)
    ).all()
    shown = frozen or newest
    return Desk(
        approvals=tuple(_given(a, duty, home or "", shown, person) for a, duty, home in rows),
        hands=_hands(session, case),
        baseline=_baseline([row[0] for row in rows], versions, person),
        frozen_number=frozen.number if frozen else 0,
        frozen_sha256=shown.frozen_sha256 if shown else "",
        media=shown.media if shown else "",
        pages=shown.pages if shown else 0,
        snapshot_sha256=shown.snapshot_sha256 if shown else "",
    )


def _given(row: Approval, duty: str, home: str, shown: ReportVersion | None, person: str) -> Given:
    bound = shown is not None and row.seen_sha256 in (shown.frozen_sha256, shown.snapshot_sha256)
    return Given(
        label=_WORDS.get(row.part, row.part),
        duty=duty,
        organisation=home,
        on=row.on,
        signature=row.signature.label,
        note=row.note,
        short=short_code(row.seen_sha256),
        stands=bound and not row.void,
        mine=row.account_id == person,
    )


def short_code(digest: str) -> str:
    """Return the first eight characters of a digest as people compare them, e.g. ``7F3A-91C2``."""
    return f"{digest[:4]}-{digest[4:8]}".upper() if digest else ""


def _baseline(
    approvals: Sequence[Approval], versions: Sequence[ReportVersion], person: str
) -> Baseline | None:
    known = {version.id: version for version in versions}
    mine = [known[a.report_id] for a in approvals if a.account_id == person and a.report_id in known]
    if mine:
        return _compared(mine[-1], mine=True)
    return _compared(versions[-2], mine=False) if len(versions) > 1 else None


def _compared(version: ReportVersion, *, mine: bool) -> Baseline:
    return Baseline(version.number, version.frozen_sha256, version.snapshot_sha256, mine)


def _hands(session: Session, case: Evaluation) -> tuple[Hand, ...]:
    """Return everybody who made part of the content, in order of duty."""
    made = (
        ("撰写报告", Narrative),
        ("录入评分依据", LeafResult),
        ("扣分、加分", Deduction),
        ("裁量调整", Adjustment),
    )
    parts = [
        select(model.author.label("author"), literal(label).label("label"), func.count().label("number"))
        .where(model.evaluation_id == case.id)
        .group_by(model.author)
        for label, model in made
    ]
    counted = union_all(*parts).subquery()
    query = (
        select(Account.duty, Organisation.name, counted.c.label, counted.c.number)
        .join(counted, counted.c.author == Account.id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .order_by(Account.duty, Account.id)
    )
    people: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for duty, home, label, number in session.execute(query):
        people.setdefault((duty, home or ""), []).append((label, number))
    return tuple(Hand(duty, home, tuple(done)) for (duty, home), done in people.items())
