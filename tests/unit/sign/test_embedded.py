"""Data against text: exact, rounded to two places, or found to differ."""

from __future__ import annotations

import pytest

from service.report.embedded import differences, squeeze

LINES = [
    {"code": "A", "parent": "", "name": "决策", "level": 1, "awarded": "11"},
    {"code": "A1", "parent": "A", "name": "立项依据", "level": 2, "awarded": "7"},
    {"code": "A2", "parent": "A", "name": "目标明确性", "level": 2, "awarded": "4"},
    {"code": "B", "parent": "", "name": "过程", "level": 1, "awarded": "45/2"},
]
WHOLE = "决策 16 11 68.75%\n过程 30 22.50 75.00%\n总分 78.00 分，等级“中”"


def about(text: str, **changed: object) -> list[str]:
    return differences({"total": "78", "grade": "中", "lines": LINES, **changed}, text)


def test_a_text_that_prints_every_figure_agrees() -> None:
    assert about(WHOLE) == []
    assert differences({"sheet": {"total": "78", "grade": "中", "lines": LINES}}, WHOLE) == []


@pytest.mark.parametrize(
    ("exact", "printed", "agrees"),
    [
        ("2145/5823", "0.37", True),
        ("2145/5823", "0.368", True),
        ("2145/5823", "0.36", False),
        ("87.965", "87.97", True),
        ("87.965", "87.96", False),
        ("87.965", "88", False),
        ("-1", "−1.00", True),
        ("-1", "1.00", False),
        ("1087.8", "1,087.80", True),
    ],
)
def test_printed_figures_are_exact_or_rounded_half_up(exact: str, printed: str, agrees: bool) -> None:
    assert (differences({"total": exact, "lines": []}, f"总分 {printed} 分") == []) is agrees


def test_a_missing_or_other_figure_is_named() -> None:
    assert about(WHOLE.replace("22.50", "22.40")) == ["正文“过程”附近没有内嵌数据的得分 45/2"]
    assert about(WHOLE.replace("78.00", "87.00")) == ["正文没有内嵌数据的总分 78"]
    assert about(WHOLE.replace("中", "良")) == ["正文没有内嵌数据的等级“中”"]


def test_a_form_that_prints_only_leaves_is_held_to_them() -> None:
    form = "决策 立项依据 8 7\n目标明确性 4 4\n过程 其他 3\n总分 78.00 中"
    assert about(form) == []
    assert about(form.replace("8 7", "8 6")) == ["正文“立项依据”附近没有内嵌数据的得分 7"]


def test_points_far_from_the_name_do_not_count() -> None:
    assert about(WHOLE.replace("决策 16 11", "决策" + "很" * 70 + "11"))


def test_data_without_lines_cannot_be_compared() -> None:
    assert differences({"total": "78"}, WHOLE)


def test_numbers_in_neighbouring_cells_stay_apart() -> None:
    assert squeeze("得分 16 11\n 22.5 %") == "得分16|11|22.5%"
