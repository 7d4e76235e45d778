"""The forms a case can be printed as: what there is to print, and each form filled from the case.

Forms of what only the team and the organiser may see are in `prints_scored`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.models.audit import AuditEntry
from service.models.consultation import DraftIssue
from service.models.evaluation import Evaluation, MoneyFact
from service.models.fieldwork import Finding, FindingState, Supplement, SupplementState, Visit
from service.models.selfassessment import Claim, SelfAssessment
from service.queries.evidenceroom import evidence_room
from service.queries.once import once, rows_of
from service.queries.parties import parties_of
from service.queries.printout import Block, Column, Printout, day, filled, points, wan
from service.queries.selfparts import subprojects_of, survey_of, texts_of
from service.queries.sheet import framework_of
from service.queries.views import view_of
from service.queries.words import value_label

Forms = Iterator[Printout]
FINDING_WORDS = {
    FindingState.RECORDED: "",
    FindingState.CONFIRMED: "属实",
    FindingState.OBJECTED: "有异议",
    FindingState.ANSWERED: "异议已答复",
    FindingState.LAPSED: "逾期未确认",
}


@dataclass(frozen=True, slots=True)
class Head:
    """What every form of a case says at its top."""

    case: Evaluation
    version: str
    units: str
    organisers: str
    agencies: str

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return the case's own facts."""
        return (
            ("项目名称", self.case.title),
            ("评价对象", self.case.subject_name),
            ("评价类型", f"{self.case.kind.label} · {self.case.year}年度"),
            ("被评价单位", self.units),
        )

    def form(self, key: str, name: str, blocks: tuple[Block, ...], **more: object) -> Printout:
        """Return a form of this case."""
        known = {"title": f"{self.case.subject_name}{name}", "facts": self.facts, **more}
        return Printout(key, name, case=self.case.code, version=self.version, blocks=blocks, **known)  # type: ignore[arg-type]


@once
def head_of(session: Session, case: Evaluation) -> Head:
    """Return the head of the forms of this case."""
    newest = session.scalar(
        select(func.max(AuditEntry.leaf_index)).where(AuditEntry.evaluation_id == case.id)
    )
    names = [
        "、".join(each.name for each in parties_of(session, case.id, part))
        for part in ("evaluated", "organiser", "agency")
    ]
    return Head(case, f"案卷第 {case.version} 版 · 留痕至第 {newest} 号", *names)


def open_forms(session: Session, case: Evaluation) -> tuple[Printout, ...]:
    """Return the forms everybody who may read the case may print, in the order of its life."""
    head = head_of(session, case)
    return tuple(form for make in _MAKERS for form in make(session, head))


def _self(session: Session, head: Head) -> Forms:
    case = head.case
    row = max(rows_of(session, SelfAssessment, case.id), key=lambda own: own.round, default=None)
    if case.framework_id is None and row is None:
        return
    blocks = [_claims(session, case, row), *_money(session, case), *_own_words(row)]
    blocks.append(Block("签认", signs=("填报人（签字）", "单位负责人（签字）", "单位（公章）", "填报日期")))
    state = f"第 {row.round} 轮 · {value_label(row.state)}" if row else "尚未填报"
    facts = (*head.facts, ("填报轮次", state), ("报送日期", day(row.submitted_on if row else None)))
    yield head.form("self", "绩效自评表", tuple(blocks), facts=facts)


