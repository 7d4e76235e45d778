"""The end of a life: the signed file as its signer downloads it, verified, and the sheet it carries."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from service.cases.acts import Planned
from service.cases.source import CaseFile
from service.queries.figures import figures_of
from service.quotations.lookup import Figures
from service.report.embedded import scores_of
from service.report.snapshot import CaseSnapshot
from tests.browser.handlers import perform
from tests.browser.hands import Hands
from tests.browser.house import PINGJI, ROOT, House, environment, pingji
from tests.browser.play import Play

PATIENCE = 240.0
SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["with_javascript", "without_javascript"])


@dataclass(frozen=True)
class Ended:
    """What a life entered by hand came to: who did it, the file downloaded, its sheet, and all data of scores."""

    hands: Hands
    path: Path
    figures: Figures
    data: Mapping[str, Any]

    def clean(self) -> None:
        """No page hid an act from who had to do it, and no browser complained."""
        assert self.hands.unreached == []
        assert self.hands.complaints == []


def signed_file(hands: Hands, player: str, folder: Path, version: int = 1) -> Path:
    """The signed report as the player downloads it, as soon as the worker has made it."""
    page = hands.go(player, "/report")
    link = page.locator(f'a[href*="/report/{version}/signed"], a[href*="/report/{version}/"]').filter(
        has_text="签章终稿"
    )
    until = time.monotonic() + PATIENCE
    while not link.count():
        assert time.monotonic() < until, "签章终稿没有做成"
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


def signatures(path: Path) -> dict[str, str]:
    """What `pdfsig`, a foreign program, says of each signature field of a PDF."""
    told = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    name = ""
    for line in told.stdout.splitlines():
        key, _, value = line.strip(" -").partition(": ")
        if key == "Signature Field Name":
            name = value
        elif key == "Signature Validation":
            found[name] = value
    return found


def sheet_in(path: Path) -> Figures:
    """The figures of the sheet a report carries."""
    data = scores_of(path.read_bytes())
    assert data is not None, path
    return figures(data)


def figures(data: Mapping[str, Any]) -> Figures:
    """The figures of data of scores."""
    return figures_of(CaseSnapshot.from_plain(data))


def entered(
    browser: Browser,
    house: House,
    file: CaseFile,
    folder: Path,
    *,
    script: bool,
    signer: str,
    version: int = 1,
) -> Ended:
    """A case file carried by its people to the signed file `signer` downloads, which verifies."""
    hands = Hands(browser, house, script, f"2026-03{int(script)}")
    perform(Play(file, Planned(file), hands))
    path = signed_file(hands, signer, folder, version)
    verified(house, path)
    page = hands.go(signer, f"/report/{version}/check")
    assert page.get_by_text("核验通过").count(), page.inner_text("main")
    page = hands.go(signer, "/report")
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载评分数据 JSON").click()
    data = json.loads(Path(taken.value.path()).read_text("utf-8"))
    found = figures(data)
    assert sheet_in(path) == found
    hands.close()
    return Ended(hands, path, found, data)


@cache
def replayed(case: Path) -> Figures:
    """The sheet `pingji replay` of the same file comes to, read from the report it signs."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        told = subprocess.run(
            [*PINGJI, "replay", str(case), "--out", str(folder / "out")],
            cwd=ROOT, env=environment(folder / "instance"), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stdout + told.stderr
        (report,) = (folder / "out").glob("*.pdf")
        return sheet_in(report)
