"""Work done by keyboard alone: everything is reached with Tab, nothing that has the focus is covered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from service.extensions import db
from service.workflow.stages import Stage
from tests.browser import measures
from tests.browser.visitors import entered, launched, serving
from tests.builders import PASSWORD, CaseBuilder
from tests.web.conftest import Site, World, running_copy

FAR = 260
"""So many presses of Tab no page takes to come round."""
USUAL = ("opens_what_is_to_do", "scores_a_row")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def address(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_copy(world, tmp_path_factory.mktemp("keys") / "instance") as site:
        _add(site)
        with serving(site) as where:
            yield where


def _add(site: Site) -> None:
    with site.app.app_context():
        CaseBuilder(site.world.people, code="filling").until(Stage.SELF_ASSESSMENT)
        db.session.remove()


class Keys:
    """A person with a keyboard and nothing else."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.presses = 0

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.address + path)

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def type(self, text: str) -> None:
        """Replace what stands in the field with text."""
        self.press("Control+a")
        self.page.keyboard.insert_text(text)

    def to(self, selector: str, text: str = "", back: bool = False) -> None:
        """Go on with Tab until what the selector and the words say has the focus; nothing on the way is covered."""
        for _ in range(FAR):
            self.press("Shift+Tab" if back else "Tab")
            fault = measures.focus_fault(self.page)
            assert fault in ("", "the body"), f"{self.page.url}: {fault}"
            here = self.page.evaluate(
                "([selector, text]) => document.activeElement.matches(selector)"
                " && (!text || (document.activeElement.innerText || '').includes(text))",
                [selector, text],
            )
            if here:
                return
        raise AssertionError(f"{self.page.url}: {selector} {text} 用 Tab 到不了")

    def go(self, key: str = "Enter") -> None:
        """Press what leads to another page."""
        with self.page.expect_navigation():
            self.press(key)

    def said(self, text: str) -> None:
        """The page says so."""
        expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible()


def comes_in_and_leaves(keys: Keys) -> None:
    keys.to("button", "退出")
    keys.go()
    keys.open("/login")
    keys.to("input[name=login]")
    keys.type("fo")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.go()
    expect(keys.page.get_by_role("button", name="退出")).to_be_visible()


def skips_to_the_text(keys: Keys) -> None:
    keys.open("/cases/visit/scores")
    keys.to("a.skip")
    keys.press("Enter", "Tab")
    inside = keys.page.evaluate("document.getElementById('main').contains(document.activeElement)")
    assert inside


def opens_what_is_to_do(keys: Keys) -> None:
    keys.open("/todo")
    keys.to("main table th a")
    keys.go()
    assert "/cases/" in keys.page.url


def finds_a_case(keys: Keys) -> None:
    keys.open("/cases")
    keys.to("select[name=stage]")
    keys.press("End", "ArrowUp")
    keys.to("button", "筛选")
    keys.go()
    assert "stage=" in keys.page.url
    keys.to("button, a", "清除")
    keys.go()
    keys.to("main table a")
    keys.go()
    assert "/cases/" in keys.page.url


def unfolds_a_score(keys: Keys) -> None:
    keys.open("/cases/final/scores")
    keys.to("#n-B1 > summary")
    keys.press("Enter")
    expect(keys.page.locator("#n-B1").get_by_text("得分 50.00 = 满分 60.00")).to_be_visible()


def scores_a_row(keys: Keys) -> None:
    keys.open("/cases/visit/grid")
    keys.to("#i-A1-1")
    keys.type("97%")
    keys.press("Enter")
    assert keys.page.evaluate("document.activeElement.id") == "i-B1-1"
    keys.press("Shift+Enter", "Alt+KeyS")
    expect(keys.page.locator("#row-A1 .g-steps")).to_contain_text("97%")
    assert measures.focus_fault(keys.page) == ""


def notes_a_deduction(keys: Keys) -> None:
    keys.open("/cases/visit/grid")
    keys.to("#row-B1 .g-open", "记扣分")
    keys.press("Enter")
    expect(keys.page.locator("#act-panel form")).to_be_visible()
    keys.page.wait_for_function("document.getElementById('act-panel').contains(document.activeElement)")
    keys.to("#act-panel [name=amount]", back=False)
    keys.type("2")
    keys.press("Escape")
    assert keys.page.evaluate("document.activeElement.textContent") == "记扣分"


