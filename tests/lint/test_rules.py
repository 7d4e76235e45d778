"""Each rule on sentences and tables as offices write them, right and wrong, none of them from the five reports."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from service.lint.document import Document
from service.lint.engine import check
from service.lint.shape import shape
from service.report.blocks import text_of
from service.report.caseview import AdjustmentView
from service.report.lists import adjustments

RIGHT = [
    "过程指标满分25分，实际得分20分，得分率80%。",
    "产出类指标（满分40分）得分36.5分，得分率为91.25%。",
    "该指标得分率85%（满分20分，得17分）。",
    "决策指标分值15分，评价得分13分，得分率约87%。",
    "（1）立项规范性。该指标分值5分，评价得分4分，得分率80%。资料不全扣0.5分，程序倒置扣0.5分。因此，该指标扣1分。",
    "项目总投资1200万元，其中：中央资金800万元，省级资金300万元，市级配套100万元。",
    "全年支出合计3.5亿元，其中基本支出2亿元、项目支出1.5亿元。",
    "项目资金560万元，其中设备购置费230万元。",
    "预算数500万元，实际支出480万元，预算执行率96%。",
    "项目年初预算为860.5万元，调整后预算为900万元，全年支出873万元，执行率为97%。",
    "计划培训200人，实际培训186人，培训完成率93%。",
    "发放问卷300份，收回有效问卷285份，有效回收率95%。",
    "投诉量由120件下降到90件，下降25%。",
    "三次抽检合格率分别为98%、96%、97%，平均合格率为97%。",
    "该项得分=(85%-60%)/(90%-60%)×6=5分。",
    "综合得分=90×40%+85×60%=87分。",
    "综合评价得分为89.5分，评价等级为良。",
    "评价得分92分，等级为“优”。",
    "设置数量指标、质量指标、时效指标3个二级指标。",
    "涉及水利、交通、农业等3个部门。",
    "包括前期准备、现场核查、数据采集和报告撰写4个环节。",
    "存在以下两个方面问题：一是资料不全；二是进度滞后。",
    "40个项目中，32个已完工，8个在建。",
    "项目于2023年3月1日至2023年12月31日实施。",
    "服务时间为7*24小时，响应时间≤30分钟。",
    "依据《预算法》（2018年修正）和《项目支出绩效评价管理办法》（财预〔2020〕10号）。",
    "满意度为95.2%，高于目标值90%。",
    "共发现问题3个，其中1个已整改。",
    "2022年支出100万元，2023年支出120万元，两年合计220万元。",
]
WRONG = [
    ("过程指标满分25分，实际得分20分，得分率82%。", "rate.stated"),
    ("产出类指标（满分40分）得分36.5分，得分率为92.25%。", "rate.stated"),
    ("该指标得分率80%（满分20分，得17分）。", "rate.stated"),
    ("该指标分值5分，评价得分6分，得分率120%。", "rate.stated-over"),
    ("（1）立项规范性。该指标分值5分，评价得分4分，得分率80%。因此，该指标扣2分。", "ledger.lost"),
    ("项目总投资1200万元，其中：中央资金800万元，省级资金300万元，市级配套200万元。", "sum.parts"),
    ("全年支出合计3.5亿元，其中基本支出2亿元、项目支出1.6亿元。", "sum.parts"),
    ("2022年支出100万元，2023年支出120万元，两年合计230万元。", "sum.parts"),
    ("预算数500万元，实际支出480万元，预算执行率98%。", "ratio.money"),
    ("预算安排5000000元，实际支出480万元，预算执行率95%。", "ratio.money"),
    ("计划培训200人，实际培训186人，培训完成率95%。", "ratio.counts"),
    ("投诉量由120件下降到90件，下降30%。", "ratio.growth"),
    ("三次抽检合格率分别为98%、96%、97%，平均合格率为98%。", "mean.plain"),
    ("该项得分=(85%-60%)/(90%-60%)×6=4.5分。", "sum.equation"),
    ("综合得分=90×40%+85×60%=88分。", "sum.equation"),
    ("综合评价得分为79.5分，评价等级为良。", "band.grade"),
    ("设置数量指标、质量指标、时效指标4个二级指标。", "count.listed"),
    ("包括前期准备、现场核查、数据采集和报告撰写5个环节。", "count.listed"),
    ("存在以下三个方面问题：一是资料不全；二是进度滞后。", "count.ordered"),
    ("40个项目中，30个已完工，8个在建。", "count.parts"),
    ("项目于2023年12月1日至2023年3月31日实施。", "date.backwards"),
    ("合同于2023年2月30日签订。", "date.impossible"),
    ("该项目由×××公司承担，达标值不低于*。", "placeholder.left"),
    ("资金管理办法（试行已废止。", "bracket.unpaired"),
    ("制度健全。制度健全有效执行到位。制度健全有效执行到位。", "repeat.sentence"),
    ("一是进度慢；三是质量差。", "numbering.said"),
    ("截止2023年12月31日，项目已完工。", "wording.confused"),
    ("据此酌情扣减分数。", "unstated.deduction"),
]
TABLES = [
    (["指标\t分值\t得分\t得分率", "决策\t20\t18\t90%", "过程\t30\t27\t90%", "产出\t50\t40\t80%", "合计\t100\t85\t85%"], set()),
    (["指标\t分值\t得分\t得分率", "决策\t20\t18\t95%", "过程\t30\t27\t90%", "产出\t50\t40\t80%", "合计\t100\t85\t85%"], {"rate.table"}),
    (["指标\t分值\t得分", "决策\t20\t18", "过程\t30\t27", "产出\t50\t40", "合计\t100\t86"], {"sum.total"}),
    (
        ["项目\t预算数\t支出数\t执行率\t结余", "甲\t100\t90\t90.00%\t10", "乙\t200\t150\t75.00%\t50", "丙\t50\t50\t100.00%\t0", "合计\t350\t290\t82.86%\t60"],
        set(),
    ),
    (
        ["项目\t预算数\t支出数\t执行率\t结余", "甲\t100\t90\t90.00%\t10", "乙\t200\t150\t70.00%\t50", "丙\t50\t50\t100.00%\t0", "合计\t350\t290\t82.86%\t60"],
        {"ratio.column"},
    ),
    (
        ["项目\t预算数\t支出数\t执行率\t结余", "甲\t100\t90\t90.00%\t10", "乙\t200\t150\t75.00%\t40", "丙\t50\t50\t100.00%\t0", "合计\t350\t290\t82.86%\t60"],
        {"sum.column", "sum.total"},
    ),
    (
        ["科目\t中央\t省级\t市级\t合计", "一、设备\t10\t20\t30\t60", "二、服务\t5\t5\t5\t15", "三、其他\t1\t2\t3\t6", "总计\t16\t27\t38\t81"],
        set(),
    ),
    (
        ["科目\t中央\t省级\t市级\t合计", "一、设备\t10\t20\t30\t70", "二、服务\t5\t5\t5\t15", "三、其他\t1\t2\t3\t6", "总计\t16\t27\t38\t81"],
        {"sum.column", "sum.total"},
    ),
    (
        ["项目\t金额", "一、人员\t30", "1.工资\t20", "2.津贴\t10", "二、公用\t12", "1.办公\t7", "2.差旅\t5", "合计\t42"],
        set(),
    ),
    (
        ["项目\t金额", "一、人员\t30", "1.工资\t20", "2.津贴\t15", "二、公用\t12", "1.办公\t7", "2.差旅\t5", "合计\t42"],
        {"sum.level"},
    ),
    # Points beyond the full marks, points that are only taken off, and sub-totals of one row.
    (
        ["指标\t分值\t得分", "过程\t40\t33", "产出\t60\t56", "扣减项\t-10\t-1", "加分事项\t2\t2", "总得分\t100\t90"],
        set(),
    ),
    (
        ["指标\t分值\t得分", "过程\t40\t33", "产出\t60\t56", "扣减项\t-10\t-1", "加分事项\t2\t2", "总得分\t100\t93"],
        {"sum.total"},
    ),
    (
        ["指标\t分值\t得分", "过程\t40\t33", "产出\t60\t56", "正向得分合计\t100\t89", "逆向指标\t-10\t-1", "加分事项\t2\t2", "逆向指标得分合计\t-10\t-1", "加分事项得分合计\t2\t2", "总计\t100\t90"],
        set(),
    ),
    (["序号\t名称\t金额", "1\t甲\t3", "2\t乙\t4", "4\t丙\t5", "\t合计\t12"], {"numbering.serial"}),
    (
        ["指标\t分值\t评分标准\t得分\t扣分说明", "执行率\t10\t执行率≥95%，得10分；90%≤执行率<95%，得8分；执行率<90%，得5分\t10\t执行率为92%", "质量\t5\t合格得5分\t5\t"],
        {"rubric.band"},
    ),
    (
        ["指标\t分值\t评分标准\t得分\t扣分说明", "执行率\t10\t执行率≥95%，得10分；90%≤执行率<95%，得8分；执行率<90%，得5分\t8\t执行率为92%", "质量\t5\t合格得5分\t5\t"],
        set(),
    ),
]  # fmt: skip


def rules(text: str) -> set[str]:
    return {finding.rule for finding in check(Document("x", "txt", shape(text.split("\n"))))}


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(("text", "rule"), WRONG)
def test_what_is_wrong_is_told(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(("lines", "wanted"), TABLES)
def test_tables(lines: list[str], wanted: set[str]) -> None:
    assert rules("\n".join(lines)) == wanted


def test_text_and_score_sheet_must_agree() -> None:
    lines = [
        "（1）立项规范性。该指标分值5分，评价得分4分，得分率80%。",
        "指标\t分值\t得分",
        "立项规范性\t5\t5",
        "目标合理性\t5\t5",
        "合计\t10\t10",
    ]
    assert rules("\n".join(lines)) == {"cross.points"}
    assert rules("\n".join(lines).replace("4分，得分率80%", "5分，得分率100%")) == set()


def test_one_report_has_one_total_and_one_grade() -> None:
    text = "综合得分为85分，等级为良。\n经评定，综合得分为86分，等级为良。"
    assert rules(text) == {"cross.total"}
    assert rules("综合得分为85分，等级为良。\n综合得分为85分，等级为中。") >= {"band.differs"}


def test_the_reports_own_scale_comes_first() -> None:
    scale = "评价等级：95分以上为优秀，85-95分为良好，70-85分为中等，70分以下为较差。\n"
    assert rules(scale + "综合得分为88分，等级为良好。") == set()
    assert rules(scale + "综合得分为92分，等级为优秀。") == {"band.grade"}


def test_numbers_of_headings() -> None:
    assert rules("一、概况\n（一）背景\n（二）资金\n1.预算。\n2.2023年支出。\n3.结余。\n二、结论") == set()
    assert rules("一、概况\n（一）背景\n（三）资金\n二、结论") == {"numbering.order"}
    assert rules("一、概况\n一、结论") == set()  # a list may begin anew
    assert rules("一、概况\n二、过程\n二、结论") == {"numbering.order"}


@pytest.mark.parametrize(("stated", "wanted"), [("2个二级指标", set()), ("3个二级指标", {"count.levels"})])
def test_a_group_merged_over_two_levels_counts_its_lines(stated: str, wanted: set[str]) -> None:
    lines = [
        f"过程指标包括{stated}，分值40分，评价得分38分，得分率为95%。",
        "一级指标\t二级指标\t三级指标\t分值\t评价得分",
        "过程\t过程\t制度健全性\t20\t18",
        "过程\t过程\t资金合规性\t20\t20",
        "产出\t产出\t完成率\t60\t60",
    ]
    assert rules("\n".join(lines)) == wanted


def _adjusted(*rows: tuple[str, str | None, str]) -> list[str]:
    """裁量调整清单 as a report prints it: node, figure of the rule, figure awarded."""
    nodes = tuple(
        SimpleNamespace(code=code, name=name) for code, name in (("A1", "执行率"), ("B1", "到位率"))
    )
    told = tuple(
        AdjustmentView(f"T{n}", node, new, "年末集中调剂", old) for n, (node, old, new) in enumerate(rows, 1)
    )
    snapshot = SimpleNamespace(adjustments=told, framework=SimpleNamespace(nodes=nodes))
    table = adjustments(SimpleNamespace(snapshot=snapshot))  # type: ignore[arg-type]
    assert table is not None
    return ["\t".join(text_of(cell.line) for cell in row) for row in (*table.head, *table.rows)]


@pytest.mark.parametrize(
    "rows",
    [
        (("A1", "38", "36"), ("B1", "50", "52"), ("", "88", "87")),
        (("A1", "38", "36"), ("B1", "50", "52"), ("", None, "87")),
        (("", "88", "87"), ("A1", "38", "36"), ("B1", "50", "52")),
        (("A1", "38", "36"), ("", "88", "87"), ("B1", "50", "52")),
    ],
)
def test_a_total_that_was_adjusted_is_one_of_the_adjustments_not_their_sum(
    rows: tuple[tuple[str, str | None, str], ...],
) -> None:
    assert rules("\n".join(_adjusted(*rows))) == set()


@pytest.mark.parametrize("last", ["\t总分\t88\t87\t\t", "9\t总分\t88\t87\t\t", "3\t合计\t88\t87\t\t"])
def test_a_total_below_a_list_of_reasons_still_adds_up(last: str) -> None:
    lines = [*_adjusted(("A1", "38", "36"), ("B1", "50", "52")), last]
    assert "sum.total" in rules("\n".join(lines))
    assert "sum.total" not in rules("\n".join(lines).replace("\t88\t87", "\t88\t88"))


def test_without_reasons_a_numbered_total_is_a_total() -> None:
    lines = ["序号\t指标\t分值\t得分", "1\t决策\t20\t18", "2\t过程\t80\t70", "3\t总分\t100\t90"]
    assert rules("\n".join(lines)) == {"sum.total"}
