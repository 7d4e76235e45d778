"""A replayed case is listed, shown and unfolded, and its report verifies until a byte is changed."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from service.cli import entry
from tests.cli.answers import document, run

CASE = Path(str(files("service.cases"))) / "examples" / "s2-shanghai-platform-2018.yaml"
NAME = "s2-shanghai-platform-2018"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo instance in which the case was replayed; its report lies beside it in ``out``."""
    folder = tmp_path_factory.mktemp("cases")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PINGJI_INSTANCE", str(folder / "site"))
        assert entry.run(["replay", str(CASE), "--out", str(folder / "out")]) == 0
    return folder


@pytest.fixture(autouse=True)
def here(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGJI_INSTANCE", str(site / "site"))


@pytest.fixture
def report(site: Path) -> Path:
    (found,) = [path for path in (site / "out").iterdir() if path.suffix in (".pdf", ".docx")]
    return found


def test_replay_told_the_passwords_only_to_the_private_file(site: Path) -> None:
    accounts = site / "site" / "accounts.txt"
    lines = accounts.read_text(encoding="utf-8").splitlines()
    assert accounts.stat().st_mode & 0o777 == 0o600
    assert len(lines) > 5
    assert {len(line.split("\t")) for line in lines} == {3}
    assert len({line.split("\t")[2] for line in lines}) == len(lines)


def test_the_case_is_listed_with_its_frozen_result(capfd: pytest.CaptureFixture[str]) -> None:
    (line,) = document(run(capfd, "case", "list", "--json"))
    assert (line["code"], line["stage"], line["total"], line["grade"]) == (NAME, "已签发", "87.97", "良")
    assert NAME in run(capfd, "case", "list")[1]


def test_a_score_unfolds_to_its_steps(capfd: pytest.CaptureFixture[str]) -> None:
    shown = run(capfd, "case", "show", NAME)[1]
    assert "总分：87.97，等级：良" in shown
    assert "自评 第 1 轮" in shown
    assert all(word in shown for word in ("扣分", "加分", "得分率", "84.62%"))
    snapshot = document(run(capfd, "case", "show", NAME, "--json"))
    lost = snapshot["deductions"][0]
    unfolded = run(capfd, "case", "show", NAME, "--node", lost["node"])[1]
    assert lost["reason"] in unfolded
    assert run(capfd, "case", "show", NAME, "--node", "Z9")[0] == 2


def test_an_unknown_case_is_answered_with_those_there_are(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capfd, "case", "show", "nothing")
    assert (code, NAME in err) == (2, True)


def test_the_signed_report_verifies_and_a_changed_one_does_not(
    capfd: pytest.CaptureFixture[str], report: Path, tmp_path: Path
) -> None:
    whole = document(run(capfd, "report", "verify", report, "--json"))
    assert whole["ok"] is True
    assert {c["name"]: c["passed"] for c in whole["checks"]}["留痕收录"] is True
    content = bytearray(report.read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / report.name
    changed.write_bytes(content)
    assert document(run(capfd, "report", "verify", changed, "--json"), 1)["ok"] is False
    assert run(capfd, "report", "verify", tmp_path / "none.pdf")[0] == 2


def test_a_report_somebody_added_to_is_held_to_its_own_record(
    capfd: pytest.CaptureFixture[str], report: Path, tmp_path: Path
) -> None:
    whole = document(run(capfd, "report", "verify", report, "--json"))
    assert [c["passed"] for c in whole["checks"] if c["name"] == "签名齐全"] == [True]
    longer = tmp_path / report.name
    longer.write_bytes(report.read_bytes() + b"\n% more\n")
    checks = document(run(capfd, "report", "verify", longer, "--json"), 1)["checks"]
    found = {c["name"]: c for c in checks}
    assert found["成品摘要"]["passed"] is False
    assert whole["sha256"] in found["成品摘要"]["detail"]


def test_the_replay_signed_a_checkpoint_at_every_stage_gate(site: Path) -> None:
    history = (site / "site" / "signer" / "history").read_text(encoding="utf-8")
    assert history.count('"kind":"checkpoint"') >= 5


def test_without_a_converter_the_signature_goes_along_and_the_reason_is_said(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path / "site"))
    monkeypatch.setenv("PINGJI_SOFFICE", str(tmp_path / "nowhere"))
    out = tmp_path / "out"
    code, said, told = run(capfd, "replay", CASE, "--out", out, "--json")
    (answer,) = json.loads(said)
    assert (code, answer["signature"], Path(answer["report"]).parent) == (0, "cms", out)
    assert ".docx 加独立签名" in told
    assert [path.suffix for path in sorted(out.iterdir())] == [".docx", ".p7s"]
    checked = document(run(capfd, "report", "verify", answer["report"], "--json"))
    assert {c["name"]: c["passed"] for c in checked["checks"]}["签名齐全"] is True
    found = document(run(capfd, "evidence", "fsck", "--json"))
    assert (found["problems"], found["orphans"]) == ([], []), "the signature is cited by the log alone"
    Path(f"{answer['report']}.organiser.p7s").unlink()
    assert document(run(capfd, "report", "verify", answer["report"], "--json"), 1)["ok"] is False


def test_elsewhere_a_report_verifies_against_the_root_handed_over(
    capfd: pytest.CaptureFixture[str],
    report: Path,
    site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (root,) = (site / "site" / "keys").glob("*.crt")
    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path / "nowhere"))
    assert document(run(capfd, "report", "verify", report, "--trust", root, "--json"))["ok"] is True
    assert document(run(capfd, "report", "verify", report, "--json"), 1)["ok"] is False


def test_everything_cited_is_in_the_store_and_a_lost_file_is_named(
    capfd: pytest.CaptureFixture[str], site: Path
) -> None:
    found = document(run(capfd, "evidence", "fsck", "--json"))
    assert (found["problems"], found["orphans"]) == ([], [])
    assert found["checked"] > 10
    victim = max((p for p in (site / "site" / "evidence").rglob("*") if p.is_file()), key=lambda p: p.name)
    kept = victim.read_bytes()
    victim.unlink()
    lost = document(run(capfd, "evidence", "fsck", "--json"), 1)["problems"]
    victim.write_bytes(kept)
    assert [problem["value"] for problem in lost] == [victim.name]


def test_a_draft_is_rendered_without_changing_the_case(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = document(run(capfd, "audit", "verify", "--json"))["entries"]
    out = tmp_path / "draft"
    answer = document(run(capfd, "report", "render", NAME, "--out", out, "--json"))
    assert (Path(answer["report"]), out.stat().st_size > 10_000) == (out, True)
    assert document(run(capfd, "audit", "verify", "--json"))["entries"] == before
    assert run(capfd, "report", "render", NAME, "--out", out)[0] == 1


def test_an_exported_case_scores_the_same_without_a_database(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "exported.yaml"
    assert run(capfd, "case", "export", NAME, "--out", out)[0] == 0
    (scored,) = document(run(capfd, "score", out, "--json"))
    assert (scored["total"], scored["grade"]) == ("87.97", "良")
    assert run(capfd, "case", "export", NAME)[1] == out.read_text(encoding="utf-8")
    assert run(capfd, "case", "export", NAME, "--out", out)[0] == 1
