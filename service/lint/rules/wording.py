"""Words that are very likely slips: doubled signs, marks before 等, and a short list of usual confusions.

Source: GB/T 15834-2011（顿号）; the list holds confusions of sound and shape that official readers mark
most often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material

CONFUSED: dict[str, str] = {
    "报务": "服务",
    "跟新": "更新",
    "布署": "部署",
    "按装": "安装",
    "帐户": "账户",
    "帐目": "账目",
    "既使": "即使",
    "座落": "坐落",
    "竟争": "竞争",
    "侯选": "候选",
    "渡过难关": "度过难关",
    "做为": "作为",
    "部份": "部分",
    "身分证": "身份证",
    "予算": "预算",
    "计化": "计划",
    "绩校": "绩效",
    "绝效": "绩效",
    "既将": "即将",
    "截止20": "截至20",
    "截止目前": "截至目前",
    "的的": "的",
    "了了": "了",
}
TERMS = (
    "产出数量",
    "产出质量",
    "产出时效",
    "产出成本",
    "经济效益",
    "社会效益",
    "生态效益",
    "可持续影响",
    "服务对象满意度",
    "项目立项",
    "绩效目标",
    "资金投入",
    "资金管理",
    "组织实施",
    "预算执行率",
    "资金到位率",
)
"""Names of levels 1 to 3 in 财预〔2020〕10号 附2; a name one sign away from one of them and standing as
a name is a slip."""
_NEAR = tuple(
    (
        re.compile(
            "(?<![\u4e00-\u9fff])"
            + t[:n]
            + "(?!"
            + t[n]
            + ")[\u4e00-\u9fff]"
            + t[n + 1 :]
            + "(?![\u4e00-\u9fff])"
        ),
        t,
    )
    for t in TERMS
    if len(t) > 3
    for n in range(len(t))
    if t[:2] in ("产出", "服务", "预算", "资金") and n > 1
)
_OWN = frozenset(
    {"产出效益", "产出指标", "产出效果", "产出情况", "资金管控", "资金使用率", "预算完成率", "资金拨付率"}
)
_BEFORE = {"报务": "电通情汇申填上呈警财简快播预"}
_DOUBLED = re.compile(r"(方|实施|进行|情况|服务|资金|绩效|评价|指标|预算|建设|完成)\1(?=[\u4e00-\u9fff])")
_STOPS = re.compile(
    r"[、，；]等(?![同于保级次待候式比效值额价高差距额])|[、，；]{2,}|。。|，。|、。|；。|：："
)
_FALSE = re.compile("方方面面|实施实施细则|管理管理|项目项目化")


def check(material: Material) -> Iterator[Finding]:
    """Yield likely slips of the pen."""
    for spot, text in material.prose:
        for wrong, right in CONFUSED.items():
            at = text.find(wrong)
            if at >= 0 and text[at - 1 : at] not in tuple(_BEFORE.get(wrong, "")):
                quote = text[max(at - 6, 0) : at + len(wrong) + 6]
                yield Finding("wording.confused", Severity.HINT, spot, quote, right, wrong)
        for near, term in _NEAR:
            for found in near.finditer(text):
                if found[0] not in _OWN and found[0] not in TERMS:
                    quote = text[max(found.start() - 8, 0) : found.end() + 8]
                    yield Finding("wording.term", Severity.HINT, spot, quote, term, found[0])
        yield from _doubled(spot, text)


def _doubled(spot: Spot, text: str) -> Iterator[Finding]:
    for pattern in (_DOUBLED, _STOPS):
        for found in pattern.finditer(text):
            around = text[max(found.start() - 6, 0) : found.end() + 6]
            if not _FALSE.search(around):
                yield Finding("wording.doubled", Severity.HINT, spot, around, note="多字或标点重叠")
