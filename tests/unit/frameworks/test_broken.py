"""Broken frameworks: every fault is named with file, line, path and cure; all at once; never a traceback."""

from __future__ import annotations

import dataclasses

import pytest

from service import frameworks
from service.errors import InvalidError, Problem

GOOD = """\
format: pingji-framework/1
code: good
name: 好的体系
version: "1"
grades: {bands: [{name: 优, from: "90"}, {name: 良, from: "80"}, {name: 差, from: "0"}]}
rounding: {places: "2", mode: half_up, at: [total]}
events:
  - {code: fake, name: 造假, effect: downgrade, by: "1"}
nodes:
  - code: A
    name: 决策
    max: "10"
    children:
      - code: A1
        name: 立项
        max: "4"
        rule: {kind: levels, levels: [{code: a, points: "4"}, {code: b, points: "0..2"}]}
      - code: A2
        name: 目标
        max: "6"
        rule:
          kind: bands
          bands:
            - {when: ">=65%", points: "6"}
            - {when: "[60%, 65%)", points: "1"}
            - {when: "<60%", points: "0"}
  - code: B
    name: 产出
    max: "90"
    inputs: {支出: {unit: 万元}, 预算: {unit: 万元}}
    measures: {执行率: 支出 / 预算}
    rule: {kind: proportional, value: 执行率, target: 100%}
blocks:
  - {code: N, name: 逆向, kind: negative, floor: "-20", children: [{code: N1, name: 负面, rule: {kind: reverse, floor: "-10"}}]}
"""

