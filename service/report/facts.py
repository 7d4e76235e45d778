"""Every figure a report may cite, by key. The list of keys is closed; nothing is evaluated.

Keys: ``node.CODE.FIELD`` (max awarded rate rule claimed lost adjustment name children leaves),
``total.FIELD`` (awarded max rate grade rule claimed), ``part.CODE.FIELD`` (weighted dimension: weight
awarded weighted name), ``block.CODE.FIELD``, ``sheet.CODE.FIELD``, ``positive.FIELD`` (roots outside
blocks: max awarded rate), ``money.EXPR`` where EXPR adds and subtracts money codes (``paid-arrears``)
or divides two such sums (``paid/budget``), ``count.LIST``,
``case.FIELD`` and ``org.PART`` (``org.A/B``: the first part that somebody plays).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from service.report.figures import exact
from service.report.snapshot import CaseSnapshot, LineView, SheetView

LISTS = (
    "problems",
    "suggestions",
    "deductions",
    "adjustments",
    "opinions",
    "evidence",
    "findings",
    "visits",
    "supplements",
    "organisations",
    "quotations",
    "tables",
)
NOT_STATED = "来源未载"
DEFAULT_FORM = {"points": "num", "ratio": "pct", "money": "wan", "count": "int", "text": "text"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure: `kind` points (分), ratio (0-1), money (分 of yuan), count or text."""

    kind: str
    number: Fraction | None = None
    text: str = ""


class UnknownKeyError(KeyError):
    """The key names nothing in this snapshot."""


