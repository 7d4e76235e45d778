"""Shortcuts and the warning before a login ends, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from service import clock
from service.actions.housekeeping import housekeeping
from service.extensions import db
from service.models.operational import LoginSession
from tests.browser.visitors import follow, serving
from tests.web.conftest import Site, World, running_copy
from tests.web.test_browser import browser, enter, opened

__all__ = ["browser"]
IDLE = 900


@pytest.fixture(scope="module")
def served(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    with running_copy(world, tmp_path_factory.mktemp("keyed") / "instance") as site, serving(site) as address:
        yield site, address


def test_shortcuts_move_save_explain_and_can_be_switched_off(
    browser: Browser, served: tuple[Site, str]
) -> None:
    _, address = served
    watched = opened(browser, script=True)
    page = watched.page
    enter(page, address, "/cases")
    links = page.locator("main table.list tbody th a")
    page.keyboard.press("Alt+j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("Alt+j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Alt+k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("Alt+/")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_hidden()
    expect(links.nth(0)).to_be_focused()
    page.goto(f"{address}/account")
    page.get_by_label("下一项").fill("N")
    page.keyboard.press("Alt+s")
    expect(page.get_by_text("快捷键已保存")).to_be_visible()
    page.goto(f"{address}/cases")
    page.keyboard.press("Alt+n")
    expect(links.nth(0)).to_be_focused()
    page.goto(f"{address}/account")
    page.get_by_label("使用快捷键").uncheck()
    follow(page, page.get_by_role("button", name="保存"))
    page.goto(f"{address}/cases")
    page.keyboard.press("Alt+n")
    expect(links.nth(0)).not_to_be_focused()
    assert watched.complaints == []


def test_before_a_login_ends_the_page_says_so_and_can_go_on(
    browser: Browser, served: tuple[Site, str]
) -> None:
    site, address = served
    watched = opened(browser, script=True)
    page = watched.page
    enter(page, address, "/account")
    # The page's own clock goes on only when told to: what it waits for comes after what is done meanwhile.
    page.clock.install()
    rest(site, seconds=0)
    page.reload()
    expect(page.locator("#session-warning")).to_have_count(0)
    rest(site, seconds=IDLE - 265)
    page.clock.run_for((IDLE - 290) * 1000)
    expect(page.locator("#session-warning")).to_contain_text("4 分钟后自动退出登录")
    with page.expect_response("**/account/stay"):
        page.get_by_role("button", name="继续").click()
    expect(page.locator("#session-warning")).to_have_count(0)
    rest(site, seconds=IDLE + 100)
    page.clock.run_for((IDLE - 290) * 1000)
    expect(page.locator("#relogin")).to_contain_text("登录已失效，填写的内容仍在本页")
    assert [line for line in watched.complaints if "account/left" not in line] == []


def rest(site: Site, *, seconds: int) -> None:
    """Every login was last used so long ago and may rest for `IDLE` seconds."""
    with site.app.app_context():
        with housekeeping() as session:
            for row in session.scalars(select(LoginSession)):
                row.seen_at = clock.now() - timedelta(seconds=seconds)
                row.data = {**row.data, "idle": IDLE}
        db.session.remove()
