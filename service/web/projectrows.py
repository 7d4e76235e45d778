"""Rows of a 项目清单 become evaluations to create, each judged as the form for one is; all faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service import clock
from service.actions.intakes import NewItem
from service.errors import InvalidError, Problem, ServiceError
from service.extensions import db
from service.queries.intakes import organisations_named
from service.queries.library import library_lines
from service.web.commission import demand_consistent, demand_free, profiles
from service.web.forms import creation
from service.web.forms.act import read
from service.web.outside import account_now
from service.workbooks.book import read_book
from service.workbooks.projects import PROJECTS
from service.workbooks.table import Row, Table, read_table
from service.workflow.facts import Policy
from service.workflow.kinds import KINDS, Firm, Kind

MOST = 2000
PARTS = ("evaluated", "supervisor", "agency")
_KINDS = {kind.label: kind.value for kind in Kind}
_MAY_ENGAGE = frozenset(kind.value for kind in Kind if KINDS[kind].firm is Firm.POSSIBLE)
_POLICIES = {"市级": Policy.CITY.value, "县级": Policy.COUNTY.value}


def project_table(name: str, content: bytes) -> Table:
    """Return the list in a workbook.

    Raises:
        InvalidError: it cannot be read, is no list, or is too long.
    """
    table = read_table(read_book(name, content), PROJECTS)
    heading = [fault.problem for fault in table.faults if not table.rows]
    missing = [fault.problem for fault in table.faults if "没有找到" in fault.message]
    if heading or missing:
        raise InvalidError(heading or missing)
    if len(table.rows) > MOST:
        raise InvalidError(
            Problem("清单过长", path=name, value=f"{len(table.rows)} 行", allowed=f"{MOST} 行以内")
        )
    return table


def codes_listed(table: Table) -> list[str]:
    """Return the numbers on a list, each once, in its order."""
    codes = (row.value("code") for row in table.rows if not row.total)
    return list(dict.fromkeys(code for code in codes if code))


def project_items(table: Table, common: Mapping[str, Any]) -> Iterator[NewItem]:
    """Yield the rows in order, each with what it creates or everything that is wrong with it.

    Args:
        common: what goes for a row that does not say it itself: year, organiser, secrecy, publicity, policy.
    """
    known = _Known(common)
    for row in table.rows:
        if not row.total:
            yield known.item(row)


class _Known:
    """What the words of rows are looked up in."""

    def __init__(self, common: Mapping[str, Any]) -> None:
        today = clock.local_date(clock.now())
        self._common = common
        self._units = organisations_named(db.session())
        self._profiles = {name: code for code, name in profiles().items()} | {c: c for c in profiles()}
        lines = library_lines(db.session(), account_now(), today=today)
        self._library = {word: line.ref for line in lines if line.offered for word in (line.name, line.code)}
        self._first: dict[str, str] = {}

    def item(self, row: Row) -> NewItem:
        """Return one row."""
        problems = [read_.fault.problem for read_ in row.cells.values() if read_.fault is not None]
        plain, unknown = self._plain(row)
        problems += unknown
        values: dict[str, Any] = {}
        try:
            data = read(creation.Creation, plain)
            demand_consistent(data)
            demand_free(data)
            values = _stored(data)
        except ServiceError as wrong:
            told = {problem.path for problem in problems}
            placed = [_placed(row, problem) for problem in wrong.problems]
            problems += [problem for problem in placed if problem.path not in told]
        code = row.value("code")
        if code and code in self._first:
            problems.append(Problem(f"与 {self._first[code]} 编号相同", path=_place(row, "code"), value=code))
        self._first.setdefault(code, row.place)
        unit = row.value("evaluated")
        return NewItem(row.place, code, row.value("subject_name"), unit, values, tuple(problems))

    def _plain(self, row: Row) -> tuple[dict[str, Any], list[Problem]]:
        problems: list[Problem] = []

        def known(field: str, options: Mapping[str, str], default: str = "") -> str:
            text = row.value(field)
            if text and text not in options:
                some = "、".join(list(options)[:6])
                problems.append(Problem("不认识的写法", path=_place(row, field), value=text, allowed=some))
            return options.get(text, default) if text else default

        kind = known("kind", _KINDS, Kind.UNIT_SELF.value)
        common = {name: self._common[name] for name in ("organiser", "year", "secrecy", "publicity")}
        own = {name: row.value(name) for name in ("year", "secrecy", "publicity") if row.value(name)}
        plain: dict[str, Any] = {
            **common,
            **own,
            "code": row.value("code"),
            "subject_name": row.value("subject_name"),
            "title": row.value("title") or _title(row, kind, own.get("year", common["year"])),
            "kind": kind,
            "subject_kind": "project",
            "policy": known("policy", _POLICIES, self._common["policy"]),
            "framework": known("framework", self._library),
            "profile": known("profile", self._profiles, "unit-self" if kind == "unit_self" else "standard"),
        }
        for part in PARTS:
            plain[part], wrong = self._unit(row, part)
            problems += wrong
        if row.value("self_due_on"):
            plain["self_due_on"] = row.value("self_due_on")
        given = {name: value for name, value in plain.items() if value}
        engaged = bool(given.get("agency")) and kind in _MAY_ENGAGE
        return {**given, "firm": engaged, "silence_is_consent": False}, problems

    def _unit(self, row: Row, part: str) -> tuple[list[str], list[Problem]]:
        text = row.value(part)
        found = self._units.get(text, ())
        if not text or len(found) == 1:
            return list(found), []
        words = "有几个单位都叫这个名称，请写单位代码" if found else "系统里没有这个单位"
        cure = "核对名称，或请系统管理员登记这个单位"
        return [], [Problem(words, path=_place(row, part), value=text, cure=cure)]


def _title(row: Row, kind: str, year: str) -> str:
    ending = "绩效自评" if kind == Kind.UNIT_SELF.value else "绩效评价报告"
    return f"{year}年度{row.value('subject_name')}{ending}"


def _place(row: Row, field: str) -> str:
    return row.cells[field].place if field in row.cells else row.place


def _placed(row: Row, problem: Problem) -> Problem:
    """Return a problem of the form with the cell it comes from."""
    field = problem.path or ""
    label = next((column.header for column in PROJECTS.columns if column.name == field), "")
    words = problem.message
    if label and not words.startswith(label):
        words = f"{label}：{words}"
    place = _place(row, field)
    return Problem(words, path=place, value=problem.value, allowed=problem.allowed, cure=problem.cure)


def _stored(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the worker creates the evaluation from, as JSON values."""
    command = creation.command_of(dict(data), framework="")
    return {
        "code": command.code,
        "title": command.title,
        "kind": command.kind.value,
        "year": command.year,
        "subject_name": command.subject_name,
        "subject_kind": command.subject_kind,
        "secrecy": command.secrecy,
        "publicity": command.publicity,
        "policy": command.policy,
        "profile": command.profile,
        "parties": {part: list(ids) for part, ids in command.parties.items()},
        "self_due_on": command.self_due_on.isoformat() if command.self_due_on else "",
        "facts": dict(command.facts),
        "library": data["framework"],
    }
