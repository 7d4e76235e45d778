"""Samples, extracts and opened material: what is handed out, and that it stands in the log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from service import clock
from service.actions import scoring
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.workshop import workshop_of
from service.audit.canonical import decode_strict
from service.extensions import db
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.queries.receipts import state_of
from service.workflow.roles import Role
from tests.builders import CaseBuilder
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of
from tests.web.test_audit_search import reason

Visitor = Callable[[Role | str], FlaskClient]


def sent(client: FlaskClient, path: str, **form: Any) -> Any:
    data = {"csrf_token": csrf_of(client.get("/account").text), **form}
    return client.post(path, data=data, headers=ORIGIN)


def sheet(content: bytes) -> list[list[str]]:
    rows = load_workbook(BytesIO(content)).active.iter_rows(values_only=True)  # type: ignore[union-attr]
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def entries(site: Site, action: str) -> list[AuditEntry]:
    with site.app.app_context():
        query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
        return list(db.session.scalars(query))


def test_a_sample_says_how_it_was_drawn_and_can_be_drawn_again(site: Site) -> None:
    client = site.as_role(Role.AU)
    before = site.rows()
    form = {"question": "refused", "of": "cases", "size": "3", "seed": "2025-抽一"}
    first = sheet(sent(client, "/audit/sample", **form).data)
    words = "\n".join(row[0] for row in first[:7])
    for said in ("种子：2025-抽一", "抽取 3 项", "共 5 项", "SHA-256", "抽取人：审计员（au）", "不分层"):
        assert said in words, said
    (made,) = entries(site, "audit.sample")
    assert made.entry_id in words
    again = sheet(sent(client, "/audit/sample", **form).data)
    rows = [row for row in first if row[0].isdigit()]
    assert rows == [row for row in again if row[0].isdigit()]
    assert [row[1] for row in rows] == sorted(
        ("draft", "review", "visit", "asked", "final"),
        key=lambda code: hashlib.sha256(f"2025-抽一/{code}".encode()).hexdigest(),
    )[:3]
    now = site.rows()
    assert now.pop("audit_entry") == before.pop("audit_entry") + 2
    for name in ("audit_disclosure", "login_attempt", "login_session"):
        now.pop(name), before.pop(name)
    assert now == before, "an auditor changes no row"


def test_answers_are_drawn_in_strata_and_a_seed_is_made_where_none_is_given(site: Site) -> None:
    client = site.as_role(Role.AU)
    answer = sent(client, "/audit/sample", question="refused", of="answers", size="9", stratified="1")
    rows = sheet(answer.data)
    words = "\n".join(row[0] for row in rows[:7])
    assert re.search("种子：[0-9a-f]{16}；", words) and "按被评价单位分层" in words
    told = [row for row in rows if row[0] == "1"]
    assert [row[1] for row in told] == ["review"] and "报审工作方案" in told[0][5]
    assert sent(client, "/audit/sample", question="full", of="answers", size="9").status_code == 422


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"size": "0"}, "抽取数量不对"),
        ({"size": "x", "seed": "种" * 61}, "种子过长"),
        ({"size": "3", "question": "none"}, "没有这个问题"),
    ],
)
def test_a_draw_nobody_can_mean_is_told(visitor: Visitor, form: dict[str, str], said: str) -> None:
    answer = sent(visitor(Role.AU), "/audit/sample", **form)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("who", [Role.EL, Role.DF, Role.SA, STRANGER])
def test_who_may_not_draw_is_refused(visitor: Visitor, who: Role | str) -> None:
    assert sent(visitor(who), "/audit/sample", size="3", of="cases").status_code == 403


@pytest.fixture
def changed(site: Site) -> Site:
    """`asked` with a deduction made after the draft, at somebody's request and on a paper."""
    with site.app.app_context():
        actor = site.world.people.actor(Role.EL)
        scoring.draft_deduction(actor, site.world.cases["asked"], reason("5.5", node="A1"))
    return site


