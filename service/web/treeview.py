"""A framework being edited, as its page draws it: the tree with sums, one node, one rule form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from service.errors import InvalidError, Problem
from service.frameworks.form import FormField, rule_form
from service.frameworks.form_values import rule_values
from service.frameworks.rulewords import rule_words
from service.frameworks.tree import Plain, plain_nodes, rows_of
from service.scoring.methods import LABELS
from service.scoring.quantities import exact, exact_text
from service.web.treeedit import HEAD, LISTS, REST, RULE, TEXTS
from service.yamltext import write

BLANK_ROWS = 1
NATURES = (("", "未注明"), ("qualitative", "定性"), ("quantitative", "定量"))
DIRECTIONS = (("", "未注明"), ("positive", "越高越好"), ("negative", "越低越好"), ("exact", "正好为好"))


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of the tree: full marks as printed and as its children add up to, as exact text.

    Args:
        block: whether it is a ± block, which has no form of its own.
        wrong: how many problems lie at it.
    """

    code: str
    name: str
    level: int
    printed: str
    below: str
    leaf: bool
    block: bool
    rule: str
    wrong: int

    @property
    def uneven(self) -> bool:
        """Return whether the children do not add up to what is printed."""
        return bool(self.printed and self.below and exact(self.printed) != exact(self.below))


def code_of(problem: Problem) -> str:
    """Return the code of the node a problem lies at, "" if it lies elsewhere."""
    parts = problem.path.split(".")
    return parts[1] if len(parts) > 1 and parts[0] in ("nodes", "blocks", "children") else ""


def tree_rows(plain: Plain, problems: tuple[Problem, ...]) -> tuple[TreeRow, ...]:
    """Return every line of tree and blocks in document order."""
    wrong: dict[str, int] = {}
    for each in problems:
        wrong[code_of(each)] = wrong.get(code_of(each), 0) + 1
    found = [row for node in rows_of(plain, "nodes") for row in _rows(node, 1, wrong)]
    for block in rows_of(plain, "blocks"):
        code = str(block.get("code", ""))
        name = str(block.get("name", ""))
        found.append(TreeRow(code, name, 1, "", "", False, True, "", wrong.get(code, 0)))
        found += [row for node in rows_of(block) for row in _rows(node, 2, wrong)]
    return tuple(found)


def _rows(node: Plain, level: int, wrong: Mapping[str, int]) -> Iterator[TreeRow]:
    children = rows_of(node)
    rule = node.get("rule")
    kind = LABELS.get(str(rule.get("kind", "")), "") if isinstance(rule, dict) else ""
    below = sum_of(children)
    code = str(node.get("code", ""))
    yield TreeRow(
        code=code,
        name=str(node.get("name", "")),
        level=level,
        printed=str(node.get("max", "")),
        below="" if below is None else exact_text(below),
        leaf=not children,
        block=False,
        rule=kind or ("合并计分" if "share_of" in node else ""),
        wrong=wrong.get(code, 0),
    )
    for child in children:
        yield from _rows(child, level + 1, wrong)


def sum_of(nodes: list[Plain]) -> Fraction | None:
    """Return what the full marks of these nodes add up to; None if none is a number."""
    found = [full for full in (_full(node) for node in nodes) if full is not None]
    return sum(found, Fraction(0)) if found else None


def _full(node: Plain) -> Fraction | None:
    if "share_of" in node:
        return None
    below = sum_of(rows_of(node))
    if below is not None and "pool" not in node:
        return below
    try:
        return exact(str(node["max"])) if "max" in node else None
    except (ValueError, ArithmeticError, InvalidError):
        return None


def total_of(plain: Plain) -> str:
    """Return what the first level adds up to, as exact text; "" if nothing is stated."""
    found = sum_of(rows_of(plain, "nodes"))
    return "" if found is None else exact_text(found)


def head_of(plain: Plain, sent: Mapping[str, str] | None) -> dict[str, str]:
    """Return the values of the head form."""
    return {name: (sent or {}).get(f"head_{name}", str(plain.get(name, ""))) for name in HEAD}


