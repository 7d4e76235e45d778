"""Editing a framework draft as data: every function returns a new plain framework, the old one is untouched.

- What would break the tree itself (unknown or doubled code, a ring, a lost reference) is refused at once.
- What a draft may lack on the way (sums of points, a missing rule) is for `draft_problems`, which is asked
  before a draft becomes a version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError

from service import frameworks
from service.errors import InvalidError, Problem
from service.frameworks.draft import MAX_LEVELS, MAX_NODES
from service.frameworks.fields import CODE, Fault, closest
from service.frameworks.form_values import rule_problems
from service.frameworks.parts import NodeSchema
from service.frameworks.tree import Plain, plain_blocks, plain_nodes, walk
from service.scoring.quantities import exact
from service.yamltext import write

_TOP = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node hangs: the list that holds it, its position, and what holds the list."""

    holder: Plain
    key: str
    at: int
    level: int
    block: bool

    @property
    def rows(self) -> list[Plain]:
        rows: list[Plain] = self.holder[self.key]
        return rows


def draft_problems(plain: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return everything that keeps a draft from being a framework; paths start with the node's code."""
    try:
        frameworks.parse(write(dict(plain)), name="")
    except InvalidError as error:
        return error.problems
    return ()


def add_node(plain: Plain, node: Mapping[str, Any], *, under: str = _TOP, at: int | None = None) -> Plain:
    """Return the draft with `node` (and its children) under a node or block, "" being the first level.

    Args:
        at: position among its new brothers, counted from 0; the end unless given.

    Raises:
        InvalidError: a code is no code or taken, the place does not exist or is scored itself, or the tree
            would become too deep or too large.
    """
    changed = deepcopy(plain)
    made = deepcopy(dict(node))
    _refuse(_bad_codes(changed, made))
    _hang(changed, made, under, at)
    return changed


def remove_node(plain: Plain, code: str) -> Plain:
    """Return the draft without the node and all below it; a parent left without children has none any more.

    Raises:
        InvalidError: there is no such node, it is the last of its tree or block, or another one cites it.
    """
    changed = deepcopy(plain)
    place = _find(changed, code)
    gone = {code, *(str(one.get("code", "")) for one in walk(place.rows[place.at]))}
    _take(place)
    cited = [
        Problem("还有别处引用它", path=where, value=used, cure="先改那一处的引用")
        for where, used in _citations(changed)
        if used in gone
    ]
    _refuse(cited)
    return changed


def move_node(plain: Plain, code: str, *, under: str = _TOP, at: int | None = None) -> Plain:
    """Return the draft with the node and all below it hung under another node or block, or elsewhere there.

    Raises:
        InvalidError: as `add_node`; or the new place lies below the node itself.
    """
    changed = deepcopy(plain)
    place = _find(changed, code)
    node = place.rows[place.at]
    if under == code or under in {one.get("code") for one in walk(node)}:
        _refuse([Problem("不能移到自己下面", path=code, value=under, cure="选别的上级")])
    target = _holder(changed, under)[0]
    if target is place.holder and len(place.rows) == 1:
        return changed
    _take(place)
    _hang(changed, node, under, at)
    return changed


def rename_node(plain: Plain, code: str, name: str) -> Plain:
    """Return the draft with another name at the node; its code stays, since results are found by it.

    Raises:
        InvalidError: there is no such node, or the name is empty.
    """
    return _with(plain, code, "name", name.strip() or " ")


def set_max(plain: Plain, code: str, points: str | None) -> Plain:
    """Return the draft with these full marks (分) printed at the node; None takes them away.

    Raises:
        InvalidError: there is no such node, the text is no number of points, or the line shares another's.
    """
    return _with(plain, code, "max", points)


def shift_node(plain: Plain, code: str, by: int) -> Plain:
    """Return the draft with the node `by` places further among its brothers; at either end it stays.

    Raises:
        InvalidError: there is no such node.
    """
    changed = deepcopy(plain)
    place = _find(changed, code)
    to = min(max(place.at + by, 0), len(place.rows) - 1)
    place.rows.insert(to, place.rows.pop(place.at))
    return changed


def set_details(plain: Plain, code: str, details: Mapping[str, Any]) -> Plain:
    """Return the draft with these fields of one node set; None or empty takes a field away.

    Raises:
        InvalidError: there is no such node, or every field that is unknown or cannot be so.
    """
    node = _node(plain, code)
    problems = [one for key, value in details.items() for one in _misfits(node, code, key, value)]
    _refuse(problems)
    changed = deepcopy(plain)
    target = _node(changed, code)
    for key, value in details.items():
        if value in (None, "", [], {}):
            target.pop(key, None)
        else:
            target[key] = deepcopy(value)
    return changed


def _misfits(node: Plain, code: str, key: str, value: Any) -> Iterator[Problem]:
    fields = NodeSchema().fields
    if key in ("code", "rule", "children") or key not in fields:
        yield Problem("指标没有这一项", path=f"{code}.{key}", cure="去掉它")
    elif key == "max" and value and "share_of" in node:
        yield Problem("合并计分的行没有自己的分值", path=f"{code}.max", cure="先去掉合并计分")
    elif value not in (None, "", [], {}) or key == "name":
        try:
            fields[key].deserialize(value)
        except ValidationError as error:
            yield from _spread(error.messages, f"{code}.{key}", value)


def _spread(messages: Any, path: str, value: Any) -> Iterator[Problem]:
    """Yield the nested messages of a field as problems, each with its own place."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _spread(inner, path if key == "_schema" else f"{path}.{key}", value)
        return
    for fault in messages if isinstance(messages, list) else [messages]:
        yield _faulty(fault, path, value)


def set_rule(plain: Plain, code: str, rule: Mapping[str, Any] | None) -> Plain:
    """Return the draft with this plain rule at the leaf; None takes it away.

    Raises:
        InvalidError: the node is none or no leaf, or every fault of the rule, named as in its form.
    """
    node = _node(plain, code)
    if rule is not None:
        _refuse(_unfit(node))
        _refuse(rule_problems(rule, _full(plain, code)))
    return _with(plain, code, "rule", None if rule is None else deepcopy(dict(rule)))


def _with(plain: Plain, code: str, key: str, value: Any) -> Plain:
    """Return the draft with one field of one node set or, for None, taken away."""
    changed = deepcopy(plain)
    node = _node(changed, code)
    if value is None:
        node.pop(key, None)
        return changed
    if key == "max" and "share_of" in node:
        _refuse([Problem("合并计分的行没有自己的分值", path=f"{code}.max", cure="先去掉合并计分")])
    try:
        NodeSchema().fields[key].deserialize(value)
    except ValidationError as error:
        fault = error.messages[0] if isinstance(error.messages, list) else Fault("写法不对")
        _refuse([_faulty(fault, f"{code}.{key}", value)])
    node[key] = value
    return changed


def _faulty(fault: Any, path: str, value: Any) -> Problem:
    allowed, cure = getattr(fault, "allowed", ""), getattr(fault, "cure", "")
    shown = value if isinstance(value, str) else None
    return Problem(str(fault), path=path, value=shown, allowed=allowed, cure=cure)


def _refuse(problems: Any) -> None:
    found = tuple(problems)
    if found:
        raise InvalidError(found)


def _node(plain: Plain, code: str) -> Plain:
    place = _find(plain, code)
    return place.rows[place.at]


def _full(plain: Plain, code: str) -> Fraction | None:
    """Return the full marks printed at a leaf, 0 in a block that prints none, None if not stated."""
    place = _find(plain, code)
    printed = place.rows[place.at].get("max")
    return exact(printed) if printed else Fraction(0) if place.block else None


def _find(plain: Plain, code: str) -> _Place:
    for place in _places(plain):
        if code and place.rows[place.at].get("code") == code:
            return place
    raise InvalidError(Problem("没有这个指标", value=code, cure=closest(code, plain_nodes(plain))))


def _places(plain: Plain) -> Iterator[_Place]:
    yield from _below(plain, "nodes", level=1, block=False)
    for block in _rows(plain, "blocks"):
        yield from _below(block, "children", level=1, block=True)


def _below(holder: Plain, key: str, *, level: int, block: bool) -> Iterator[_Place]:
    for at, row in enumerate(_rows(holder, key)):
        yield _Place(holder, key, at, level, block)
        yield from _below(row, "children", level=level + 1, block=block)


def _rows(holder: Plain, key: str) -> list[Plain]:
    """Return the list under `key`; a draft whose text is no tree cannot be edited as one."""
    rows = holder.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        where = f"{holder.get('code', '')}.{key}".removeprefix(".")
        raise InvalidError(Problem("草稿的这一处不是一列指标", path=where, cure="先改 YAML 原文"))
    return rows


def _holder(plain: Plain, under: str) -> tuple[Plain, str, int]:
    """Return what is to hold the children of `under`, the key of its list, and the level of its children."""
    if under == _TOP:
        return plain, "nodes", 1
    for block in _rows(plain, "blocks"):
        if block.get("code") == under:
            return block, "children", 1
    place = _find(plain, under)
    return place.rows[place.at], "children", place.level + 1


def _hang(plain: Plain, node: Plain, under: str, at: int | None) -> None:
    """Put `node` under its new holder, in place."""
    holder, key, level = _holder(plain, under)
    rows = holder.get(key, [])
    problems = [
        Problem("有评分规则或合并计分的指标没有下级", path=f"{under}.{name}", cure="先去掉这一项，再加下级")
        for name in ("rule", "share_of", "modifiers", "inputs", "measures")
        if name in holder
    ]
    if level + _depth(node) - 1 > MAX_LEVELS:
        problems.append(Problem("级数过多", path=under, allowed=f"{MAX_LEVELS} 级以内", cure="合并层级"))
    if at is not None and not 0 <= at <= len(rows):
        problems.append(Problem("没有这个位置", value=str(at), allowed=f"0 到 {len(rows)}", cure="重选位置"))
    _refuse(problems)
    holder[key] = [*rows[:at], node, *rows[at:]] if at is not None else [*rows, node]


def _take(place: _Place) -> None:
    """Take the node out of its list, in place."""
    if len(place.rows) > 1:
        del place.rows[place.at]
        return
    if place.key == "nodes" or (place.block and place.level == 1):
        _refuse([Problem("至少要留一个指标", value=place.rows[0].get("code"), cure="先加别的指标")])
    del place.holder[place.key]


def _depth(node: Plain) -> int:
    return 1 + max((_depth(child) for child in node.get("children", ())), default=0)


def _bad_codes(plain: Plain, node: Plain) -> Iterator[Problem]:
    taken = {*plain_nodes(plain), *plain_blocks(plain)}
    new = [node, *walk(node)]
    if len(taken) + len(new) > MAX_NODES:
        yield Problem("指标过多", allowed=f"{MAX_NODES} 个以内", cure="减少指标")
    for one in new:
        code = one.get("code")
        if not isinstance(code, str) or not CODE.fullmatch(code):
            shown = code if isinstance(code, str) else None
            yield Problem("不是编号", path="code", value=shown, allowed="字母或数字开头", cure="如 A101")
        elif code in taken:
            yield Problem("编号已用过", path="code", value=code, cure="换一个编号")
        else:
            taken.add(code)


def _unfit(node: Plain) -> Iterator[Problem]:
    code = node.get("code", "")
    if node.get("children"):
        yield Problem("有下级的指标不写评分规则", path=code, cure="写在末级指标")
    if "share_of" in node:
        yield Problem("合并计分的行不写评分规则", path=code, cure="先去掉合并计分")


def _citations(plain: Plain) -> Iterator[tuple[str, str]]:
    """Yield place and code of every reference from one node to another."""
    for row in _rows(plain, "composite"):
        yield "composite", row.get("node", "")
    for code, node in plain_nodes(plain).items():
        yield f"{code}.share_of", node.get("share_of", "")
        missing = node.get("missing")
        for state, treatment in missing.items() if isinstance(missing, dict) else ():
            if isinstance(treatment, dict):
                for key in ("to", "within"):
                    yield f"{code}.missing.{state}.{key}", treatment.get(key, "")
