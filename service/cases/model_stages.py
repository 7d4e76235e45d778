"""Sections of a case file that follow the stages, from self-assessment to approvals and corrections.

Every act has `on` (business date), `by` (person code) and `source` (place in the source, or ``none`` for a
stand-in); all three may be left out.
"""

# ruff: noqa: RUF009 - every default is a dataclasses.field made by `declare`
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from service.cases import declare as d
from service.cases.fields import NumberField, TextField
from service.cases.model_scoring import STAGES

MODES = {"held": "进行", "off_site": "不到现场（书面）", "not_held": "未进行"}
EVIDENCE_KINDS = {
    "formal": "正式资料",
    "working": "工作资料",
    "voucher": "原始凭证",
    "statement": "说明材料",
    "not_stated": "来源未载",
}
VERDICTS = {"complete": "齐全", "missing": "缺", "mismatch": "不符"}
CONFIRMATIONS = {"confirmed": "双方确认", "objected": "被评价单位有异议", "not_stated": "来源未载"}
DISPOSITIONS = {"accepted": "采纳", "partial": "部分采纳", "rejected": "不采纳"}
STEPS = {
    "plan": "方案审定",
    "review_pass": "材料审核通过",
    "scores_submit": "提交评分",
    "draft_issue": "发出征求意见稿",
    "consultation_close": "结束征求意见",
    "internal_review": "机构内部复核",
    "certify": "主评人签字",
    "seal": "机构用印",
    "second_review": "组织方复核",
    "sign": "签发",
}
PAPER_ACTS = {
    "submit": "报送",
    "supplement": "补正确认",
    "confirm": "现场确认",
    "reply": "回函",
    "certify": "主评人签字",
    "seal": "用印",
    "sign": "签发",
}


@dataclass(frozen=True, kw_only=True)
class StageNote:
    """一个阶段怎样进行。"""

    stage: str = d.choice("阶段", STAGES, required=True)
    mode: str = d.choice("进行方式", MODES, default="held")
    ground: str = d.text("未进行或不到现场的依据")
    entered_on: date | None = d.day("进入日期")
    left_on: date | None = d.day("结束日期")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """方案审定后的一次变更。"""

    on: date | None = d.day("变更日期")
    by: str = d.code("提出人")
    reason: str = d.text("理由", required=True)
    effect: str = d.text("对分数的影响", required=True)
    items: dict[str, str] = d.mapping("变更后的方案各项")
    approved_on: date | None = d.day("审定日期")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class ClaimLine:
    """自评表的一行。"""

    target: str = d.text("年度指标值，原样")
    actual: str = d.text("实际完成值，原样")
    points: str | None = d.number("自评得分", gaps=True)
    deviation: str = d.text("偏差原因及改进措施")


@dataclass(frozen=True, kw_only=True)
class SelfAssessment:
    """自评的填报与报送。"""

    on: date | None = d.day("填报日期")
    by: str = d.code("填报人")
    due_on: date | None = d.day("应报送的日期")
    submitted_on: date | None = d.day("报送日期")
    submitted_by: str = d.code("报送人（单位负责人）")
    submitted_printed: str = d.text("报送时间的原样写法")
    late: bool | None = d.yes_no("来源是否说报送迟了", default=None)
    total: str | None = d.number("自评总分", gaps=True)
    grade: str = d.text("自评等级")
    points: dict[str, str | None] = d.mapping(
        "自评得分：指标编号到分数", lambda **k: NumberField(gaps=True, **k)
    )
    lines: dict[str, ClaimLine] = d.mapping(
        "自评表各行：指标编号到内容", lambda **k: d.PartField(ClaimLine, **k)
    )
    texts: dict[str, str] = d.mapping("自评报告的文字：标题到内容", TextField)
    reviewed_on: date | None = d.day("主管部门审核日期")
    reviewed_by: str = d.code("主管部门审核人")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Voided:
    """一件佐证作废：留在案中，不再作依据。"""

    reason: str = d.text("作废的理由", required=True)
    stage: str = d.choice("在哪个阶段作废；省略为取得它的阶段", STAGES)
    on: date | None = d.day("日期")
    by: str = d.code("谁作废；只能是提交它的一方")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """一件佐证材料；没有 text 也没有 file 的只登记清单。"""

    code: str = d.code("佐证编号", required=True)
    name: str = d.text("名称", required=True)
    kind: str = d.choice("类别", EVIDENCE_KINDS, default="not_stated")
    obtained: str = d.text("从哪里取得")
    proves: str = d.text("证明什么")
    period: str = d.text("材料所属期间")
    nodes: tuple[str, ...] = d.texts("有关的指标编号")
    stage: str = d.choice("在哪个阶段取得", STAGES, default="self_assessment")
    text: str = d.text("材料的文字（直接写在这里）")
    file: str = d.text("材料文件，相对本文件的路径")
    supersedes: str = d.code("取代哪一件的旧版本")
    voided: Voided | None = d.one(Voided, "后来作废的，为什么")
    on: date | None = d.day("日期")
    by: str = d.code("谁提交")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """对一项材料的审核意见。"""

    subject: str = d.text("审核的材料或事项", required=True)
    node: str = d.code("有关的指标编号")
    verdict: str = d.choice("意见", VERDICTS, required=True)
    note: str = d.text("说明")
    round: str | None = d.whole("第几轮", least=1, most=20)
    on: date | None = d.day("日期")
    by: str = d.code("审核人")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Supplement:
    """一轮补正：要求、答复、确认。"""

    code: str = d.code("补正编号", required=True)
    items: tuple[str, ...] = d.texts("要求补什么", TextField, required=True)
    mandatory: bool = d.yes_no("是否必须", default=True)
    on: date | None = d.day("要求日期")
    by: str = d.code("要求人")
    due_on: date | None = d.day("期限")
    answered_on: date | None = d.day("答复日期")
    answered_by: str = d.code("答复人")
    answer: str = d.text("答复内容")
    evidence: tuple[str, ...] = d.texts("补交的佐证编号")
    confirmed_on: date | None = d.day("单位负责人确认日期")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class MaterialReview:
    """材料审核。"""

    verdicts: tuple[Verdict, ...] = d.many(Verdict, "逐项意见")
    supplements: tuple[Supplement, ...] = d.many(Supplement, "补正，按轮次排列")
    passed_on: date | None = d.day("通过日期")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """一次现场核查、座谈或访谈。"""

    code: str = d.code("编号", required=True)
    on: date | None = d.day("日期")
    on_printed: str = d.text("时间的原样写法")
    place: str = d.text("地点")
    method: str = d.text("方式：座谈、勘查、抽查、访谈")
    people: str = d.text("参加或受访的人（按岗位）")
    content: str = d.text("内容")
    by: str = d.code("记录人")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """一条核查发现。"""

    code: str = d.code("编号", required=True)
    visit: str = d.code("在哪次核查中发现")
    nodes: tuple[str, ...] = d.texts("有关的指标编号")
    text: str = d.text("发现的内容，自己的话", required=True)
    evidence: tuple[str, ...] = d.texts("佐证编号")
    on: date | None = d.day("日期")
    by: str = d.code("记录人")
    confirmation: str = d.choice("被评价单位的确认", CONFIRMATIONS, default="not_stated")
    response: str = d.text("被评价单位的话")
    confirmed_on: date | None = d.day("确认日期")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class OnSite:
    """现场核查。"""

    visits: tuple[Visit, ...] = d.many(Visit, "核查、座谈、访谈")
    findings: tuple[Finding, ...] = d.many(Finding, "发现")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """意见处理对一条扣分的影响。"""

    deduction: str = d.code("扣分编号", required=True)
    amount: str | None = d.number("改为扣多少分；0 表示撤销", required=True, negative=False)


