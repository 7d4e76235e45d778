"""The whole of a case file and its opening sections: project, people, money, framework, plan."""

# ruff: noqa: RUF009 - every default is a dataclasses.field made by `declare`
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from service.cases import declare as d
from service.cases.fields import ChoiceField, NumberField, TextField
from service.cases.model_report import Figure, Item, Layout, Published, Table, Waiver
from service.cases.model_scoring import Adjustment, Deduction, Event, ResultField, Ruling, SheetResultsField
from service.cases.model_stages import (
    Amendment,
    Approval,
    Consultation,
    Correction,
    Evidence,
    MaterialReview,
    OnSite,
    PaperAct,
    Return,
    SelfAssessment,
    StageNote,
    Standstill,
)
from service.workflow.moneykinds import MONEY_KINDS

FORMAT = "pingji-case/1"
KINDS = {
    "unit_self": "单位自评",
    "department": "部门评价",
    "simplified": "简易程序",
    "fiscal": "财政评价",
    "fiscal_firm": "财政评价（委托机构）",
}
SUBJECTS = {"project": "项目", "policy": "政策或专项资金", "unit": "单位整体"}
PARTS = {
    "evaluated": "被评价单位",
    "supervisor": "主管部门",
    "organiser": "组织方",
    "finance": "财政部门",
    "agency": "评价机构",
    "commissioner": "委托方",
    "supplier": "供应商",
    "overseer": "监理单位",
    "user": "使用单位",
    "assessor": "评价单位",
    "approver": "立项审批部门",
    "other": "其他",
}
ROLES = {
    "DF": "填报人",
    "DH": "单位负责人",
    "SD": "主管部门审核",
    "EV": "评价员",
    "EX": "专家",
    "EL": "组长",
    "IR": "机构内部复核",
    "AS": "机构用印",
    "FO": "组织方经办",
    "FR": "组织方复核",
    "FA": "组织方签发",
}
UNITS = {"元": "元", "万元": "万元", "亿元": "亿元"}
AGGREGATES = {
    "mean": "平均",
    "weighted": "加权平均",
    "sum": "相加",
    "min": "取低",
    "none": "不合成",
}
POLICIES = {"city": "市级（岗位齐全）", "county": "县级（三人岗）"}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """评价对象。"""

    name: str = d.text("项目、政策或单位的名称", required=True)
    kind: str = d.choice("对象种类", SUBJECTS, default="project")
    description: str = d.text("一句话说明")
    period: str = d.text("实施期间，按来源原样写")


@dataclass(frozen=True, kw_only=True)
class SourceDocument:
    """本文件转录自哪份文件。"""

    title: str = d.text("来源文件的名称", required=True)
    publisher: str = d.text("发布单位")
    date: str = d.text("来源文件的日期，原样写")
    note: str = d.text("转录时的说明")


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """一个单位及其在本次评价中的身份。"""

    code: str = d.code("单位编号，全文件引用它", required=True)
    name: str = d.text("单位名称，用来源的写法", required=True)
    parts: tuple[str, ...] = d.texts("身份，可多个", lambda **k: ChoiceField(PARTS, **k), required=True)
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Papers:
    """主评人的资格材料（财监〔2021〕4号第7条）。"""

    qualification: str = d.text("职称或执业资格及编号，照证书写", required=True)
    years: str | None = d.whole("从业年数", least=0, most=80)
    evaluating_years: str | None = d.whole("其中从事绩效评价的年数", least=0, most=80)
    clean_record: bool = d.yes_no("是否声明无不良记录")
    valid_until: date | None = d.day("执业资格有效期的最后一天；职称不写")


@dataclass(frozen=True, kw_only=True)
class Person:
    """一个岗位上的人：只写岗位，不写姓名。"""

    code: str = d.code("人员编号，全文件的 by 引用它", required=True)
    duty: str = d.text("岗位，如 经办、组长", required=True)
    roles: tuple[str, ...] = d.texts("角色", lambda **k: ChoiceField(ROLES, **k), required=True)
    organisation: str = d.code("所在单位编号", required=True)
    division: str = d.text("处室")
    papers: Papers | None = d.one(Papers, "组长（主评人）的资格材料")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Money:
    """一笔资金：照来源的单位和位数写。"""

    code: str = d.code("资金编号", required=True)
    name: str = d.text("名称", required=True)
    kind: str = d.choice("口径", MONEY_KINDS, default="other")
    amount: str | None = d.number("金额；来源没有写的用 not_stated", required=True, gaps=True)
    unit: str = d.choice("单位", UNITS, default="万元")
    group: str = d.text("属于哪一组（子项目、来源、年度）")
    place: str = d.text("在来源中的位置")


@dataclass(frozen=True, kw_only=True)
class SheetAggregate:
    """多张评分表怎样合成案卷的总分；不写就各表分别定分。"""

    how: str = d.choice("合成方式", AGGREGATES, required=True)
    weights: dict[str, str] = d.mapping(
        "weighted 时各分表的权重", lambda **k: NumberField(negative=False, **k)
    )


