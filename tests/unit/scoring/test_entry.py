"""The form of a result: every rule kind can be typed, nothing stored is lost, digits are read as meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from service import frameworks, yamltext
from service.scoring.entry import EntryField, EntryKind, entry_fields, remark_fields
from service.scoring.entryform import left_over, shown, typed
from service.scoring.framework import Framework, Node
from service.scoring.inputs import LeafInput
from service.scoring.methods import KINDS

PAGE = (frameworks.FOLDER / "FORMAT.md").read_text(encoding="utf-8")
HEAD = "format: pingji-framework/1\ncode: t\nname: 试\nversion: '1'\n"
EXAMPLES = Path(frameworks.FOLDER).parent / "cases" / "examples"


def _framework(rule: str, top: str = "5") -> Framework:
    body = "".join(f"      {line}\n" for line in rule.splitlines())
    return frameworks.parse(
        f"{HEAD}nodes:\n  - code: X\n    name: 项\n    max: '{top}'\n    rule:\n{body}", name="t"
    )


def _pairs() -> list[tuple[str, Node, LeafInput]]:
    """Every rule of FORMAT.md section 5 with the result printed below it."""
    blocks = re.findall(r"```yaml\n# (规则|结果) ?(\S*) ?(\S*)\n(.*?)```", PAGE, re.S)
    found, rule = [], ("", "")
    for mark, _, detail, body in blocks:
        if mark == "规则":
            rule = (body, detail)
        elif rule[0]:
            node = _framework(*rule).leaves[0]
            plain = yamltext.read(body, file="结果").root
            found.append((node.rule.kind if node.rule else "", node, LeafInput.from_plain(plain)))  # type: ignore[arg-type]
            rule = ("", "")
    return found


def _fields(node: Node, given: LeafInput) -> tuple[EntryField, ...]:
    return (*entry_fields(node, given), *remark_fields(node))


def test_every_kind_of_rule_has_a_form_its_printed_result_fits_into() -> None:
    pairs = _pairs()
    assert {kind for kind, _, _ in pairs} == set(KINDS)
    for kind, node, given in pairs:
        plain = given.to_plain()
        fields = _fields(node, given)
        sent = {field.name: shown(field, plain) for field in fields}
        assert not left_over(fields, plain), kind
        assert LeafInput.from_plain(typed(fields, sent, {})) == given, kind


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_what_a_published_case_holds_survives_the_form(name: str) -> None:
    case: Any = yamltext.read_file(EXAMPLES / name).root
    framework = frameworks.load(case["framework"]["bundled"])
    for code, plain in case.get("results", {}).items():
        given = LeafInput.from_plain(plain)
        fields = _fields(framework.node(code), given)
        rest = left_over(fields, given.to_plain())
        sent = {field.name: shown(field, given.to_plain()) for field in (*fields, *rest)}
        assert LeafInput.from_plain(typed((*fields, *rest), sent, {})) == given, code


def test_digits_of_any_width_are_read_and_a_bare_number_takes_its_unit() -> None:
    money = EntryField(("inputs", "支出"), "支出", EntryKind.QUANTITY, "万元")
    points = EntryField(("points",), "分", EntryKind.POINTS)
    found = typed((money, points), {"inputs::支出": "５８２３", "points": "４．５分"}, {})
    assert found == {"inputs": {"支出": "5823万元"}, "points": "4.5"}
    parted = typed((money,), {"inputs::支出": "甲：3；乙：4万元"}, {})
    assert parted == {"inputs": {"支出": {"甲": "3万元", "乙": "4万元"}}}


def test_a_field_that_was_not_sent_stays_and_an_emptied_one_goes() -> None:
    fields = tuple(EntryField((name,), name, EntryKind.WORDS) for name in ("actual", "note"))
    stored = {"actual": "旧", "note": "留", "elements": {"a": "met"}}
    assert typed(fields, {"actual": ""}, stored) == {"note": "留", "elements": {"a": "met"}}
    tick = EntryField(("apply", "c"), "修正", EntryKind.TICK)
    assert typed((tick,), {"apply::c": "1"}, {}) == {"apply": ["c"]}
    assert typed((tick,), {"apply::c": ""}, {"apply": ["c", "d"]}) == {"apply": ["d"]}


def test_parts_are_named_in_the_form() -> None:
    node = _framework("kind: per_part\nhow: mean\nrule: {kind: discretionary}").leaves[0]
    fields = entry_fields(node)
    sent = {"#::#0": "甲", "parts::#0::points": "3", "parts::#1::points": "9"}
    found = typed(fields, sent, {})
    assert found == {"parts": {"甲": {"points": "3"}}}, "a part without a name is not kept"
    again = entry_fields(node, LeafInput.from_plain(found))
    gone = {"#::#0": "", "parts::#0::points": "3"}
    assert typed(again, gone, found) == {}
