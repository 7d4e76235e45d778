"""What the process and the report read of a case beyond its particulars (`details`), put right by 经办.

- Before 下达 everything here may change. Number, kind and the framework of a 单位自评 never do: another
  case is created instead.
- After 下达 only what harms nobody who relied on it. The date of the report is one of its words: a frozen
  file goes stale and is frozen anew. Papers of a 主评人 expire and are renewed. Money may be completed
  until the team first submits its scores; from then on a changed fact is a change of points that names
  its origin. What a subject is and the local settings are fixed by 下达.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.commissioning import Money
from service.actions.steps import CaseWork, case_action
from service.actions.transaction import Actor
from service.errors import InvalidError, Problem
from service.models.evaluation import Evaluation, MoneyFact
from service.workflow.actions import Action
from service.workflow.certifier import Papers

Convert = Callable[[Any], Any]
SUBJECTS = ("project", "policy", "unit")


@dataclass(frozen=True, slots=True)
class EditFacts:
    """What shall change: `changes` by field of `FIELDS`, sums by code, papers by account of the 主评人.

    `version` is the version of the case the actor has seen, None to take it as it is.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    money: tuple[Money, ...] = ()
    papers: Mapping[str, Papers] = field(default_factory=dict)
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Editable:
    """One field: its name in words, how a value is read, and whether it may change after 下达.

    `fact` tells that it is kept among the facts of the case instead of a column.
    """

    label: str
    read: Convert
    later: bool = False
    fact: bool = False


def _one_of(*allowed: str) -> Convert:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError("、".join(allowed))
        return str(value)

    return read


def _day(value: Any) -> str | None:
    if value is not None and not isinstance(value, date):
        raise ValueError("日期，或不填")
    return value.isoformat() if value else None


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("是或否")
    return value


def _rounds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 20:
        raise ValueError("1 到 20 的整数")
    return value


def _names(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ValueError("若干项不为空的名称")
    return [v.strip() for v in value]


FIELDS: Mapping[str, Editable] = {
    "report_on": Editable("报告落款日期", _day, later=True, fact=True),
    "subject_kind": Editable("对象种类", _one_of(*SUBJECTS)),
    "round_limit": Editable("补正轮数上限", _rounds, fact=True),
    "silence_is_consent": Editable("逾期未反馈视为无意见", _yes_no, fact=True),
    "documents": Editable("应审材料", _names, fact=True),
}


def edit_facts(actor: Actor, evaluation: str, command: EditFacts, *, reason: str) -> None:
    """The case reads as `command` says; the entry holds old and new values and the reason.

    Raises:
        InvalidError: unknown fields or values that cannot be; all of them are named.
        ActionRefusedError: nothing would change, the reason is missing, or a field is fixed by now.
        StaleError: the case is not the version the actor has seen.
    """
    values = _read(command)

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        touched = [name for name, value in values.items() if _present(case, name) != value]
        money = [sum_ for sum_ in command.money if _money_differs(session, case, sum_)]
        fixed = [FIELDS[name].label for name in touched if not FIELDS[name].later]
        if money and case.facts.get("scores_ever_submitted", False):
            fixed.append("资金（评分已提交）")
        lacking = [] if reason.strip() else ["修改的理由"]
        lacking += [] if touched or money or _papers_differ(case, command) else ["要修改的内容"]
        return {"fixed_fields_touched": tuple(fixed), "target_missing": tuple(lacking)}

    with case_action(
        actor, Action.EVALUATION_EDIT, evaluation=evaluation, reason=reason, given=target
    ) as work:
        if command.version is not None:
            work.tx.expect(work.case, command.version)
        _write(work, values)
        for sum_ in command.money:
            _write_money(work, sum_)
        if command.papers:
            papers = {account: found.to_plain() for account, found in command.papers.items()}
            kept = work.case.facts.get("certifiers", {})
            work.case.facts = {**work.case.facts, "certifiers": {**kept, **papers}}


def _read(command: EditFacts) -> dict[str, Any]:
    """Return the values to write by field name.

    Raises:
        InvalidError: naming every field that is unknown or whose value cannot be.
    """
    problems, values = [], {}
    for name, value in command.changes.items():
        if name not in FIELDS:
            cure = "名称、年度等在基本信息中改；编号、种类和指标体系创建后不改，另建评价"
            problems.append(Problem("没有这个可改的内容", path=name, allowed="、".join(FIELDS), cure=cure))
            continue
        try:
            values[name] = FIELDS[name].read(value)
        except ValueError as error:
            label = FIELDS[name].label
            problems.append(
                Problem(
                    f"{label}的写法不对", path=name, value=str(value), allowed=str(error), cure="改正后再存"
                )
            )
    if problems:
        raise InvalidError(problems)
    return values


def _present(case: Evaluation, name: str) -> Any:
    return case.facts.get(name) if FIELDS[name].fact else getattr(case, name)


def _write(work: CaseWork, values: Mapping[str, Any]) -> None:
    facts = {name: value for name, value in values.items() if FIELDS[name].fact}
    for name in values.keys() - facts.keys():
        setattr(work.case, name, values[name])
    if facts:
        work.case.facts = {**work.case.facts, **facts}


def _money_row(session: Session, case: Evaluation, code: str) -> MoneyFact | None:
    query = select(MoneyFact).where(MoneyFact.evaluation_id == case.id, MoneyFact.code == code)
    return session.scalar(query)


_MONEY = ("name", "kind", "fen", "printed", "source")


def _money_differs(session: Session, case: Evaluation, sum_: Money) -> bool:
    row = _money_row(session, case, sum_.code)
    return row is None or any(getattr(row, name) != getattr(sum_, name) for name in _MONEY)


def _write_money(work: CaseWork, sum_: Money) -> None:
    row = _money_row(work.session, work.case, sum_.code)
    if row is None:
        row = MoneyFact(evaluation_id=work.case.id, code=sum_.code)
        work.tx.add(row)
    for name in _MONEY:
        setattr(row, name, getattr(sum_, name))


def _papers_differ(case: Evaluation, command: EditFacts) -> bool:
    kept = case.facts.get("certifiers", {})
    return any(kept.get(account) != found.to_plain() for account, found in command.papers.items())
