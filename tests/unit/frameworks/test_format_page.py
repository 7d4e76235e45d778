"""FORMAT.md is right: every example in it is read and scored here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service import frameworks, yamltext
from service.scoring.facts import ScoringFacts
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.methods import KINDS
from service.scoring.quantities import exact
from service.scoring.sheet import score

PAGE = (Path(frameworks.__file__).parent / "FORMAT.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
HEAD = "format: pingji-framework/1\ncode: t\nname: 试\nversion: '1'\n"
GRADES = "grades: {bands: [{name: 优, from: '90'}, {name: 差, from: '0'}]}\n"
NODES = "nodes:\n  - {code: M, name: 管理, max: '100', rule: {kind: discretionary}}\n"
TWO = NODES + "  - {code: R, name: 结果, max: '100', rule: {kind: discretionary}}\n"


def _indented(text: str, width: int) -> str:
    return "".join(" " * width + line + "\n" for line in text.splitlines())


def _framework(mark: str, detail: str, body: str) -> Framework | None:
    texts = {
        "完整": body,
        "规则": HEAD
        + f"nodes:\n  - code: X\n    name: 项\n    max: '{detail.removeprefix('满分 ')}'\n    rule:\n"
        + _indented(body, 6),
        "指标": HEAD + "subtotals: []\nnodes:\n" + _indented(body, 2),
        "块": HEAD + NODES + "blocks:\n" + _indented(body, 2),
        "综合": HEAD + TWO + body,
        "等次": HEAD + NODES + "grades:\n" + _indented(body, 2),
        "事项": HEAD + NODES + GRADES + "events:\n" + _indented(body, 2),
        "封顶": HEAD + NODES + "caps:\n" + _indented(body, 2),
    }
    return frameworks.parse(texts[mark], name=mark) if mark in texts else None


def _marked(block: str) -> tuple[str, str, str]:
    first, _, body = block.partition("\n")
    mark, _, detail = first.removeprefix("# ").partition(" ")
    return mark, detail, body


def test_the_page_has_an_example_with_a_result_for_every_rule_kind() -> None:
    shown = set(re.findall(r"### 5\.\d+ (\w+)", PAGE))
    assert shown == set(KINDS)
    assert sum(_marked(block)[0] == "结果" for block in BLOCKS) >= len(KINDS)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_example_is_accepted_and_gives_what_the_page_says(number: int) -> None:
    mark, detail, body = _marked(BLOCKS[number])
    if mark != "结果":
        framework = _framework(mark, detail, body)
        assert framework is not None, f"没有说明用途的例子：{mark}"
        assert frameworks.parse(frameworks.dump(framework), name="again") == framework
        return
    above = next(n for n in range(number - 1, -1, -1) if _marked(BLOCKS[n])[0] != "结果")
    framework = _framework(*_marked(BLOCKS[above]))
    assert framework is not None
    leaf = framework.leaves[0].code
    given = LeafInput.from_plain(yamltext.read(body, file="结果").root)  # type: ignore[arg-type]
    line = score(framework, ScoringFacts(inputs={leaf: given})).line(leaf)
    assert line.awarded == exact(detail.removeprefix("得 ")), line.note