def test_an_extract_tells_every_change_with_its_ground_and_is_an_entry_itself(changed: Site) -> None:
    client = changed.as_role(Role.AU)
    page = client.get("/cases/asked/history/extract").text
    places = [int(each) for each in re.findall(r'<option value="(\d+)"', page)]
    issued = sorted(set(places))[-2]
    word = sent(client, "/cases/asked/history/extract", old=str(issued), new="", media="docx")
    assert word.status_code == 200
    document = Document(BytesIO(word.data))
    (table,) = document.tables
    ((index, _, who, act, why, ground, what),) = [[c.text for c in row.cells] for row in table.rows[1:]]
    assert (index, act, why) == (str(max(places)), "起草扣分", "按复核意见重新核定，现场材料已补齐")
    assert who.startswith("组长（主评人）")
    assert ground.splitlines() == ["修改来源：复核", "提出人：组织方复核", "文件：复核意见单"]
    assert "新增扣分 D001 A1" in what and "扣分数额 5.5" in what
    code = re.findall("核对码：([0-9A-F]{4}-[0-9A-F]{4})", "\n".join(p.text for p in document.paragraphs))[0]
    assert code in document.sections[0].footer.paragraphs[0].text
    assert (
        code in document.sections[0].header._element.xml
        and "审计员" in document.sections[0].header._element.xml
    )
    book = sent(client, "/cases/asked/history/extract", old=str(issued), new=str(max(places)), media="xlsx")
    rows = sheet(book.data)
    assert any(code in cell for row in rows[:5] for cell in row), "the same range has the same code"
    (told,) = [row for row in rows if row[0] == index]
    assert told[6].splitlines() == ground.splitlines() and len(told[9]) == 64
    taken = entries(changed, "history.extract")
    digests = [decode_strict(bytes(each.leaf))["files"][0]["sha256"] for each in taken]
    assert digests == [hashlib.sha256(each.data).hexdigest() for each in (word, book)]
    assert "取得变更说明" in client.get("/cases/asked/history").text


def test_the_whole_history_is_told_by_stage_and_scores_are_kept_back(changed: Site) -> None:
    word = sent(changed.as_role(Role.EL), "/cases/asked/history/extract", media="docx")
    headings = [
        p.text for p in Document(BytesIO(word.data)).paragraphs if p.style and p.style.name == "Heading 2"
    ]
    assert [re.sub("（.*", "", each) for each in headings] == ["自评", "材料审核", "现场核查", "征求意见"]
    early = sheet(sent(changed.as_role(Role.FO), "/cases/visit/history/extract", media="xlsx").data)
    (draft,) = [row for row in early if row[4] == "起草扣分"]
    assert "不予显示" in draft[5] and draft[7] == ""


def test_who_reads_no_history_takes_no_extract_and_nonsense_is_told(changed: Site) -> None:
    path = "/cases/asked/history/extract"
    assert sent(changed.as_role(Role.DF), path, media="docx").status_code == 403
    assert sent(changed.as_role(STRANGER), path, media="docx").status_code == 404
    client = changed.as_role(Role.AU)
    assert "没有这种格式" in sent(client, path, media="pdf").text
    assert "看不懂这个时刻" in sent(client, path, media="docx", old="昨天").text
    assert entries(changed, "history.extract") == []


def test_opening_material_of_an_internal_case_is_one_entry_a_day_for_who_did_not_bring_it(site: Site) -> None:
    people = site.world.people
    with site.app.app_context():
        store = workshop_of(site.app.config["PINGJI"]).store
        pieces = {}
        for code, secrecy in (("inside", "内部"), ("open", "公开")):
            builder = CaseBuilder(people, code=code, more={"secrecy": secrecy}).create().issue()
            paper = AddEvidence(name="合同", filename="合同.txt", content="甲方乙方".encode())
            pieces[code] = add_evidence(people.actor(Role.DF), builder.id, paper, store=store)
            site.world.cases[code] = builder.id
        seen = state_of(db.session(), site.world.cases["inside"])
    auditor, author, reader = (site.as_role(role) for role in (Role.AU, Role.DF, Role.EL))
    inside, public = (f"/cases/{code}/evidence/{pieces[code]}" for code in ("inside", "open"))
    assert author.get(f"{inside}/1").status_code == 200
    assert auditor.get(f"{public}/1").status_code == 200
    assert auditor.get("/cases/inside/evidence").status_code == 200
    assert entries(site, "evidence.open") == []
    for path in (f"{inside}/1", inside, f"{inside}/1"):
        assert auditor.get(path).status_code == 200
    assert reader.get(f"{inside}/1").text == "甲方乙方"
    noted = entries(site, "evidence.open")
    assert [each.actor_id for each in noted] == [people.accounts[Role.AU], people.accounts[Role.EL]]
    assert all(decode_strict(bytes(each.leaf))["changes"] == [] for each in noted)
    page = auditor.get("/cases/inside/history").text
    assert page.count("查阅内部材料") >= 2 and f"{pieces['inside']} 合同" in page
    assert site.as_role(STRANGER).get(f"{inside}/1").status_code == 404
    assert len(entries(site, "evidence.open")) == 2
    with site.app.app_context():
        assert state_of(db.session(), site.world.cases["inside"]) == seen, "to read makes no page stale"
        case = db.session().get_one(Evaluation, site.world.cases["inside"])
        assert case.version == 1 or case.last_audit != noted[0].entry_id
        today = clock.local_date(clock.now())
        assert today == clock.local_date(noted[0].at)
