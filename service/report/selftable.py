"""项目支出绩效自评表: the columns of 财预〔2020〕10号 annex 1, money rows included.

Money facts are taken by `kind` (initial; adjusted, else budget; paid) and row: a fact whose group or name
speaks of 拨款, 结转 or 其他 belongs to that row, every other one to the total; a missing amount prints a
dash. The points of 预算执行率 stand in the total row.
"""

from __future__ import annotations

from service.report.blocks import Line, Run, Table, plain_line
from service.report.draft import Draft
from service.report.figures import DASH
from service.report.snapshot import Claim, NodeView
from service.report.tables import grid

MONEY_ROWS = (
    ("年度资金总额", ""),
    ("其中：当年财政拨款", "拨款"),
    ("上年结转资金", "结转"),
    ("其他资金", "其他"),
)
KINDS = (("initial",), ("adjusted", "budget"), ("paid",))
WIDTHS = (18.0, 22.0, 26.0, 34.0, 30.0, 30.0, 18.0, 22.0, 47.0)
RATE = "预算执行率"


def table(draft: Draft) -> Table:
    """Return the form as one grid of nine columns (mm as in `WIDTHS`)."""
    rows: list[list[str | Line]] = [
        *_head_rows(draft),
        *_money_rows(draft),
        *_goal_rows(draft),
        *_indicator_rows(draft),
    ]
    rows.append(
        [
            "总　分",
            "<",
            "<",
            "<",
            "<",
            "<",
            (_figure(draft, "total.max"),),
            (_figure(draft, "total.awarded"),),
            f"自评等级：{draft.snapshot.sheet.grade}" if draft.snapshot.sheet.grade else "",
        ]
    )
    lines = [[plain_line(c) if isinstance(c, str) else c for c in row] for row in rows]
    aligns = ("", "", "", "", "", "", "", "", "left")
    return Table("self", (), grid(lines, aligns=aligns), WIDTHS, small=True)


def _figure(draft: Draft, key: str, form: str = "") -> Run:
    run = draft.resolver.figure(key, form)
    return run if draft.facts.get(key).number is not None else Run(DASH)


def _org(draft: Draft, *parts: str) -> str:
    return "、".join(o.name for o in draft.snapshot.organisations if o.part in parts) or DASH


def _head_rows(draft: Draft) -> list[list[str | Line]]:
    name = draft.snapshot.subject_name or draft.snapshot.title
    return [
        ["项目名称", "<", name, "<", "<", "<", "<", "<", "<"],
        [
            "主管部门",
            "<",
            _org(draft, "主管部门"),
            "<",
            "实施单位",
            "<",
            _org(draft, "被评价单位", "项目单位", "实施单位"),
            "<",
            "<",
        ],
    ]


def _money_rows(draft: Draft) -> list[list[str | Line]]:
    head: list[str | Line] = [
        "项目资金\n（万元）",
        "",
        "<",
        "年初预算数",
        "全年预算数",
        "全年执行数",
        "分值",
        "执行率",
        "得分",
    ]
    rows = [head]
    rate_node = next((n for n in draft.snapshot.framework.nodes if n.leaf and RATE in n.name), None)
    for label, word in MONEY_ROWS:
        codes = _codes(draft, word)
        amounts: list[str | Line] = [(_figure(draft, f"money.{c}"),) if c else DASH for c in codes]
        row: list[str | Line] = [
            "^",
            label,
            "<",
            *amounts,
            *_rate_cells(draft, rate_node, codes, whole=not word),
        ]
        rows.append(row)
    return rows


def _codes(draft: Draft, word: str) -> tuple[str, ...]:
    """Return the money codes of one row in column order, "" where there is none."""
    words = [w for _, w in MONEY_ROWS if w]
    chosen = [
        m
        for m in draft.snapshot.money
        if (word in m.group + m.name if word else not any(w in m.group + m.name for w in words))
    ]
    by_kind = {m.kind: m.code for m in reversed(chosen)}
    return tuple(next((by_kind[k] for k in kinds if k in by_kind), "") for kinds in KINDS)


def _rate_cells(
    draft: Draft, node: NodeView | None, codes: tuple[str, ...], *, whole: bool
) -> list[str | Line]:
    if not whole:
        return [DASH, DASH, DASH]
    ratio: str | Line = DASH
    if codes[1] and codes[2]:
        ratio = (_figure(draft, f"money.{codes[2]}/{codes[1]}"),)
    if node is None:
        return [DASH, ratio, DASH]
    return [(_figure(draft, f"node.{node.code}.max"),), ratio, (_figure(draft, f"node.{node.code}.awarded"),)]


def _goal_rows(draft: Draft) -> list[list[str | Line]]:
    narrative = draft.snapshot.narrative
    goal = draft.line(narrative.get("self.goal", "") or DASH, place="narrative.self.goal")
    done = draft.line(narrative.get("self.done", "") or DASH, place="narrative.self.done")
    return [
        ["年度总体\n目标", "预期目标", "<", "<", "<", "实际完成情况", "<", "<", "<"],
        ["^", goal, "<", "<", "<", done, "<", "<", "<"],
    ]


def _indicator_rows(draft: Draft) -> list[list[str | Line]]:
    rows: list[list[str | Line]] = [
        [
            "绩效\n指标",
            "一级指标",
            "二级指标",
            "三级指标",
            "年度指标值",
            "实际完成值",
            "分值",
            "得分",
            "偏差原因分析及改进措施",
        ]
    ]
    nodes = {n.code: n for n in draft.snapshot.framework.nodes}
    causes = {d.node: d.reason for d in draft.snapshot.deductions}
    claims = {c.node: c for c in draft.snapshot.claims}
    before: list[str] = []
    for leaf in (n for n in nodes.values() if n.leaf and not n.block and RATE not in n.name):
        chain = [leaf]
        while chain[0].parent in nodes:
            chain.insert(0, nodes[chain[0].parent])
        names = [n.code for n in chain]
        first: str = "^" if names[:1] == before[:1] else chain[0].name
        second: str = "^" if names[:2] == before[:2] else chain[1].name if len(chain) > 2 else "—"
        own = claims.get(leaf.code) or Claim(leaf.code, None)
        cause = own.deviation or causes.get(leaf.code, "") or draft.snapshot.notes.get(leaf.code, "")
        rows.append(
            [
                "^",
                first,
                second,
                leaf.name,
                own.target or f"{leaf.target}{leaf.unit}" or DASH,
                own.actual or leaf.actual or DASH,
                (_figure(draft, f"node.{leaf.code}.max"),),
                (_figure(draft, f"node.{leaf.code}.awarded"),),
                cause,
            ]
        )
        before = names
    return rows
