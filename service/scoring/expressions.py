"""The small language of measures and conditions: syntax tree and parser.

``支出 / 到位``, ``mean(支出/预算)``, ``网络 >= 99.9% and 电力 >= 99.99%``. Nothing else is possible: no
attribute, call of unknown functions, text or loop. Evaluation is in `measures`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from service.scoring.quantities import Quantity, read_quantity

FUNCTIONS = {
    "min": (1, 9),
    "max": (1, 9),
    "sum": (1, 9),
    "mean": (1, 9),
    "abs": (1, 1),
    "rank": (2, 2),
    "rank_low": (2, 2),
    "days": (2, 2),
    "workdays": (2, 2),
}
_WORDS = {"且": "and", "或": "or", "非": "not", "and": "and", "or": "or", "not": "not"}
_SIGNS = str.maketrans(
    {
        "＋": "+",
        "－": "-",
        "−": "-",
        "×": "*",
        "÷": "/",
        "（": "(",
        "）": ")",
        "，": ",",
        "％": "%",
        "＞": ">",
        "＜": "<",
        "＝": "=",
    }
)
_PAIRS = {"≥": ">=", "≤": "<=", "≠": "!="}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d[\d]*(?:\.\d+)?(?:%|‰|[A-Za-z\u4e00-\u9fff]+)?)"
    r"|(?P<name>[^\W\d]\w*(?:\.\w+)*)|(?P<op>>=|<=|==|!=|[-+*/(),<>]))"
)
MAX_LENGTH = 500
MAX_NODES = 200


class ExpressionError(ValueError):
    """The text is no expression; the message says where."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal with its unit."""

    value: Quantity


@dataclass(frozen=True, slots=True)
class Name:
    """An input, a measure or ``money.code``."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """``+ - * /``, a comparison, ``and or not`` or ``neg`` over one or two operands."""

    sign: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One of `FUNCTIONS`."""

    function: str
    operands: tuple[Expression, ...]


Expression: TypeAlias = Number | Name | Operation | Call
VALUE = Name("value")
COMPARISONS = frozenset({">=", "<=", ">", "<", "==", "!="})


def names_of(expression: Expression) -> frozenset[str]:
    """Return every name the expression reads."""
    if isinstance(expression, Name):
        return frozenset({expression.name})
    if isinstance(expression, Number):
        return frozenset()
    return frozenset().union(*(names_of(part) for part in expression.operands))


def is_condition(expression: Expression) -> bool:
    """Return whether the expression yields yes or no."""
    return isinstance(expression, Operation) and expression.sign in COMPARISONS | {"and", "or", "not"}


def read_expression(text: str) -> Expression:
    """Return the tree of a formula or condition.

    Raises:
        ExpressionError: with the Chinese reason and the place (character counted from 1).
    """
    if not text.strip():
        raise ExpressionError("算式是空的")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"算式过长（{len(text)} 字，至多 {MAX_LENGTH} 字）")
    parser = _Parser(_tokens(text))
    tree = parser.either()
    if parser.kind != "end":
        raise ExpressionError(f"第 {parser.place} 字起多出“{parser.text}”")
    return tree


def _tokens(text: str) -> list[tuple[str, str, int]]:
    plain = text.translate(_SIGNS)
    for sign, pair in _PAIRS.items():
        plain = plain.replace(sign, pair)
    found, at = [], 0
    while plain[at:].strip():
        match = _TOKEN.match(plain, at)
        if not match:
            raise ExpressionError(f"第 {at + 1} 字起读不懂“{plain[at:].strip()[:8]}”")
        kind = match.lastgroup or ""
        word = match[kind]
        if kind == "name" and word in _WORDS:
            kind, word = "op", _WORDS[word]
        found.append((kind, word, match.start(kind) + 1))
        at = match.end()
    if len(found) > MAX_NODES:
        raise ExpressionError(f"算式过长（{len(found)} 项，至多 {MAX_NODES} 项）")
    return [*found, ("end", "结尾", len(plain) + 1)]


class _Parser:
    """Recursive descent, loosest first: or, and, not, comparison, sum, product, sign, atom."""

    def __init__(self, tokens: list[tuple[str, str, int]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def text(self) -> str:
        return self._tokens[self._at][1]

    @property
    def place(self) -> int:
        return self._tokens[self._at][2]

    def _take(self, *words: str) -> str:
        if self.kind == "op" and self.text in words:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def either(self) -> Expression:
        tree = self._both()
        while self._take("or"):
            tree = Operation("or", (_yes_no(tree), _yes_no(self._both())))
        return tree

    def _both(self) -> Expression:
        tree = self._negated()
        while self._take("and"):
            tree = Operation("and", (_yes_no(tree), _yes_no(self._negated())))
        return tree

    def _negated(self) -> Expression:
        if self._take("not"):
            return Operation("not", (_yes_no(self._negated()),))
        return self._compared()

    def _compared(self) -> Expression:
        left = self._sum()
        sign = self._take(*COMPARISONS)
        return Operation(sign, (_number(left), _number(self._sum()))) if sign else left

    def _sum(self) -> Expression:
        tree = self._product()
        while sign := self._take("+", "-"):
            tree = Operation(sign, (_number(tree), _number(self._product())))
        return tree

    def _product(self) -> Expression:
        tree = self._signed()
        while sign := self._take("*", "/"):
            tree = Operation(sign, (_number(tree), _number(self._signed())))
        return tree

    def _signed(self) -> Expression:
        if self._take("-"):
            return Operation("neg", (_number(self._signed()),))
        return self._atom()

    def _atom(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_NODES:
            raise ExpressionError("算式层次过深")
        if self.kind == "number":
            return self._literal()
        if self.kind == "name":
            name, place = self.text, self.place
            self._at += 1
            return self._call(name, place) if self._take("(") else Name(name)
        if self._take("("):
            tree = self.either()
            self._close()
            return tree
        raise ExpressionError(f"第 {self.place} 字处缺少数、名称或括号，读到“{self.text}”")

    def _literal(self) -> Expression:
        value = read_quantity(self.text)
        assert value is not None
        self._at += 1
        return Number(value)

    def _call(self, function: str, place: int) -> Expression:
        if function not in FUNCTIONS:
            raise ExpressionError(f"第 {place} 字处没有函数“{function}”，可用：{'、'.join(FUNCTIONS)}")
        operands = [_number(self._sum())]
        while self._take(","):
            operands.append(_number(self._sum()))
        self._close()
        least, most = FUNCTIONS[function]
        if not least <= len(operands) <= most:
            raise ExpressionError(
                f"第 {place} 字处函数 {function} 要 {least} 到 {most} 个参数，写了 {len(operands)} 个"
            )
        return Call(function, tuple(operands))

    def _close(self) -> None:
        if not self._take(")"):
            raise ExpressionError(f"第 {self.place} 字处缺右括号")


def _yes_no(tree: Expression) -> Expression:
    if not is_condition(tree):
        raise ExpressionError("and、or、not 两边应是比较式")
    return tree


def _number(tree: Expression) -> Expression:
    if is_condition(tree):
        raise ExpressionError("比较式不能再参与运算")
    return tree
