"""Snapshots for report tests: S2 (13/23/64, 87.97), S3-sized (35 leaves, 78.00), and small ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from service.report.snapshot import (
    AdjustmentView,
    ApprovalView,
    AuditPoint,
    Band,
    BlockView,
    CaseSnapshot,
    CompositeView,
    DeductionView,
    EvidenceView,
    FrameworkView,
    FreeTable,
    ImageView,
    Item,
    LineView,
    MoneyFact,
    NodeView,
    Org,
    QuotationView,
    SheetView,
    WaterfallStep,
)

BANDS = (Band("优", "90"), Band("良", "80"), Band("中", "60"), Band("差", "0"))

S3_TREE = """\
A 决策 16 11
 A1 项目立项 4 4
  A101 立项依据充分性 2 2
  A102 立项程序规范性 2 2
 A2 绩效目标 4 2.5
  A201 绩效指标明确性 4 2.5
 A3 资金投入 8 4.5
  A301 预算编制科学合理性 8 4.5
B 过程 30 22.5
 B1 资金管理 10 8
  B101 预算执行率 2 2
  B102 预算调整率 3 1.5
  B103 资金使用合规性 5 4.5
 B2 组织实施 20 14.5
  B201 管理制度健全性 4 3
  B202 制度执行有效性 4 3
  B203 实施规范性 8 6.5
  B204 项目监管有效性 4 2
C 产出 20 16.5
 C1 产出数量 5 5
  C101 平台硬件达标率 1 1
  C102 驻场人员到位率 1 1
  C103 驻场人员资质达标率 1 1
  C104 记录保存完备率 1 1
  C105 服务水平协议（SLA）考核 1 1
 C2 产出质量 10 7.5
  C201 项目终验合格率 1 0.5
  C202 服务内容实现率 1 1
  C203 项目资源可用率 1 1
  C204 项目正常运行率 1 1
  C205 信息安全等级保护要求 1 1
  C206 第一资源池云资源利用率 2 0
  C207 主机闲置资源回收率 3 3
 C3 产出时效 5 4
  C301 完成及时性 2 2
  C302 系统故障响应或维护及时性 3 2
D 效益 34 29
 D1 项目效益 20 16.5
  D101 政务数据统筹管理机制 5 4.5
  D102 第一资源池云服务单价下降 2 2
  D103 云资源和云存储资源使用率 10 8
  D104 政务数据支撑应用能力 3 2
 D2 可持续影响 8 8
  D201 机房电力续航 1 1
  D202 项目备份服务 2 2
  D203 政务数据共享交换便利性 5 5
 D3 满意度 6 4.5
  D301 目标用户使用体验满意率 6 4.5
N 逆向指标 -20 -1
 N1 自评工作 -10 -1
  N101 自评工作质量 -10 -1
 N2 负面问题 -10 0
  N201 负面问题发生情况 -10 0
