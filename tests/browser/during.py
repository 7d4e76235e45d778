"""Acts of the team at the pages: evidence, verdicts, visits, findings, results, deductions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from playwright.sync_api import Page, expect

from service import clock
from service.cases.handlers_before import EVIDENCE_KINDS
from service.cases.model_scoring import Adjustment
from service.cases.script import NOT_IN_SOURCE, Act
from tests.browser.hands import lines, press, unfold
from tests.browser.play import Handler, Play, cut, do


def add_evidence(play: Play, act: Act) -> None:
    """A file with the card of a piece is handed in."""
    item = act.payload["evidence"]
    card = f"佐证登记卡\n编号：{item.code}\n名称：{item.name}\n证明：{item.proves}"
    file = {"name": f"{item.code}.txt", "mimeType": "text/plain", "buffer": card.encode()}
    values = {"name": item.name, "klass": EVIDENCE_KINDS[item.kind], "source": item.obtained,
              "proves": item.proves, "period": item.period, "nodes": item.nodes, "file": file}  # fmt: skip
    do(play, act, "evidence.add", values, "/evidence")


def verdict(play: Play, act: Act) -> None:
    """One document has its verdict."""
    item = act.payload["verdict"]
    values = {"subject": item.subject, "verdict": item.verdict, "note": item.note, "node": item.node}
    do(play, act, "review.verdict", values, "/review")


def request_supplement(play: Play, act: Act) -> None:
    """One request is drafted, and goes out as the letter of a round."""
    item = act.payload["supplement"]
    values = {"items": lines(item.items), "due_on": play.later.isoformat(), "mandatory": item.mandatory}
    do(play, act, "supplement.draft", values, "/review")
    draft = play.hands.go(act.by, "/do/supplement.request").locator("input[name=codes]")
    do(play, act, "supplement.request", {"codes": draft.first.get_attribute("value")}, "/review")


def answer_supplement(play: Play, act: Act) -> None:
    """The unit answers the request."""
    item = act.payload["supplement"]
    values = {"code": cut("；".join(item.items)), "answer": item.answer or NOT_IN_SOURCE}
    do(play, act, "supplement.answer", values, "/self/supplements")


def on_supplement(name: str, at: str, **more: str) -> Handler:
    """An act on the request whose words the list shows."""

    def handler(play: Play, act: Act) -> None:
        code = cut("；".join(act.payload["supplement"].items))
        do(play, act, name, {"code": code, **more}, at)

    return handler


def object_to_finding(play: Play, act: Act) -> None:
    """The unit's head objects."""
    item = act.payload["finding"]
    values = {"code": cut(item.text), "response": item.response or NOT_IN_SOURCE}
    do(play, act, "finding.object", values, "/visit")


def answer_objection(play: Play, act: Act) -> None:
    """The team answers the objection."""
    values = {"code": cut(act.payload["finding"].text), "answer": act.stand_in or NOT_IN_SOURCE}
    do(play, act, "finding.answer", values, "/visit")


def open_visit(play: Play, act: Act) -> None:
    """A visit is arranged."""
    item = act.payload["visit"]
    today = clock.local_date(clock.now()).isoformat()
    values = {"on": today, "place": item.place or NOT_IN_SOURCE, "method": item.method, "people": item.people,
              "content": item.content}  # fmt: skip
    do(play, act, "visit.open", values, "/visit")


def record_finding(play: Play, act: Act) -> None:
    """A finding is recorded at the visit that is open."""
    item = act.payload["finding"]
    page = play.hands.go(act.by, "/do/finding.record")
    visit = page.locator("select[name=visit] option").nth(1).get_attribute("value")
    do(play, act, "finding.record", {"visit": visit, "text": item.text, "nodes": item.nodes}, "/visit")


def confirm_finding(play: Play, act: Act) -> None:
    """The unit's head agrees."""
    item = act.payload["finding"]
    response = item.response or act.stand_in
    do(play, act, "finding.confirm", {"code": cut(item.text), "response": response}, "/visit")


def close_visit(play: Play, act: Act) -> None:
    """The visit that is open is over."""
    page = play.hands.go(act.by, "/do/visit.close")
    visit = page.locator("select[name=code] option").nth(1).get_attribute("value")
    do(play, act, "visit.close", {"code": visit}, "/visit")


def record_results(play: Play, act: Act) -> None:
    """Every result is typed on the page of its indicator."""
    for node, data in act.payload["results"].items():
        page = play.hands.go(act.by, f"/grid/{node}")
        for name, value in _flat(data):
            _cell(page, name, value)
        save = page.locator("#item .g-save")
        if play.hands.script:
            with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
                save.click()
            assert sent.value.status == 200, f"{node}：{page.locator('#item').inner_text()}"
            expect(page.locator("#item[data-say]")).to_be_visible()
        else:
            press(page, save)


def _flat(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}::")
        else:
            yield name, value


def _cell(page: Page, name: str, value: str) -> None:
    control = page.locator(f'#item [name="{name}"]:not([type=hidden])')
    assert control.count() == 1, f"{page.url} 没有 {name}"
    unfold(control)
    if control.evaluate("e => e.tagName") == "SELECT":
        control.select_option(value)
    else:
        control.fill(value)


def reason(play: Play, act: Act) -> None:
    """A deduction or adjustment with stated points is drafted."""
    item = act.payload.get("item") or act.payload["deduction"]
    given = _points(item)
    if given is None:
        return
    values = {
        "node": item.node, "amount": given, "reason": item.reason, "clause": item.clause,
        "evidence": [play.evidence(code) for code in item.evidence], "no_evidence": item.no_evidence,
    }  # fmt: skip
    do(play, act, act.action.value, values, "/grid")


def _points(item: Any) -> str | None:
    """What the source says of points, None if it states none."""
    given: str | None = item.awarded if isinstance(item, Adjustment) else item.amount
    return given


def submit_reason(play: Play, act: Act) -> None:
    """The reason drafted last counts."""
    item = act.payload.get("item") or act.payload["deduction"]
    if _points(item) is not None:
        do(play, act, act.action.value, {"code": cut(item.reason)}, "/grid")
