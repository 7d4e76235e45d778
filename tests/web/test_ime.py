"""Pinyin typed into every kind of field: the Enter that ends a composition sends nothing and moves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.visitors import entered, launched, serving
from tests.conftest import Depth
from tests.web.conftest import Site

FULL = 204
USUAL = 8
PROCESS = 229
FIELDS = (
    ("ev", "/cases/visit/grid", "#i-A1-1"),
    ("ev", "/cases/visit/grid/B1", "#w-B1"),
    ("ev", "/cases/review/review?item=合同", "form[data-act] textarea"),
    ("fo", "/cases", "#f-text"),
    ("fo", "/commission", "input[type=search]"),
    ("el", "/cases/final/writing", "textarea[name=body]"),
    ("ev", "/cases/visit/do/deduction.draft", "form[data-act] input[type=text]"),
    ("ev", "/cases/visit/evidence", "#q-text"),
)  # fmt: skip
WATCH = """() => {
    window.sent = [];
    window.addEventListener("submit", event => { window.sent.push("submit"); event.preventDefault(); }, true);
    for (const name of ["fetch"]) {
        const real = window[name];
        window[name] = (...given) => { window.sent.push(name); return real(...given); };
    }
    document.addEventListener("htmx:beforeRequest", event => {
        if (event.detail.requestConfig && event.detail.requestConfig.verb === "post") window.sent.push("htmx");
        event.preventDefault();
    });
}"""
# What other engines do: the key comes while composing is over for a moment, or names only the number 229.
OTHERS = """(how) => {
    const at = document.activeElement;
    const key = (more) => at.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true, cancelable: true, ...more }));
    at.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    if (how === "after") {
        at.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "绩效" }));
        key({ keyCode: 13 });
    } else {
        key({ keyCode: 229 });
        at.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "绩效" }));
    }
}"""
HOWS = ("real", "after", "number", "shortcut")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def address(shared: Site) -> Iterator[str]:
    with serving(shared) as where:
        yield where


def compose(page: Page, session: CDPSession, how: str) -> None:
    """Type pinyin, choose with Enter, as this engine or another does it; or press a shortcut meanwhile."""
    if how in ("after", "number"):
        page.evaluate(OTHERS, how)
        return
    for text in ("j", "ji", "jixiao"):
        session.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )
    keys = (
        [("Enter", "Enter", 0)] if how == "real" else [("s", "KeyS", 1), ("j", "KeyJ", 1), ("z", "KeyZ", 1)]
    )
    for key, code, modifiers in keys:
        event = {"key": key, "code": code, "windowsVirtualKeyCode": PROCESS, "modifiers": modifiers}
        session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **event})
    session.send("Input.insertText", {"text": "绩效"})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": keys[0][0], "code": keys[0][1]})


def state(page: Page) -> list[object]:
    """Where the page is, where the focus is, what is ticked, and what was sent."""
    told: list[object] = page.evaluate(
        """() => [location.href, document.activeElement.id || document.activeElement.name,
            document.querySelectorAll("input:checked").length, window.sent.slice()]"""
    )
    return told


def test_no_composition_sends_or_moves_anything(browser: Browser, address: str, deep: Depth) -> None:
    rounds = len(deep.numbers(USUAL, FULL))
    wrong, done = list[str](), 0
    fields = FIELDS if deep else FIELDS[:2]
    for number, (login, path, field) in enumerate(fields):
        page = entered(browser, address, login)
        page.goto(address + path)
        page.evaluate(WATCH)
        page.locator(field).first.focus()
        session = page.context.new_cdp_session(page)
        before = state(page)
        for turn in range(max(1, -(-(rounds - number) // len(fields)))):
            compose(page, session, HOWS[turn % len(HOWS)])
            page.wait_for_timeout(30)
            done += 1
            after = state(page)
            if after != before:
                wrong.append(f"{path} {field} {HOWS[turn % len(HOWS)]}: {before} → {after}")
                break
        assert "绩效" in page.locator(field).first.input_value()
        page.context.close()
    assert wrong == []
    assert done >= rounds


def test_the_same_keys_without_a_composition_do_work(browser: Browser, address: str) -> None:
    """Otherwise the test above could not fail."""
    page = entered(browser, address, "ev")
    page.goto(f"{address}/cases/visit/grid")
    page.evaluate(WATCH)
    page.locator("#i-A1-1").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "i-B1-1"
    page.keyboard.press("Alt+KeyS")
    assert page.evaluate("window.sent.length") >= 1
    page.context.close()
