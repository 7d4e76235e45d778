"""The auditor's third task: the signed report and its history, on a machine that has only the one file of ours.

What he carries home he has got in the browser or by hand: the signed report, the root on the printed sheet of
approvals, the bundle, and the policy on a way of its own. At home there is no network and nothing installed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.hands import Hands
from tests.browser.house import House, pingji
from tests.browser.offline import PAGE
from tests.browser.test_auditor import CODE, house
from tests.unit.audit.test_bundle import pythons

__all__ = ["house"]
ALONE = ("--no-sandbox", "--proxy-server=127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND")


@dataclass(frozen=True)
class Carried:
    """What the auditor has at home: report and bundle, and what he got another way."""

    report: Path
    bundle: Path
    policy: Path
    checkpoint: Path
    printed: str


@pytest.fixture(scope="module")
def carried(browser: Browser, house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    folder = tmp_path_factory.mktemp("home")
    note, policy = folder / "检查点", folder / "核验策略"
    note.write_text(
        json.loads(pingji(house, "audit", "checkpoint", "--json").stdout)["checkpoint"], encoding="utf-8"
    )
    policy.write_text(
        json.loads(pingji(house, "audit", "policy", "--json").stdout)["policy"], encoding="utf-8"
    )
    hands = Hands(browser, house, True, CODE)
    page = hands.as_("auditor")
    page.goto(f"{house.address}/cases/{CODE}/prints/scored/approval")
    seal = page.locator("section.seal")
    size = seal.locator("b").first.inner_text()
    printed = " ".join([size, *seal.locator("li").all_inner_texts()])
    page.goto(f"{house.address}/cases/{CODE}/report")
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile("终稿")).first.click()
    report = folder / started.value.suggested_filename
    started.value.save_as(report)
    hands.close()
    assert hands.complaints == []
    # Reading and downloading went on in the log: there is more than the paper and the checkpoint have seen.
    pingji(house, "audit", "checkpoint")
    made = pingji(house, "audit", "export", str(folder / "留痕包"), "--files")
    assert made.returncode == 0, made.stderr
    yield Carried(report, folder / "留痕包", policy, note, printed)
    shutil.rmtree(folder)


def spoilt(path: Path, folder: Path) -> Path:
    """The same file with its last byte changed."""
    data = path.read_bytes()
    made = folder / path.name
    made.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    return made


def oldest() -> str:
    """The oldest Python of this machine that runs without any setting."""
    versions = []
    for each in pythons():
        asked = "import sys; print('%03d %03d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 7))"
        ran = subprocess.run([each, "-I", "-S", "-c", asked], capture_output=True, check=False, env={})
        versions += [(ran.stdout, each)] if ran.returncode == 0 else []
    return min(versions)[1]


@pytest.mark.parametrize("python", ["oldest", "ours"])
def test_one_file_of_python_in_an_empty_folder(carried: Carried, tmp_path: Path, python: str) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(PAGE.with_suffix(".py"), alone)
    program = oldest() if python == "oldest" else sys.executable

    def run(report: Path, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, "-I", "-S", "verifier.py", carried.bundle, "--policy", carried.policy, "--file", report, *more],
            cwd=alone, env={}, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip

    kept = ("--checkpoint", str(carried.checkpoint), "--printed", carried.printed)
    good = run(carried.report, *kept)
    assert (good.returncode, good.stderr) == (0, "")
    assert re.search(rf"所给的 {re.escape(carried.report.name)} 是序号 \d+ \S+ 于 \S+ 登记的", good.stdout)
    assert "条与印制审批单时相同" in good.stdout
    assert "核验通过。" in good.stdout
    bad = run(spoilt(carried.report, tmp_path), *kept)
    assert bad.returncode == 1
    assert "没有登记（SHA-256 " in bad.stdout
    group = carried.printed.split()[5]
    other = run(
        carried.report, "--printed", carried.printed.replace(group, "0000" if group != "0000" else "1111", 1)
    )
    assert other.returncode == 1
    assert "第 5 组" in other.stdout
    assert sorted(each.name for each in alone.iterdir()) == ["verifier.py"]


def test_one_page_in_a_new_browser_without_network(
    browser: Browser, carried: Carried, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    file = Path(shutil.copy(PAGE, alone))
    asked: list[str] = []
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=shutil.which("chromium"),
        args=["--headless", *ALONE],
        offline=True,
    )
    try:
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())

        def verify(report: Path, printed: str) -> str:
            page.locator("#folder").set_input_files(carried.bundle)
            page.locator("#trust-file").set_input_files(carried.policy)
            page.locator("#kept-file").set_input_files(carried.checkpoint)
            page.locator("#given-file").set_input_files(report)
            page.get_by_label("审批单上印的条数和根").fill(printed)
            page.get_by_role("button", name="核验", exact=True).click()
            # Pressing takes the earlier verdict away at once, so the one that shows is of this pressing.
            expect(page.get_by_role("heading", name="核验结果")).to_be_visible(timeout=120_000)
            return page.locator("#result").get_attribute("data-code") or ""

        assert verify(carried.report, carried.printed) == "0"
        result = page.locator("#result")
        expect(result).to_contain_text("核验通过。")
        expect(result.locator("[data-verdict=files]")).to_contain_text(f"所给的 {carried.report.name} 是序号")
        expect(result.locator("[data-verdict=printed]")).to_contain_text("条与印制审批单时相同")
        assert re.search(r"核验时间\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d（UTC", result.inner_text())
        assert page.locator("#result tr.bad").count() == 0
        page.get_by_role("button", name="清空").click()
        expect(result).to_be_hidden()
        assert verify(spoilt(carried.report, tmp_path), carried.printed) == "1"
        expect(result.locator("tr.bad")).to_have_attribute("data-verdict", "files")
        expect(result).to_contain_text("没有登记（SHA-256 ")
        # What is given has changed: the verdict over what was given before is gone.
        page.locator("#given-file").set_input_files(carried.report)
        expect(result).to_be_hidden()
        assert verify(carried.report, "1 2") == "2"
        expect(result).to_contain_text("不能核验：--printed：根应为 64 位")
        kept = "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, document.cookie]"
        assert page.evaluate(kept) == [0, 0, 0, ""]
        refused = "async () => { try { await fetch('https://example.org/'); return 'reached'; } catch (error) { return 'refused'; } }"
        assert page.evaluate(refused) == "refused"
        assert [each for each in asked if not each.startswith("file:") and "example.org" not in each] == []
    finally:
        context.close()
