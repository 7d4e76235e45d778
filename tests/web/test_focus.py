"""Focus through everything that replaces a part of a page: never on the body, never under what sticks.

Each round presses something as a keyboard does, waits for the answer and looks where the focus is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page

from service.extensions import db
from service.workflow.stages import Stage
from tests.browser import measures
from tests.browser.visitors import entered, launched, serving
from tests.builders import CaseBuilder
from tests.conftest import Depth
from tests.web.conftest import Site, World, running_copy

FULL = 510
USUAL = 8
WIDTHS = (1440, 820, 360)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_copy(world, tmp_path_factory.mktemp("focus") / "instance") as running:
        with running.app.app_context():
            CaseBuilder(world.people, code="filling").until(Stage.SELF_ASSESSMENT)
            db.session.remove()
        yield running


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with serving(site) as where:
        yield where


COUNT = """() => {
    window.swaps = 0;
    document.addEventListener("htmx:afterSettle", () => { window.swaps += 1; });
}"""


# Two frames and the turns of the event loop in which scripts of pages move the focus, however slow the machine.
QUIET = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => window.setTimeout(() => window.setTimeout(done, 20), 20))))"""


class Desk:
    """A person at a page whose parts are replaced."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.swaps = 0
        self.wrong: list[str] = []

    def open(self, address: str) -> None:
        """Open an address and count what is replaced there."""
        self.page.goto(address)
        self.page.evaluate(COUNT)

    def after(self, what: str, act: Callable[[], object]) -> None:
        """Do something that is answered by a part of the page; the focus is somewhere one can see."""
        before = self.page.evaluate("window.swaps")
        act()
        self.page.wait_for_function("before => window.swaps > before", arg=before)
        self.page.evaluate(QUIET)
        self.swaps += 1
        self.look(what)

    def look(self, what: str) -> None:
        """Note a focus that is nowhere or covered."""
        fault = measures.focus_fault(self.page)
        if fault:
            self.wrong.append(f"{what}: {fault}")

    def press(self, place: Locator, key: str = "Enter") -> None:
        """Focus something and press a key on it."""
        place.focus()
        self.page.keyboard.press(key)


def grid_rows(desk: Desk, address: str) -> Iterator[None]:
    """评分办理: a row saved from its field, from its button, refused, opened in full, its panel opened and shut."""
    desk.open(f"{address}/cases/visit/grid")
    page = desk.page
    for turn in itertools.count():
        value = page.locator("#i-A1-1")
        value.fill(f"{90 + turn % 9}%")
        desk.after("grid field Alt+S", lambda: page.keyboard.press("Alt+KeyS"))
        yield
        value.fill(f"{80 + turn % 9}%")
        desk.after("grid 保存", lambda: desk.press(page.locator("#row-A1 .g-save")))
        yield
        value.fill("不是数")
        desk.after("grid refused", lambda: desk.press(page.locator("#row-A1 .g-save")))
        value.fill("95%")
        yield
        desk.after("grid 记扣分", lambda: desk.press(page.locator("#row-B1 .g-open").first))
        page.keyboard.press("Escape")
        desk.look("grid panel shut")
        yield
        page.locator("#i-A1-1").fill(f"{70 + turn % 9}%")
        desk.after("grid 保存全部改动", lambda: desk.press(page.locator("[data-save-all]")))
        yield
        desk.after("grid 实际情况", lambda: desk.press(page.locator("#row-B1 .g-acts a").last))
        desk.open(f"{address}/cases/visit/grid")
        yield


def grid_item(desk: Desk, address: str) -> Iterator[None]:
    """One indicator: saved from its field and its button."""
    desk.open(f"{address}/cases/visit/grid/B1")
    page = desk.page
    for turn in itertools.count():
        page.locator("#i-B1-1").fill(str(40 + turn % 9))
        desk.after("item 保存", lambda: desk.press(page.locator("#item .g-save")))
        yield
        page.locator("#i-B1-1").fill(str(30 + turn % 9))
        desk.after("item Alt+S", lambda: page.keyboard.press("Alt+KeyS"))
        yield
        desk.after("item 记裁量调整", lambda: desk.press(page.locator("#item .g-open").last))
        page.keyboard.press("Escape")
        desk.look("item panel shut")
        yield


def claims(desk: Desk, address: str) -> Iterator[None]:
    """自评表: a line saved, and one refused."""
    desk.open(f"{address}/cases/filling/self/table")
    page = desk.page
    for turn in itertools.count():
        page.locator("#f-A1-actual").fill(f"{90 + turn % 9}%")
        desk.after("claims 保存", lambda: desk.press(page.locator("#save-A1")))
        yield
        page.locator("#f-B1-points").fill("很多")
        desk.after("claims refused", lambda: desk.press(page.locator("#save-B1")))
        page.locator("#f-B1-points").fill(str(turn % 50))
        yield


def parties(desk: Desk, address: str) -> Iterator[None]:
    """新建评价: organisations looked up while typing."""
    desk.open(f"{address}/commission")
    page = desk.page
    box = page.locator("input[type=search]").first
    for text in itertools.cycle(("某", "某中", "没有", "局")):
        box.focus()
        desk.after("parties", lambda text=text: box.fill(text))  # type: ignore[misc]
        yield


PLACES = {
    "grid": ("ev", grid_rows),
    "item": ("ev", grid_item),
    "claims": ("df", claims),
    "parties": ("fo", parties),
}


def test_focus_is_never_lost_when_parts_are_replaced(browser: Browser, address: str, deep: Depth) -> None:
    rounds = len(deep.numbers(USUAL, FULL))
    desks, wrong = [], list[str]()
    for number, (login, place) in enumerate(PLACES.values()):
        desk = Desk(entered(browser, address, login, WIDTHS[number % len(WIDTHS)]))
        steps = place(desk, address)
        for turn in range(-(-rounds // len(PLACES))):
            if turn % 10 == 9:
                desk.page.set_viewport_size({"width": WIDTHS[(number + turn) % len(WIDTHS)], "height": 900})
            next(steps)
        wrong += desk.wrong
        desks.append(desk)
        desk.page.context.close()
    assert sum(desk.swaps for desk in desks) >= rounds
    assert wrong == []