"""


def read_tree(text: str) -> tuple[tuple[NodeView, ...], tuple[LineView, ...]]:
    """Return nodes and lines of an indented tree ``code name max awarded``; N… is a ± block."""
    nodes: list[NodeView] = []
    lines: list[LineView] = []
    parents = [""]
    rows = [row for row in text.splitlines() if row.strip()]
    depths = [len(row) - len(row.lstrip()) for row in rows]
    for number, row in enumerate(rows):
        code, name, top, got = row.split()
        depth = depths[number]
        leaf = number + 1 == len(rows) or depths[number + 1] <= depth
        parents = [*parents[: depth + 1], code]
        block = "N" if code.startswith("N") else ""
        rate = None if block or got == "-" else str(Fraction(got) / Fraction(top))
        awarded = None if got == "-" else got
        nodes.append(
            NodeView(
                code,
                name,
                depth + 1,
                parents[depth],
                max=top,
                leaf=leaf,
                block=block,
                target="≥95%",
                explanation=f"反映{name}的情况。" if leaf else "",
                criteria="1.符合全部要点，得满分；\n2.部分符合，酌情扣分；\n3.不符合，不得分。"
                if leaf
                else "",
            )
        )
        lines.append(
            LineView(
                code,
                name,
                depth + 1,
                parents[depth],
                max=top,
                awarded=awarded,
                rate=rate,
                block=block,
                rule_points=awarded,
                steps=(f"按标准计 {got} 分",) if leaf else (),
            )
        )
    return tuple(nodes), tuple(lines)


def make_s3() -> CaseSnapshot:
    nodes, lines = read_tree(S3_TREE)
    lost = [
        DeductionView(
            f"d{n}",
            line.code,
            f"{line.name}方面的材料不完整，未能说明全部情况",
            "material_review",
            amount=str(Fraction(line.max or "0") - Fraction(line.awarded or "0")),
            clause="评分标准第2条",
            evidence=(f"E{n:02d}",),
            author="评价员",
        )
        for n, line in enumerate((x for x in lines if x.level == 3 and not x.block and x.max != x.awarded), 1)
    ]
    extra = DeductionView(
        "dx", "A301", "扩容测算以峰值为准", "on_site_verification", amount="0", author="专家"
    )
    block = DeductionView(
        "dn", "N101", "自评报告提交较晚，多次补充材料", "finalisation", amount="1", author="组长"
    )
    return CaseSnapshot(
        code="s3",
        title="2022年度中山市电子政务云服务平台项目",
        kind="fiscal_firm",
        kind_label="财政评价",
        year="2022",
        subject_name="2022年度中山市电子政务云服务平台项目",
        profile="zhongshan-fiscal-2022",
        report_on=date(2023, 9, 28),
        demo=True,
        organisations=(Org("o1", "甲信息咨询有限公司", "评价机构"), Org("o2", "市财政局", "财政部门")),
        money=(
            MoneyFact("budget", "预算安排", fen=5823_000_000),
            MoneyFact("arrears", "支付欠款", fen=2145_000_000),
        ),
        framework=FrameworkView("zs", "中山", nodes=nodes, bands=BANDS, max="100"),
        sheet=SheetView(
            "",
            "",
            max="100",
            total="78",
            rate="39/50",
            grade="中",
            lines=lines,
            blocks=(BlockView("N", "逆向指标", floor="-20", awarded="-1"),),
        ),
        waterfall=(
            WaterfallStep("自评", "96"),
            WaterfallStep("材料审核", "84.5"),
            WaterfallStep("定稿", "78"),
        ),
        deductions=(*lost, extra, block),
        adjustments=(
            AdjustmentView("a1", "B102", "1.5", "属历史欠费结转，酌情给分", rule="0", clause="评分标准第6条"),
        ),
        evidence=tuple(
            EvidenceView(f"E{n:02d}", f"佐证材料{n}", "正式", "项目单位", "支出情况", "ab" * 32)
            for n in range(1, 9)
        ),
        narrative={
            "abstract": "受委托，评价组对项目开展绩效评价。\n评价得分[[total.awarded|score]]分，等级为“[[total.grade]]”。\n"
            "预算安排[[money.budget]]万元，其中支付欠款[[money.arrears]]万元。\n第一，压实责任；第二，加强监管。",
            "lead": "为检验项目资金的使用绩效，总结经验，分析问题，开展本次评价。",
            "basics.overview": "项目分为两个资源池。\n## 资金投入与使用情况\n预算安排[[money.budget]]万元，"
            "支付欠款占[[money.arrears/budget|pct]]。\n- 第一资源池；\n- 第二资源池。",
            "basics.work": "## 项目绩效目标\n保障平台稳定运行。\n## 绩效评价工作过程\n- **前期准备。**制定方案。\n- **材料审核。**逐项核对。",
            "analysis.conclusion": "经材料审核和现场核查，评价组形成如下结论。",
            "problems": "",
            "suggestions": "",
        },
        notes={"A101": "立项符合职责范围。", "B101": "全年支付到位。"},
        problems=(
            Item(
                "责任部门履职能力弱",
                "情况如下：",
                parts=(Item("主管单位。", "测算依据不足。"), Item("监理单位。", "专业意见不足。")),
            ),
            Item("预算测算不科学", "未区分高频与低频数据。"),
        ),
        suggestions=(Item("压实责任", parts=(Item("严格审核。", "逐项核价。"),)),),
        quotations=(
            QuotationView(
                "node.D301.rate", "70.00%", "75.00%", "正文效益指标第8条", "differ", cause="原文笔误"
            ),
        ),
        approvals=(ApprovalView("内部复核", "复核人", "甲信息咨询有限公司", date(2023, 9, 20), "done"),),
        stand_ins=("现场核查日期来源未载，按程序补录",),
        audit=AuditPoint(120, "ab" * 32),
    )


def make_s2() -> CaseSnapshot:
    nodes, lines = read_tree("A 项目决策 13 11\nB 项目管理 23 19.97\nC 项目绩效 64 57\n")
    return CaseSnapshot(
        code="s2",
        title="2018 年合作交流综合信息服务平台建设（运维）项目",
        kind="simplified",
        year="2018",
        subject_name="合作交流综合信息服务平台建设（运维）项目",
        profile="shanghai-simplified-2018",
        report_on=date(2018, 12, 31),
        money=(MoneyFact("budget", "预算", fen=19_370_000), MoneyFact("paid", "支出", fen=19_300_000)),
        framework=FrameworkView("sh", "上海", nodes=nodes, bands=BANDS, max="100"),
        sheet=SheetView(max="100", total="87.97", rate="8797/10000", grade="良", lines=lines),
        narrative={
            "basics.background.project": "为保障平台正常运行，实施本项目。",
            "basics.background.goals": "完成年度运维。",
            "basics.budget": "预算[[money.budget]]万元，支出[[money.paid|wan2]]万元，执行率[[money.paid/budget]]。",
            "basics.management.structure": "由主管单位统筹。\n[[image:structure]]",
            "basics.management.process": "* 项目申报：编制预算；\n* 预算报批：报送审批。",
            "basics.data.basis": "* 建设规范；\n* 管理规范。",
            "basics.data.method": "- **数据来源。**案卷与访谈。\n[[table:files]]\n- **调查过程。**访谈如下。\n[[table:talks]]",
            "results.effects": "运行平稳。",
        },
        problems=(Item("", "平台操作便捷度有提升空间。"),),
        suggestions=(Item("", "持续优化界面。"),),
        tables=(
            FreeTable(
                "files",
                "项目案卷清单",
                ("序号", "案卷名称", "获取来源", "考察内容"),
                (
                    ("1", "a 职能概况\nb 目标申报表", "项目单位网站", "项目立项"),
                    ("2", "a 立项依据", "业务处室提供", "项目管理"),
                ),
                (14, 66, 36, 40),
                ("", "left", "", "left"),
            ),
            FreeTable(
                "talks",
                "项目访谈情况表",
                ("序号", "访谈时间", "访谈对象", "访谈内容"),
                (
                    ("1", "5 月下旬", "处室负责人", "立项情况"),
                    ("2", "^", "^", "结算流程"),
                    ("3", "12 月上旬", "经办人", "实施情况"),
                ),
            ),
        ),
        images=(
            ImageView(
                "structure",
                "项目组织管理架构图",
                boxes=(("主管单位",), ("实施处室", "协同处室"), ("服务供应商",)),
            ),
        ),
    )


def make_s0() -> CaseSnapshot:
    nodes, lines = read_tree(
        "A 项目管理 100 98.38\n A1 立项定位 20 20\n  A101 立项依据充分性 20 20\n A2 预算编制 80 78.38\n"
        "  A201 预算资金支付情况 80 78.38\nB 项目结果 100 98.38\n B1 数量指标 100 98.38\n  B101 巡检记录齐备性 100 98.38\n"
    )
    return replace(
        make_s3(),
        code="s0",
        profile="guangzhou-department-2023",
        title="2023 年度重点项目\n绩效评价报告",
        framework=FrameworkView("gz", "广州", nodes=nodes, bands=BANDS, max="100"),
        narrative={},
        notes={},
        sheet=SheetView(
            max="100",
            total="98.38",
            grade="优",
            lines=lines,
            composite=(
                CompositeView("A", "项目管理", "2/5", "98.38"),
                CompositeView("B", "项目结果", "3/5", "98.38"),
            ),
        ),
        deductions=(DeductionView("d1", "B101", "记录不及时", amount=None),),
        adjustments=(),
        demo=False,
    )


def make_unscored(profile: str) -> CaseSnapshot:
    """Return a case without any score (S1 and S4 publish none), with a banded table."""
    base = make_s3()
    lines = tuple(replace(x, awarded=None, rate=None) for x in base.sheet.lines if not x.block)
    nodes = tuple(n for n in base.framework.nodes if not n.block)
    money = FreeTable(
        "money",
        "项目资金投入和使用情况表",
        ("序号", "业务处室", "子项目名称", "预算", "支出", "备注"),
        (
            ("合  计", "<", "<", "4,600.00", "4,495.10", "-"),
            ("（一）应用软件", "<", "<", "1,191.00", "1,087.80", "-"),
            ("1", "甲处", "网站运维", "11.00", "11.00", "-"),
            ("（二）云计算", "<", "<", "3,409.00", "3,407.30", "-"),
        ),
        bands=(1, 3),
        totals=(0,),
        section="basics.overview.funds" if "qingdao" in profile else "results.goals",
    )
    return replace(
        base,
        profile=profile,
        organisations=(Org("o1", "甲办公室", "被评价单位"), Org("o1", "甲办公室", "评价单位")),
        framework=replace(base.framework, nodes=nodes, bands=()),
        sheet=SheetView(lines=lines),
        deductions=(),
        adjustments=(),
        narrative={},
        notes={},
        tables=(money,),
        demo=False,
        waterfall=(),
    )


def make_self() -> CaseSnapshot:
    base = make_s3()
    return replace(
        base,
        profile="unit-self",
        narrative={"self.goal": "完成运维", "self.done": "已完成"},
        money=(
            MoneyFact("b0", "年初预算", "initial", 1_000_000_00),
            MoneyFact("b1", "全年预算", "adjusted", 1_200_000_00),
            MoneyFact("p", "执行", "paid", 1_100_000_00),
            MoneyFact("c1", "当年拨款", "adjusted", 1_200_000_00),
        ),
    )


MAKERS: dict[str, Callable[[], CaseSnapshot]] = {
    "zhongshan-fiscal-2022": make_s3,
    "shanghai-simplified-2018": make_s2,
    "guangzhou-department-2023": make_s0,
    "guangzhou-agency-2021": lambda: make_unscored("guangzhou-agency-2021"),
    "qingdao-fiscal-2020": lambda: make_unscored("qingdao-fiscal-2020"),
    "unit-self": make_self,
    "standard": lambda: replace(make_s3(), profile="standard"),
}


@pytest.fixture(scope="session")
def makers() -> dict[str, Callable[[], CaseSnapshot]]:
    """Return a snapshot maker for every bundled profile."""
    return MAKERS


@pytest.fixture
def s3() -> CaseSnapshot:
    return make_s3()


@pytest.fixture
def s2() -> CaseSnapshot:
    return make_s2()
