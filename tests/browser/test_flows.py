"""Ways an evaluation may take that no whole life of `test_whole_case` takes: 延期, 撤回, 转办, part of a 补正, photos."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from service.cases.acts import Planned
from service.cases.reader import load
from service.queries.extensions import SELF
from service.workflow.actions import Action
from tests.browser.ends import SCRIPTS
from tests.browser.handlers import perform
from tests.browser.hands import Hands, fill, press
from tests.browser.house import House, running, settled
from tests.browser.play import Play
from tests.browser.visitors import follow

OWN = Path(__file__).with_name("own.yaml")
DEPARTMENT = Path(__file__).with_name("department.yaml")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[House]:
    with running(settled(tmp_path / "instance", load(OWN))) as house:
        yield house


def begun(browser: Browser, house: House, case: Path, code: str, *, script: bool, until: Action) -> Play:
    """A case entered by its people up to the first act of the kind named."""
    file = load(case)
    play = Play(file, Planned(file), Hands(browser, house, script, code))
    perform(play, until=until)
    return play


def at_the_desk(hands: Hands, player: str, name: str, values: Mapping[str, Any]) -> Page:
    """An administrator does one act on people and grants, led there from the first page."""
    page = hands.as_(player)
    page.goto(f"{hands.house.address}/")
    follow(page, page.get_by_role("link", name="人员与授权"))
    expect(page.locator(f'a[href*="/people/do/{name}"]').first).to_be_visible()
    page.goto(f"{hands.house.address}/people/do/{name}")
    form = page.locator("form.act-form")
    fill(form, values)
    if form.locator("input[name=password]").count():
        form.locator("input[name=password]").fill(hands.people[player].password)
    press(page, form.locator(".btn-main"))
    return page


def answered(hands: Hands, player: str, words: str, values: Mapping[str, Any]) -> None:
    """A request for more time is answered from the list it stands in."""
    page = hands.go(player, "/people")
    asked = page.locator("section[aria-labelledby=h-extensions]")
    follow(page, asked.get_by_role("link", name=words).first)
    form = page.locator("form.act-form")
    fill(form, values)
    press(page, form.locator(".btn-main"))


@pytest.mark.deep
@SCRIPTS
def test_a_deadline_is_put_later_a_report_called_back_and_the_work_changes_hands(
    browser: Browser, own: House, script: bool
) -> None:
    code = "2026-05"
    play = begun(browser, own, OWN, code, script=script, until=Action.SELF_SUBMIT)
    hands, later = play.hands, play.later + timedelta(days=7)
    wish = {"what": SELF, "until": later.isoformat(), "reason": "系统迁移"}
    hands.act("filler", "deadline.request", wish | {"reason": "人手不足"}, at="/self")
    answered(hands, "desk", "不予延期", {"reason": "人手可以调配"})
    hands.act("filler", "deadline.request", wish, at="/self")
    answered(hands, "desk", "准予", {})
    assert f"{later:%Y-%m-%d}" in hands.go("filler", "/self").locator("main").inner_text()
    hands.act("head", "self.submit", at="/self/check")
    hands.act("head", "self.withdraw", {"reason": "附件传错"}, at="/self")

    spare = "spare"
    home = own.organisations["unit"]
    page = at_the_desk(
        hands, "admin", "account.create", {"login": spare, "duty": "接任填报人", "organisation": home}
    )
    own.keys[spare] = (spare, page.locator(".secret code").first.inner_text())
    leaver = own.keys["filler"][0]
    told = {"leaver": leaver, "successor": spare, "reason": "调离"}
    at_the_desk(hands, "admin", "handover.propose", told)
    at_the_desk(hands, "security", "handover.confirm", {"handover": "接任填报人"})

    page = hands.as_("filler")
    page.goto(f"{own.address}/cases/{code}")
    expect(page.get_by_label("密码")).to_be_visible()
    page = hands.go(spare, "/self/table")
    assert page.locator('[name="B102.points"]').input_value() == "3.5"
    hands.act("head", "self.submit", at="/self/check")
    said = hands.go("desk", "/history").locator("main").inner_text()
    for words in (
        "申请延长期限",
        "不予延长期限",
        "人手不足",
        "人手可以调配",
        "延长期限",
        "系统迁移",
        "撤回自评",
        "附件传错",
    ):
        assert words in said
    hands.close()
    assert hands.unreached == []
    assert hands.complaints == []


@pytest.mark.deep
@SCRIPTS
def test_a_round_is_answered_in_part_and_the_rest_is_closed_as_not_supplied(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """One letter asks for two things; the unit sends one; what is open bars the way until the lead closes it."""
    with running(settled(tmp_path / "instance", load(DEPARTMENT))) as house:
        play = begun(browser, house, DEPARTMENT, "2026-06", script=script, until=Action.SUPPLEMENT_REQUEST)
        hands, due = play.hands, play.later.isoformat()
        for wanted in ("补齐三张验收单", "补交合同附件"):
            values = {"items": wanted, "due_on": due, "mandatory": True}
            hands.act("leader", "supplement.draft", values, at="/review")
        letter = {"codes": ["补齐三张验收单", "补交合同附件"], "due_on": due}
        hands.act("leader", "supplement.request", letter, at="/review")

        answer = {"code": "补齐三张验收单", "answer": "三张验收单已上传"}
        hands.act("filler", "supplement.answer", answer, at="/self/supplements")
        hands.act("head", "supplement.confirm", {"code": "补齐三张验收单"}, at="/self/supplements")
        page = hands.go("leader", "/review")
        rows = page.locator("section[aria-labelledby=h-sent] tbody tr")
        expect(rows.filter(has_text="三张验收单已上传")).to_contain_text("已送出")
        expect(rows.filter(has_text="补交合同附件")).to_contain_text("待答复")
        page = hands.go("leader", "/do/review.propose_pass")
        expect(page.locator(".note.warn")).to_contain_text("补正")

        hands.act("leader", "supplement.close", {"code": "补齐三张验收单", "reason": "已补"}, at="/review")
        late = {"code": "补交合同附件", "reason": "逾期未提供，按现有材料评价"}
        hands.act("leader", "supplement.close", late, at="/review")
        hands.act(
            "leader",
            "review.verdict",
            {"subject": "验收单", "verdict": "complete", "node": "B1"},
            at="/review",
        )
        hands.act("leader", "review.propose_pass", at="/review")
        hands.act("clerk", "review.pass", at="/review")
        hands.close()
    assert hands.unreached == []
    assert hands.complaints == []


def photo(name: str) -> FilePayload:
    """A picture no other is like, as a phone would send it."""
    made = BytesIO()
    Image.frombytes("RGB", (96, 64), secrets.token_bytes(96 * 64 * 3)).save(made, "JPEG", quality=92)
    return {"name": name, "mimeType": "image/jpeg", "buffer": made.getvalue()}


@pytest.mark.deep
@SCRIPTS
def test_what_was_seen_on_site_is_kept_with_its_photos_and_an_auditor_follows_it(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """Photos come with the finding and afterwards by its number, are put together by the lead, and stay as sent."""
    with running(settled(tmp_path / "instance", load(DEPARTMENT))) as house:
        code = "2026-07"
        play = begun(browser, house, DEPARTMENT, code, script=script, until=Action.FINDING_RECORD)
        hands = play.hands
        seen, first, later = "二号窗口的机器停用", photo("停用.jpg"), photo("1-2.jpg")
        page = hands.go("worker", "/visit/record")
        form = page.locator("form.act-form")
        fill(form, {"visit": "V1", "text": seen, "nodes": ["B2"], "photos": first})
        press(page, form.locator(".btn-main"))
        expect(page.get_by_role("main")).to_contain_text("附照片 1 张")
        page = hands.go("worker", "/visit/findings")
        form = page.locator("section[aria-labelledby=h-photos] form")
        fill(form, {"photos": later})
        press(page, form.locator(".btn-main"))
        expect(page.get_by_role("main")).to_contain_text("F1 归入 1 张")
        hands.act("head", "finding.confirm", {"code": seen, "response": "属实"}, at="/visit")

        page = hands.go("leader", "/visit/findings")
        pieces = page.locator("tr", has_text=seen).locator('a[href*="/evidence#e-"]')
        assert pieces.count() == 2
        sums = {hashlib.sha256(each["buffer"]).hexdigest() for each in (first, later)}
        kept = set()
        for piece in pieces.all_inner_texts():
            answer = page.request.get(f"{house.address}/cases/{code}/evidence/{piece}/1")
            kept.add(hashlib.sha256(answer.body()).hexdigest())
        assert kept == sums

        house.keys["auditor"] = auditor(hands, house)
        page = hands.as_("auditor")
        page.goto(f"{house.address}/cases")
        for path in (f"/cases/{code}", f"/cases/{code}/history"):
            follow(page, page.locator(f'a[href$="{path}"]').first)
            expect(page).to_have_url(f"{house.address}{path}")
        press_filter(page, "finding.record")
        expect(page.get_by_role("main")).to_contain_text(seen)
        assert page.locator('main form[method=post], a[href*="/do/"]').count() == 0
        hands.close()
    assert hands.unreached == []
    assert hands.complaints == []


def press_filter(page: Page, act: str) -> None:
    """Only entries of one act are asked for."""
    form = page.locator("form.history-filters")
    fill(form, {"action": act})
    press(page, form.locator(".btn-main"))


def auditor(hands: Hands, house: House) -> tuple[str, str]:
    """Login and password of somebody who may read everything, let in by two administrators."""
    home = house.organisations["dept"]
    page = at_the_desk(
        hands, "admin", "account.create", {"login": "reader", "duty": "审计人员", "organisation": home}
    )
    password = page.locator(".secret code").first.inner_text()
    wish = {"account": "审计人员", "role": "AU"}
    at_the_desk(hands, "admin", "grant.propose", wish)
    at_the_desk(hands, "security", "grant.confirm", {"grant": "审计人员"})
    return "reader", password
