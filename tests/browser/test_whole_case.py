"""A whole evaluation entered by its people in real browsers, from 下达 to the signed file they download."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from service.cases.reader import load
from service.quotations.expectations import hold
from tests.browser.ends import SCRIPTS, entered, replayed, signatures
from tests.browser.house import ROOT, House, running, settled

S3 = ROOT / "service" / "cases" / "examples" / "s3-zhongshan-cloud-2022.yaml"
PAPER = ROOT / "tests" / "cases" / "paper.yaml"
OWN = Path(__file__).with_name("own.yaml")
DEPARTMENT = Path(__file__).with_name("department.yaml")
VALID = "Signature is Valid."
SIGNED = dict.fromkeys(("lead_evaluator", "agency_seal", "organiser"), VALID)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The people of a unit and of its department, served."""
    with running(settled(tmp_path_factory.mktemp("own") / "instance", load(OWN))) as house:
        yield house


@SCRIPTS
def test_a_unit_fills_in_sends_and_has_its_own_assessment_signed(
    browser: Browser, own: House, tmp_path: Path, script: bool
) -> None:
    ended = entered(browser, own, load(OWN), tmp_path, script=script, signer="sd")
    assert ended.figures.total == Fraction("99.5")
    ended.clean()


@pytest.mark.deep
@SCRIPTS
def test_a_commissioned_evaluation_comes_out_as_its_replay(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """Total 78.00, grade 中 and every node as the case file expects them and its replay computes them."""
    file = load(S3)
    with running(settled(tmp_path / "instance", file)) as house:
        ended = entered(browser, house, file, tmp_path, script=script, signer="fa")
    held = hold(file.case.expect, ended.figures)
    assert held.failed == ()
    assert held.held == len(file.case.expect)
    assert signatures(ended.path) == SIGNED
    ended.clean()


@pytest.mark.deep
@SCRIPTS
def test_a_department_evaluates_by_itself_and_goes_every_way_round(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """No firm; returned, supplemented twice, suspended, objected to, changed, returned again, corrected."""
    file = load(DEPARTMENT)
    with running(settled(tmp_path / "instance", file)) as house:
        ended = entered(browser, house, file, tmp_path, script=script, signer="other", version=2)
    assert ended.figures == replayed(DEPARTMENT)
    assert (ended.figures.total, ended.figures.grade) == (Fraction(90), "优")
    assert signatures(ended.path) == {"organiser": VALID}
    ended.clean()


@pytest.mark.deep
@SCRIPTS
def test_an_evaluation_done_on_paper_is_registered_step_by_step(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """报送, 补正确认, 现场确认 and objection, 回函, 主评人签字, 用印 and 签发, each with its scan."""
    file = load(PAPER)
    with running(settled(tmp_path / "instance", file)) as house:
        ended = entered(browser, house, file, tmp_path, script=script, signer="signer")
    assert ended.figures == replayed(PAPER)
    assert (ended.figures.total, ended.figures.grade) == (Fraction(91), "优")
    on_paper = [given["part"] for given in ended.data["approvals"] if given["state"] == "paper"]
    assert on_paper == ["主评人签字", "机构用印", "签发报告"]
    assert signatures(ended.path) == SIGNED
    ended.clean()
