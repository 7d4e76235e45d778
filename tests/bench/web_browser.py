"""What a person waits for in Chromium: until a page can be worked on over slow 4G, and after a key or a tick."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.web_load import Visitor

SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 96_000}
"""1.6 Mbit/s down, 750 kbit/s up, 150 ms: "Slow 4G" of Lighthouse, applied to every request by Chromium."""
SLOW_WORDS = "慢速 4G（下行 1.6 Mbit/s、上行 750 kbit/s、延时 150 毫秒）"
_USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"
_CHOICES = ("ArrowDown", "ArrowUp")
_FEEDBACK = """kind => new Promise(done => {
  const noted = event => {
    document.removeEventListener(kind, noted, true);
    const begun = event.timeStamp;
    requestAnimationFrame(() => setTimeout(() => done((performance.now() - begun) / 1000), 0));
  };
  document.addEventListener(kind, noted, true);
})"""
"""Seconds from the moment of the input to behind the next frame, in which its effect is drawn."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, visitor: Visitor) -> Iterator[Page]:
    """A page of the person `visitor` is logged in as."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    address = f"http://127.0.0.1:{visitor.port}"
    context.add_cookies([{"name": k, "value": v, "url": address} for k, v in visitor.cookies.items()])
    yield context.new_page()
    context.close()


def usable(browser: Browser, visitor: Visitor, path: str, *, count: int) -> tuple[list[float], list[float]]:
    """Return seconds until the page can be worked on over slow 4G: with nothing kept, and with files kept."""
    cold, warm = [], []
    for _ in range(count):
        with visiting(browser, visitor) as page:
            line = page.context.new_cdp_session(page)
            line.send("Network.enable")
            line.send("Network.emulateNetworkConditions", SLOW_4G)
            cold.append(_loaded(page, visitor, path))
            warm.append(_loaded(page, visitor, path))
    return cold, warm


def _loaded(page: Page, visitor: Visitor, path: str) -> float:
    page.goto(f"http://127.0.0.1:{visitor.port}{path}")
    return float(page.evaluate(_USABLE))


def feedback(
    browser: Browser, visitor: Visitor, path: str, *, count: int
) -> tuple[list[float], list[float], list[float]]:
    """Return seconds from a key typed, a key that moves on and a choice made to the frame that shows it."""
    with visiting(browser, visitor) as page:
        page.goto(f"http://127.0.0.1:{visitor.port}{path}")
        field = page.locator(".g-leaf .g-in input[name=value]").first
        choice = page.locator(".g-leaf .g-in select")
        typed, moved, ticked = [], [], []
        field.click()
        for number in range(count):
            typed.append(_after(page, "keydown", lambda n=number: page.keyboard.press(str(n % 9 + 1))))
            moved.append(_after(page, "keydown", lambda: page.keyboard.press("Enter")))
        for number in range(count):
            choice.nth(number % choice.count()).focus()
            ticked.append(_after(page, "keydown", lambda n=number: page.keyboard.press(_CHOICES[n % 2])))
        return typed, moved, ticked


def _after(page: Page, kind: str, act: Any) -> float:
    page.evaluate(f"window.waited = ({_FEEDBACK})('{kind}'); 0")
    act()
    return float(page.evaluate("window.waited"))
