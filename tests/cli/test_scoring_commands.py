"""framework and score need no instance and say everything that is wrong at once."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from service.frameworks import bundled
from tests.cli.answers import run

EXAMPLES = sorted(Path(str(files("service.cases"))).glob("examples/*.yaml"))


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no instance anywhere."""
    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path / "nothing"))


def test_every_bundled_framework_is_listed_checked_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(run(capsys, "framework", "list", "--json")[1])
    assert tuple(each["code"] for each in listed) == bundled()
    checked = json.loads(run(capsys, "framework", "check", *bundled(), "--json")[1])
    assert all(each["ok"] for each in checked)
    for each in listed:
        assert each["name"] in run(capsys, "framework", "show", each["code"])[1]


def test_a_shown_framework_can_be_changed_and_checked_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for code in bundled():
        copy = tmp_path / f"{code}.yaml"
        copy.write_text(run(capsys, "framework", "show", code, "--yaml")[1], encoding="utf-8")
        assert run(capsys, "framework", "check", copy)[0] == 0


def test_all_faults_of_all_files_are_named_with_their_lines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("format: other\ncode: x\ncode: y\nnodes: []\n", encoding="utf-8")
    code, out, _ = run(capsys, "framework", "check", broken, bundled()[0], tmp_path / "none.yaml", "--json")
    first, second, third = json.loads(out)
    assert (code, first["ok"], second["ok"], third["ok"]) == (1, False, True, False)
    assert all(each["file"] and each["message"] for each in first["problems"])
    assert {each["line"] for each in first["problems"]} & {1, 2, 3}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_case_scores_as_it_expects(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    code, out, _ = run(capsys, "score", path, "--json")
    (scored,) = json.loads(out)
    assert (code, scored["expectations"]["failed"]) == (0, [])
    assert scored["expectations"]["held"] > 0
    assert [each for each in scored["published"]["differ"] if not each["declared"]] == []
    code, said, _ = run(capsys, "score", path)
    assert (code, "总分：" in said) == (0, True)


def test_a_failed_expectation_is_shown_and_ends_with_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    case = next(path for path in EXAMPLES if path.stem.startswith("s2"))
    changed = tmp_path / "case.yaml"
    text = case.read_text(encoding="utf-8")
    assert "87.97" in text
    changed.write_text(text.replace('total: "87.97"', 'total: "87.98"'), encoding="utf-8")
    assert changed.read_text(encoding="utf-8") != text
    code, out, _ = run(capsys, "score", changed)
    assert (code, "期望 87.98，实际 87.97" in out) == (1, True)


def test_points_no_decimal_is_exact_for_are_marked_as_rounded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    case = tmp_path / "thirds.yaml"
    case.write_text(
        "format: pingji-case/1\ncase: thirds\ntitle: 示例\nkind: department\nyear: '2024'\n"
        "subject: {name: 示例}\nresults: {A: {value: '60%'}, B: {awarded: '2.5'}}\n"
        "framework: {inline: {format: pingji-framework/1, code: thirds, name: 示例, version: '1', "
        "rounding: {places: '2', mode: half_up, at: [total], rate_places: '2', grade_on: exact}, nodes: ["
        "{code: A, name: 甲, max: '7', rule: {kind: proportional, target: 90%}}, "
        "{code: B, name: 乙, max: '3', rule: {kind: discretionary}}]}}\n",
        encoding="utf-8",
    )
    code, out, _ = run(capsys, "score", case)
    assert code == 0 and "≈4.6667" in out and " 2.5" in out and "总分：7.17" in out
    assert "14/3" not in out


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "score", tmp_path / "none.yaml")
    assert (code, "none.yaml" in err, "Traceback" in err) == (1, True, False)


def test_faults_of_every_case_file_are_named_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("a: {b\n", encoding="utf-8")
    code, _, err = run(capsys, "score", tmp_path / "one.yaml", EXAMPLES[0], tmp_path / "two.yaml")
    assert code == 1
    assert "one.yaml:" in err and "two.yaml:" in err


def test_score_and_replay_name_outcomes_alike(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "score", EXAMPLES[0])[1]
    for words in ("来源数字：相符", "不符", "无法核算", "期望：符合", "已声明："):
        assert words in out
