"""``pingji report lint``: places, figures and exit codes, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli.report import command

WRONG = "一、指标分析\n（1）立项规范性。该指标分值5分，评价得分4分，得分率为70%。\n"


def ran(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, ["lint", *arguments], standalone_mode=False)
    assert done.exception is None, done.exception
    return done.return_value, done.output


def test_a_wrong_rate_is_told_with_place_and_arithmetic(tmp_path: Path) -> None:
    path = tmp_path / "报告.txt"
    path.write_text(WRONG, "utf-8")
    code, output = ran(str(path))
    assert code == 1
    assert "错误 得分率 第2段（第2行）" in output
    assert "应为 80.00%；现为 70%；4 ÷ 5 = 80.0000%；容差 ±0.5%" in output
    assert "核对 2 段、0 张表，错误 1 处、待核 0 处、提示 0 处" in output


def test_the_same_as_json(tmp_path: Path) -> None:
    path = tmp_path / "报告.txt"
    path.write_text(WRONG, "utf-8")
    code, output = ran(str(path), "--json")
    found = json.loads(output)
    assert code == 1
    assert found["counts"] == {"error": 1, "review": 0, "hint": 0}
    assert [(f["rule"], f["severity"], f["place"]) for f in found["findings"]] == [
        ("rate.stated", "error", "第2段（第2行）")
    ]


@pytest.mark.parametrize("text", ["该指标分值5分，评价得分4分，得分率为80%。", ""])
def test_nothing_wrong_ends_well(tmp_path: Path, text: str) -> None:
    path = tmp_path / "报告.txt"
    path.write_text(text, "utf-8")
    assert ran(str(path))[0] == 0
