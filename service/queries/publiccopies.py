"""公开版 as it was taken from report versions: which version, when, by whom, with what hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.organisation import Account
from service.models.report import PublicCopy, ReportVersion
from service.queries.once import rows_of


@dataclass(frozen=True, slots=True)
class PublicTaken:
    """One taking: version number, day, duty of who took it, digest, how much was hidden in words."""

    number: int
    on: date
    by: str
    sha256: str
    hidden: str


def version_row(session: Session, case: Evaluation, number: int) -> ReportVersion | None:
    """Return the report version of this number."""
    return next((row for row in rows_of(session, ReportVersion, case.id) if row.number == number), None)


def public_taken(session: Session, case: Evaluation) -> tuple[PublicTaken, ...]:
    """Return every taking of a public version of the case, the newest first."""
    found = []
    for row in reversed(rows_of(session, PublicCopy, case.id)):
        account = session.get_one(Account, row.taken_by)
        found.append(PublicTaken(row.number, row.on, account.duty, row.sha256, _words(row)))
    return tuple(found)


def _words(row: PublicCopy) -> str:
    counted = (
        ("章节", row.hidden_sections, "节"),
        ("指标理由", row.hidden_nodes, "项"),
        ("单位名称", row.hidden_parties, "类"),
        ("金额", row.hidden_amounts, "项"),
        ("字词", row.hidden_words, "个"),
    )
    told = [
        f"{name} {'全部' if '*' in given else f'{len(given)} {unit}'}"
        for name, given, unit in counted
        if given
    ]
    return "，".join(told) or "没有隐去"
