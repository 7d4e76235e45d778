"""The forms that show the team's scores: score sheet, what became of opinions, sheet of approvals."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.queries import snapshot_work
from service.queries.printout import Block, Column, Printout, day, filled, minus, percent, points
from service.queries.prints import Forms, Head, head_of
from service.queries.reportdesk import short_code
from service.queries.reports import latest_report
from service.queries.sheet import CurrentSheet, current_sheet
from service.queries.snapshot import approval_views, stage_totals
from service.queries.views import sheet_views
from service.report.snapshot import SheetView

SIGNATURES = {"electronic": "电子签章", "paper": "纸质用印", "none": "未用印"}


def scored_forms(session: Session, case: Evaluation) -> tuple[Printout, ...]:
    """Return the forms only who may see the scores may print."""
    head = head_of(session, case)
    current = current_sheet(session, case)
    approvals = _approvals(session, head, current)
    return (*_sheets(session, head, current), *_dispositions(session, head), *approvals)


def _sheets(session: Session, head: Head, current: CurrentSheet | None) -> Forms:
    reasons: dict[tuple[str, str], list[str]] = {}
    for d in snapshot_work.deductions(session, head.case):
        reasons.setdefault((d.sheet, d.node), []).append(f"{d.code} {d.reason}（{minus(d.amount)}）")
    for a in snapshot_work.adjustments(session, head.case, current):
        reasons.setdefault((a.sheet, a.node), []).append(f"{a.code} 调整为 {points(a.awarded)}：{a.reason}")
    for view in sheet_views(session, head.case, current):
        yield _sheet(head, view, reasons)


def _sheet(head: Head, view: SheetView, reasons: dict[tuple[str, str], list[str]]) -> Printout:
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    leaves = {line.code for line in view.lines} - {line.parent for line in view.lines}
    for line in view.lines:
        if line.code not in leaves:
            strong.append(len(rows))
        why = "；".join(reasons.get((view.code, line.code), ())) or line.note
        figures = (
            points(line.max),
            points(line.claimed),
            points(line.rule_points),
            minus(line.deductions),
            minus(line.bonuses),
        )
        rows.append((f"{line.code} {line.name}", *figures, points(line.awarded), percent(line.rate), why))
    strong.append(len(rows))
    rows.append(
        (
            "合计",
            points(view.max),
            "",
            "",
            "",
            "",
            points(view.total),
            percent(view.rate),
            view.grade or view.note,
        )
    )
    heads = ("指标", "满分", "自评", "规则得分", "扣分", "加分", "得分", "得分率", "扣分与调整的理由")
    columns = tuple(
        Column(h, "w22" if h == "指标" else "" if h == heads[-1] else "w7", h not in (heads[0], heads[-1]))
        for h in heads
    )
    body = (
        Block("", columns=columns, rows=tuple(rows), strong=tuple(strong)),
        Block("", signs=("评分人（签字）", "组长（主评人）（签字）", "复核人（签字）", "日期")),
    )
    name = f"评分表（{view.name or view.code}）" if view.code else "评分表"
    return head.form("scores", name, body, item=view.code, wide=True)


def _dispositions(session: Session, head: Head) -> Forms:
    opinions = snapshot_work.opinions(session, head.case)
    if not opinions:
        return
    rows = filled(
        (
            o.code,
            o.organisation,
            day(o.on),
            " ".join(filter(None, (o.place, o.text))),
            o.disposition,
            o.reason,
            o.effect or "",
        )
        for o in opinions
    )
    heads = ("编号", "意见单位", "收到日期", "意见", "处理", "理由", "分值变化")
    widths = ("w6", "w12", "w12", "", "w8", "w24", "w12")
    columns = tuple(Column(label, width) for label, width in zip(heads, widths, strict=True))
    body = (
        Block("", columns=columns, rows=rows),
        Block("", signs=("提出处理意见（签字）", "确认人（签字）", "日期")),
    )
    yield head.form("opinions", "意见采纳情况表", body, wide=True)


def _approvals(session: Session, head: Head, current: CurrentSheet | None) -> Forms:
    report = latest_report(session, head.case.id)
    if report is None and current is None:
        return
    total, grade = (report.total, report.grade) if report else (None, "")
    frozen = (
        ("报告版本", f"第 {report.number} 版，{day(report.frozen_on)}冻结"),
        ("报告短码", short_code(report.frozen_sha256)),
        ("冻结文件指纹", report.frozen_sha256[:16]),
    ) if report else (("报告版本", "尚未冻结"),)  # fmt: skip
    facts = (*head.facts, *frozen, ("综合得分", points(total)), ("等级", grade or "—"))
    done = filled(
        (v.part, v.duty, v.organisation, day(v.on), SIGNATURES[v.state], v.note)
        for v in approval_views(session, head.case)
    )
    heads = ("事项", "职责", "单位", "日期", "签章", "意见")
    totals = filled((label, points(value)) for label, value in stage_totals(session, head.case, current))
    stages = Block(
        "一、各阶段得分", columns=(Column("阶段", "w30"), Column("得分", number=True)), rows=totals
    )
    nothing = () if done else ("尚无。",)
    approved = Block("二、已办理的审批", nothing, tuple(Column(h) for h in heads) if done else (), done)
    room = tuple((who, "") for who in ("经办意见", "复核意见", "签发意见"))
    opinion = (Column("环节", "w18"), Column("意见、签字与日期"))
    blocks = (stages, approved, Block("三、审批意见", columns=opinion, rows=room, blank=3))
    yield head.form("approval", "绩效评价报告审批单", blocks, facts=facts)
