"""Acts of the end at the pages: the words of the report, opinions, freeze, reviews and signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page, expect

from service.cases.script import NOT_IN_SOURCE, Act
from tests.browser.hands import Hands, lines, press, unfold
from tests.browser.play import Handler, Play, cut, do
from tests.browser.visitors import follow

MOST_WAIT = 240_000
WAIVE = "report.waive_finding"


def write(play: Play, act: Act) -> None:
    """Every table, section, problem, suggestion and note stands in the report."""
    if not play.file.case.narrative:
        return
    _sections(play, act, _tables(play, act))
    _lists(play, act)
    _notes(play, act)


def _tables(play: Play, act: Act) -> dict[str, str]:
    """Add the tables; return the place of each as the site numbers it, by its place in the case file."""
    numbers = {}
    page = play.hands.go(act.by, "/writing?part=tables")
    for number, table in enumerate(play.file.case.tables, 1):
        numbers[f"[[table:{table.id}]]"] = f"[[table:{number:02d}]]"
        width = len(table.columns)
        rows = [[*row.cells, *[""] * width][:width] for row in table.rows]
        _add(page, "table", table.caption, lines("\t".join(row) for row in (table.columns, *rows)))
    return numbers


def _sections(play: Play, act: Act, tables: Mapping[str, str]) -> None:
    for section, told in play.file.case.narrative.items():
        text = told
        for old, new in tables.items():
            text = text.replace(old, new)
        _piece(play.hands.go(act.by, f"/writing?part={section}"), "section", section, text, done=True)


def _lists(play: Play, act: Act) -> None:
    case = play.file.case
    for kind, items in (("problem", case.problems), ("suggestion", case.suggestions)):
        page = play.hands.go(act.by, f"/writing?part={_part_with(play, act, kind)}")
        for item in items:
            parts = [f"{part.title}：{part.body}" for part in item.parts]
            _add(page, kind, item.title, lines([item.body, *parts]))


def _notes(play: Play, act: Act) -> None:
    part = _part_with(play, act, "note")
    for node, text in play.file.case.notes.items():
        page = play.hands.go(act.by, f"/writing?part={part}")
        if _form(page, "note", node).count():
            _piece(page, "note", node, text)


def _form(page: Page, kind: str, section: str) -> Any:
    return page.locator(
        f'form.w-form:has(input[name=kind][value="{kind}"]):has(input[name=section][value="{section}"])'
    )


def _part_with(play: Play, act: Act, kind: str) -> str:
    """The section on whose page pieces of this kind are written."""
    page = play.hands.go(act.by, "/writing")
    parts = [link.get_attribute("href") or "" for link in page.locator(".w-nav a").all()]
    for part in (href.rpartition("part=")[2] for href in parts):
        page = play.hands.go(act.by, f"/writing?part={part}")
        if page.locator(f'form.w-form input[name=kind][value="{kind}"]').count():
            return part
    raise AssertionError(f"没有可写 {kind} 的页面")


def _add(page: Page, kind: str, title: str, body: str) -> None:
    form = _form(page, kind, "")
    unfold(form)
    form.locator("[name=title]").fill(title)
    form.locator("[name=body]").fill(body)
    press(page, form.get_by_role("button", name="保存"))


def _piece(page: Page, kind: str, section: str, body: str, *, done: bool = False) -> None:
    form = _form(page, kind, section)
    assert form.count() == 1, f"{page.url} 没有 {kind} {section}"
    unfold(form)
    form.locator("[name=body]").fill(body)
    if done and form.locator("[name=done]").count():
        form.locator("[name=done]").check()
    press(page, form.get_by_role("button", name="保存"))


def record_opinion(play: Play, act: Act) -> None:
    """The unit's opinion is on file."""
    item = act.payload["opinion"]
    party = next(p for p in play.planned.cast.parties if p.code == item.organisation)
    values = {"organisation": party.name, "text": item.text, "node": item.node, "place": item.place}
    if item.agrees:
        values["agrees"] = True
    said = do(play, act, "opinion.record", values, "/opinions").locator(".flash").first.inner_text()
    play.codes[item.code] = said.split()[1]


def propose_disposition(play: Play, act: Act) -> None:
    """The team's answer is proposed."""
    item, opinion = act.payload["disposition"], act.payload["opinion"]
    effect = item.effect or "不影响得分（案例没有列出改动的扣分）"
    values = {"opinion": cut(opinion.text), "verdict": item.result, "reason": item.reason, "effect": effect}
    do(play, act, "disposition.propose", values, "/opinions")


def confirm_disposition(play: Play, act: Act) -> None:
    """The organising side stands behind the answer."""
    opinion = act.payload["opinion"]
    do(play, act, "disposition.confirm", {"opinion": cut(opinion.text)}, "/opinions")


def freeze(play: Play, act: Act, name: str = "report.freeze") -> None:
    """The report is printed by the worker while the page of the job is watched.

    What only this way of entering it brings about is signed off before, beside each finding.
    """
    _sign_off(play.hands.go(act.by, "/report"), NOT_IN_SOURCE)
    page = play.hands.act(act.by, name, {}, at="/report")
    watch(play.hands, page)


def waive(play: Play, act: Act) -> None:
    """The first open finding the case file names is signed off beside it."""
    item = act.payload["waiver"]
    _sign_off(play.hands.go(act.by, "/report"), item.reason, text=item.text, most=1)


def _sign_off(page: Page, reason: str, *, text: str = "", most: int = 99) -> None:
    for _ in range(most):
        rows = page.locator(".findings tr", has=page.locator(f'form[data-act="{WAIVE}"]'))
        form = rows.filter(has_text=text).locator(f'form[data-act="{WAIVE}"]').first
        if not form.count():
            return
        unfold(form)
        form.locator("[name=reason]").fill(reason)
        press(page, form.get_by_role("button", name="签认"))


def watch(hands: Hands, page: Page) -> None:
    """Wait on the page of a job until it is over, and go on to the report."""
    told = page.get_by_role("main")
    expect(told.get_by_text("已完成").or_(told.locator(".problems"))).to_be_visible(timeout=MOST_WAIT)
    refused = page.locator(".problems")
    assert not refused.count(), refused.inner_text()
    follow(page, page.get_by_role("link", name="查看报告"))
    expect(page.get_by_text("冻结文件").first).to_be_visible()


def read_first(name: str) -> Handler:
    """An act on the frozen file: it is downloaded, then signed with the password."""

    def handler(play: Play, act: Act) -> None:
        page = play.hands.go(act.by, "/report")
        with page.expect_download():
            page.get_by_role("link", name="冻结文件").first.click()
        play.hands.act(act.by, name, {"read": True}, at="/report")

    return handler


def reviewed(name: str) -> Handler:
    """A review of the content shown."""
    return lambda play, act: do(play, act, name, {"note": act.payload["opinion"] or act.stand_in}, "/report")
