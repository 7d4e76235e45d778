"""The world of the page tests behind a real server, and people with a browser who have come in."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.builders import PASSWORD
from tests.web.conftest import Site

PATIENCE = 120_000
"""Milliseconds after which something does not come any more; a loaded machine may take long for anything."""


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """The address at which the site answers, several requests at a time."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def launched() -> Iterator[Browser]:
    """The Chromium of this machine; what is expected of its pages is waited for with `PATIENCE`."""
    program = shutil.which("chromium")
    assert program, "浏览器测试需要 chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=["--headless", "--no-sandbox"], timeout=PATIENCE
        )
        yield running
        running.close()


def patient(context: BrowserContext) -> BrowserContext:
    """The same context, which gives its pages `PATIENCE`."""
    context.set_default_timeout(PATIENCE)
    context.set_default_navigation_timeout(PATIENCE)
    return context


def follow(page: Page, link: Locator) -> None:
    """Press what leads to another page and wait for that page."""
    with page.expect_navigation():
        link.click()


def entered(browser: Browser, address: str, login: str, width: int = 1440) -> Page:
    """A page of a browser of its own in which `login` has come in."""
    page = patient(browser.new_context(viewport={"width": width, "height": 900})).new_page()
    page.goto(f"{address}/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    follow(page, page.get_by_role("main").get_by_role("button", name="登录"))
    page.get_by_role("button", name="退出").wait_for()
    return page