# name: (text to replace, replacement, path of the problem, words of the message)
BROKEN: dict[str, tuple[str, str, str, str]] = {
    "版本格式不对": ("pingji-framework/1", "pingji-framework/9", "format", "没有这个取值"),
    "缺少编号": ("code: good\n", "", "code", "必须写"),
    "编号不合法": ("code: good", "code: 好", "code", "不是编号"),
    "不认识的顶层字段": ("version:", "versoin:", "versoin", "没有“versoin”这个字段"),
    "指标编号重复": ("code: A2", "code: A1", "nodes.A1.code", "编号重复"),
    "重复字段": (
        '        max: "4"\n',
        '        max: "4"\n        max: "4"\n',
        "nodes[0].children[0].max",
        "重复",
    ),
    "别名": ("name: 目标", "name: &x 目标", "nodes[0].children[1]", "锚点"),
    "满分不是数": ('max: "4"', "max: 四分", "nodes.A1.max", "不是数"),
    "满分是科学计数": ('max: "4"', 'max: "1E+1"', "nodes.A1.max", "不是数"),
    "满分为负": ('max: "4"', 'max: "-4"', "nodes.A1.max", "数太小"),
    "满分是无限小数": ('max: "4"', 'max: "4/3"', "nodes.A1.max", "小数位数过多"),
    "分母为零": ('max: "4"', 'max: "4/0"', "nodes.A1.max", "不是数"),
    "下级之和不等": ('max: "10"', 'max: "11"', "nodes.A.max", "不等于下级之和 10"),
    "顶层满分不等": ("nodes:", 'max: "99"\nnodes:', "max", "不等于下级之和 100"),
    "没有这种规则": ("kind: levels", "kind: leveles", "nodes.A1.rule.kind", "没有这种规则"),
    "规则缺种类": ("{kind: levels, levels", "{levels", "nodes.A1.rule.kind", "缺少规则种类"),
    "末级缺规则": (
        '        rule: {kind: levels, levels: [{code: a, points: "4"}, {code: b, points: "0..2"}]}\n',
        "",
        "nodes.A1",
        "缺少评分规则",
    ),
    "末级缺满分": ('    max: "90"\n', "", "nodes.B", "缺少满分"),
    "上级写了规则": (
        "  - code: A\n    name: 决策\n",
        "  - code: A\n    name: 决策\n    rule: {kind: not_stated}\n",
        "nodes.A.rule",
        "有下级的指标不写这一项",
    ),
    "分值超过满分": (
        '{code: a, points: "4"}',
        '{code: a, points: "5"}',
        "nodes.A1.rule.levels[0].points",
        "不在 0 与满分 4 之间",
    ),
    "范围颠倒": ('"0..2"', '"2..0"', "nodes.A1.rule.levels[1].points", "不是分值"),
    "级编号重复": ("{code: b, points", "{code: a, points", "nodes.A1.rule.levels[1].code", "编号“a”重复"),
    "区间写错": ('"[60%, 65%)"', '"60%-65%"', "nodes.A2.rule.bands[1].when", "不是区间"),
    "区间重叠": ('"[60%, 65%)"', '"[60%, 65%]"', "nodes.A2.rule.bands[0].when", "重叠"),
    "区间有空隙": ('"[60%, 65%)"', '"(60%, 65%)"', "nodes.A2.rule.bands[1].when", "有空隙"),
    "区间没到底": ('"<60%"', '"[0%, 60%)"', "nodes.A2.rule.bands", "没有覆盖到两端"),
    "空区间": ('"[60%, 65%)"', '"[65%, 60%)"', "nodes.A2.rule.bands[1].when", "区间里没有数"),
    "区间单位不同": ('"[60%, 65%)"', '"[60小时, 65小时)"', "nodes.A2.rule.bands", "单位不同"),
    "算式写错": ("执行率: 支出 / 预算", "执行率: 支出 / ", "nodes.B.measures.执行率", "缺少数、名称或括号"),
    "没有这个函数": ("执行率: 支出 / 预算", "执行率: power(支出)", "nodes.B.measures.执行率", "没有函数"),
    "没有声明的名称": ("执行率: 支出 / 预算", "执行率: 支岀 / 预算", "nodes.B.measures.执行率", "没有声明"),
    "中间量绕圈": (
        "measures: {执行率: 支出 / 预算}",
        "measures: {执行率: 另率, 另率: 执行率}",
        "nodes.B.measures.另率",
        "绕回",
    ),
    "取整位数过多": ('places: "2"', 'places: "12"', "rounding.places", "应是整数"),
    "取整方式不认识": ("mode: half_up", "mode: bankers", "rounding.mode", "没有这个取值"),
    "取整处不认识": ("at: [total]", "at: [total, page]", "rounding.at[1]", "没有这个取值"),
    "等次没有从高到低": ('{name: 良, from: "80"}', '{name: 良, from: "95"}', "grades.bands[1]", "从高到低"),
    "等次重名": ("name: 良", "name: 优", "grades.bands[1].name", "重名"),
    "事项的等次不存在": (
        'effect: downgrade, by: "1"',
        "effect: grade, grade: 低",
        "events[0].grade",
        "没有这个等次",
    ),
    "事项缺等次": ('effect: downgrade, by: "1"', "effect: grade", "events[0]", "要写 grade"),
    "减分块缺下限": ('kind: negative, floor: "-20"', "kind: negative", "blocks.N", "缺少 floor"),
    "减分块下限为正": ('floor: "-20"', 'floor: "20"', "blocks.N", "floor 应不大于零"),
    "块里有满分": ("name: 负面,", 'name: 负面, max: "5",', "blocks.N1.max", "满分应是 0"),
    "倒扣下限为正": ('floor: "-10"', 'floor: "10"', "blocks.N1.rule.floor", "零或负数"),
    "不认识的事项": (
        '{kind: reverse, floor: "-10"}',
        '{kind: reverse, floor: "-10", items: [{code: f, event: fakes}]}',
        "blocks.N1.rule",
        "没有事项“fakes”",
    ),
    "权重之和不对": (
        "nodes:",
        "composite: [{node: A, weight: 40%}, {node: B, weight: 50%}]\nnodes:",
        "composite",
        "不是 100%",
    ),
    "综合的部分不是一级": (
        "nodes:",
        "composite: [{node: A1, weight: 100%}]\nnodes:",
        "composite[0].node",
        "不是一级指标",
    ),
    "不设总分却有满分": ("nodes:", "total: none\nmax: '100'\nnodes:", "max", "不设总分"),
    "次序缺步骤": ("nodes:", "order: [leaves, levels, grade]\nnodes:", "order", "恰好写一次"),
    "声明了不存在的差错": (
        "nodes:",
        "printed_defects: [{path: A, printed: '10'}]\nnodes:",
        "printed_defects[0]",
        "却是对的",
    ),
    "小计的标签没人用": (
        "nodes:",
        "subtotals: [{flag: 重点, name: 小计}]\nnodes:",
        "subtotals[0].flag",
        "没有指标带",
    ),
    "移到不存在的指标": (
        '        max: "6"\n',
        '        max: "6"\n        missing: {not_given: {treat: moved, to: A9}}\n',
        "nodes.A2.missing.not_given.to",
        "没有这个指标",
    ),
    "去掉的范围不含本指标": (
        '        max: "6"\n',
        '        max: "6"\n        missing: {not_given: {treat: dropped, within: B}}\n',
        "nodes.A2.missing.not_given.within",
        "不在这一枝内",
    ),
    "指定的档不存在": (
        '        max: "6"\n',
        '        max: "6"\n        missing: {not_given: {treat: level, level: z}}\n',
        "nodes.A2.missing.not_given",
        "没有分值固定的档",
    ),
    "合并计分指向不存在": (
        "rule: {kind: proportional, value: 执行率, target: 100%}",
        "share_of: A9",
        "nodes.B.share_of",
        "没有这个指标",
    ),
    "指标不是一组字段": ("blocks:\n", "  - 只有文字\nblocks:\n", "nodes[2]", "应是一组字段"),
    "下级不是列表": (
        "rule: {kind: proportional, value: 执行率, target: 100%}",
        "children: 没有",
        "nodes.B.children",
        "应是一列指标",
    ),
    "及格线不可能": ("target: 100%}", "pass_mark: 100%}", "nodes.B.rule.pass_mark", "0 与 100% 之间"),
    "是否写错": ("version:", "template: maybe\nversion:", "template", "应写是或否"),
}


