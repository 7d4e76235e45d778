"""The world of the page tests behind a real server, and people with a browser who have come in."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.builders import PASSWORD
from tests.web.conftest import Site


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """The address at which the site answers, several requests at a time."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def launched() -> Iterator[Browser]:
    """The Chromium of this machine."""
    program = shutil.which("chromium")
    assert program, "浏览器测试需要 chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        yield running
        running.close()


def entered(browser: Browser, address: str, login: str, width: int = 1440) -> Page:
    """A page of a browser of its own in which `login` has come in."""
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.goto(f"{address}/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    page.get_by_role("button", name="退出").wait_for()
    return page
