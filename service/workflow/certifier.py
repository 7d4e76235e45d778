"""The papers of a 主评人: what the rules ask of whoever certifies a report, and what of it is lacking.

财监〔2021〕4号第7条: 中高级职称 or a licence (注册会计师, 资产评估师, 律师, 内部审计师, 造价或咨询工程师),
five years of work with three of them in evaluation, and a clean record. 经办 registers them case by case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

PAPERS = "主评人资格材料"
YEARS, EVALUATING_YEARS = 5, 3


@dataclass(frozen=True, slots=True)
class Papers:
    """What is on file of one 主评人.

    Args:
        qualification: title or licence with its number, as the paper says.
        years: of work; `evaluating_years` of them in evaluation.
        clean_record: he declared that he has none against him, and nothing else is known.
        valid_until: the last day the licence is in force; None for a title, which does not expire.
    """

    qualification: str
    years: int
    evaluating_years: int
    clean_record: bool
    valid_until: date | None = None

    def to_plain(self) -> dict[str, str | int | None]:
        """Return the papers as stored with the case."""
        return {
            "qualification": self.qualification,
            "years": self.years,
            "evaluating_years": self.evaluating_years,
            "clean_record": self.clean_record,
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
        }


def papers_of(plain: Mapping[str, str | int | None]) -> Papers:
    """Return the papers stored as `plain`."""
    until = plain["valid_until"]
    return Papers(
        qualification=str(plain["qualification"]),
        years=int(plain["years"] or 0),
        evaluating_years=int(plain["evaluating_years"] or 0),
        clean_record=bool(plain["clean_record"]),
        valid_until=date.fromisoformat(str(until)) if until else None,
    )


def lacking(papers: Papers | None, *, on: date) -> tuple[str, ...]:
    """Return in words what the papers lack on this day; empty if their holder may certify."""
    if papers is None:
        return (f"没有登记本人的{PAPERS}",)
    checks = (
        (bool(papers.qualification.strip()), "没有写明职称或执业资格"),
        (papers.years >= YEARS, f"从业不满{YEARS}年"),
        (papers.evaluating_years >= EVALUATING_YEARS, f"从事绩效评价不满{EVALUATING_YEARS}年"),
        (papers.clean_record, "没有无不良记录的声明"),
        (papers.valid_until is None or on <= papers.valid_until, f"执业资格已于{papers.valid_until}到期"),
    )
    return tuple(words for holds, words in checks if not holds)