def _problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidError) as caught:
        frameworks.parse(text, name="坏.yaml")
    return caught.value.problems


def test_the_unbroken_framework_is_accepted() -> None:
    assert frameworks.parse(GOOD, name="好.yaml").max == 100


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_framework_names_place_and_cure(name: str) -> None:
    old, new, path, words = BROKEN[name]
    assert GOOD.count(old) >= 1
    problems = _problems(GOOD.replace(old, new, 1))
    found = [problem for problem in problems if problem.path == path and words in problem.message]
    assert found, [str(problem) for problem in problems]
    assert all(problem.file == "坏.yaml" and problem.line for problem in problems)
    assert found[0].cure


def test_all_faults_of_one_file_come_at_once() -> None:
    text = GOOD
    chosen = ["编号不合法", "满分不是数", "区间写错", "算式写错", "取整方式不认识", "减分块缺下限"]
    for name in chosen:
        old, new, *_ = BROKEN[name]
        text = text.replace(old, new, 1)
    paths = {problem.path for problem in _problems(text)}
    assert {BROKEN[name][2] for name in chosen} <= paths


def test_the_line_is_the_one_where_the_fault_stands() -> None:
    lines = GOOD.replace('max: "4"', "max: 四分").splitlines()
    problem = _problems("\n".join(lines))[0]
    assert problem.line is not None and "四分" in lines[problem.line - 1]
    assert problem.value == "四分"


@pytest.mark.parametrize(
    "text",
    ["", "- 一", "format", "a: [", "a: *b", "\x00", "nodes: {}", "{" * 80, "a: !!python/object:os.system x"],
)
def test_what_is_no_framework_at_all_is_refused_without_traceback(text: str) -> None:
    assert all(problem.message for problem in _problems(text))


def test_an_unknown_bundled_code_names_the_known_ones() -> None:
    with pytest.raises(InvalidError) as caught:
        frameworks.load("national-11")
    assert "national-10" in caught.value.problems[0].allowed


def test_problems_are_plain_values_without_machine_words() -> None:
    for name in BROKEN:
        old, new, *_ = BROKEN[name]
        for problem in _problems(GOOD.replace(old, new, 1)):
            text = " ".join(str(part) for part in dataclasses.astuple(problem))
            assert "Traceback" not in text and "ValidationError" not in text and "Invalid" not in text
