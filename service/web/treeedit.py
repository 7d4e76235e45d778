"""A framework edited as data, one press of a button at a time: from what a page sent to the next text.

- The working text is YAML; it is kept as written until the tree is changed, so that an unchanged framework
  keeps its bytes and its SHA-256.
- Every operation returns a new text or refuses with problems whose paths name the fields of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError

from service import frameworks
from service.errors import InvalidError, Problem
from service.frameworks import edit
from service.frameworks.form_values import rule_of
from service.frameworks.head import HeadSchema
from service.frameworks.tree import Plain, plain_nodes, walk
from service.yamltext import read, write

TEXTS = ("name", "max", "nature", "direction", "unit", "target", "explanation", "criteria", "clause")
LISTS = ("evidence", "flags")
HEAD = ("code", "name", "version", "note")
REST = ("standard", "inputs", "measures", "missing", "modifiers", "share_of", "pool", "rounding")
"""Fields of a node written as YAML: too varied for boxes, too rare for pages of their own."""
RULE = "r."
Form = Mapping[str, str]


def plain_of(text: str) -> Plain:
    """Return the tree a text writes.

    Raises:
        InvalidError: the text is no YAML or no mapping.
    """
    root = read(text, file="").root
    if not isinstance(root, dict):
        raise InvalidError(
            Problem("指标体系应是一组字段", path="text", cure="从 format: pingji-framework/1 写起")
        )
    return root


@lru_cache(maxsize=32)
def problems_of(text: str) -> tuple[Problem, ...]:
    """Return everything that keeps the text from being a framework; empty if it is one."""
    try:
        frameworks.parse(text, name="")
    except InvalidError as error:
        return error.problems
    return ()


def changed(text: str, form: Form) -> str:
    """Return the text after the operation the form asks for.

    Raises:
        InvalidError: what it asks for cannot be; every reason is named.
    """
    name = form.get("op", "")
    if name == "text":
        return _rewritten(form)
    operation = OPERATIONS.get(name)
    if operation is None:
        raise InvalidError(Problem("没有这种操作", value=name, cure="刷新页面后重试"))
    plain = plain_of(text)
    after = operation(plain, form.get("node", ""), form)
    return text if after == plain else write(after)


def _rewritten(form: Form) -> str:
    text = form.get("text", "").replace("\r\n", "\n")
    plain_of(text)
    return text


def _details(plain: Plain, code: str, form: Form) -> Plain:
    found: dict[str, Any] = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in TEXTS}
    found |= {name: [one.strip() for one in form.get(name, "").splitlines() if one.strip()] for name in LISTS}
    rest = _rest(form.get("rest", ""))
    return edit.set_details(plain, code, {**found, **{name: rest.get(name) for name in REST}})


def _rest(text: str) -> dict[str, Any]:
    """Return the fields written as YAML in one box."""
    if not text.strip():
        return {}
    try:
        root = read(text.replace("\r\n", "\n"), file="").root
    except InvalidError as error:
        raise InvalidError([_at(one, "rest") for one in error.problems]) from None
    if not isinstance(root, dict):
        raise InvalidError(Problem("应是“名称: 内容”的若干行", path="rest", cure="照示例写"))
    unknown = [name for name in root if name not in REST]
    if unknown:
        raise InvalidError(
            Problem("此处没有这一项", path="rest", value="、".join(unknown), allowed="、".join(REST))
        )
    return root


def _at(one: Problem, path: str) -> Problem:
    where = f"第 {one.line} 行：" if one.line else ""
    return Problem(f"{where}{one.message}", path=path, value=one.value, allowed=one.allowed, cure=one.cure)


def _rule(plain: Plain, code: str, form: Form) -> Plain:
    try:
        return edit.set_rule(plain, code, rule_of(rule_texts(form)))
    except InvalidError as error:
        raise InvalidError([_named(one) for one in error.problems]) from None


def _named(one: Problem) -> Problem:
    """Return the problem of a rule with the name its field has on the page."""
    return Problem(one.message, path=f"{RULE}{one.path}", value=one.value, allowed=one.allowed, cure=one.cure)


def rule_texts(form: Form) -> dict[str, str]:
    """Return what the page sent for the rule, by field name."""
    return {name.removeprefix(RULE): text for name, text in form.items() if name.startswith(RULE)}


def _add(plain: Plain, code: str, form: Form) -> Plain:
    made = {"code": form.get("new_code", "").strip(), "name": form.get("new_name", "").strip()}
    full = form.get("new_max", "").strip()
    if not made["name"]:
        raise InvalidError(Problem("没有写名称", path="new_name", cure="写指标名称"))
    node = {**made, **({"max": full} if full else {})}
    try:
        return edit.add_node(plain, node, under=form.get("under", ""))
    except InvalidError as error:
        raise InvalidError([_new(one) for one in error.problems]) from None


def _new(one: Problem) -> Problem:
    path = "new_code" if one.path == "code" else one.path
    return Problem(one.message, path=path, value=one.value, allowed=one.allowed, cure=one.cure)


def _head(plain: Plain, code: str, form: Form) -> Plain:
    fields = HeadSchema().fields
    problems = []
    values = {name: form.get(f"head_{name}", "").strip() for name in HEAD}
    for name in ("code", "name", "version"):
        try:
            fields[name].deserialize(values[name])
        except ValidationError as error:
            said = error.messages[0] if isinstance(error.messages, list) else "写法不对"
            problems.append(Problem(str(said), path=f"head_{name}", value=values[name] or None))
    if problems:
        raise InvalidError(problems)
    kept = {name: text for name, text in values.items() if text}
    gone = [name for name in HEAD if name not in kept]
    return {name: held for name, held in {**plain, **kept}.items() if name not in gone}


def _move(plain: Plain, code: str, form: Form) -> Plain:
    return edit.move_node(plain, code, under=form.get("to", ""))


Operation = Callable[[Plain, str, Form], Plain]
OPERATIONS: Mapping[str, Operation] = {
    "details": _details,
    "rule": _rule,
    "norule": lambda plain, code, form: edit.set_rule(plain, code, None),
    "add": _add,
    "remove": lambda plain, code, form: edit.remove_node(plain, code),
    "up": lambda plain, code, form: edit.shift_node(plain, code, -1),
    "down": lambda plain, code, form: edit.shift_node(plain, code, 1),
    "move": _move,
    "head": _head,
}


def below(node: Plain) -> list[Plain]:
    """Return every node below one."""
    return list(walk(node))


def node_after(before: str, after: str, form: Form) -> str:
    """Return which node the page goes on with: a new one, the one worked on, or none if it is gone."""
    nodes = plain_nodes(plain_of(after))
    if form.get("op") == "add":
        return form.get("new_code", "").strip()
    code = form.get("node", "")
    return code if code in nodes else ""
