"""Acts that go back or are done otherwise: returns, standstills, changed points, papers, corrections."""

from __future__ import annotations

import re
import secrets
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from service.cases.model_scoring import Adjustment, Deduction
from service.cases.model_stages import Return
from service.cases.performance import origin_of
from service.cases.script import NOT_IN_SOURCE, Act
from service.workflow.actions import Action
from service.workflow.stages import Stage
from tests.browser.after import freeze
from tests.browser.hands import fill, press
from tests.browser.play import Handler, Play, cut, do

PRINTED = {
    Action.SELF_SUBMIT: "self",
    Action.SUPPLEMENT_CONFIRM: "supplement",
    Action.FINDING_CONFIRM: "visit",
    Action.FINDING_OBJECT: "visit",
    Action.OPINION_RECORD: "letter",
}
FOOT = re.compile(r"短码 ([0-9A-F]{4}-[0-9A-F]{4})")


def waive(name: str, at: str = "") -> Handler:
    """A stage recorded as not held, or held off site."""

    def handler(play: Play, act: Act) -> None:
        note = act.payload["note"]
        mode = note.mode if note and note.mode != "held" else "not_held"
        values = {"mode": mode, "ground": (note.ground if note else "") or NOT_IN_SOURCE, "consent": True}
        do(play, act, name, values, at)

    return handler


def why(name: str) -> Handler:
    """An act that asks for a reason and nothing else."""
    return lambda play, act: do(play, act, name, {"reason": act.payload["reason"]})


def send_back(play: Play, act: Act) -> None:
    """The case is back at an earlier stage, each item with its reason."""
    order = act.payload["order"]
    values = {"to_stage": Stage(order.back_to).value, "items": _items(order)}
    if order.straight_back:
        values["straight_back"] = True
    do(play, act, "stage.return", values)


def send_self_back(play: Play, act: Act) -> None:
    """The self-assessment is back with the unit."""
    do(play, act, "self.return", {"items": _items(act.payload["order"])})


def _items(order: Return) -> str:
    return "\n".join(f"{item.node}：{item.reason}" if item.node else item.reason for item in order.items)


def reconfirm(play: Play, act: Act) -> None:
    """Everything a return left waiting is confirmed, one after the other."""
    for name in ("deduction.reconfirm", "adjustment.reconfirm"):
        while code := _first(play.hands.go(act.by, f"/do/{name}"), "code"):
            do(play, act, name, {"code": code}, "/grid")


def _first(page: Page, name: str) -> str:
    """The first thing a list of choices offers, empty if it offers nothing."""
    options = page.locator(f"select[name={name}] option:not([value=''])")
    return options.first.get_attribute("value") or "" if options.count() else ""


def revise(play: Play, act: Act) -> None:
    """A deduction or adjustment is replaced by another one, which counts."""
    item = act.payload["item"]
    now = play.now(item)
    shown = {
        "node": item.node, "amount": _points(act), "reason": _reason(act), "clause": item.clause,
        "evidence": [play.evidence(code) for code in item.evidence], "no_evidence": item.no_evidence,
    }  # fmt: skip
    do(play, act, act.action.value, {"code": cut(now), **shown, **_origin(play, act)}, "/grid")
    play.reasons[item.code] = _reason(act)
    submit = "deduction.submit" if isinstance(item, Deduction) else "adjustment.submit"
    if code := _first(play.hands.go(act.by, f"/do/{submit}"), "code"):
        do(play, act, submit, {"code": code}, "/grid")


def withdraw(play: Play, act: Act) -> None:
    """A deduction or adjustment no longer counts."""
    item = act.payload["item"]
    values = {"code": cut(play.now(item)), "reason": _reason(act), **_origin(play, act)}
    do(play, act, act.action.value, values, "/grid")


def _reason(act: Act) -> str:
    if "effect" in act.payload:
        answer = act.payload["disposition"]
        return str(answer.effect or answer.reason)
    return str(act.payload["change"].reason or act.payload["item"].reason)


