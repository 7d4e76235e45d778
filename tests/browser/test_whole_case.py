"""A whole evaluation entered by its people in real browsers, from 下达 to the signed file they download."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from service.cases.acts import Planned
from service.cases.reader import load
from service.cases.source import CaseFile
from service.queries.figures import figures_of
from service.quotations.expectations import hold
from service.quotations.lookup import Figures
from service.report.snapshot import CaseSnapshot
from tests.browser.handlers import perform
from tests.browser.hands import Hands
from tests.browser.house import ROOT, House, pingji, running, settled
from tests.browser.play import Play

S3 = ROOT / "service" / "cases" / "examples" / "s3-zhongshan-cloud-2022.yaml"
OWN = Path(__file__).with_name("own.yaml")
TRIES = 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "浏览器测试需要 chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        yield running
        running.close()


def signed_file(hands: Hands, player: str, folder: Path) -> Path:
    """The signed report as the player downloads it, as soon as the worker has made it."""
    page = hands.go(player, "/report")
    link = page.get_by_role("link", name="签章终稿")
    for _ in range(TRIES):
        if link.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as taken:
        link.first.click()
    path = folder / taken.value.suggested_filename
    taken.value.save_as(path)
    return path


def verified(house: House, path: Path) -> None:
    """`pingji report verify` accepts the file."""
    told = pingji(house, "report", "verify", str(path))
    assert told.returncode == 0, told.stdout + told.stderr


def figures(path: Path) -> Figures:
    """The figures of downloaded data of scores."""
    return figures_of(CaseSnapshot.from_plain(json.loads(path.read_text("utf-8"))))


def entered(
    browser: Browser, house: House, file: CaseFile, folder: Path, *, script: bool, signer: str
) -> tuple[Hands, Figures]:
    """A case file carried by its people to the signed file `signer` downloads, which verifies."""
    hands = Hands(browser, house, script, f"2026-03{int(script)}")
    perform(Play(file, Planned(file), hands))
    verified(house, signed_file(hands, signer, folder))
    page = hands.go(signer, "/report")
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载评分数据 JSON").click()
    found = figures(Path(taken.value.path()))
    hands.close()
    return hands, found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The people of a unit and of its department, served."""
    with running(settled(tmp_path_factory.mktemp("own") / "instance", load(OWN))) as house:
        yield house


SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["with_javascript", "without_javascript"])


@SCRIPTS
def test_a_unit_fills_in_sends_and_has_its_own_assessment_signed(
    browser: Browser, own: House, tmp_path: Path, script: bool
) -> None:
    hands, found = entered(browser, own, load(OWN), tmp_path, script=script, signer="sd")
    assert found.total == Fraction("99.5")
    assert hands.unreached == []
    assert hands.complaints == []


@pytest.mark.deep
@SCRIPTS
def test_a_commissioned_evaluation_comes_out_as_its_replay(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """Total 78.00, grade 中 and every node as the case file expects them and its replay computes them."""
    file = load(S3)
    with running(settled(tmp_path / "instance", file)) as house:
        hands, found = entered(browser, house, file, tmp_path, script=script, signer="fa")
    held = hold(file.case.expect, found)
    assert held.failed == ()
    assert held.held == len(file.case.expect)
    assert hands.unreached == []
    assert hands.complaints == []
