"""The generated lists of a report: deductions, adjustments, stages, opinions, evidence, approvals.

Each maker returns a table, or None when there is nothing to list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction

from service.report.blocks import Line, Run, Table, plain_line
from service.report.caseview import AdjustmentView, DeductionView
from service.report.draft import Draft
from service.report.facts import NOT_STATED
from service.report.figures import DASH, cn, exact, num
from service.report.tables import grid

APPROVALS = {
    "done": "已办",
    "pending": "待办",
    "electronic": "电子签章",
    "paper": "纸质用印",
    "none": "已办",
}
VERDICTS = {"accepted": "采纳", "partial": "部分采纳", "rejected": "不采纳", "": "未答复"}
STATES = {"agree": "一致", "differ": "不一致", "uncomputable": "无法计算"}


def spoken(reasons: Sequence[str]) -> str:
    """Return reasons as running text: one as it is, several as 一是…；二是…。"""
    parts = [r.strip().rstrip("。；;") for r in reasons if r.strip()]
    if len(parts) < 2:
        return f"{parts[0]}。" if parts else ""
    return "；".join(f"{cn(n)}是{part}" for n, part in enumerate(parts, 1)) + "。"


def day(value: date | None) -> str:
    """Return a day as 2023年9月1日, the dash for none."""
    return f"{value.year}年{value.month}月{value.day}日" if value else DASH


def points(text: str | None) -> str:
    """Return exact text of points as printed, 来源未载 for none."""
    value = exact(text)
    return NOT_STATED if value is None else num(value)


def build(
    name: str, titles: str, widths: str, rows: Sequence[Sequence[str | Line]], *, left: str = ""
) -> Table | None:
    """Return a small table; `titles`, `widths` (mm) and `left` (left-aligned places) are split at blanks."""
    if not rows:
        return None
    lines = [[plain_line(c) if isinstance(c, str) else c for c in row] for row in rows]
    heads = titles.split()
    aligns = ["left" if str(n) in left.split() else "" for n in range(len(heads))]
    head = grid([[plain_line(t) for t in heads]])
    return Table(name, head, grid(lines, aligns=aligns), tuple(map(float, widths.split())), small=True)


def _node(draft: Draft, code: str) -> str:
    names = {n.code: n.name for n in draft.snapshot.framework.nodes}
    return names.get(code, code) or "总分"


def _placed(draft: Draft, reason: DeductionView | AdjustmentView) -> str:
    """Return the indicator a reason hangs on, and the sheet where there are several."""
    name = _node(draft, reason.node)
    return f"{name}（{reason.sheet}）" if reason.sheet else name


def deductions(draft: Draft) -> Table | None:
    """List every deduction: node, stage, amount, reason, clause, evidence, author."""
    rows = [
        [
            str(n),
            _placed(draft, d),
            d.stage,
            points(d.amount),
            d.reason,
            d.clause or DASH,
            "、".join(d.evidence) or "无",
            d.author or DASH,
        ]
        for n, d in enumerate(draft.snapshot.deductions, 1)
    ]
    return build(
        "deductions",
        "序号 指标 阶段 扣分 扣分原因 依据条款 佐证 提出人",
        "10 34 22 16 84 38 26 17",
        rows,
        left="4 5",
    )


def adjustments(draft: Draft) -> Table | None:
    """List every 裁量调整: the rule's figure beside the awarded one, and the ground."""
    rows = [
        [
            str(n),
            _placed(draft, a),
            points(a.rule) if a.rule is not None else "无法计算",
            points(a.awarded),
            a.reason,
            a.clause or DASH,
        ]
        for n, a in enumerate(draft.snapshot.adjustments, 1)
    ]
    return build(
        "adjustments",
        "序号 指标 按标准计算得分 评价得分 裁量理由 依据条款",
        "10 42 26 22 107 40",
        rows,
        left="4 5",
    )


def sheets(draft: Draft) -> Table | None:
    """Set the sheets of a case scored in several beside each other, line by line, with total and grade."""
    found = draft.snapshot.sheets
    if not found:
        return None
    own = {n: {line.code: line for line in sheet.lines} for n, sheet in enumerate(found)}
    rows = [
        [line.code, line.name, points(line.max)]
        + [points(own[n][line.code].awarded) if line.code in own[n] else DASH for n in own]
        for line in draft.snapshot.sheet.lines
    ]
    rows.append([DASH, "总分", points(draft.snapshot.sheet.max), *(points(s.total) for s in found)])
    rows.append([DASH, "等级", DASH, *(s.grade or DASH for s in found)])
    each = 150 / len(found)
    widths = f"20 55 22 {' '.join([f'{each:.1f}'] * len(found))}"
    names = " ".join(re.sub(r"\s+", "", s.name) or DASH for s in found)
    return build("sheets", f"编码 指标 分值 {names}", widths, rows, left="1")


def waterfall(draft: Draft) -> Table | None:
    """List the total after each stage and its change, from 自评 to 定稿."""
    rows: list[list[str]] = []
    before: Fraction | None = None
    for number, step in enumerate(draft.snapshot.waterfall, 1):
        now = exact(step.total)
        change = DASH if now is None or before is None else ("+" if now > before else "") + num(now - before)
        rows.append([str(number), step.label, points(step.total), change])
        before = now if now is not None else before
    return build("waterfall", "序号 阶段 阶段结束时得分 较上一阶段", "20 70 78 79", rows)


