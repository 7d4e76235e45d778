"""A rule as the values of a form and back: dotted names such as ``bands.0.when`` to text.

- Empty text is a field not written; a row without any text is no row; rows close up after one was removed.
- `rule_of(rule_values(rule))` equals `rule`; what a form cannot hold is refused, never dropped.
- Problems carry the name of the form field as path, so that a page can set them beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError

from service.errors import InvalidError, Problem
from service.frameworks.fields import Fault, closest
from service.frameworks.form import FormField, rule_form
from service.frameworks.rule_base import RuleField
from service.frameworks.rules_nested import SCHEMAS
from service.scoring.methods.base import Rule

Plain = dict[str, Any]
MAX_NAME = 200
MAX_ROWS = 1000


def rule_values(rule: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of the form that writes this rule.

    Raises:
        InvalidError: the rule has parts the form of its kind does not know; every one is named.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for name, held in _flat(rule, ""):
        if isinstance(held, str):
            values[name] = held
        else:
            problems.append(Problem("表单不能表示这种写法", path=name, cure="改 YAML 原文"))
    again = _Reader()
    same = again.rule(again.nested(values), "")
    problems += again.problems
    if not problems and same != rule:
        problems.append(Problem("规则里有空值，表单不能表示", cure="删去空的字段"))
    if problems:
        raise InvalidError(problems)
    return values


def _flat(held: Any, above: str) -> Iterator[tuple[str, Any]]:
    lead = f"{above}." if above else ""
    if isinstance(held, Mapping) and held:
        for key, part in held.items():
            yield from _flat(part, f"{lead}{key}")
    elif isinstance(held, list) and held:
        for n, part in enumerate(held):
            yield from _flat(part, f"{lead}{n}")
    else:
        yield above, held


def rule_of(values: Mapping[str, str]) -> Plain:
    """Return the plain rule a filled form writes; only its shape is checked, see `rule_problems`.

    Raises:
        InvalidError: every name the form does not have, and every rule without a known kind.
    """
    reader = _Reader()
    rule = reader.rule(reader.nested(values), "")
    if reader.problems:
        raise InvalidError(reader.problems)
    return rule


def rule_problems(rule: Mapping[str, Any], full: Fraction | None = None) -> tuple[Problem, ...]:
    """Return everything wrong with a plain rule for `full` marks (分; None: none stated)."""
    try:
        made: Rule = RuleField().deserialize(dict(rule))
    except ValidationError as error:
        return tuple(_spread(error.messages, rule, ()))
    return tuple(
        Problem(
            one.message,
            path=_name(one.place),
            value=_at(rule, one.place),
            allowed=one.allowed,
            cure=one.cure,
        )
        for one in made.faults(full)
    )


def _spread(messages: Any, rule: Mapping[str, Any], place: tuple[str | int, ...]) -> Iterator[Problem]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _spread(inner, rule, place if key == "_schema" else (*place, key))
        return
    for fault in messages:
        allowed, cure = (fault.allowed, fault.cure) if isinstance(fault, Fault) else ("", "")
        yield Problem(str(fault), path=_name(place), value=_at(rule, place), allowed=allowed, cure=cure)


def _name(place: Iterable[str | int]) -> str:
    return ".".join(str(step) for step in place)


def _at(rule: Any, place: Iterable[str | int]) -> str | None:
    for step in place:
        try:
            rule = rule[step]
        except (KeyError, IndexError, TypeError):
            return None
    return rule if isinstance(rule, str) else None


class _Reader:
    """Turns nested values into a plain rule along the form; collects every problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def nested(self, values: Mapping[str, str]) -> Plain:
        """Return the values as mappings in mappings, without the empty ones."""
        tree: Plain = {}
        for name, text in values.items():
            if text.strip():
                self._put(tree, name, text.replace("\r\n", "\n"))
        return tree

    def _put(self, tree: Plain, name: str, text: str) -> None:
        *above, last = name.split(".")
        if len(name) > MAX_NAME:
            self._refuse(name[:MAX_NAME], "表单没有这一项")
            return
        for step in above:
            inner = tree.setdefault(step, {})
            if not isinstance(inner, dict):
                self._refuse(name, "表单没有这一项")
                return
            tree = inner
        if isinstance(tree.get(last), dict):
            self._refuse(name, "表单没有这一项")
            return
        tree[last] = text

    def _refuse(self, path: str, message: str, *, value: str = "", allowed: str = "", cure: str = "") -> None:
        self.problems.append(
            Problem(message, path=path, value=value or None, allowed=allowed, cure=cure or "重新打开表单")
        )

    def rule(self, tree: Plain, path: str) -> Plain:
        kind = tree.get("kind")
        place = f"{path}.kind" if path else "kind"
        if not isinstance(kind, str) or kind not in SCHEMAS:
            known = "、".join(SCHEMAS)
            near = closest(kind, SCHEMAS) if isinstance(kind, str) else "选一种"
            self._refuse(place, "没有选定规则种类", value=str(kind or ""), allowed=known, cure=near)
            return {}
        rest = {name: held for name, held in tree.items() if name != "kind"}
        return {"kind": kind, **self._group(rest, rule_form(kind).fields, path)}

    def _group(self, tree: Plain, fields: tuple[FormField, ...], path: str) -> Plain:
        lead = f"{path}." if path else ""
        known = {field.name for field in fields}
        for name in tree.keys() - known:
            self._refuse(f"{lead}{name}", "表单没有这一项", allowed="、".join(sorted(known)))
        return {
            field.name: self._one(tree[field.name], field, f"{lead}{field.name}")
            for field in fields
            if field.name in tree
        }

    def _one(self, held: Any, field: FormField, path: str) -> Any:
        nested = field.type in ("rule", "group", "list")
        if isinstance(held, dict) is not nested:
            self._refuse(path, "表单没有这一项")
            return {} if nested else ""
        if field.type == "rule":
            return self.rule(held, path)
        if field.type == "group":
            return self._group(held, field.fields, path)
        return self._rows(held, field, path) if nested else held

    def _rows(self, held: Plain, field: FormField, path: str) -> list[Plain]:
        rows = []
        for index in sorted(held, key=lambda key: (len(key), key)):
            row = held[index]
            if not index.isdecimal() or int(index) >= MAX_ROWS or not isinstance(row, dict):
                self._refuse(f"{path}.{index}", "表单没有这一项")
                continue
            rows.append(self._group(row, field.fields, f"{path}.{index}"))
        return rows