class Facts:
    """Look-up of the figures of one snapshot."""

    def __init__(self, snapshot: CaseSnapshot) -> None:
        self.snapshot = snapshot
        self._nodes = {n.code: n for n in snapshot.framework.nodes}
        self._lines = {line.code: line for line in snapshot.sheet.lines}
        self._money = {m.code: m for m in snapshot.money}
        self._readers: dict[str, Callable[[str], Fact]] = {
            "node": self._node,
            "total": self._total,
            "part": self._part,
            "block": self._block,
            "money": self._money_sum,
            "count": self._count,
            "case": self._case,
            "org": self._org,
            "sheet": self._other_sheet,
            "positive": self._positive,
        }

    def get(self, key: str) -> Fact:
        """Return the figure named `key`.

        Raises:
            UnknownKeyError: if there is no such key.
        """
        family, _, rest = key.partition(".")
        if family not in self._readers or not rest:
            raise UnknownKeyError(key)
        return self._readers[family](rest)

    def line(self, code: str) -> LineView | None:
        """Return the scored line of a node, None if the sheet has none."""
        return self._lines.get(code)

    def _node(self, rest: str) -> Fact:
        code, _, name = rest.rpartition(".")
        node, line = self._nodes.get(code), self._lines.get(code)
        if node is None and line is None:
            raise UnknownKeyError(rest)
        if name == "name":
            return Fact("text", text=node.name if node else line.name if line else "")
        if name in ("children", "leaves"):
            return Fact("count", Fraction(len(self._below(code, leaves=name == "leaves"))))
        return self._line_fact(line, name, rest, fallback=node.max if node else None)

    def _line_fact(self, line: LineView | None, name: str, key: str, *, fallback: str | None) -> Fact:
        if name == "max":
            return Fact("points", exact(line.max if line and line.max is not None else fallback))
        fields = {
            "awarded": "awarded",
            "rule": "rule_points",
            "claimed": "claimed",
            "adjustment": "adjustment",
            "deductions": "deductions",
        }
        if name in fields:
            return Fact("points", exact(getattr(line, fields[name])) if line else None)
        top, got = (exact(line.max), exact(line.awarded)) if line else (None, None)
        if name == "lost":
            return Fact("points", None if top is None or got is None else top - got)
        if name == "rate":
            given = exact(line.rate) if line else None
            ratio = None if top is None or got is None or top <= 0 else got / top
            return Fact("ratio", given if given is not None else ratio)
        raise UnknownKeyError(key)

    def _below(self, code: str, *, leaves: bool) -> list[str]:
        direct = [n for n in self._nodes.values() if n.parent == code]
        if not leaves:
            return [n.code for n in direct]
        found: list[str] = []
        for node in direct:
            found += [node.code] if node.leaf else self._below(node.code, leaves=True)
        return found

    def _total(self, name: str) -> Fact:
        return self._sheet_fact(self.snapshot.sheet, name)

    def _positive(self, name: str) -> Fact:
        roots = [n for n in self.snapshot.framework.nodes if not n.parent and not n.block]
        tops = [exact(self._lines[n.code].max) if n.code in self._lines else exact(n.max) for n in roots]
        gots = [exact(self._lines[n.code].awarded) if n.code in self._lines else None for n in roots]
        top = sum((v for v in tops if v is not None), Fraction(0)) if None not in tops else None
        got = sum((v for v in gots if v is not None), Fraction(0)) if None not in gots else None
        if name in ("max", "awarded"):
            return Fact("points", top if name == "max" else got)
        if name == "rate":
            return Fact("ratio", got / top if got is not None and top else None)
        raise UnknownKeyError(f"positive.{name}")

    def _other_sheet(self, rest: str) -> Fact:
        code, _, name = rest.rpartition(".")
        for sheet in self.snapshot.sheets:
            if sheet.code == code:
                return self._sheet_fact(sheet, name)
        raise UnknownKeyError(rest)

    def _sheet_fact(self, sheet: SheetView, name: str) -> Fact:
        if name == "grade":
            return Fact("text", text=sheet.grade or "")
        if name in ("awarded", "max"):
            return Fact("points", exact(sheet.total if name == "awarded" else sheet.max))
        if name == "rate":
            top, got = exact(sheet.max), exact(sheet.total)
            return Fact("ratio", exact(sheet.rate) or (got / top if got is not None and top else None))
        raise UnknownKeyError(name)

    def _part(self, rest: str) -> Fact:
        code, _, name = rest.rpartition(".")
        for part in self.snapshot.sheet.composite:
            if part.node == code:
                weight, got = exact(part.weight), exact(part.awarded)
                if name == "name":
                    return Fact("text", text=part.name)
                values = {
                    "weight": ("ratio", weight),
                    "awarded": ("points", got),
                    "weighted": ("points", None if weight is None or got is None else weight * got),
                }
                if name in values:
                    return Fact(*values[name])
        raise UnknownKeyError(rest)

    def _block(self, rest: str) -> Fact:
        code, _, name = rest.rpartition(".")
        for block in self.snapshot.sheet.blocks:
            if block.code == code:
                if name == "name":
                    return Fact("text", text=block.name)
                if name in ("floor", "awarded"):
                    return Fact("points", exact(getattr(block, name)))
        raise UnknownKeyError(rest)

    def _money_sum(self, rest: str) -> Fact:
        above, slash, below = rest.partition("/")
        first = self._terms(above)
        if not slash:
            return Fact("money", first)
        second = self._terms(below)
        return Fact("ratio", first / second if first is not None and second else None)

    def _terms(self, text: str) -> Fraction | None:
        if text in self._money:
            fen = self._money[text].fen
            return None if fen is None else Fraction(fen)
        total: Fraction | None = Fraction(0)
        for sign, code in re.findall(r"([+-]?)([^+\-/]+)", text):
            if code not in self._money:
                raise UnknownKeyError(f"money.{code}")
            fen = self._money[code].fen
            total = None if total is None or fen is None else total + (-fen if sign == "-" else fen)
        return total

    def _count(self, name: str) -> Fact:
        if name in LISTS:
            return Fact("count", Fraction(len(getattr(self.snapshot, name))))
        if name in ("leaves", "nodes"):
            nodes = [n for n in self._nodes.values() if not n.block and (n.leaf or name == "nodes")]
            return Fact("count", Fraction(len(nodes)))
        raise UnknownKeyError(f"count.{name}")

    def _case(self, name: str) -> Fact:
        on = self.snapshot.report_on
        if name == "report_month":
            return Fact("text", text=f"{on.year}年{on.month}月" if on else NOT_STATED)
        if name in ("title", "kind_label", "year", "subject_name", "secrecy", "code"):
            return Fact("text", text=str(getattr(self.snapshot, name)))
        raise UnknownKeyError(f"case.{name}")

    def _org(self, parts: str) -> Fact:
        """Return the organisations of the first of the parts (``A/B``) somebody plays."""
        for part in parts.split("/"):
            names = [o.name for o in self.snapshot.organisations if part in (o.part, o.code)]
            if names:
                return Fact("text", text="、".join(names))
        return Fact("text", text=NOT_STATED)