def _points(act: Act) -> str:
    if "effect" in act.payload:
        return str(act.payload["effect"].amount)
    change = act.payload["change"]
    item: Deduction | Adjustment = act.payload["item"]
    given = change.awarded if isinstance(item, Adjustment) else change.amount
    return str(given or (item.awarded if isinstance(item, Adjustment) else item.amount))


def _origin(play: Play, act: Act) -> dict[str, Any]:
    """Where the change comes from, as the form asks for it."""
    if "effect" in act.payload:
        opinion = act.payload["opinion"]
        party = next(p for p in play.planned.cast.parties if p.code == opinion.organisation)
        paper = f"反馈意见 {play.codes[opinion.code]}"
        return {"origin": "异议", "asked_by": party.name, "paper": paper}
    origin = origin_of(act.payload["change"])
    return {"origin": origin.kind, "asked_by": origin.asked_by, "paper": origin.paper} if origin else {}


def register(play: Play, act: Act) -> None:
    """The form is printed for its short code, comes back signed, and is registered with its scan.

    A paper that was registered before is chosen, not uploaded again.
    """
    item, behind = act.payload["paper"], act.payload["behind"]
    finding, opinion = act.payload.get("finding"), act.payload.get("opinion")
    request = act.payload.get("supplement")
    said = (finding.response if finding else opinion.text if opinion else item.text) or item.text
    login, _ = play.hands.house.keys[act.payload["signer"]]
    values = {
        "act": behind.value,
        "for_role": act.payload["role"].value,
        "for_account": f"（{login}，",
        "document_on": play.today.isoformat(),
        "document_no": item.number,
        "form_code": play.codes.get(item.code) or _code(play, act, behind),
        "text": said,
    }
    if item.code in play.codes:
        values["evidence"] = item.number
    else:
        values["file"] = {"name": f"{item.code}.png", "mimeType": "image/png", "buffer": _scan()}
    if finding or request:
        values["target"] = cut(finding.text if finding else "；".join(request.items))
    if opinion:
        values["organisation"] = next(
            p.name for p in play.planned.cast.parties if p.code == opinion.organisation
        )
        values["agrees"] = bool(opinion.agrees)
    play.codes[item.code] = values["form_code"]
    do(play, act, "paper.register", values, "/prints")


def _code(play: Play, act: Act, behind: Action) -> str:
    """The short code on the paper: at the foot of its form, or of the report."""
    if behind not in PRINTED:
        page = play.hands.go(act.by, "/report")
        return page.locator(".short-code").first.inner_text()
    page = play.hands.go(act.by, "/prints")
    row = page.locator(f'tr:has(a[href*="/prints/{PRINTED[behind]}"])').last
    page.goto(f"{play.hands.house.address}{row.locator('a').first.get_attribute('href')}")
    found = FOOT.search(page.locator("footer").last.inner_text())
    assert found, page.url
    return found.group(1)


def _scan() -> bytes:
    """A picture no other scan is like."""
    made = BytesIO()
    Image.frombytes("RGB", (32, 32), secrets.token_bytes(32 * 32 * 3)).save(made, "PNG")
    return made.getvalue()


def ask_correction(play: Play, act: Act) -> None:
    """A correction of the signed report is asked for."""
    do(play, act, "correction.request", {"reason": act.payload["correction"].reason}, "/report")


def correct(play: Play, act: Act) -> None:
    """The words of the coming version are typed over the old ones."""
    for section, text in act.payload["correction"].narrative.items():
        page = play.hands.go(act.by, "/report")
        press(page, page.get_by_role("link", name="改写报告文字"))
        page = play.hands.go(act.by, f"/writing?part={section}")
        form = page.locator(f'form.w-form:has(input[name=section][value="{section}"])')
        fill(form, {"body": text})
        press(page, form.get_by_role("button", name="保存"))


def freeze_correction(play: Play, act: Act) -> None:
    """The further version is printed and frozen."""
    freeze(play, act, "correction.freeze")
