"""What people do at a browser: log in, find the form of an act, fill it, send it, read what is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Response, expect

from tests.browser.house import House
from tests.browser.visitors import follow, patient

DECLARE = "conflict.declare"


@dataclass
class Person:
    """One person at an own browser."""

    page: Page
    password: str


@dataclass
class Hands:
    """Everybody who takes part, one browser context each.

    Args:
        complaints: what browsers or pages complained of: console, scripts, failed requests, server errors.
        unreached: acts for which no page of the case showed the person a way.
    """

    browser: Browser
    house: House
    script: bool
    code: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def as_(self, player: str) -> Page:
        """The page of a player, who logs in the first time."""
        if player not in self.people:
            self.people[player] = self._enter(player)
        return self.people[player].page

    def _enter(self, player: str) -> Person:
        login, password = self.house.keys[player]
        context = self.browser.new_context(
            java_script_enabled=self.script, viewport={"width": 1280, "height": 900}, accept_downloads=True
        )
        page = patient(context).new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._said(page, said.type, said.text))
        page.on("response", self._answered)
        page.goto(f"{self.house.address}/login")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(password)
        follow(page, page.get_by_role("main").get_by_role("button", name="登录"))
        expect(page.get_by_role("button", name="退出")).to_be_visible()
        return Person(page, password)

    def _said(self, page: Page, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{page.url}: {text}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400:
            self.complaints.append(f"{answer.status} {answer.request.method} {answer.url}")

    def go(self, player: str, path: str) -> Page:
        """The player's page at an address of the case."""
        page = self.as_(player)
        page.goto(f"{self.house.address}/cases/{self.code}{path}")
        if DECLARE in page.url and DECLARE not in path:
            # Who comes to the case the first time is asked for his promise, and led on to where he wanted.
            form = page.locator(f'form[data-act="{DECLARE}"]')
            fill(form, {"secrecy": True, "conflict": "no"})
            press(page, form.locator(".btn-main"))
            expect(page).to_have_url(f"{self.house.address}/cases/{self.code}{path}")
        return page

    def act(self, player: str, name: str, values: Mapping[str, Any] | None = None, *, at: str = "") -> Page:
        """The player does an act on the page of its own, and is told that it is done."""
        self._reach(player, name, at)
        page = self.go(player, f"/do/{name}")
        form = page.locator(f'form[data-act="{name}"]')
        fill(form, values or {})
        proof = form.locator("input[name=password]")
        if proof.count():
            proof.fill(self.people[player].password)
        press(page, form.locator(".btn-main"))
        return page

    def _reach(self, player: str, name: str, at: str) -> None:
        """Look once whether a page of the case shows the person the way to the act."""
        if (player, name) in self.seen:
            return
        self.seen.add((player, name))
        for path in dict.fromkeys(("", at)):
            page = self.go(player, path)
            if page.locator(f'a[href*="/do/{name}"], form[data-act="{name}"]').count():
                return
        self.unreached.append(f"{player} {name}")

    def close(self) -> None:
        """Everybody goes home."""
        for person in self.people.values():
            person.page.context.close()


def press(page: Page, button: Locator) -> None:
    """Press a button that leads to another page; nothing was refused."""
    follow(page, button)
    refused = page.locator(".problem-box")
    if refused.count():
        raise AssertionError(f"{page.url}: {refused.first.inner_text()}")


def fill(form: Locator, values: Mapping[str, Any]) -> None:
    """Fill the named fields of a form as a person does; boxes that are to be ticked are found by value."""
    for name, value in values.items():
        controls = form.locator(f'[name="{name}"]:not([type=hidden])')
        assert controls.count(), f"表单没有 {name}"
        first = controls.first
        kind = first.evaluate("e => e.tagName == 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if kind == "file":
            first.set_input_files(value)
        elif kind == "select":
            _select(first, value)
        elif kind == "radio":
            controls.locator(f'xpath=self::*[@value="{value}"]').check()
        elif kind == "checkbox":
            _tick(form, name, value)
        else:
            first.fill(str(value))


def _select(box: Locator, value: str) -> None:
    """Choose by value, else by the words shown."""
    options = box.locator("option")
    known = [(option.get_attribute("value") or "", option.inner_text()) for option in options.all()]
    found = [v for v, _ in known if v == value] or [v for v, text in known if value in text]
    assert len(found) == 1, f"{value}：{known}"
    box.select_option(found[0])


def _tick(form: Locator, name: str, value: Any) -> None:
    boxes = form.locator(f'[name="{name}"]')
    if isinstance(value, bool):
        boxes.first.set_checked(value)
        return
    wanted = [value] if isinstance(value, str) else list(value)
    for each in wanted:
        by_value = form.locator(f'[name="{name}"][value="{each}"]')
        box = by_value if by_value.count() else form.locator("label.pick", has_text=each).locator("input")
        assert box.count() == 1, f"{name} 没有唯一的 {each}"
        unfold(box)
        box.check()


def unfold(inside: Locator) -> None:
    """Open every closed list around a control."""
    for around in inside.locator("xpath=ancestor::details[not(@open)]").all():
        around.locator("xpath=./summary").click()


def lines(items: Iterable[str]) -> str:
    """One item per line."""
    return "\n".join(items)