@dataclass(frozen=True, kw_only=True)
class FrameworkRef:
    """指标体系：三种写法选一种。"""

    bundled: str = d.text("随系统附带的体系编号")
    path: str = d.text("相对本文件的 YAML 路径")
    inline: Any = d.tree("直接写在这里，格式同 pingji-framework/1", json={"type": "object"})
    sheets: tuple[str, ...] = d.texts("分表名称（多张评分表时）", TextField)
    aggregate: SheetAggregate | None = d.one(SheetAggregate, "多张评分表怎样合成")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """评价方案。"""

    on: date | None = d.day("拟订日期")
    by: str = d.code("拟订人")
    items: dict[str, str] = d.mapping("方案各项：标题到内容")
    approved_on: date | None = d.day("审定日期")
    approved_by: str = d.code("审定人")
    panel_opinion: str = d.text("专家组或审定意见")
    amendments: tuple[Amendment, ...] = d.many(Amendment, "方案审定后的变更，按号排列")
    source: str = d.text("出处；none 表示替身")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """本地规定，省略时用系统默认。"""

    policy: str = d.choice("不相容岗位的规则", POLICIES, default="city")
    consultation_days: str | None = d.whole("征求意见的工作日数", least=1, most=250)
    supplement_days: str | None = d.whole("补正的工作日数", least=1, most=250)
    supplement_rounds: str | None = d.whole("补正轮数上限", least=1, most=20)


@dataclass(frozen=True, kw_only=True)
class Case:
    """一个案卷文件（pingji-case/1）的全部内容。"""

    format: str = d.choice("格式标识", {FORMAT: FORMAT}, required=True)
    case: str = d.code("案卷编号，也是报告文件名的一部分", required=True)
    title: str = d.text("评价或报告的名称", required=True)
    kind: str = d.choice("评价种类", KINDS, required=True)
    year: str = d.text("评价年度或期间", required=True)
    subject: Subject = d.one(Subject, "评价对象", required=True)
    framework: FrameworkRef = d.one(FrameworkRef, "指标体系", required=True)
    source: SourceDocument | None = d.one(SourceDocument, "转录自哪份文件")
    profile: str = d.text("报告样式编号", default="standard")
    layout: Layout | None = d.one(Layout, "报告用的是哪一版本单位模板；没有就是自带版式")
    secrecy: str = d.text("密级", default="公开")
    publicity: str = d.text("公开方式")
    report_on: date | None = d.day("报告落款日期")
    report_on_printed: str = d.text("报告日期的原样写法")
    stand_ins: str = d.choice(
        "流程需要而来源没有的人和步骤：fill 自动补替身并标明，refuse 逐一报错",
        {"fill": "补替身", "refuse": "报错"},
        default="fill",
    )
    settings: Settings | None = d.one(Settings, "本地规定")
    organisations: tuple[Organisation, ...] = d.many(Organisation, "单位")
    people: tuple[Person, ...] = d.many(Person, "人员（按岗位）")
    money: tuple[Money, ...] = d.many(Money, "资金")
    issued_on: date | None = d.day("下达评价任务的日期")
    plan: Plan | None = d.one(Plan, "评价方案")
    stages: tuple[StageNote, ...] = d.many(StageNote, "各阶段怎样进行、起止日期")
    self_assessment: SelfAssessment | None = d.one(SelfAssessment, "自评")
    evidence: tuple[Evidence, ...] = d.many(Evidence, "佐证材料")
    material_review: MaterialReview | None = d.one(MaterialReview, "材料审核与补正")
    on_site: OnSite | None = d.one(OnSite, "现场核查、访谈与发现")
    results: dict[str, Any] = d.mapping("各叶子指标的结果：编号到结果（见手册“结果”）", ResultField)
    sheet_results: dict[str, dict[str, Any]] = d.mapping(
        "多张评分表时：分表编号到各自的结果", SheetResultsField
    )
    deductions: tuple[Deduction, ...] = d.many(Deduction, "扣分")
    adjustments: tuple[Adjustment, ...] = d.many(Adjustment, "裁量调整：与细则得分不同的给分及理由")
    events: tuple[Event, ...] = d.many(Event, "一票否决、降等等事项")
    ruling: Ruling | None = d.one(Ruling, "总分不在任何等次之内时的裁定")
    consultation: Consultation | None = d.one(Consultation, "征求意见")
    approvals: tuple[Approval, ...] = d.many(Approval, "审批、复核、用印、签发")
    paper: tuple[PaperAct, ...] = d.many(PaperAct, "线下登记")
    waivers: tuple[Waiver, ...] = d.many(Waiver, "冻结报告之前签认的核对发现")
    returns: tuple[Return, ...] = d.many(Return, "退回")
    standstills: tuple[Standstill, ...] = d.many(Standstill, "中止、恢复、终止")
    corrections: tuple[Correction, ...] = d.many(Correction, "签发后的更正")
    narrative: dict[str, str] = d.mapping("报告各节的文字：节编号到文字")
    notes: dict[str, str] = d.mapping("指标的说明文字：指标编号到文字，印在该指标的段落里")
    problems: tuple[Item, ...] = d.many(Item, "存在的问题")
    suggestions: tuple[Item, ...] = d.many(Item, "建议")
    tables: tuple[Table, ...] = d.many(Table, "报告中的其他表格")
    figures: tuple[Figure, ...] = d.many(Figure, "结构图（用文字框画出）")
    published: tuple[Published, ...] = d.many(Published, "来源中印出的数字或文字及其核算关系")
    expect: dict[str, str] = d.mapping("期望的结果：路径到按位数写出的值")