def quotations(draft: Draft) -> Table | None:
    """List printed figures that do not agree with ours or cannot be computed."""
    rows = [
        [
            str(n),
            q.place or q.path,
            q.printed,
            q.computed or DASH,
            STATES.get(q.state, q.state),
            q.cause or DASH,
        ]
        for n, q in enumerate((q for q in draft.snapshot.quotations if q.state != "agree"), 1)
    ]
    return build(
        "quotations", "序号 出处 原文数字 复算数字 核对结果 说明", "10 72 32 32 25 76", rows, left="1 5"
    )


def opinions(draft: Draft) -> Table | None:
    """List opinions and their dispositions (意见采纳情况表)."""
    rows = [
        [
            str(n),
            o.organisation,
            o.place or DASH,
            o.original or DASH,
            o.text,
            VERDICTS.get(o.disposition, o.disposition),
            o.reason or DASH,
            o.revised or DASH,
            o.author or DASH,
            day(o.on),
        ]
        for n, o in enumerate(draft.snapshot.opinions, 1)
    ]
    return build(
        "opinions",
        "序号 反馈单位 位置 原文 意见内容 采纳情况 处理结果或不采纳理由 修改后表述 经办人 日期",
        "10 28 20 34 44 17 40 28 12 14",
        rows,
        left="3 4 6 7",
    )


def evidence(draft: Draft) -> Table | None:
    """List the evidence with class, source, what it proves and its SHA-256."""
    rows = [
        [str(n), e.code, e.name, e.kind or DASH, e.source or DASH, e.proves or DASH, e.sha256[:16] or DASH]
        for n, e in enumerate(draft.snapshot.evidence, 1)
    ]
    return build(
        "evidence",
        "序号 编号 材料名称 类别 获取来源 证明事项 SHA-256（前16位）",
        "10 20 70 22 35 54 36",
        rows,
        left="2 5",
    )


def case_files(draft: Draft) -> Table | None:
    """List the evidence as 案卷清单: name, source, what it is looked at for."""
    rows = [
        [str(n), e.name, e.source or DASH, e.proves or DASH] for n, e in enumerate(draft.snapshot.evidence, 1)
    ]
    return build("case_files", "序号 案卷名称 获取来源 考察内容", "12 62 36 46", rows, left="1 3")


def approvals(draft: Draft) -> Table | None:
    """List the steps of the 审批单."""
    rows = [
        [
            a.part,
            a.duty,
            a.organisation or DASH,
            day(a.on),
            APPROVALS.get(a.state, a.state),
            a.note or DASH,
        ]
        for a in draft.snapshot.approvals
    ]
    return build("approvals", "环节 职责 单位 日期 状态 说明", "40 35 60 36 22 54", rows, left="5")


def reasons(draft: Draft) -> Table | None:
    """Unfold every leaf: maximum, points, the arithmetic step by step, the reasons."""
    rows: list[list[str | Line]] = []
    for line in draft.snapshot.sheet.lines:
        texts = [d.reason for d in draft.snapshot.deductions if d.node == line.code]
        steps = "\n".join(line.steps)
        if not texts and not steps:
            continue
        figure = draft.resolver.figure
        got: Line = (
            (figure(f"node.{line.code}.awarded"),) if line.awarded is not None else plain_line(NOT_STATED)
        )
        rule: Line = (figure(f"node.{line.code}.rule"),) if line.rule_points is not None else (Run(DASH),)
        rows.append(
            [
                line.code,
                line.name,
                (figure(f"node.{line.code}.max"),),
                rule,
                got,
                steps or DASH,
                "\n".join(texts) or DASH,
            ]
        )
    return build(
        "reasons",
        "编码 指标 分值 按标准 评价得分 计算过程 扣分原因",
        "18 36 13 15 17 80 68",
        rows,
        left="5 6",
    )


def stages(draft: Draft) -> Table | None:
    """List the stages walked, with dates, rounds and how they were held."""
    modes = {"held": "开展", "off_site": "非现场开展", "not_held": "未开展"}
    rows = [
        [
            str(n),
            s.label or s.stage,
            str(s.round),
            day(s.entered_on),
            day(s.left_on),
            modes.get(s.mode, s.mode),
            s.ground or DASH,
        ]
        for n, s in enumerate(draft.snapshot.stages, 1)
    ]
    return build("stages", "序号 阶段 轮次 开始 结束 方式 说明", "12 40 14 38 38 28 77", rows, left="6")


def stand_ins(draft: Draft) -> Table | None:
    """List what the process needs and the source does not state (程序性补录)."""
    rows = [[str(n), s] for n, s in enumerate(draft.snapshot.stand_ins, 1)]
    return build("stand_ins", "序号 补录事项", "20 227", rows, left="1")


LISTS: dict[str, Callable[[Draft], Table | None]] = {
    "deductions": deductions,
    "adjustments": adjustments,
    "sheets": sheets,
    "waterfall": waterfall,
    "quotations": quotations,
    "opinions": opinions,
    "evidence": evidence,
    "case_files": case_files,
    "approvals": approvals,
    "reasons": reasons,
    "stages": stages,
    "stand_ins": stand_ins,
}
