"""Acts up to the 自评 at the pages: creation, people, plan, the unit's own words."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from service import frameworks
from service.cases.facts import claims_of
from service.cases.model import Papers
from service.cases.script import NOT_IN_SOURCE, Act
from service.web.planforms import ITEMS
from tests.browser.hands import fill, press
from tests.browser.play import Play
from tests.browser.visitors import follow

OPENING = "national-10-points"


def create(play: Play, act: Act) -> None:
    """The case is created by 经办, its sums typed in."""
    case, hands = play.file.case, play.hands
    page = hands.as_(act.by)
    page.goto(f"{hands.house.address}/commission")
    for part in ("evaluated", "supervisor", "agency"):
        _party(play, page, part)
    form = page.locator("form.act-form")
    values = {
        "code": hands.code, "title": case.title, "kind": case.kind, "year": case.year,
        "subject_name": case.subject.name, "subject_kind": case.subject.kind, "secrecy": case.secrecy,
        "publicity": case.publicity, "profile": case.profile, "self_due_on": play.later.isoformat(),
    }  # fmt: skip
    if case.kind == "unit_self":
        values["framework"] = f"bundled:{play.file.framework.code}"
    fill(form, values)
    press(page, page.get_by_role("button", name="下一步：核对"))
    expect(page.get_by_text("尚未建立")).to_be_visible()
    press(page, page.get_by_role("button", name="新建评价"))
    expect(page).to_have_url(f"{hands.house.address}/cases/{hands.code}")
    for money in case.money:
        _money(play, act, money)


def _party(play: Play, page: Page, part: str) -> None:
    """The organisation of a part, if it is not the evaluated one itself, is searched for and ticked."""
    party = next((p for p in play.planned.cast.parties if part in p.parts), None)
    if party is None or (part != "evaluated" and "evaluated" in party.parts):
        return
    page.locator(f"#q-{part}").fill(party.name[:6])
    follow(page, page.locator(f"#f-{part}").get_by_role("button", name="查找"))
    page.locator(f"#f-{part} label.pick", has_text=party.name).locator("input").check()


def _money(play: Play, act: Act, money: Any) -> None:
    page = play.hands.go(act.by, "/edit")
    box = page.locator("#part-money details")
    box.locator("summary").click()
    stated = {"fen": money.amount} if money.amount is not None and money.unit == "万元" else {}
    values = {"code": money.code, "name": money.name, "kind": money.kind, "source": money.place, **stated}
    fill(box, {**values, "reason": "登记资金"})
    press(page, box.locator(".btn-main"))


def assign(play: Play, act: Act) -> None:
    """A member joins on the page of people; who certifies has his papers registered."""
    login, _ = play.hands.house.keys[act.payload["player"]]
    page = play.hands.go(act.by, "/people")
    form = page.locator('form[data-act="team.assign"]')
    fill(form, {"account": f"（{login}，", "roles": [role.value for role in act.payload["duties"]]})
    press(page, form.locator(".btn-main"))
    if any(role.value == "EL" for role in act.payload["duties"]) and play.planned.papers_not_stated:
        _papers(play, act, Papers(qualification="高级会计师（替身）", years="12", evaluating_years="6",
                                  clean_record=True))  # fmt: skip


def register_papers(play: Play, act: Act) -> None:
    """The papers of the 主评人 the case names are on file."""
    _papers(play, act, act.payload["papers"])


def _papers(play: Play, act: Act, told: Papers) -> None:
    page = play.hands.go(act.by, "/edit")
    box = page.locator("#part-papers details")
    box.locator("summary").click()
    values = {"qualification": told.qualification, "years": told.years, "clean_record": told.clean_record,
              "evaluating_years": told.evaluating_years, "reason": "登记主评人资格"}  # fmt: skip
    account = box.locator("select option").nth(1).get_attribute("value")
    fill(box, {"account": account, **values})
    press(page, box.locator(".btn-main"))


def draft_plan(play: Play, act: Act) -> None:
    """A plan is begun from another framework, its text replaced by the case's, items filled, stored."""
    page = play.hands.go(act.by, "/plan/draft")
    page.locator(f'input[value="bundled:{OPENING}"]').check()
    press(page, page.get_by_role("button", name="以此为底稿"))
    follow(page, page.get_by_role("link", name="原文（YAML）"))
    page.locator("#f-text").fill(frameworks.dump(play.file.framework))
    press(page, page.locator("form:has(#f-text) [type=submit]").first)
    follow(page, page.get_by_role("link", name="方案内容"))
    told = dict(act.payload["items"])
    for number, (name, _, _) in enumerate(ITEMS):
        page.locator(f"#f-item-{number}").fill(told.get(name, NOT_IN_SOURCE))
    press(page, page.get_by_role("button", name="暂存方案内容"))
    follow(page, page.get_by_role("navigation").get_by_role("link", name="存入"))
    press(page, page.get_by_role("button", name="存入方案草稿"))
    expect(page.get_by_text("方案草稿已存入")).to_be_visible()


def edit_self(play: Play, act: Act) -> None:
    """The unit's lines, total and words stand in its 自评."""
    own = act.payload["own"]
    if own:
        _table(play, act, own)
    page = play.hands.go(act.by, "/self/texts")
    told = "\n".join(own.texts.values()) if own else NOT_IN_SOURCE
    page.locator("textarea").last.fill(told)
    press(page, page.get_by_role("button", name="保存文字"))


def _table(play: Play, act: Act, own: Any) -> None:
    page = play.hands.go(act.by, "/self/table")
    for code, line in own.lines.items():
        for name in ("target", "actual", "deviation"):
            page.locator(f'[name="{code}.{name}"]').fill(getattr(line, name) or "")
    for code, points in claims_of(play.file.case).items():
        page.locator(f'[name="{code}.points"]').fill(points or "")
    if own.total:
        page.locator("#f-total").fill(own.total)
    press(page, page.get_by_role("button", name="保存整张表"))
