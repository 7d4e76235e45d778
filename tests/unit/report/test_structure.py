"""Every profile gives the structure of its real report (section titles, captions, columns, marks)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from service.errors import InvalidError
from service.report import model, profile
from service.report.blocks import Cover, CoverItem, Report, text_of
from service.report.context import gaps
from service.report.linebreaks import balanced, width
from service.report.snapshot import ApprovalView, CaseSnapshot, OpinionView
from service.report.tables import shares

LEVEL_1 = {
    "guangzhou-department-2023": (
        "一、评价项目概述",
        "二、项目绩效目标和绩效指标设定情况",
        "三、绩效评价组织情况",
        "四、绩效评价指标分析情况",
        "五、项目综合评价等级和评价结论",
        "六、主要经验做法、存在的问题和建议",
        "七、绩效评价结果应用",
    ),
    "guangzhou-agency-2021": (
        "一、评价项目概述",
        "二、绩效评价概述",
        "三、评价结论与绩效分析",
        "四、项目主要绩效或成功经验",
        "五、存在问题和不足",
        "六、相关建议",
    ),
    "shanghai-simplified-2018": ("一、基本情况", "二、评价结论和绩效分析", "三、存在问题和改进措施建议"),
    "zhongshan-fiscal-2022": (
        "一、基本情况",
        "二、绩效评价指标分析及评价结论",
        "三、存在的问题及原因分析",
        "四、有关建议",
    ),
    "qingdao-fiscal-2020": ("一、项目基本情况", "二、工作成效", "三、主要问题", "四、相关建议"),
    "standard": (
        "一、基本情况",
        "二、绩效评价工作开展情况",
        "三、综合评价情况及评价结论",
        "四、绩效评价指标分析",
        "五、主要经验及做法、存在的问题及原因分析",
        "六、有关建议",
    ),
    "unit-self": (),
}
LEVEL_2 = {
    "guangzhou-department-2023": (
        "（一）项目背景资料",
        "（二）项目资金分配情况",
        "（三）项目政策依据",
        "（一）项目绩效目标",
    ),
    "guangzhou-agency-2021": ("（一）项目背景", "（二）项目目标", "（三）项目内容", "（四）项目实施情况"),
    "shanghai-simplified-2018": (
        "（一）项目背景及绩效目标",
        "（二）预算资金规模、来源及使用情况",
        "（三）项目实施管理情况",
        "（四）评价依据及数据采集情况",
    ),
    "zhongshan-fiscal-2022": (
        "（一）项目概况",
        "（二）绩效评价工作开展情况",
        "（一）绩效评价指标分析",
        "（二）评价结论",
    ),
    "qingdao-fiscal-2020": ("（一）项目概况", "（二）项目绩效目标"),
}
CAPTIONS = {
    "guangzhou-department-2023": (),
    "guangzhou-agency-2021": (),
    "shanghai-simplified-2018": (
        "图 1: 项目组织管理架构图",
        "表 1: 项目案卷清单",
        "表 2: 项目访谈情况表",
        "表 3: 项目绩效得分情况表",
    ),
    "zhongshan-fiscal-2022": (
        "图2-1　决策指标得分情况",
        "图2-2　过程指标得分情况",
        "图2-3　产出指标得分情况",
        "图2-4　效益指标得分情况",
        "表2－1　评价情况总表",
    ),
    "qingdao-fiscal-2020": ("表1-1 项目资金投入和使用情况表", "表1-2 2020年度项目绩效指标表"),
}


def build(makers: dict[str, Callable[[], CaseSnapshot]], code: str) -> Report:
    return model.build(makers[code](), profile.load(code))


def head_of(report: Report, name: str) -> list[list[str]]:
    blocks = (*report.body, *report.appendix)
    table = next(b.table for b in blocks if b.table and b.table.id == name)
    return [[text_of(c.line) for c in row] for row in table.head]


@pytest.mark.parametrize("code", profile.bundled())
def test_first_level_titles_are_those_of_the_real_report(makers, code: str) -> None:
    titles = tuple(text_of(b.line) for b in build(makers, code).body if b.kind == "h1")
    assert titles == LEVEL_1[code]


@pytest.mark.parametrize("code", sorted(LEVEL_2))
def test_second_level_titles_start_as_in_the_real_report(makers, code: str) -> None:
    titles = [text_of(b.line) for b in build(makers, code).body if b.kind == "h2"]
    assert tuple(titles[: len(LEVEL_2[code])]) == LEVEL_2[code]


@pytest.mark.parametrize("code", sorted(CAPTIONS))
def test_captions_carry_the_label_of_the_office(makers, code: str) -> None:
    blocks = build(makers, code).body
    assert tuple(text_of(b.line) for b in blocks if b.kind in ("caption", "figure_caption")) == CAPTIONS[code]


def test_columns_of_the_score_tables_are_those_of_the_real_reports(makers) -> None:
    assert head_of(build(makers, "shanghai-simplified-2018"), "scores") == [
        ["指标", "满分值", "评价分值", "得分率"]
    ]
    assert head_of(build(makers, "zhongshan-fiscal-2022"), "scores") == [
        ["一级指标", "分值", "评价得分", "得分率"]
    ]
    assert head_of(build(makers, "guangzhou-agency-2021"), "indicators") == [
        ["一级指标", "二级指标", "三级指标", "指标解释", "指标出处", "标准值", "评分标准"]
    ]
    assert head_of(build(makers, "qingdao-fiscal-2020"), "indicators") == [
        ["一级指标", "二级指标", "三级指标", "指标值"]
    ]


def test_zhongshan_score_table_has_the_reverse_row_without_rate_and_the_total(makers) -> None:
    report = build(makers, "zhongshan-fiscal-2022")
    table = next(b.table for b in report.body if b.table and b.table.id == "scores")
    rows = [[text_of(c.line) for c in row] for row in table.rows]
    assert rows == [
        ["一、决策", "16.00", "11.00", "68.75%"],
        ["二、过程", "30.00", "22.50", "75.00%"],
        ["三、产出", "20.00", "16.50", "82.50%"],
        ["四、效益", "34.00", "29.00", "85.29%"],
        ["五、逆向指标", "-20.00", "-1.00", ""],
        ["评价总得分", "100.00", "78.00", "78.00%"],
    ]


def test_zhongshan_appendix_has_three_header_rows_and_merged_levels(makers) -> None:
    report = build(makers, "zhongshan-fiscal-2022")
    table = next(b.table for b in report.appendix if b.table and b.table.id == "indicators")
    assert len(table.head) == 3
    assert len(table.rows) == 33 + 1 + 2 + 1 + 1
    restarts = [sum(row[c].merge == "restart" for row in table.rows) for c in (0, 1)]
    above = [sum(row[c].merge == "above" for row in table.rows) for c in (0, 1)]
    groups = [5, 13]
    assert [len(table.rows) - 3 - a for a in above] == groups
    assert restarts == [5, 8]
    assert text_of(table.rows[0][0].line) == "决策（16）"
    assert text_of(table.rows[-1][4].line) == "绩效等级：中"


def test_simplified_results_sentence_lists_every_part(makers) -> None:
    texts = [text_of(b.line) for b in build(makers, "shanghai-simplified-2018").body]
    wanted = (
        "该项目总体得分为87.97分。财政支出绩效评价等级为良。其中，项目决策类指标满分为13分，项目得分为11分，得分率为84.62%；"
        "项目管理类指标满分为23分，项目得分为19.97分，得分率为86.83%；项目绩效类指标满分为64分，项目得分为57分，得分率为89.06%。"
    )
    assert wanted in texts


def test_leaf_sentences_have_the_fixed_form(makers) -> None:
    texts = [text_of(b.line) for b in build(makers, "zhongshan-fiscal-2022").body]
    assert (
        "（1）立项依据充分性。该指标分值2分，评价得分2分，得分率为100%。立项符合职责范围。因此，该指标不扣分。"
        in texts
    )
    adjusted = texts.index(
        next(
            t
            for t in texts
            if t.startswith("（2）预算调整率。该指标分值3分，评价得分1.5分，得分率为50.00%。")
        )
    )
    assert texts[adjusted + 1].endswith(
        "按评分标准计1.5分，属历史欠费结转，酌情给分，评价组酌情给1.5分。因此，该指标酌情扣1.5分。"
    )


def test_weighted_dimensions_are_named_with_their_weights(makers) -> None:
    texts = [text_of(b.line) for b in build(makers, "guangzhou-department-2023").body]
    assert any(
        "项目管理评价得分98.38分（权重40%），项目结果评价得分98.38分（权重60%），综合评价得分98.38分" in t
        for t in texts
    )


def test_a_case_without_total_prints_no_score(makers) -> None:
    for code in ("guangzhou-agency-2021", "qingdao-fiscal-2020"):
        report = build(makers, code)
        assert not [b for b in report.body if b.table and b.table.id == "scores"]
        assert not [b for b in report.body if "得分率" in text_of(b.line)]


def test_the_self_table_has_the_official_columns_and_money_rows(makers) -> None:
    report = build(makers, "unit-self")
    table = next(b.table for b in report.appendix if b.table and b.table.id == "self")
    rows = [[text_of(c.line) for c in row] for row in table.rows]
    assert [
        "项目资金\n（万元）",
        "",
        "",
        "年初预算数",
        "全年预算数",
        "全年执行数",
        "分值",
        "执行率",
        "得分",
    ] in rows
    total = next(row for row in rows if row[1] == "年度资金总额")
    assert total[3:6] == ["100", "120", "110"]
    assert [row[1] for row in rows if row[1] in ("其中：当年财政拨款", "上年结转资金", "其他资金")] == [
        "其中：当年财政拨款",
        "上年结转资金",
        "其他资金",
    ]
    assert next(row for row in rows if row[1] == "一级指标")[1:] == [
        "一级指标",
        "二级指标",
        "三级指标",
        "年度指标值",
        "实际完成值",
        "分值",
        "得分",
        "偏差原因分析及改进措施",
    ]
    assert rows[-1][0] == "总　分"


def test_empty_optional_appendices_leave_no_gap_in_their_numbers(makers) -> None:
    titles = [h.text for h in build(makers, "zhongshan-fiscal-2022").headings if h.text.startswith("附件")]
    assert titles[0] == "附件：绩效评价指标评分表"
    assert [t.split("　")[0] for t in titles[1:]] == [f"附件{n}" for n in range(2, len(titles) + 1)]


def test_every_unknown_token_is_named_at_once(makers) -> None:
    snapshot = makers["zhongshan-fiscal-2022"]()
    tree = snapshot.to_plain()
    tree["narrative"]["lead"] = (
        "[[node.Z9.awarded]] [[money.nothing]] [[total.awarded|nosuch]] [[table:none]] [[x"
    )
    with pytest.raises(InvalidError) as caught:
        model.build(CaseSnapshot.from_plain(tree), profile.load("zhongshan-fiscal-2022"))
    assert {"node.Z9.awarded", "money.nothing", "nosuch", "[[x"} <= {p.value for p in caught.value.problems}


def test_a_profile_with_unknown_fields_is_refused_with_all_of_them() -> None:
    with pytest.raises(InvalidError) as caught:
        profile.parse(
            "format: pingji-report/1\ncode: x\nname: x\ntemplate: x\ncolour: red\nsections:\n  - {id: a, size: 3}\n",
            file="x.yaml",
        )
    assert {p.path for p in caught.value.problems} == {"colour", "sections[0].size"}


def test_titles_break_into_even_lines_outside_brackets() -> None:
    text = "2018 年合作交流综合信息服务平台建设（运维）项目"
    assert len(balanced(text, 20)) == 2
    assert "".join(balanced(text, 20)) == text
    assert all(width(line) <= 20 for line in balanced(text, 20))
    assert balanced("短题", 20) == ["短题"]
    assert balanced("（" + "长" * 40 + "）", 20) == ["（" + "长" * 40 + "）"]


def test_list_items_take_the_level_below_their_heading(makers) -> None:
    snapshot = makers["guangzhou-department-2023"]()
    words = {"lessons.experience": "- 甲\n- 乙", "work.process": "## 前期\n- 丙"}
    report = model.build(replace(snapshot, narrative=words), profile.load(snapshot.profile))
    texts = [text_of(b.line) for b in report.body]
    assert [t for t in texts if t.endswith(("甲", "乙", "丙"))] == ["（1）丙", "1.甲", "2.乙"]


def test_columns_follow_the_length_of_their_text() -> None:
    widths = shares(("序号", "内容"), (("1", "很长的一段说明文字放在这里"), ("2", "短")))
    assert widths[1] > 2 * widths[0]
    assert sum(widths) == pytest.approx(156, abs=0.2)


def test_approvals_and_opinions_are_printed_in_words(makers) -> None:
    base = makers["zhongshan-fiscal-2022"]()
    approvals = tuple(
        ApprovalView("用印", "用印人", state=s) for s in ("electronic", "paper", "none", "pending")
    )
    opinions = (OpinionView("o1", "甲局", "请核对", disposition="partial"), OpinionView("o2", "甲局", "无"))
    report = model.build(replace(base, approvals=approvals, opinions=opinions), profile.load(base.profile))
    tables = {b.table.id: b.table for b in report.appendix if b.table}
    assert [text_of(row[4].line) for row in tables["approvals"].rows] == [
        "电子签章",
        "纸质用印",
        "已办",
        "待办",
    ]
    assert [text_of(row[5].line) for row in tables["opinions"].rows] == ["部分采纳", "未答复"]


def test_a_long_cover_gives_up_empty_lines_before_it_spills() -> None:
    short = Cover(("题",), (CoverItem("项目名称", "短"),), "评价机构（盖章）", "2023年9月")
    long = Cover(
        ("题",) * 3,
        tuple(CoverItem("项目名称", "长" * 40) for _ in range(4)),
        "评价机构（盖章）",
        "2023年9月",
    )
    assert [len(g) for g in gaps(short)] == [3, 4, 1]
    assert sum(len(g) for g in gaps(long)) == 0
