"""A draft edited as data: nothing of the old one changes, and what would break the tree is refused."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from service import frameworks
from service.errors import InvalidError
from service.frameworks.edit import (
    add_node,
    draft_problems,
    move_node,
    remove_node,
    rename_node,
    set_max,
    set_rule,
)
from service.frameworks.tree import plain_nodes
from service.yamltext import read, write

DRAFT: Any = read(
    """\
format: pingji-framework/1
code: draft
name: 草稿
version: "1"
nodes:
  - code: A
    name: 过程
    max: "40"
    children:
      - {code: A1, name: 甲, max: "10", rule: {kind: discretionary}}
      - {code: A2, name: 乙, max: "30", rule: {kind: discretionary}}
  - code: B
    name: 产出
    max: "60"
    children:
      - {code: B1, name: 丙, max: "60", rule: {kind: discretionary}}
      - {code: B2, name: 丁, share_of: B1}
blocks:
  - code: N
    name: 逆向
    kind: negative
    floor: "-5"
    children:
      - {code: N1, name: 负面, rule: {kind: reverse, floor: "-5"}}
""",
    file="draft",
).root
LEAF = {"code": "C1", "name": "新", "max": "5", "rule": {"kind": "discretionary"}}


def codes(plain: Any) -> list[str]:
    return list(plain_nodes(plain))


@pytest.fixture(autouse=True)
def untouched() -> Any:
    """No edit may change the draft it started from."""
    before = deepcopy(DRAFT)
    yield
    assert before == DRAFT


def test_the_draft_is_a_framework() -> None:
    assert draft_problems(DRAFT) == ()


def test_a_node_is_added_where_it_is_said() -> None:
    assert codes(add_node(DRAFT, LEAF)) == ["A", "A1", "A2", "B", "B1", "B2", "C1", "N1"]
    assert codes(add_node(DRAFT, LEAF, at=0))[:2] == ["C1", "A"]
    assert codes(add_node(DRAFT, LEAF, under="A", at=1))[:4] == ["A", "A1", "C1", "A2"]
    assert codes(add_node(DRAFT, {"code": "N2", "name": "二"}, under="N"))[-2:] == ["N1", "N2"]


def test_points_that_no_longer_add_up_are_named_until_they_do() -> None:
    grown = add_node(DRAFT, LEAF, under="A")
    (problem,) = draft_problems(grown)
    assert "不等于下级之和 45" in problem.message
    assert draft_problems(set_max(grown, "A", "45")) == ()
    assert draft_problems(set_max(grown, "A", None)) == ()


def test_a_node_is_removed_with_all_below_it_and_an_empty_parent_becomes_a_leaf() -> None:
    assert codes(remove_node(DRAFT, "A")) == ["B", "B1", "B2", "N1"]
    bare = remove_node(remove_node(DRAFT, "A1"), "A2")
    assert "children" not in plain_nodes(bare)["A"]
    assert any("缺少评分规则" in problem.message for problem in draft_problems(bare))
    assert draft_problems(set_rule(bare, "A", {"kind": "discretionary"})) == ()


def test_a_branch_moves_between_levels_and_within_its_own() -> None:
    moved = move_node(DRAFT, "A2", under="B", at=0)
    assert codes(moved)[:5] == ["A", "A1", "B", "A2", "B1"]
    assert codes(move_node(DRAFT, "A2", under="A", at=0))[:3] == ["A", "A2", "A1"]
    assert codes(move_node(DRAFT, "B", at=0))[:2] == ["B", "B1"]
    assert codes(move_node(DRAFT, "A", under="B"))[:4] == ["B", "B1", "B2", "A"]
    assert move_node(DRAFT, "N1", under="N") == DRAFT


def test_name_points_and_rule_are_set_and_the_result_can_be_read() -> None:
    bands = {"kind": "bands", "bands": [{"when": ">=90%", "points": "10"}, {"when": "<90%", "points": "0"}]}
    changed = set_rule(rename_node(DRAFT, "A1", "执行率"), "A1", bands)
    framework = frameworks.parse(write(changed), name="draft")
    assert framework.node("A1").name == "执行率"
    assert framework.node("A1").rule is not None and framework.node("A1").rule.kind == "bands"
    assert "rule" not in plain_nodes(set_rule(DRAFT, "A1", None))["A1"]


EIGHT: dict[str, Any] = {"code": "D9", "name": "深", "max": "1", "rule": {"kind": "discretionary"}}
for level in range(8, 0, -1):
    EIGHT = {"code": f"D{level}", "name": "深", "children": [EIGHT]}
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "unknown node": (lambda: rename_node(DRAFT, "A3", "x"), "没有这个指标"),
    "unknown place": (lambda: add_node(DRAFT, LEAF, under="Z"), "没有这个指标"),
    "no code": (lambda: add_node(DRAFT, {"name": "x"}), "不是编号"),
    "doubled code": (lambda: add_node(DRAFT, {"code": "A1", "name": "x"}), "编号已用过"),
    "code of a block": (lambda: add_node(DRAFT, {"code": "N", "name": "x"}), "编号已用过"),
    "doubled inside": (lambda: add_node(DRAFT, {**LEAF, "children": [LEAF]}), "编号已用过"),
    "under a scored leaf": (lambda: add_node(DRAFT, LEAF, under="A1"), "没有下级"),
    "no such position": (lambda: add_node(DRAFT, LEAF, at=9), "没有这个位置"),
    "too deep": (lambda: add_node(DRAFT, EIGHT, under="A"), "级数过多"),
    "below itself": (lambda: move_node(DRAFT, "A", under="A1"), "自己下面"),
    "upon itself": (lambda: move_node(DRAFT, "A", under="A"), "自己下面"),
    "last of a block": (lambda: remove_node(DRAFT, "N1"), "至少要留一个指标"),
    "last of a block moved": (lambda: move_node(DRAFT, "N1", under="A"), "至少要留一个指标"),
    "last root": (lambda: remove_node(remove_node(DRAFT, "A"), "B"), "至少要留一个指标"),
    "cited": (lambda: remove_node(DRAFT, "B1"), "还有别处引用"),
    "empty name": (lambda: rename_node(DRAFT, "A", "  "), "不能为空"),
    "no number": (lambda: set_max(DRAFT, "A1", "十"), "不是数"),
    "negative": (lambda: set_max(DRAFT, "A1", "-1"), "数太小"),
    "points of a shared line": (lambda: set_max(DRAFT, "B2", "5"), "没有自己的分值"),
    "rule of a parent": (lambda: set_rule(DRAFT, "A", {"kind": "discretionary"}), "有下级"),
    "rule of a shared line": (lambda: set_rule(DRAFT, "B2", {"kind": "discretionary"}), "合并计分"),
    "unknown kind": (lambda: set_rule(DRAFT, "A1", {"kind": "guess"}), "没有这种规则"),
    "more than the full marks": (
        lambda: set_rule(DRAFT, "A1", {"kind": "discretionary", "to": "11"}),
        "不在 0 与满分 10 之间",
    ),
}


@pytest.mark.parametrize(
    "wrong", [{"nodes": "x"}, {"nodes": [{"code": "A", "children": ["x"]}]}, {"blocks": {}}]
)
def test_a_draft_that_is_no_tree_is_refused_not_guessed_at(wrong: Any) -> None:
    with pytest.raises(InvalidError, match="不是一列指标"):
        rename_node({**DRAFT, **wrong}, "Z", "x")


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_break_the_tree_is_refused_with_a_cure(name: str) -> None:
    act, message = REFUSED[name]
    with pytest.raises(InvalidError, match=message) as caught:
        act()
    assert all(problem.cure for problem in caught.value.problems)


def test_a_cited_branch_goes_when_the_citing_line_goes_with_it() -> None:
    assert codes(remove_node(DRAFT, "B")) == ["A", "A1", "A2", "N1"]


@pytest.mark.parametrize("code", frameworks.bundled())
def test_moving_every_node_of_a_bundled_framework_to_where_it_is_changes_nothing(code: str) -> None:
    plain: Any = dict(frameworks.load(code).plain)
    nodes = frameworks.load(code).by_code
    brothers: dict[str, list[str]] = {}
    for node in nodes.values():
        brothers.setdefault(node.parent, []).append(node.code)
    for node in list(nodes.values())[:20]:
        assert (
            move_node(plain, node.code, under=node.parent, at=brothers[node.parent].index(node.code)) == plain
        )