def _claims(session: Session, case: Evaluation, row: SelfAssessment | None) -> Block:
    claims = {c.node: c for c in rows_of(session, Claim, case.id)}
    nodes = view_of(framework_of(session, case)).nodes if case.framework_id else ()
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    for node in nodes:
        claim = claims.get(node.code)
        if not node.leaf:
            strong.append(len(rows))
        target = claim.target if claim and claim.target else node.target
        said = (
            (target, claim.actual, points(claim.points), claim.deviation) if claim else (target, "", "", "")
        )
        rows.append((f"{node.code} {node.name}", points(node.max), *said))
    strong.append(len(rows))
    rows.append(
        ("合计", "", "", "", points(row.claimed_total if row else None), row.claimed_grade if row else "")
    )
    heads = ("指标", "满分", "目标值", "完成值", "自评得分", "偏差原因与改进")
    widths = ("w24", "w8", "w18", "w18", "w8", "")
    numbers = {"满分", "自评得分"}
    columns = tuple(
        Column(label, width, label in numbers) for label, width in zip(heads, widths, strict=True)
    )
    return Block("一、指标完成情况", columns=columns, rows=tuple(rows), strong=tuple(strong))


def _money(session: Session, case: Evaluation) -> Iterator[Block]:
    facts = rows_of(session, MoneyFact, case.id)
    if facts:
        rows = filled((m.name, wan(m.fen) if m.fen is not None else m.printed, m.source) for m in facts)
        columns = (Column("资金", "w30"), Column("金额（万元）", "w18", number=True), Column("依据"))
        yield Block("二、资金情况", columns=columns, rows=rows)


def _own_words(row: SelfAssessment | None) -> Iterator[Block]:
    if row is None:
        return
    parts = subprojects_of(row.body)
    if parts:
        heads = ("子项目", "批复", "调整后", "到位", "支出", "结余", "状态", "原因")
        columns = tuple(Column(label, number=label in heads[1:6]) for label in heads)
        money = (
            (p.name, *map(wan, (p.approved, p.adjusted, p.received, p.paid, p.balance)), p.state, p.reason)
            for p in parts
        )
        yield Block("三、子项目（金额单位：万元）", columns=columns, rows=filled(money))
    survey = survey_of(row.body)
    if survey.filled:
        figures = (survey.population, survey.invited, survey.answered, survey.excluded)
        labels = ("总体数", "发放数", "收回数", "剔除数")
        said = "，".join(f"{label} {n}" for label, n in zip(labels, figures, strict=True) if n is not None)
        yield Block(
            "四、满意度调查",
            words=tuple(filter(None, (said, f"满意度 {survey.rate}" if survey.rate else "", survey.note))),
        )
    for title, text in texts_of(row.body).items():
        if not text.strip():
            continue
        yield Block(title, words=tuple(text.splitlines()))


def _supplements(session: Session, head: Head) -> Forms:
    query = select(Supplement).where(Supplement.evaluation_id == head.case.id)
    sent = [
        s
        for s in session.scalars(query.order_by(Supplement.round, Supplement.code))
        if s.state is not SupplementState.DRAFT
    ]
    for number in sorted({s.round for s in sent}):
        asked = [s for s in sent if s.round == number]
        due = day(max(s.due_on for s in asked))
        words = (
            f"经审核你单位报送的绩效自评及佐证材料，下列事项需要补正。请于{due}前逐项补充并由单位负责人确认；"
            "逾期未补正的，按现有材料评价。",
        )
        rows = filled(
            (s.code, "；".join(map(str, s.items)), "、".join(map(str, s.nodes)), day(s.due_on), s.answer)
            for s in asked
        )
        columns = (
            Column("编号", "w8"),
            Column("需要补正的事项"),
            Column("指标", "w12"),
            Column("期限", "w18"),
            Column("答复", "w24"),
        )
        signs = Block(
            "", signs=("发出人（签字）", f"{head.organisers or '组织方'}（章）", "签收人（签字）", "签收日期")
        )
        yield head.form(
            "supplement",
            f"补正通知（第{number}轮）",
            (Block("", words, columns, rows), signs),
            item=str(number),
            to=head.units,
        )


