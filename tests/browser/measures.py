"""What is measured on an open page: WCAG by axe, sideways scroll, sizes of what is pressed, covered focus."""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
OPTIONS = {
    "runOnly": {"type": "tag", "values": list(TAGS)},
    # Off unless asked for by name, though it is the rule of 2.5.8.
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
RUN = f"""async () => (await axe.run(document, {json.dumps(OPTIONS)})).violations.flatMap(
    rule => rule.nodes.map(node => `${{rule.id}}: ${{node.target.join(" ")}}: ${{node.html.slice(0, 160)}}`))"""
# A link inside a sentence has the height of its line (the exception of 2.5.8); all else is measured.
SMALL = """least => {
    const inline = e => {
        if (e.tagName !== "A" || getComputedStyle(e).display !== "inline") return false;
        const around = e.parentElement;
        return [...around.childNodes].some(n => n.nodeType === 3 && n.data.trim().length > 1);
    };
    return [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex]")]
        .filter(e => e.getClientRects().length && !e.disabled)
        .filter(e => getComputedStyle(e).visibility === "visible" && e.tabIndex >= 0)
        .filter(e => !e.matches(".skip:not(:focus)") && !inline(e))
        .map(e => [(e.matches("input[type=checkbox], input[type=radio]") && e.closest("label") || e), e])
        .map(([box, e]) => [box.getBoundingClientRect(), e])
        .filter(([box]) => box.height < least - 0.01 || box.width < least - 0.01)
        .map(([box, e]) => `${Math.round(box.width * 10) / 10}x${Math.round(box.height * 10) / 10} ${e.outerHTML.slice(0, 150)}`);
}"""
COUNT = """() => [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex]")]
    .filter(e => e.getClientRects().length).length"""
WIDER = """() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1)
        .slice(0, 5).map(e => `${Math.round(e.getBoundingClientRect().right)} > ${wide}: ${e.outerHTML.slice(0, 120)}`)
        .concat("scrolls");
}"""


TRIM = """most => {
    const built = e => {
        const inside = new Set([...e.children].map(built));
        return `<${e.tagName} ${e.getAttribute("class")} ${e.getAttribute("type")}>${[...inside].join("")}`;
    };
    const trim = e => {
        if (e.matches("select, datalist, svg")) return 0;
        const seen = new Map();
        let gone = 0;
        for (const child of [...e.children]) {
            const name = built(child), count = (seen.get(name) || 0) + 1;
            seen.set(name, count);
            if (count > most) { child.remove(); gone += 1; } else gone += trim(child);
        }
        return gone;
    };
    return trim(document.querySelector("main"));
}"""


def trimmed(page: Page, most: int = 3) -> int:
    """Leave of siblings that are built alike the first `most`; how many went. What axe asks takes seconds each."""
    gone: int = page.evaluate(TRIM, most)
    return gone


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA on the page as it stands."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN)
    return found


def small(page: Page, least: int = 24) -> list[str]:
    """What can be pressed and is smaller than `least` pixels either way."""
    found: list[str] = page.evaluate(SMALL, least)
    return found


def pressable(page: Page) -> int:
    """How many things can be pressed."""
    number: int = page.evaluate(COUNT)
    return number


def wider(page: Page) -> list[str]:
    """What makes the page scroll sideways; empty if it does not."""
    found: list[Any] = page.evaluate(WIDER)
    return found


FOCUS = """() => {
    const at = document.activeElement;
    if (!at || at === document.body || at === document.documentElement) return "the body";
    const box = at.getBoundingClientRect();
    const [wide, high] = [document.documentElement.clientWidth, window.innerHeight];
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, wide)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, high)];
    const name = at.outerHTML.slice(0, 120);
    if (right - left < 1 || bottom - top < 1) return `out of sight: ${name}`;
    // A small control may be drawn by its label.
    const own = at.closest("label") || at;
    const seen = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.2], [0.5, 0.8]].some(([x, y]) => {
        const hit = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
        return hit && (own.contains(hit) || hit.contains(at));
    });
    return seen ? "" : `covered: ${name}`;
}"""


def focus_fault(page: Page) -> str:
    """What is wrong with where the focus is: on the body, out of sight, covered; empty if nothing is."""
    fault: str = page.evaluate(FOCUS)
    return fault
