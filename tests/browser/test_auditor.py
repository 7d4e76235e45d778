"""What an auditor is asked two years later, answered in the browser by whoever may read and write nothing.

Who changed the points of 满意率 after 征求意见, why, at whose request and on what paper; and what the case was
on the day its draft went out, against what it is.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.ends import SCRIPTS
from tests.browser.hands import Hands, fill, press
from tests.browser.house import PINGJI, ROOT, House, environment, running
from tests.browser.visitors import follow

CASES = Path(__file__).parents[1] / "cases"
CODE, NODE, NAME = "opinions", "B1", "目标用户满意率"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The case of opinions carried to its signature, one indicator named 满意率, served."""
    folder = tmp_path_factory.mktemp("audited")
    cases = Path(shutil.copytree(CASES, folder / "cases"))
    framework = cases / "framework.yaml"
    text = framework.read_text(encoding="utf-8")
    assert "设备更新完成率" in text
    framework.write_text(text.replace("设备更新完成率", NAME), encoding="utf-8")
    instance = folder / "instance"
    # What is asked is the history; the report is a .docx, which is ready in a second.
    told = subprocess.run(
        [*PINGJI, "replay", str(cases / f"{CODE}.yaml"), "--json"],
        cwd=ROOT, env=environment(instance, PINGJI_SOFFICE="/nonexistent/soffice"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    rows = [line.split("\t") for line in (instance / "accounts.txt").read_text(encoding="utf-8").splitlines()]
    keys = {row[1]: (row[1], row[2]) for row in rows if len(row) == 3}
    with running(House("", instance, keys, {})) as served:
        yield served


@pytest.fixture
def reading(browser: Browser, house: House, script: bool) -> Iterator[Page]:
    """The auditor on the page of the case, reached by links from the list."""
    hands = Hands(browser, house, script, CODE)
    page = hands.as_("auditor")
    page.goto(f"{house.address}/cases")
    follow(page, page.locator(f'a[href$="/cases/{CODE}"]').first)
    yield page
    assert page.locator('main form[method=post], a[href*="/do/"]').count() == 0
    hands.close()
    assert hands.complaints == []


@SCRIPTS
def test_who_changed_the_points_of_an_indicator_after_the_consultation(reading: Page, script: bool) -> None:
    page = reading
    follow(page, page.locator(f'nav a[href$="/cases/{CODE}/history"]').first)
    form = page.locator("form.history-filters")
    fill(form, {"node": NODE, "action": "adjustment.revise"})
    press(page, form.locator(".btn-main"))
    main = page.get_by_role("main")
    expect(main).to_contain_text("符合条件 1 条")
    for words in ("批示按替代设备计", "分管负责人", "批示件", "组长", "38", "所修改的条目"):
        expect(main).to_contain_text(words)
    # The revision cites the entry it takes the place of, and the case just after it leads to both.
    follow(page, page.get_by_role("link", name="此后的案卷").first)
    for code, told in (("T001", ("停产一台不是单位的责任", "37")), ("T002", ("批示件", "分管负责人", "38"))):
        page.locator("summary", has_text="裁量调整").first.click()
        follow(page, page.get_by_role("link", name=re.compile(f"裁量调整 {code} {NODE} 评定得分$")))
        for words in told:
            expect(page.get_by_role("main")).to_contain_text(words)
        page.go_back()


@SCRIPTS
def test_the_case_on_the_day_of_its_draft_against_what_it_is(reading: Page, script: bool) -> None:
    page = reading
    follow(page, page.locator(f'nav a[href$="/cases/{CODE}/history"]').first)
    follow(page, page.get_by_role("link", name="历史视图"))
    form = page.locator("form.moment-filters")
    form.locator("#q-on").fill("2025-03-03")
    press(page, form.locator(".btn-main"))
    expect(page.locator(".asof-band")).to_contain_text("征求意见")
    then = page.locator("section[aria-labelledby=h-then]")
    expect(then).to_contain_text("83.00")
    follow(page, page.get_by_role("link", name="与现在比较"))
    scores = page.locator("section[aria-labelledby=h-scores]")
    expect(scores).to_contain_text("83.00 → 88.00")
    for name, before, after in (
        ("资金使用合规性", "16", "20"),
        (NAME, "37", "38"),
        ("更新及时性", "15", "15"),
    ):
        line = scores.locator("tbody tr", has_text=name)
        if before == after:
            assert line.count() == 0
        else:
            expect(line).to_contain_text(before)
            expect(line).to_contain_text(after)