def _visits(session: Session, head: Head) -> Forms:
    case = head.case
    found: dict[str | None, list[Finding]] = {}
    for finding in session.scalars(
        select(Finding).where(Finding.evaluation_id == case.id).order_by(Finding.code)
    ):
        found.setdefault(finding.visit_id, []).append(finding)
    for visit in session.scalars(select(Visit).where(Visit.evaluation_id == case.id).order_by(Visit.code)):
        facts = (
            *head.facts,
            ("核查编号", visit.code),
            ("核查日期", visit.on_printed or day(visit.on)),
            ("地点", visit.place),
            ("方式", visit.method),
            ("参加人员", visit.people),
        )
        rows = filled(
            (
                f.code,
                f.text,
                "、".join(map(str, f.nodes)),
                " ".join(filter(None, (FINDING_WORDS[f.state], f.response))),
            )
            for f in found.get(visit.id, ())
        )
        columns = (
            Column("编号", "w8"),
            Column("核查发现"),
            Column("指标", "w12"),
            Column("单位意见（属实／有异议）", "w30"),
        )
        body = (
            Block("一、核查经过", words=tuple(visit.content.splitlines()), blank=0 if visit.content else 4),
            Block("二、核查发现", columns=columns, rows=rows) if rows else Block("二、核查发现", blank=8),
            Block(
                "三、签认", signs=("核查人员（签字）", "核查组长（签字）", "被核查单位（签字、盖章）", "日期")
            ),
        )
        yield head.form("visit", "现场核查记录", body, facts=facts, item=visit.code)


def _letter(session: Session, head: Head) -> Forms:
    query = select(DraftIssue).where(DraftIssue.evaluation_id == head.case.id)
    silent = bool(head.case.facts.get("silence_is_consent", False))
    for issue in session.scalars(query.order_by(DraftIssue.number)):
        after = "逾期未反馈的，视为无意见。" if silent else "逾期未反馈的，如实记为逾期未反馈。"
        words = (
            f"{head.case.title}（征求意见稿第{issue.number}稿）已经形成，现送你单位征求意见。",
            f"请于{day(issue.due_on)}前将书面意见反馈我方。有意见的，请逐条写明针对的指标或段落、理由和依据，"
            f"并附相关材料；没有意见的，请在回函上注明。{after}",
            f"征求意见稿内容指纹：{issue.sheet_sha256[:16]}。",
        )
        reply = Block(
            "回　函", words=("对征求意见稿：　□ 无意见　　□ 有意见（写在下面或另附）",), blank=9,
            signs=("经办人（签字）", "单位负责人（签字）", "单位（公章）", "日期"),
        )  # fmt: skip
        sent = Block("", words, signs=(f"{head.organisers or '组织方'}（章）", day(issue.issued_on)))
        yield head.form(
            "letter",
            f"征求意见函（第{issue.number}稿）",
            (sent, reply),
            item=str(issue.number),
            to=head.units,
        )


def _catalogue(session: Session, head: Head) -> Forms:
    live = [piece for piece in evidence_room(session, head.case) if not piece.void]
    if not live:
        return
    rows = []
    for number, piece in enumerate(live, 1):
        newest = piece.versions[0] if piece.versions else None
        digest = newest.sha256[:16] if newest else ""
        rows.append(
            (
                str(number),
                piece.code,
                piece.name,
                piece.kind,
                piece.source,
                newest.filename if newest else "",
                digest,
            )
        )
    heads = ("序号", "编号", "材料名称", "类别", "来源", "文件", "内容指纹")
    widths = ("w6", "w7", "", "w12", "w12", "w12", "w18")
    columns = tuple(Column(label, width) for label, width in zip(heads, widths, strict=True))
    body = (
        Block(
            "",
            words=(f"共 {len(rows)} 件。内容指纹是文件 SHA-256 的前 16 位，收件人可据以核对。",),
            columns=columns,
            rows=filled(rows),
        ),
        Block("", signs=("移交人（签字）", "接收人（签字）", "移交日期")),
    )
    yield head.form("catalogue", "送审目录", body)


_MAKERS: tuple[Callable[[Session, Head], Forms], ...] = (_self, _supplements, _visits, _letter, _catalogue)