@dataclass(frozen=True, kw_only=True)
class Disposition:
    """对一条意见的处理。"""

    result: str = d.choice("结论", DISPOSITIONS, required=True)
    reason: str = d.text("理由", required=True)
    effect: str = d.text("对分数或文字的影响")
    points: tuple[Effect, ...] = d.many(Effect, "改动的扣分")
    on: date | None = d.day("提出日期")
    by: str = d.code("提出人")
    confirmed_on: date | None = d.day("确认日期")
    confirmed_by: str = d.code("确认人")


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """一条反馈意见，或期满未回的登记。"""

    code: str = d.code("编号", required=True)
    organisation: str = d.code("反馈单位编号", required=True)
    text: str = d.text("意见内容")
    agrees: bool = d.yes_no("是否表示无意见")
    lapsed: bool = d.yes_no("是否期满未回")
    place: str = d.text("针对报告的哪一处")
    node: str = d.code("有关的指标编号")
    on: date | None = d.day("收到日期")
    by: str = d.code("登记人")
    disposition: Disposition | None = d.one(Disposition, "处理")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """征求意见。"""

    issued_on: date | None = d.day("发出日期")
    due_on: date | None = d.day("期限")
    closed_on: date | None = d.day("结束日期")
    opinions: tuple[Opinion, ...] = d.many(Opinion, "意见")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Approval:
    """一个审批步骤。"""

    step: str = d.choice("步骤", STEPS, required=True)
    on: date | None = d.day("日期")
    by: str = d.code("谁")
    opinion: str = d.text("意见")
    paper: str = d.code("线下办理时的登记编号")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class PaperAct:
    """一次线下登记。"""

    code: str = d.code("登记编号", required=True)
    act: str = d.choice("办的什么", PAPER_ACTS, required=True)
    number: str = d.text("文号")
    on: date | None = d.day("文件日期")
    registered_on: date | None = d.day("登记日期")
    registered_by: str = d.code("登记人")
    on_behalf: str = d.code("替谁登记")
    text: str = d.text("文件内容摘要")
    file: str = d.text("扫描件，相对本文件的路径")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class ReturnItem:
    """退回的一项理由。"""

    reason: str = d.text("理由", required=True)
    node: str = d.code("有关的指标编号")


@dataclass(frozen=True, kw_only=True)
class Return:
    """一次退回。"""

    start: str = d.choice("从哪个阶段退回", STAGES, required=True)
    back_to: str = d.choice("退到哪个阶段", STAGES, required=True)
    items: tuple[ReturnItem, ...] = d.many(ReturnItem, "逐项理由")
    straight_back: bool = d.yes_no("重新报送后是否直接回到退回者")
    after_freeze: bool = d.yes_no("定稿退回时，报告是否已经冻结")
    on: date | None = d.day("退回日期")
    by: str = d.code("退回人")
    resubmitted_on: date | None = d.day("重新报送日期")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Standstill:
    """中止、恢复或终止。"""

    act: str = d.choice("办的什么", {"suspend": "中止", "resume": "恢复", "terminate": "终止"}, required=True)
    reason: str = d.text("理由", required=True)
    on: date | None = d.day("日期")
    by: str = d.code("谁")
    source: str = d.text("在来源中的位置；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Correction:
    """签发后的一次更正。"""

    reason: str = d.text("更正什么、为什么", required=True)
    narrative: dict[str, str] = d.mapping("更正后的各节文字")
    on: date | None = d.day("提出日期")
    by: str = d.code("提出人")
    signed_on: date | None = d.day("签发日期")
    signed_by: str = d.code("签发人，不能是上一版的签发人")
    source: str = d.text("在来源中的位置；none 表示替身")
