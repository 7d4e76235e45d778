"""What the tags of a template may say: a closed list of names, fields, loops and conditions.

A template is read, never run, here. Loops are bounded by what they go over: a part of the report at the
outside, and inside a loop only what belongs to its own variable. So no template prints more than the
report is long for each of its loops, and none can count on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import TemplateError, nodes

from service.report.sandbox import COUNTERS, FIELDS, FILTERS, TESTS, environment

NAMES = frozenset({"banner", "cover", "contents", "abstract", "body", "appendix"})
LISTS = frozenset({"contents", "abstract", "body", "appendix"})
LISTED = frozenset({"entries", "upper", "middle", "lower", "head", "rows", "cells"})
"""Fields a loop may go over."""
MOST_LOOPS = 60
FORMS = {
    nodes.Call: "调用",
    nodes.Getitem: "方括号",
    nodes.Assign: "赋值（set）",
    nodes.AssignBlock: "赋值（set）",
    nodes.Macro: "宏（macro）",
    nodes.CallBlock: "宏调用（call）",
    nodes.Include: "引入（include）",
    nodes.Import: "引入（import）",
    nodes.FromImport: "引入（import）",
    nodes.Extends: "继承（extends）",
    nodes.Block: "块（block）",
    nodes.FilterBlock: "过滤块（filter）",
    nodes.With: "局部变量（with）",
    nodes.Mul: "算式",
    nodes.Pow: "算式",
    nodes.Concat: "拼接",
}
WRITE = "只写字段名；循环只用 for … in，条件只用 if"
_QUIET = (
    nodes.Template, nodes.Output, nodes.If, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand,
    nodes.CondExpr, nodes.TemplateData,
)  # fmt: skip
"""What says nothing itself; what is in it is judged."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing a tag may not say; `needle` is what to look for in the text of the tag."""

    message: str
    needle: str
    allowed: str = ""
    cure: str = WRITE
    line: int = 0


@dataclass(frozen=True, slots=True)
class Tags:
    """What the tags of one part say: the parts of the report they print, and every fault."""

    used: frozenset[str]
    faults: tuple[Fault, ...]


def read_tags(source: str) -> Tags:
    """Return what the tags of `source` say; the text is parsed, nothing of it is run."""
    try:
        tree = environment().parse(source)
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 0
        cure = "检查 for 与 endfor、if 与 endif 是否成对；一个标签不要跨段"
        return Tags(frozenset(), (Fault("标签写法有误", "", cure=cure, line=line),))
    except RecursionError:
        return Tags(frozenset(), (Fault("标签嵌套过深", ""),))
    judge = _Judge()
    judge.walk(tree, ())
    if judge.loops > MOST_LOOPS:
        judge.faults.append(Fault("循环过多", "for", allowed=f"不超过 {MOST_LOOPS} 个"))
    used = frozenset(node.name for node in tree.find_all(nodes.Name) if node.name in NAMES)
    return Tags(used, tuple(dict.fromkeys(judge.faults)))


class _Judge:
    """Walks one tree; `bound` are the variables of the loops around, outermost first."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.loops = 0

    def walk(self, node: nodes.Node, bound: tuple[str, ...]) -> None:
        """Judge `node` and what is in it."""
        if isinstance(node, nodes.For):
            self._loop(node, bound)
        elif isinstance(node, nodes.Name):
            self._name(node, bound)
        elif isinstance(node, nodes.Getattr):
            self._field(node, bound)
        elif isinstance(node, nodes.Filter | nodes.Test):
            self._helper(node, bound)
        elif isinstance(node, nodes.Const | nodes.Tuple):
            self._constant(node)
        elif isinstance(node, _QUIET):
            for child in node.iter_child_nodes():
                self.walk(child, bound)
        else:
            self._say(f"标签里不许用{FORMS.get(type(node), '这种写法')}", _needle(node), node)

    def _say(self, message: str, needle: str, node: nodes.Node, allowed: str = "", cure: str = WRITE) -> None:
        self.faults.append(Fault(message, needle, allowed, cure, node.lineno or 0))

    def _loop(self, node: nodes.For, bound: tuple[str, ...]) -> None:
        self.loops += 1
        target = node.target.name if isinstance(node.target, nodes.Name) else ""
        if not target or target in NAMES or target in bound or target == "loop":
            self._say("循环变量的名字不能用", "for", node, cure="另取一个英文名字，不与字段和外层循环重名")
        if node.recursive or node.test is not None:
            self._say("循环里不许用递归或筛选", "for", node, cure="循环体内改用 if")
        if not self._bounded(node.iter, bound):
            allowed = f"{'、'.join(sorted(LISTS))}，或外层循环变量的 {'、'.join(sorted(LISTED))}"
            self._say("循环的范围不受限", _needle(node.iter), node, allowed)
        self.walk(node.iter, bound)
        for child in (*node.body, *node.else_):
            self.walk(child, (*bound, target))

    def _bounded(self, over: nodes.Node, bound: tuple[str, ...]) -> bool:
        if isinstance(over, nodes.Name):
            return not bound and over.name in LISTS
        if not isinstance(over, nodes.Getattr) or over.attr not in LISTED:
            return False
        root = over.node
        outer = bound[-1] if bound else "cover"
        return isinstance(root, nodes.Name) and root.name == outer

    def _name(self, node: nodes.Name, bound: tuple[str, ...]) -> None:
        if node.name not in NAMES and node.name not in bound and not (node.name == "loop" and bound):
            allowed = "、".join(sorted(NAMES))
            self._say("没有这个字段", node.name, node, allowed, "改用允许的字段，或从原模板复制标签")

    def _field(self, node: nodes.Getattr, bound: tuple[str, ...]) -> None:
        counter = isinstance(node.node, nodes.Name) and node.node.name == "loop"
        known = COUNTERS if counter else FIELDS
        if node.attr not in known:
            self._say("没有这个字段", f".{node.attr}", node, "、".join(sorted(known)))
        self.walk(node.node, bound)

    def _helper(self, node: nodes.Filter | nodes.Test, bound: tuple[str, ...]) -> None:
        known = FILTERS if isinstance(node, nodes.Filter) else TESTS
        if node.name not in known or node.args or node.kwargs:
            self._say("标签里有不许用的过滤或判断", node.name, node, "、".join(sorted(known)))
        if node.node is not None:
            self.walk(node.node, bound)

    def _constant(self, node: nodes.Const | nodes.Tuple) -> None:
        items = node.items if isinstance(node, nodes.Tuple) else [node]
        for each in items:
            value = each.value if isinstance(each, nodes.Const) else None
            if not isinstance(value, str | int | bool) or (isinstance(value, str) and len(value) > 80):
                self._say("标签里不许用这种写法", _needle(each), node)


def _needle(node: nodes.Node) -> str:
    """Return a word by which a clerk finds the place."""
    for each in _inside(node):
        if isinstance(each, nodes.Name):
            return str(each.name)
        if isinstance(each, nodes.Getattr):
            return f".{each.attr}"
        if isinstance(each, nodes.Const):
            return str(each.value)[:40]
    return ""


def _inside(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    yield from node.find_all(nodes.Node)
