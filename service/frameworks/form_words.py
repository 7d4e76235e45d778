"""What a form for rules says beside its fields: label, help, example and the words of choices.

A key is ``Schema.field``, or the field alone where it means the same everywhere; a test holds the tables
complete against the schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """Words beside one field."""

    label: str
    help: str = ""
    example: str = ""


FIELDS: Mapping[str, Words] = {
    "clause": Words("出处", "规则出自哪一条"),
    "note": Words("说明"),
    "code": Words("编号", "字母或数字开头，结果按编号录入", "a"),
    "name": Words("名称"),
    "text": Words("文字", "原件怎样描述"),
    "value": Words("看哪个数", "算式；不写就看结果里的实际值", "支出 / 到位"),
    "zero_denominator": Words("分母为零时得", "不写就不能计算", "0"),
    "points": Words("得分", "分数、占满分的比例，或一个范围", "2.5"),
    "pass_mark": Words("及格线", "低于它得 0 分，高于它按超出部分折算", "60%"),
    "unit": Words("多少算一次", "不写就是 1", "1%"),
    "step": Words("不足一个怎样算", "不写就是满一个才算"),
    "loss_cap": Words("最多扣多少", "", "2"),
    "fatal": Words("发生即得最低分"),
    "AllOrNothing.met": Words("符合的区间", "与所看的数对照；与条件只写一个", ">=90%"),
    "AllOrNothing.when": Words("符合的条件", "都不写则由评价人员判断", "网络 >= 99.9%"),
    "AllOrNothing.points": Words("符合得分", "不写就是满分", "100%"),
    "AllOrNothing.else": Words("不符合得分", "不写就是 0", "0"),
    "Proportional.target": Words("目标", "量或算式，不写就是 100%", "95%"),
    "Proportional.cap": Words("完成率上限", "不写就是 100%，none 不封顶", "120%"),
    "Linear.from": Words("起点"),
    "Linear.to": Words("终点"),
    "Linear.below": Words("起点以外得分", "不写就同起点", "0"),
    "Linear.above": Words("终点以外得分", "不写就同终点", "6"),
    "Corner.at": Words("数值", "", "60%"),
    "Bands.bands": Words("各档", "不得重叠，首尾写到底"),
    "Bands.gaps": Words("档间空隙", "不写就不许有空隙"),
    "Bands.domain": Words("只检查这一段", "所看的数不会在别处时写", ">=0"),
    "Band.when": Words("区间", "圆括号不含端点，方括号含端点", "(10%, 15%]"),
    "Levels.levels": Words("各级"),
    "PerOccurrence.per": Words("每次扣", "只有一项时写；多项写在下面", "0.5"),
    "PerOccurrence.value": Words("次数或幅度", "算式；不写就录入次数", "100% - value"),
    "PerOccurrence.items": Words("各扣分项", "多项时写，上面就不再写"),
    "PerOccurrence.floor": Words("最低得分", "不写就是 0", "0"),
    "Item.per": Words("每次扣", "发生即得最低分的不写", "0.5"),
    "Item.value": Words("次数或幅度", "算式；不写就录入次数", "延误天数"),
    "EventItem.per": Words("每次扣", "不写就是酌情扣", "1"),
    "EventItem.value": Words("次数或幅度", "算式；不写就录入次数", "延误天数"),
    "EventItem.event": Words("触发事项", "体系里降档与否决事项的编号", "veto"),
    "Checklist.elements": Words("各要点", "分值都不写就平分"),
    "Element.points": Words("分值", "各要点之和须等于满分", "1"),
    "Element.share": Words("占满分比例", "与分值只写一个", "25%"),
    "Element.loss": Words("能否部分得分", "不写就可以部分得分"),
    "Element.gate": Words("前提要点", "不满足则整项 0 分"),
    "Survey.levels": Words("答案各档"),
    "Survey.groups": Words("各类人", "只有一类人的不写"),
    "Survey.score": Words("满意率怎样计分"),
    "Survey.min_valid": Words("有效份数下限", "低于只提示，不改分", "30"),
    "Survey.min_response": Words("回收率下限", "低于只提示，不改分", "1/3"),
    "Weighted.name": Words("名称", "", "非常满意"),
    "Weighted.weight": Words("权重", "", "80%"),
    "Combination.how": Words("怎样合成"),
    "Combination.rules": Words("各条"),
    "Combination.floor": Words("合计最低", "", "0"),
    "Combination.cap": Words("合计最高", "", "5"),
    "SubRule.max": Words("本条满分", "相加的必须写", "2"),
    "SubRule.when": Words("何时适用", "只用于取第一条适用的", "年限 >= 3"),
    "SubRule.rule": Words("规则"),
    "Discretionary.from": Words("最低", "不写就是 0", "0"),
    "Discretionary.to": Words("最高", "不写就是满分", "2"),
    "Discretionary.step": Words("步长", "分值须为它的整数倍", "0.5"),
    "LowerBetter.target": Words("目标", "不超过它得满分", "2小时"),
    "LowerBetter.how": Words("超过后怎样降", "不写就按比例"),
    "LowerBetter.worst": Words("降到 0 的数", "只用于直线", "4小时"),
    "Bonus.per": Words("每次加", "不写就由评价人员酌情加分", "1"),
    "Bonus.value": Words("次数或幅度", "算式；不写就录入次数", "获奖数"),
    "Bonus.cap": Words("最多加", "none 不封顶", "2"),
    "Reverse.floor": Words("最低分", "零或负数", "-10"),
    "Reverse.items": Words("各扣分项", "不写就整项酌情"),
    "PerPart.rule": Words("每个部分的规则"),
    "PerPart.how": Words("怎样合成"),
    "PerPart.parts": Words("固定的部分", "不写就由结果给出"),
    "Part.weight": Words("权重", "只用于按权重平均", "50%"),
}
KINDS_HELP: Mapping[str, str] = {
    "all_or_nothing": "符合得满分，不符合得 0",
    "proportional": "达到目标得满分，未达到按完成率",
    "linear": "两点之间按直线，两头固定",
    "bands": "看数落在哪一档",
    "levels": "由评价人员选定一级",
    "per_occurrence": "从满分起，每次或每个单位扣若干分",
    "checklist": "逐个要点判断，得分相加",
    "survey": "由问卷算出满意率，再计分",
    "combination": "几条规则合成一个得分",
    "discretionary": "由评价人员在范围内酌定",
    "lower_better": "不超过目标得满分，超过后递减",
    "bonus": "用在加分块里",
    "reverse": "用在扣分块里，从 0 起往下扣",
    "per_part": "分部门或分年度各自评分，再合成",
    "not_stated": "来源没有写规则，只能直接给分",
}
_STEPS = {
    "whole": "满一个才算",
    "begun": "不足一个也算",
    "proportional": "按比例",
    "not_stated": "原件没有写",
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "step": _STEPS,
    "Bands.gaps": {"refused": "不许有空隙", "undetermined": "落在空隙里的不能计算"},
    "Element.loss": {"partial": "可以部分得分", "whole": "只能全得或不得"},
    "Combination.how": {"sum": "相加", "min": "取低", "max": "取高", "first_match": "取第一条适用的"},
    "LowerBetter.how": {"ratio": "目标 ÷ 实际", "deviation": "按偏差递减", "linear": "直线降到 0"},
    "PerPart.how": {"mean": "平均", "weighted": "按权重平均", "sum": "相加", "min": "取低"},
}
YES_NO = (("yes", "是"), ("no", "否"))


def words_of(schema: str, field: str) -> Words:
    """Return the words of a field of a schema; those of the schema itself come first."""
    found = FIELDS.get(f"{schema}.{field}") or FIELDS.get(field)
    if found is None:
        raise KeyError(f"{schema}.{field}")
    return found


def choices_of(schema: str, field: str) -> Mapping[str, str]:
    """Return the words of the choices of a field."""
    return CHOICES.get(f"{schema}.{field}") or CHOICES[field]
