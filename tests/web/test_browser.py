"""The pages in a real browser, with JavaScript and without: nothing depends on it, nothing is blocked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Request, Response, expect

from tests.browser.visitors import follow, launched, patient, serving
from tests.builders import PASSWORD
from tests.web.conftest import World, running_copy

TABS = ("", "/scores", "/quotations", "/evidence", "/review", "/visit", "/opinions", "/report", "/history")
WIDTHS = (320, 820, 1440)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def address(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browsed")
    with running_copy(world, folder / "instance") as site, serving(site) as where:
        yield where


@dataclass
class Watched:
    """A page and everything its browser complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def failed(self, request: Request) -> None:
        # Chromium calls a page that turns into a download aborted.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")


def opened(browser: Browser, *, script: bool, width: int = 1280) -> Watched:
    context = browser.new_context(java_script_enabled=script, viewport={"width": width, "height": 900})
    watched = Watched(patient(context).new_page())
    watched.page.on("console", lambda message: watched.complaints.append(message.text))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("requestfailed", watched.failed)
    return watched


def enter(page: Page, address: str, path: str = "/cases") -> None:
    page.goto(address + path)
    page.get_by_label("登录名").fill("el")
    page.get_by_label("密码").fill(PASSWORD)
    follow(page, page.get_by_role("main").get_by_role("button", name="登录"))
    page.wait_for_url(address + path)


@pytest.mark.parametrize("script", [True, False], ids=["with_javascript", "without_javascript"])
def test_a_person_comes_in_unfolds_a_figure_takes_a_file_and_leaves(
    browser: Browser, address: str, script: bool
) -> None:
    watched = opened(browser, script=script)
    page = watched.page
    enter(page, address)
    page.get_by_label("阶段").select_option(label="定稿")
    follow(page, page.get_by_role("button", name="筛选"))
    follow(page, page.get_by_role("link", name="2024年窗口设备更新项目绩效评价报告"))
    follow(page, page.get_by_role("link", name="评分表", exact=True))
    line = page.locator("#n-B1")
    expect(line.get_by_text("得分 50.00 = 满分 60.00")).to_be_hidden()
    line.locator("summary").click()
    expect(line.get_by_text("得分 50.00 = 满分 60.00")).to_be_visible()
    follow(page, page.get_by_role("link", name="报告与签发", exact=True))
    with page.expect_download() as taken:
        page.get_by_role("link", name="冻结文件（docx）", exact=True).click()
    assert taken.value.suggested_filename == "演示-final-v1-冻结文件.docx"
    follow(page, page.get_by_role("button", name="退出"))
    expect(page.get_by_text("已退出登录")).to_be_visible()
    page.goto(f"{address}/cases/final")
    expect(page.get_by_label("密码")).to_be_visible()
    assert watched.complaints == []


def test_no_page_is_wider_than_its_window_and_no_policy_is_broken(browser: Browser, address: str) -> None:
    watched = opened(browser, script=True)
    enter(watched.page, address)
    for width in WIDTHS:
        watched.page.set_viewport_size({"width": width, "height": 900})
        for code in ("final", "visit"):
            for tab in TABS:
                answer = watched.page.goto(
                    f"{address}/cases/{code}{tab}{'?open=1' if tab == '/scores' else ''}"
                )
                assert isinstance(answer, Response)
                assert answer.status == 200
                found = watched.page.evaluate("document.documentElement.scrollWidth")
                assert found <= width, (width, code, tab)
    assert watched.complaints == []


def test_hostile_words_run_nowhere(browser: Browser, address: str) -> None:
    watched = opened(browser, script=True)
    dialogs: list[str] = []
    watched.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    enter(watched.page, address)
    for path in (
        "/cases/visit/scores?open=1",
        "/cases/visit/evidence",
        "/cases/visit/history",
        "/cases/review/review",
    ):
        watched.page.goto(address + path)
    assert dialogs == []
    assert watched.complaints == []


def test_everything_to_press_is_large_enough_and_named(browser: Browser, address: str) -> None:
    watched = opened(browser, script=True, width=360)
    enter(watched.page, address)
    for path in ("/cases", "/cases/final/scores", "/cases/final/report", "/cases/final/history"):
        watched.page.goto(address + path)
        small = watched.page.evaluate(
            """() => [...document.querySelectorAll('button, summary, select, input:not([type=hidden]), a[class^=btn]')]
                .filter(e => e.getClientRects().length)
                .map(e => [(e.closest('label') || e).getBoundingClientRect(), e.outerHTML.slice(0, 80)])
                .filter(([box]) => box.height < 24 || box.width < 24).map(pair => pair[1])"""
        )
        assert small == [], path
        unnamed = watched.page.evaluate(
            """() => [...document.querySelectorAll('input:not([type=hidden]), select')]
                .filter(e => !e.labels.length).map(e => e.outerHTML)"""
        )
        assert unnamed == [], path