def node_values(plain: Plain, code: str, sent: Mapping[str, str] | None) -> dict[str, Any] | None:
    """Return what the forms of one node show, None if there is no such node.

    Args:
        sent: what was typed and refused; it stands in place of what is stored.
    """
    node = plain_nodes(plain).get(code)
    if node is None:
        return None
    stored = {name: str(node.get(name, "")) for name in TEXTS}
    stored |= {name: "\n".join(map(str, node.get(name, ()))) for name in LISTS}
    rest = {name: node[name] for name in REST if name in node}
    stored["rest"] = write(rest) if rest else ""
    typed = sent if sent is not None and sent.get("op") == "details" else {}
    rule = node.get("rule")
    return {
        "code": code,
        "leaf": not rows_of(node),
        "values": {name: typed.get(name, value) for name, value in stored.items()},
        "words": rule_words(rule) if isinstance(rule, dict) and rule.get("kind") in LABELS else (),
        "kind": str(rule.get("kind", "")) if isinstance(rule, dict) else "",
        "shared": "share_of" in node,
    }


def rule_drawn(
    plain: Plain, code: str, texts: Mapping[str, str] | None, wrong: Mapping[str, Problem]
) -> dict[str, Any]:
    """Return the rule form of one leaf: as typed if `texts` is given, else as stored.

    `odd` says why a stored rule cannot be shown in a form and is edited in the text instead.
    """
    odd = ""
    if texts is None:
        rule = plain_nodes(plain)[code].get("rule")
        try:
            texts = rule_values(rule) if isinstance(rule, dict) else {}
        except InvalidError as error:
            texts, odd = {}, "；".join(one.message for one in error.problems)
    drawn = _rule("", texts, wrong)
    return {**drawn, "odd": odd, "lists": any(one["type"] in ("list", "rule") for one in drawn["fields"])}


def _rule(lead: str, texts: Mapping[str, str], wrong: Mapping[str, Problem]) -> dict[str, Any]:
    kind = texts.get(f"{lead}kind", "")
    form = rule_form(kind) if kind in LABELS else None
    return {
        "type": "rule",
        "name": f"{RULE}{lead}kind",
        "kind": kind,
        "kinds": tuple(LABELS.items()),
        "help": form.help if form else "",
        "wrong": wrong.get(f"{RULE}{lead}kind"),
        "fields": [_control(field, lead, texts, wrong) for field in form.fields] if form else [],
    }


def _control(
    field: FormField, lead: str, texts: Mapping[str, str], wrong: Mapping[str, Problem]
) -> dict[str, Any]:
    name = f"{lead}{field.name}"
    shown = {
        "name": f"{RULE}{name}", "label": field.label, "type": field.type, "required": field.required,
        "help": field.help, "example": field.example, "wrong": wrong.get(f"{RULE}{name}"),
    }  # fmt: skip
    if field.type == "rule":
        return {**shown, **_rule(f"{name}.", texts, wrong), "label": field.label}
    if field.type == "group":
        return {**shown, "fields": [_control(one, f"{name}.", texts, wrong) for one in field.fields]}
    if field.type == "list":
        count = max(_rows_typed(f"{name}.", texts) + BLANK_ROWS, field.least)
        rows = [[_control(one, f"{name}.{n}.", texts, wrong) for one in field.fields] for n in range(count)]
        return {**shown, "rows": rows}
    return {**shown, "value": texts.get(name, ""), "choices": field.choices, "words": field.words}


def _rows_typed(lead: str, texts: Mapping[str, str]) -> int:
    """Return how many rows are filled, counted up to the last that is."""
    steps = [
        name.removeprefix(lead).partition(".")[0]
        for name, text in texts.items()
        if name.startswith(lead) and text.strip()
    ]
    return max((int(step) + 1 for step in steps if step.isdecimal() and len(step) < 4), default=0)
