"""Check that every code named in a case exists, once, and that nothing points at itself in a circle."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import Any

from service.cases.fields import closest
from service.cases.model import Case
from service.cases.source import CaseFile
from service.errors import Problem
from service.quotations.lookup import NODE_FIGURES, is_own
from service.quotations.relating import ORDER_WORDS, literal
from service.quotations.tableview import split_path
from service.yamltext import Place

PEOPLE = frozenset(
    {
        "by",
        "submitted_by",
        "answered_by",
        "approved_by",
        "confirmed_by",
        "reviewed_by",
        "registered_by",
        "signed_by",
        "on_behalf",
    }
)
LISTS = {
    "organisations": "单位",
    "people": "人员",
    "money": "资金",
    "evidence": "佐证",
    "deductions": "扣分",
    "adjustments": "裁量调整",
    "paper": "线下登记",
    "events": "事项",
}


def walk(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every declared part below `value` with its place, outermost first."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield place, value
        for item in dataclasses.fields(value):
            yield from walk(getattr(value, item.name), (*place, item.name))
    elif isinstance(value, tuple):
        for index, member in enumerate(value):
            yield from walk(member, (*place, index))
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from walk(member, (*place, key))


class References:
    """The codes a case declares, and the problems of those it names."""

    def __init__(self, file: CaseFile) -> None:
        self.file = file
        self.case: Case = file.case
        self.problems: list[Problem] = []
        case = file.case
        self.nodes: Collection[str] = set(file.framework.codes)
        self.known: dict[str, Collection[str]] = {
            "人员": [p.code for p in case.people],
            "单位": [o.code for o in case.organisations],
            "佐证": [e.code for e in case.evidence],
            "核查发现": [f.code for f in case.on_site.findings] if case.on_site else [],
            "核查": [v.code for v in case.on_site.visits] if case.on_site else [],
            "扣分": [d.code for d in case.deductions],
            "线下登记": [p.code for p in case.paper],
            "分表": list(case.framework.sheets),
            "事项": [e.code for e in file.framework.events],
            "指标": list(file.framework.codes),
        }

    def run(self) -> list[Problem]:
        """Return every problem found."""
        self._duplicates()
        for place, part in walk(self.case):
            self._members(place, part)
        self._keys()
        self._relations()
        return self.problems

    def need(self, place: Place, code: str, sort: str) -> None:
        """Note a problem unless `code` is one of the declared codes of that sort."""
        known = self.known[sort]
        if code and code not in known:
            self.problems.append(
                self.file.document.problem(
                    place,
                    f"没有编号为“{code}”的{sort}",
                    allowed="、".join(list(known)[:12]) + (" 等" if len(known) > 12 else "") or "（无）",
                    cure=self._by_name(code, sort) or closest(code, known) or f"先声明这个{sort}，或改正编号",
                )
            )

    def _by_name(self, name: str, sort: str) -> str:
        """Return the codes of the nodes of this name as a cure, empty if it is the name of none."""
        codes = [code for code, node in self.file.framework.by_code.items() if node.name == name.strip()]
        return f"“{name}”是指标名称，请写它的编号：{' 或 '.join(codes)}" if sort == "指标" and codes else ""

    def _members(self, place: Place, part: Any) -> None:
        sort_of = {
            "organisation": "单位",
            "finding": "核查发现",
            "visit": "核查",
            "sheet": "分表",
            "deduction": "扣分",
            "supersedes": "佐证",
            **dict.fromkeys(PEOPLE, "人员"),
        }
        kind = type(part).__name__
        for item in dataclasses.fields(part):
            value, here = getattr(part, item.name), (*place, item.name)
            if item.name in sort_of and isinstance(value, str):
                self.need(here, value, sort_of[item.name])
            elif item.name == "node" and not (kind == "Adjustment" and part.target == "total"):
                self.need(here, value, "指标")
            elif item.name in ("nodes", "evidence") and kind != "Case":
                for index, code in enumerate(value):
                    self.need((*here, index), code, "指标" if item.name == "nodes" else "佐证")
        if kind == "Approval":
            self.need((*place, "paper"), part.paper, "线下登记")
        if kind == "Event":
            self.need((*place, "code"), part.code, "事项")

    def _keys(self) -> None:
        case = self.case
        maps: list[tuple[Place, Any]] = [(("results",), case.results), (("notes",), case.notes)]
        if case.self_assessment:
            maps += [(("self_assessment", m), getattr(case.self_assessment, m)) for m in ("points", "lines")]
        for sheet, results in case.sheet_results.items():
            self.need(("sheet_results", sheet), sheet, "分表")
            maps.append((("sheet_results", sheet), results))
        for place, keys in maps:
            for code in keys:
                self.need((*place, code), code, "指标")

    def _duplicates(self) -> None:
        case, site = self.case, self.case.on_site
        lists: list[tuple[Place, Any, str]] = [((name,), getattr(case, name), "code") for name in LISTS]
        lists += [
            (("tables",), case.tables, "id"),
            (("figures",), case.figures, "id"),
            (("published",), case.published, "path"),
            (("stages",), case.stages, "stage"),
        ]
        if site:
            lists += [(("on_site", m), getattr(site, m), "code") for m in ("visits", "findings")]
        if case.consultation:
            lists.append((("consultation", "opinions"), case.consultation.opinions, "code"))
        if case.material_review:
            lists.append((("material_review", "supplements"), case.material_review.supplements, "code"))
        for place, members, key in lists:
            seen: dict[str, int] = {}
            for index, member in enumerate(members):
                code = getattr(member, key)
                if code in seen:
                    line = self.file.document.line((*place, seen[code]))
                    self.problems.append(
                        self.file.document.problem(
                            (*place, index, key), f"“{code}”重复，第 {line} 行已用过", cure="换一个编号"
                        )
                    )
                seen.setdefault(code, index)

    def _relations(self) -> None:
        graph: dict[str, tuple[str, ...]] = {}
        paths = dict.fromkeys(item.path for item in self.case.published)
        for index, item in enumerate(self.case.published):
            place: Place = ("published", index, "relation" if item.relation else "computed")
            named = item.relation.paths() if item.relation else (item.computed,) if item.computed else ()
            graph[item.path] = tuple(n for n in named if n in paths)
            if item.relation and item.computed:
                self.problems.append(
                    self.file.document.problem(place, "computed 和 relation 只能写一个", cure="保留一个")
                )
            for name in named:
                if name not in paths and name not in ORDER_WORDS and not literal(name):
                    self._own_path(place, name, paths)
        for path in self.case.expect:
            self._own_path(("expect", path), path, ())
        for cycle in cycles(graph):
            index = next(i for i, item in enumerate(self.case.published) if item.path == cycle[0])
            self.problems.append(
                self.file.document.problem(
                    ("published", index, "path"),
                    f"核算关系绕成一圈：{' → '.join(cycle)}",
                    cure="断开其中一处",
                )
            )
        for cycle in cycles({e.code: (e.supersedes,) for e in self.case.evidence if e.supersedes}):
            self.problems.append(
                self.file.document.problem(
                    ("evidence",), f"佐证版本绕成一圈：{' → '.join(cycle)}", cure="断开其中一处"
                )
            )

    def _own_path(self, place: Place, path: str, others: Collection[str]) -> None:
        fault = self._path_fault(path, others)
        if fault:
            message, known = fault
            self.problems.append(
                self.file.document.problem(
                    place,
                    message,
                    allowed="、".join(list(known)[:12]),
                    cure=closest(path.split(".")[-1], known)
                    or closest(path, known)
                    or "对照手册第十二节改正路径",
                )
            )

    def _path_fault(self, path: str, others: Collection[str]) -> tuple[str, Collection[str]] | None:
        if not is_own(path):
            roots = ["total", "grade", "rate", "node.<编号>.awarded", "money.<编号>", "table.<表>.<行>.<列>"]
            return f"没有“{path}”这一条", [*others, *roots]
        root, _, rest = path.partition(".")
        if root in ("node", "block"):
            code, _, figure = rest.rpartition(".")
            if code not in self.nodes:
                return f"没有编号为“{code or rest}”的指标", self.known["指标"]
            return None if figure in NODE_FIGURES else (f"没有“{figure}”这一项", NODE_FIGURES)
        if root == "money" and rest not in {m.code for m in self.case.money}:
            return f"没有编号为“{rest}”的资金", [m.code for m in self.case.money]
        tables = {t.id: t.columns for t in self.case.tables} | {"summary": (), "indicators": ()}
        if root == "table" and split_path(path)[0] not in tables:
            return f"没有编号为“{split_path(path)[0]}”的表", list(tables)
        return None


def cycles(graph: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """Return each circle once, starting at its first node in document order."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in graph:
        trail, node = _follow(graph, start, done)
        if node:
            circle = trail[trail.index(node) :]
            found.append([*circle, node])
        done.update(trail)
    return found


def _follow(graph: dict[str, tuple[str, ...]], start: str, done: set[str]) -> tuple[list[str], str]:
    trail: list[str] = []
    stack: list[tuple[str, int]] = [(start, 0)] if start not in done else []
    visited: set[str] = set()
    while stack:
        node, depth = stack.pop()
        trail = trail[:depth]
        if node in trail:
            return trail, node
        if node in visited or node in done:
            continue
        visited.add(node)
        trail.append(node)
        stack.extend((after, depth + 1) for after in graph.get(node, ()))
    return list(visited), ""
