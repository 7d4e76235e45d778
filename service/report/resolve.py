"""Text with tokens ``[[key|format]]`` becomes a line whose figures are bound. Nothing is evaluated.

A token names a key of `facts` and optionally a format of `figures`; without a format the kind of the
figure decides (points num, ratio pct, money wan, count int). Unknown keys and formats are collected
as problems, never printed as if they were text.
"""

from __future__ import annotations

import re
from dataclasses import replace

from service.errors import Problem
from service.report.blocks import Line, Run
from service.report.facts import DEFAULT_FORM, Facts, UnknownKeyError
from service.report.figures import DASH, FORMATS, show

TOKEN = re.compile(r"\[\[([^\[\]|]{1,120})(?:\|([^\[\]|]{1,20}))?\]\]")
QUOTED = "[\ufdd0["


def quoted(text: str) -> str:
    """Return `text` so that a ``[[`` in it is printed as it stands, not read as a token."""
    return text.replace("[[", QUOTED)


class Resolver:
    """Binds figures of one snapshot; `problems` grows with every token that cannot be bound."""

    def __init__(self, facts: Facts, *, forms: dict[str, str] | None = None) -> None:
        self.facts = facts
        self.problems: list[Problem] = []
        self._forms = {**DEFAULT_FORM, **(forms or {})}

    def line(self, text: str, *, place: str = "", strong: bool = False) -> Line:
        """Return `text` as runs; `place` names the section in problems."""
        runs: list[Run] = []
        end = 0
        for match in TOKEN.finditer(text):
            if match.start() > end:
                runs.append(Run(text[end : match.start()], strong=strong))
            runs.append(self.figure(match[1].strip(), (match[2] or "").strip(), place=place, strong=strong))
            end = match.end()
        rest = text[end:]
        if "[[" in rest:
            self.problems.append(
                Problem(
                    "无法识别的引用", path=place, value=rest[rest.index("[[") :][:40], allowed="[[键|格式]]"
                )
            )
        if rest:
            runs.append(Run(rest, strong=strong))
        return tuple(replace(run, text=run.text.replace(QUOTED, "[[")) for run in runs)

    def figure(self, key: str, form: str = "", *, place: str = "", strong: bool = False) -> Run:
        """Return the run that shows the figure `key`; text facts stay unbound except grades."""
        try:
            fact = self.facts.get(key)
        except UnknownKeyError:
            self.problems.append(Problem("没有这个数据项", path=place, value=key, cure="核对指标、资金代码"))
            return Run(f"〔{key}〕")
        if fact.kind == "text":
            bound = key.endswith(".grade")
            return Run(fact.text or DASH, key if bound else "", "text" if bound else "", strong)
        chosen = form or self._forms[fact.kind]
        if chosen not in FORMATS:
            self.problems.append(Problem("没有这种格式", path=place, value=form, allowed="、".join(FORMATS)))
            return Run(f"〔{key}〕")
        return Run(show(fact.number, chosen), key, chosen, strong)


def recompute(facts: Facts, key: str, form: str) -> str:
    """Return what a bound figure must show.

    Raises:
        UnknownKeyError, KeyError: for a key or format that does not exist.
    """
    fact = facts.get(key)
    return fact.text or DASH if fact.kind == "text" else show(fact.number, form)
