"""Names for what a leaf cites by id: accounts by duty, rows by the number or name a reader knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    cast,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from service.models.base import Base
from service.models.types import Day, EnumText, Exact, JsonText
from service.queries.parties import PART_LABELS
from service.queries.textdiff import Shape
from service.queries.words import value_label
from service.report.sheetcheck import LABELS
from service.workflow.actions import Action

LONG = 4000
LISTED = "of"
"""Key in the info of a column that holds a list of ids: the table they are of."""
_NAMED_BY: dict[str, tuple[str, ...]] = {
    "account": ("duty",),
    "adjustment": ("code", "node"),
    "approval": ("part",),
    "claim": ("node",),
    "deduction": ("code", "node"),
    "draft_issue": ("number",),
    "evaluation": ("code",),
    "evidence": ("code", "name"),
    "evidence_version": ("number", "filename"),
    "evidence_link": ("target",),
    "finding": ("code",),
    "framework_version": ("code", "label"),
    "leaf_result": ("node",),
    "library_framework": ("code", "number"),
    "money_fact": ("code", "name"),
    "narrative": ("section",),
    "opinion": ("code",),
    "organisation": ("name",),
    "paper_act": ("code",),
    "plan": ("number",),
    "quotation": ("path",),
    "public_copy": ("number",),
    "archive_package": ("retention",),
    "report_template": ("name", "number"),
    "report_version": ("number",),
    "report_waiver": ("place",),
    "return_order": ("number",),
    "review_item": ("subject",),
    "role_grant": ("role",),
    "rule_decision": ("node", "name"),
    "stage_track": ("stage", "round"),
    "supplement": ("code",),
    "visit": ("code", "place"),
}
_PARTS = max(map(len, _NAMED_BY.values()))
_CHUNK = 400
_ACTS = {action.value: action.label for action in Action}
_WORDS: dict[tuple[str, str], dict[str, str]] = {
    ("approval", "part"): _ACTS,
    ("paper_act", "act"): _ACTS,
    ("party", "part"): PART_LABELS,
    ("report_waiver", "severity"): LABELS,
}


class Names:
    """Looks up once everything some leaves cite."""

    def __init__(self, session: Session, leaves: Iterable[Mapping[str, Any]]) -> None:
        self._found: dict[tuple[str, str], str] = {}
        asked = [query for table, ids in _cited(leaves).items() for query in _asked(table, sorted(ids))]
        for table, pk, *parts in session.execute(union_all(*asked)) if asked else ():
            known = zip(_NAMED_BY[table], parts, strict=False)
            words = (self.value(table, column, value) for column, value in known)
            self._found[table, pk] = " ".join(filter(None, words))

    def account(self, account: str) -> str:
        """Return the duty of an account, its id if it is unknown."""
        return self._found.get(("account", account), account)

    def row(self, table: str, pk: str) -> str:
        """Return what a reader calls the row, "" where nothing better than an id exists."""
        return self._found.get((table, pk), "")

    def value(self, table: str, field: str, value: Any, *, limit: int | None = LONG) -> str:
        """Return a logged value as a reader expects it; "" for nothing.

        Args:
            limit: characters after which text is cut; None for the whole of it.
        """
        if value is None or value == "":
            return ""
        kind = _tables().get(table)
        column = kind.c.get(field) if kind is not None else None
        if column is None:
            return _plain(value, limit)
        if (table, field) in _WORDS:
            return _WORDS[table, field].get(str(value), str(value))
        for key in column.foreign_keys:
            return self._found.get((key.column.table.name, str(value)), "") or str(value)
        if LISTED in column.info:
            return "、".join(self._found.get((column.info[LISTED], each), each) for each in _ids(value))
        if isinstance(column.type, EnumText):
            return _member(column.type.enum_class, value)
        if isinstance(column.type, Boolean):
            return "是" if value else "否"
        return _json(value, limit) if isinstance(column.type, JsonText) else _plain(value, limit)

    @staticmethod
    def shape(table: str, field: str) -> Shape:
        """Return how two values of the field are compared."""
        kind = _tables().get(table)
        column = kind.c.get(field) if kind is not None else None
        if column is None:
            return Shape.TEXT
        if LISTED in column.info or isinstance(column.type, JsonText):
            return Shape.LIST
        if isinstance(column.type, (Exact, Integer)):
            return Shape.NUMBER
        word = (
            column.foreign_keys
            or (table, field) in _WORDS
            or isinstance(column.type, (EnumText, Boolean, Day))
        )
        return Shape.WORD if word else Shape.TEXT


def _asked(name: str, ids: Sequence[str]) -> Iterable[Select[Any]]:
    """Yield what asks for table, id and the parts of the name as stored text, of rows a name is known for."""
    table, columns = _tables().get(name), _NAMED_BY.get(name, ())
    if table is None or not columns:
        return
    parts: list[ColumnElement[Any]] = [cast(table.c[column], String) for column in columns]
    parts += [literal(None, String)] * (_PARTS - len(parts))
    for start in range(0, len(ids), _CHUNK):
        asked = table.c.id.in_(ids[start : start + _CHUNK])
        yield select(literal(name, String), table.c.id, *parts).where(asked)


def _tables() -> Mapping[str, Table]:
    return Base.metadata.tables


def _cited(leaves: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the ids the leaves cite, by table."""
    cited: dict[str, set[str]] = {"account": set()}
    for leaf in leaves:
        actor = leaf["actor"]
        cited["account"] |= {actor["id"], *filter(None, [actor["on_behalf"]])}
        for change in leaf["changes"]:
            cited.setdefault(change["t"], set()).add(change["pk"])
            for table, values in _references(change):
                cited.setdefault(table, set()).update(values)
    return cited


def _references(change: Mapping[str, Any]) -> Iterable[tuple[str, set[str]]]:
    table = _tables().get(change["t"])
    for name, pair in change["f"].items():
        column = table.c.get(name) if table is not None else None
        for key in column.foreign_keys if column is not None else ():
            yield key.column.table.name, {value for value in pair if isinstance(value, str)}
        if column is not None and LISTED in column.info:
            yield column.info[LISTED], {each for value in pair for each in _ids(value)}


def _ids(value: Any) -> list[str]:
    """Return the ids in a logged JSON list; none if it is no such list."""
    try:
        found = json.loads(value)
    except (TypeError, ValueError):
        return []
    return [str(each) for each in found] if isinstance(found, list) else []


def _member(enum_class: type[Enum], value: Any) -> str:
    try:
        return value_label(enum_class(value))
    except ValueError:
        return str(value)


def _json(value: Any, limit: int | None) -> str:
    """Return logged JSON text one member a line; anything else as it is."""
    try:
        tree = json.loads(value)
    except (TypeError, ValueError):
        return _plain(value, limit)
    return _plain("\n".join(_lines(tree)) if tree else "", limit)


def _lines(tree: Any, path: str = "") -> Iterable[str]:
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from _lines(part, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, list):
        for number, part in enumerate(tree, 1):
            yield from _lines(part, f"{path}[{number}]")
    else:
        text = "—" if tree is None else {True: "是", False: "否"}[tree] if isinstance(tree, bool) else tree
        yield f"{path}：{text}" if path else str(text)


def _plain(value: Any, limit: int | None) -> str:
    text = str(value)
    return text if limit is None or len(text) <= limit else f"{text[:limit]}…（共 {len(text)} 字）"