def walks_through_indicators(keys: Keys) -> None:
    keys.open("/cases/visit/grid/A1")
    with keys.page.expect_navigation():
        keys.press("Alt+KeyJ")
    assert keys.page.url.endswith("/grid/B1")
    keys.to("a[rel=prev]")
    keys.go()
    assert keys.page.url.endswith("/grid/A1")


def judges_a_material(keys: Keys) -> None:
    keys.open("/cases/review/review?item=合同")
    keys.press("Alt+KeyX")
    assert keys.page.evaluate("document.activeElement.value") == "missing"
    keys.to("form[data-act] textarea")
    keys.type("没有合同附件")
    with keys.page.expect_navigation():
        keys.press("Alt+KeyS")
    keys.said("没有合同附件")


def fills_a_claim(keys: Keys) -> None:
    keys.open("/cases/filling/self/table")
    keys.to("#f-A1-actual")
    keys.type("96%")
    keys.to("#save-A1")
    keys.press("Enter")
    expect(keys.page.locator("#row-A1 .good")).to_contain_text("已保存")
    assert measures.focus_fault(keys.page) == ""


def records_on_the_way(keys: Keys) -> None:
    keys.open("/cases/visit/visit/record")
    keys.to("#f-text")
    keys.type("两台设备没有通电")
    keys.to("input[name=nodes][value=B1]")
    keys.press("Space")
    keys.to("button", "记下这条发现")
    keys.go()
    keys.said("两台设备没有通电")


def writes_the_report(keys: Keys) -> None:
    keys.open("/cases/final/writing")
    keys.to("textarea[name=body]")
    keys.type("更换服务大厅的终端二十台。")
    with keys.page.expect_navigation():
        keys.press("Alt+KeyS")
    assert "终端二十台" in keys.page.locator("textarea[name=body]").first.input_value()


def reminds_of_a_case(keys: Keys) -> None:
    keys.open("/portfolio?due=")
    keys.to("input[name=pick]")
    keys.press("Space")
    keys.to("button", "催办所选")
    keys.go()
    assert "/portfolio/bulk/" in keys.page.url


def turns_to_large_print(keys: Keys) -> None:
    keys.open("/account")
    keys.to("button", "改用适老显示")
    keys.go()
    assert keys.page.locator("html.large").count() == 1
    keys.to("button", "恢复普通显示")
    keys.go()
    assert keys.page.locator("html.large").count() == 0


def answers_the_draft(keys: Keys) -> None:
    keys.open("/cases/asked/do/opinion.record")
    keys.to("form[data-act] textarea")
    keys.type("B1 的两台已补到，请核。")
    assert measures.focus_fault(keys.page) == ""
    keys.to("form[data-act] .btn-main")
    keys.go()
    assert (
        "错误" not in keys.page.title()
        or keys.page.evaluate("document.activeElement.className") == "problem-box"
    )


TASKS: tuple[tuple[str, Callable[[Keys], None]], ...] = (
    ("fo", comes_in_and_leaves),
    ("el", skips_to_the_text),
    ("fo", opens_what_is_to_do),
    ("el", finds_a_case),
    ("el", unfolds_a_score),
    ("ev", scores_a_row),
    ("ev", notes_a_deduction),
    ("ev", walks_through_indicators),
    ("ev", judges_a_material),
    ("df", fills_a_claim),
    ("ev", records_on_the_way),
    ("el", writes_the_report),
    ("fo", reminds_of_a_case),
    ("dh", answers_the_draft),
    ("df", turns_to_large_print),
)


def task_marks() -> list[object]:
    """The usual tasks plain, the others in the deep run."""
    return [
        pytest.param(login, task, id=task.__name__, marks=() if task.__name__ in USUAL else pytest.mark.deep)
        for login, task in TASKS
    ]


@pytest.mark.parametrize(("login", "task"), task_marks())
def test_a_person_with_a_keyboard_only(
    browser: Browser, address: str, login: str, task: Callable[[Keys], None]
) -> None:
    page = entered(browser, address, login, 1280)
    task(Keys(page, address))
    page.context.close()


def test_there_are_fourteen_tasks_or_more() -> None:
    assert len({task for _, task in TASKS}) >= 14
    assert {task.__name__ for _, task in TASKS} > set(USUAL)
