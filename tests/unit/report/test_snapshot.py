"""The snapshot survives its plain form, and refuses what it does not know."""

from __future__ import annotations

import json
from datetime import date

import pytest

from service.errors import InvalidError
from service.report.snapshot import (
    AuditPoint,
    CaseSnapshot,
    FreeTable,
    Item,
    LineView,
    MoneyFact,
    SheetView,
)


def make_snapshot() -> CaseSnapshot:
    return CaseSnapshot(
        code="c1",
        title="甲项目",
        kind="fiscal_firm",
        report_on=date(2023, 9, 1),
        money=(MoneyFact("budget", "预算", fen=582300000), MoneyFact("x", "未载", fen=None)),
        sheet=SheetView(total="78", lines=(LineView("A", "决策", 1, max="16", rate="11/16"),)),
        narrative={"b": "二", "a": "一"},
        problems=(Item("甲", parts=(Item("乙", nodes=("A",)),)),),
        tables=(FreeTable("t1", "表", ("序号", "名"), (("1", "^"),)),),
        audit=AuditPoint(3, "ab"),
    )


def test_plain_form_is_json_and_gives_the_equal_snapshot_back() -> None:
    snapshot = make_snapshot()
    text = json.dumps(snapshot.to_plain(), ensure_ascii=False)
    assert CaseSnapshot.from_plain(json.loads(text)) == snapshot


def test_every_wrong_place_is_named_at_once() -> None:
    tree = make_snapshot().to_plain()
    tree["colour"] = "red"
    tree["version"] = "1"
    tree["report_on"] = "2023-13-01"
    del tree["title"]
    tree["money"][0]["fen"] = 1.5
    with pytest.raises(InvalidError) as caught:
        CaseSnapshot.from_plain(tree)
    paths = {p.path for p in caught.value.problems}
    assert paths == {"colour", "version", "report_on", "title", "money[0].fen"}
