"""审计检索: each question finds exactly what was done to bring it about, and nothing else, for whom may read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from service import clock
from service.actions import commissioning, scoring, self_assessment
from service.actions.accounts import NewAccount, confirm_grant, create_account, propose_grant
from service.actions.case_facts import EditFacts, edit_facts
from service.actions.commissioning import Money
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.library import ProposeFramework, propose_framework
from service.actions.tokens import IssueToken, issue_token
from service.actions.workshop import workshop_of
from service.audit.signer_client import signer_at
from service.audit.stored import anchor
from service.errors import ActionRefusedError, NotPermittedError, ServiceError
from service.extensions import WRITING, db
from service.queries.auditquestions import AuditSearch, Question, search_of
from service.queries.auditsearch import Hit, search
from service.queries.tokens import Scope
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import FRAMEWORK, PASSWORD, CaseBuilder, People
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]


def reason(points: str, words: str = "按复核意见重新核定，现场材料已补齐", **more: Any) -> scoring.Reason:
    told = {
        "origin": "复核",
        "asked_by": "组织方复核",
        "paper": "复核意见单",
        "clause": "方案三",
        "no_evidence": "口述",
    }
    return scoring.Reason(**{"node": "B1", "amount": points, "reason": words, **told, **more})


def found(site: Site, question: Question, *, role: Role = Role.AU, **more: Any) -> list[Hit]:
    """What the question finds for the person of `role`, with every count checked beside."""
    account = site.world.people.accounts[role]
    wanted = AuditSearch(question, **more)
    made = search(db.session(), account, wanted, today=clock.local_date(clock.now()))
    assert made.count == len(made.hits)
    if not wanted.kind and wanted.points is None:
        assert dict(made.counts)[question] == made.count
    return list(made.hits)


def told(hits: list[Hit]) -> list[tuple[str, str, str, str]]:
    return [(hit.code, hit.place, hit.before, hit.after) for hit in hits]


@pytest.fixture
def scored(site: Site) -> Site:
    """`quiet` went to the unit and stayed as it was; `moved` was changed after that."""
    with site.app.app_context():
        for code in ("quiet", "moved"):
            builder = CaseBuilder(site.world.people, code=code).until(Stage.CONSULTATION)
            site.world.cases[code] = builder.id
    return site


def test_a_quiet_world_answers_nothing(site: Site) -> None:
    with site.app.app_context():
        for question in Question:
            if question is not Question.REFUSED:
                assert found(site, question) == [], question


def test_late_changes_are_those_after_the_draft_and_only_those(scored: Site) -> None:
    people, case = scored.world.people, scored.world.cases["moved"]
    with scored.app.app_context():
        assert found(scored, Question.LATE) == []
        code = scoring.draft_deduction(people.actor(Role.EL), case, reason("1.5"))
        store = workshop_of(scored.app.config["PINGJI"]).store
        paper = AddEvidence(name="补交的验收单", filename="验收单.txt", content="三月验收".encode())
        piece = add_evidence(people.actor(Role.EV), case, paper, store=store)
        hits = found(scored, Question.LATE)
        assert [(hit.code, hit.place, hit.before) for hit in hits] == [
            ("moved", f"佐证材料 {piece} 补交的验收单", "（新增）"),
            ("moved", "材料版本 1 验收单.txt", "（新增）"),
            ("moved", f"扣分 {code} B1", "（新增）"),
        ]
        assert hits[2].actor == "组长（主评人）" and hits[2].action == "起草扣分"
        assert "按复核意见" in hits[2].reason
        assert told(found(scored, Question.LATE, kind="scores")) == told(hits[2:])
        assert told(found(scored, Question.LATE, kind="evidence")) == told(hits[:2])
        assert found(scored, Question.LATE, kind="facts") == []
        tomorrow = clock.local_date(clock.now()) + timedelta(days=1)
        assert found(scored, Question.LATE, since=tomorrow) == []
        assert told(found(scored, Question.LATE, until=tomorrow)) == told(hits)
        assert found(scored, Question.LATE, case="quiet") == []
        firm = people.organisations["firm"]
        assert told(found(scored, Question.LATE, organisation=firm)) == told(hits)
        assert found(scored, Question.LATE, organisation="none") == []
        assert found(scored, Question.LATE, year="1999") == []


def test_a_jump_is_a_move_of_an_indicator_or_of_the_total_by_the_points_asked(scored: Site) -> None:
    people, case = scored.world.people, scored.world.cases["moved"]
    with scored.app.app_context():
        assert found(scored, Question.JUMP) == []
        code = scoring.draft_deduction(people.actor(Role.EL), case, reason("5.5", node="A1"))
        scoring.draft_deduction(people.actor(Role.EL), case, reason("0.5", node="A1"))
        both = [("moved", "A1 预算执行率", "38 分", "34.5 分"), ("moved", "总分", "88 分", "84.5 分")]
        assert told(found(scored, Question.JUMP)) == both
        small = told(found(scored, Question.JUMP, points=search_of({"points": "0.5"}).points, total=0.5))
        assert len(small) == 4
        assert small[0] == ("moved", "A1 预算执行率", "34.5 分", "34 分")
        scoring.submit_deduction(people.actor(Role.EL), case, code=code)
        assert told(found(scored, Question.JUMP)) == both, "to submit a draft moves nothing"
        words, origin = "单位补交验收单", scoring.Origin("复核", "组织方复核", "复核意见单")
        scoring.withdraw_deduction(people.actor(Role.EL), case, code=code, reason=words, origin=origin)
        hits = found(scored, Question.JUMP)
        assert [(hit.before, hit.after, hit.note) for hit in hits[:2]] == [
            ("34 分", "38 分", "+4 分"),
            ("84 分", "88 分", "+4 分"),
        ]
        assert hits[0].reason == words and len(hits) == 4


def test_a_decision_off_the_rule_is_told_with_what_is_weak_about_its_reason(scored: Site) -> None:
    people = scored.world.people
    long = "设备到货晚于合同约定，但不影响大厅当月业务办理，酌情核定"
    with scored.app.app_context():
        for code, words, points in (("moved", long, "52"), ("quiet", long, "51"), ("quiet", "酌情", "53")):
            made = scoring.draft_adjustment(
                people.actor(Role.EL), scored.world.cases[code], reason(points, words)
            )
            if points == "51":
                assert found(scored, Question.DEVIATION, case="quiet") == [], "a draft decides nothing"
            scoring.submit_adjustment(people.actor(Role.EL), scored.world.cases[code], code=made)
        hits = found(scored, Question.DEVIATION)
        assert [(hit.code, hit.before, hit.after, hit.note) for hit in hits] == [
            ("quiet", "50 分（规则）", "53 分（评定）", "+3 分；理由过短"),
            ("quiet", "50 分（规则）", "51 分（评定）", "+1 分；理由与他处相同"),
            ("moved", "50 分（规则）", "52 分（评定）", "+2 分；理由与他处相同"),
        ]
        assert [hit.code for hit in found(scored, Question.DEVIATION, kind="short")] == ["quiet"]
        assert [hit.code for hit in found(scored, Question.DEVIATION, kind="same")] == ["quiet", "moved"]
        assert len(found(scored, Question.DEVIATION, kind="weak")) == 3
        asked = search_of({"question": "deviation", "points": "2"})
        assert len(found(scored, Question.DEVIATION, points=asked.points)) == 2
        assert found(scored, Question.DEVIATION, length=2, kind="short") == []


def test_what_was_refused_is_told_with_its_reasons_and_who_would_have_decided_for_himself(site: Site) -> None:
    people, case = site.world.people, site.world.cases["visit"]
    with site.app.app_context():
        before = found(site, Question.REFUSED)
        assert [(hit.code, hit.action, hit.kind) for hit in before] == [("review", "报审工作方案", "其他")]
        account = people.accounts[Role.FR]
        commissioning.declare_conflict(
            people.actor(Role.FR), site.world.cases["asked"], conflict=True, statement="亲属"
        )
        with pytest.raises(ServiceError):
            commissioning.override_conflict(
                people.actor(Role.FR), site.world.cases["asked"], account=account, reason="无妨"
            )
        with pytest.raises(ServiceError):
            scoring.submit_scores(people.actor(Role.EV), case)
        own = found(site, Question.REFUSED, kind="self")
        assert [(hit.code, hit.action, hit.kind) for hit in own] == [("asked", "处置回避事项", "自提自批")]
        assert "同一人" in own[0].after
        others = found(site, Question.REFUSED, kind="other")
        assert [hit.code for hit in others] == ["visit", "review"]
        assert len(found(site, Question.REFUSED)) == 3
        assert [hit.code for hit in found(site, Question.REFUSED, role=Role.FR)] == ["visit", "review"], (
            "who declared an interest does not read that case"
        )


def claims(first: str, second: str) -> tuple[self_assessment.ClaimLine, ...]:
    return (
        self_assessment.ClaimLine("A1", first, target="100%", actual="100%"),
        self_assessment.ClaimLine("B1", second, target="20 台", actual="20 台"),
    )


def test_full_marks_and_completion_ahead_of_the_money_are_found_from_what_units_claim(site: Site) -> None:
    people = site.world.people
    sums = {"full": 100, "even": 96, "behind": 60, "near": 92}
    with site.app.app_context():
        for code, paid in sums.items():
            told_ = claims("40", "60") if code == "full" else claims("40", "57")
            builder = CaseBuilder(people, code=code, claims=told_).create()
            money = (Money("b", "预算", "budget", 1_000_000), Money("p", "支出", "paid", paid * 10_000))
            edit_facts(people.actor(Role.FO), builder.id, EditFacts(money=money), reason="立项")
            builder.issue().submit()
        hits = found(site, Question.FULL)
        assert [(hit.code, hit.place, hit.after, hit.kind) for hit in hits] == [
            ("full", "自评", "2 行全部满分", "自评")
        ]
        assert hits[0].action == "填报自评"
        assert [(hit.code, hit.after) for hit in found(site, Question.AHEAD)] == [
            ("behind", "得分率 95.00%，执行率 60.00%")
        ]
        wide = search_of({"question": "ahead", "percent": "2.5"}).percent
        assert [hit.code for hit in found(site, Question.AHEAD, percent=wide)] == ["near", "behind"]
        assert found(site, Question.AHEAD, percent=search_of({"percent": "50"}).percent) == []


def test_sheets_scored_all_alike_are_found_and_those_that_differ_are_not(site: Site) -> None:
    people = site.world.people
    with site.app.app_context():
        for code, last in (("alike", "50"), ("differ", "49")):
            builder = CaseBuilder(people, code=code, facts={"sheets": ["甲", "乙", "丙"]})
            builder.until(Stage.ON_SITE_VERIFICATION)
            for sheet, points in (("甲", "50"), ("乙", "48"), ("丙", last)):
                results = {"A1": {"value": "95%"}, "B1": {"points": points, "reason": "晚到"}}
                scoring.record_results(people.actor(Role.EV), builder.id, results=results, sheet=sheet)
        hits = found(site, Question.IDENTICAL)
        assert told(hits) == [("alike", "甲、丙", "", "2 张评分表均为 88 分")]
        assert hits[0].action == "录入评分依据"
        assert found(site, Question.IDENTICAL, role=Role.FO) == [], "the team's drafts are not the officers'"


def test_scores_are_kept_from_whom_they_are_kept_everywhere(scored: Site) -> None:
    people = scored.world.people
    with scored.app.app_context():
        builder = CaseBuilder(people, code="early")
        builder.until(Stage.ON_SITE_VERIFICATION)
        with pytest.raises(ServiceError):
            scoring.draft_deduction(people.actor(Role.FO), builder.id, reason("1"))
        assert "early" in {hit.code for hit in found(scored, Question.REFUSED)}
        assert "early" not in {hit.code for hit in found(scored, Question.REFUSED, role=Role.FO)}
        assert "early" in {hit.code for hit in found(scored, Question.REFUSED, role=Role.EL)}


@pytest.mark.parametrize("who", [Role.DF, Role.DH, Role.EV, Role.SA, STRANGER])
def test_who_reads_no_history_is_told_who_can_let_him_in(visitor: Visitor, who: Role | str) -> None:
    answer = visitor(who).get("/audit/search")
    assert answer.status_code == 403
    assert "系统管理员" in answer.text
    assert "/audit/search" not in visitor(who).get("/account").text


@pytest.mark.parametrize("who", [Role.FO, Role.FR, Role.FA, Role.EL, Role.AU])
def test_who_reads_the_history_may_ask_by_organisation(visitor: Visitor, who: Role) -> None:
    page = visitor(who).get("/audit/search")
    assert page.status_code == 200
    offered = re.search(r'<select[^>]* name="organisation".*?</select>', page.text, re.S)
    assert offered, page.text
    choices = re.findall(r'<option value="([^"]+)"', offered[0])
    assert choices
    for choice in choices:
        answer = visitor(who).get(
            "/audit/search", query_string={"question": "refused", "organisation": choice}
        )
        assert answer.status_code == 200


def test_the_page_leads_to_the_entry_and_hands_out_its_proof(scored: Site) -> None:
    people, case = scored.world.people, scored.world.cases["moved"]
    with scored.app.app_context():
        scoring.draft_deduction(people.actor(Role.EL), case, reason("5.5", node="A1"))
    client = scored.as_role(Role.AU)
    page = client.get("/audit/search?question=jump").text
    assert "待封存" in page and "tlog-proof" not in page
    with scored.app.app_context():
        signer = signer_at(scored.instance.signer)
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            anchor(connection, signer, at=clock.now())
    page = client.get("/audit/search?question=jump").text
    (link, *_) = re.findall(r'href="(/cases/moved/history\?at=(\d+)#i-\d+)"', page)
    assert f'id="i-{link[1]}"' in client.get(link[0]).text
    proof = re.findall(r'href="([^"]+\.tlog-proof)"', page)[0]
    answer = client.get(proof)
    assert answer.status_code == 200
    assert answer.text.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert f"\nindex {link[1]}\n" in answer.text
    assert client.get(proof.replace("/moved/", "/quiet/")).status_code == 404
    assert scored.as_role(Role.DF).get(proof).status_code == 403
    assert scored.as_role(STRANGER).get(proof).status_code == 404


def test_what_cannot_be_read_is_told_all_at_once(visitor: Visitor) -> None:
    answer = visitor(Role.AU).get("/audit/search?question=guess&points=-1&since=昨天&length=1.5&kind=x")
    assert answer.status_code == 422
    for words in ("没有这个问题", "不是可用的数", "不是日期", "没有这一类"):
        assert words in answer.text


def test_nothing_found_says_so_and_offers_to_look_wider(visitor: Visitor) -> None:
    page = visitor(Role.AU).get("/audit/search?question=jump&case=final").text
    assert "没有找到" in page and "清除条件" in page
    assert "没有符合条件的评价" in visitor(Role.AU).get("/audit/search?case=nowhere").text
    page = visitor(Role.AU).get("/audit/search?question=refused").text
    assert "被拒绝的操作" in page and "第 1 页" not in page


@pytest.fixture
def refusing(site: Site) -> Iterator[Site]:
    """Refused outside any case: a framework, a new evaluation, a token, a duty that excludes another."""
    people = site.world.people
    with site.app.app_context():
        admin, security = people.actor(Role.SA), people.actor(Role.SE)
        people.accounts[Role.AA] = create_account(admin, NewAccount("aa", "审计管理员", PASSWORD, None))
        grant = propose_grant(admin, account=people.accounts[Role.AA], role=Role.AA, organisation=None)
        confirm_grant(security, grant=grant, fresh=True)
        until = clock.local_date(clock.now()) + timedelta(days=3)
        framework = ProposeFramework(people.organisations["bureau"], FRAMEWORK, year="2025")
        for act in (
            lambda: propose_framework(people.actor(Role.FA), framework),
            lambda: commissioning.create_evaluation(people.actor(Role.FA), _new(people)),
            lambda: issue_token(people.actor(Role.DF), IssueToken("取数", (Scope.READ,), until), fresh=False),
            lambda: propose_grant(
                admin,
                account=people.accounts[Role.SE],
                role=Role.FO,
                organisation=people.organisations["bureau"],
            ),
        ):
            with pytest.raises((ActionRefusedError, NotPermittedError)):
                act()
        db.session.rollback()
    yield site
    people.accounts.pop(Role.AA)


def _new(people: People) -> commissioning.CreateEvaluation:
    parties = {"evaluated": (people.organisations["unit"],), "organiser": (people.organisations["bureau"],)}
    return commissioning.CreateEvaluation(
        code="none",
        title="某评价",
        kind=Kind.DEPARTMENT,
        year="2025",
        subject_name="某项目",
        profile="standard",
        parties=parties,
    )


def test_refusals_of_no_case_are_told_to_whom_the_log_of_them_is_open(refusing: Site) -> None:
    with refusing.app.app_context():
        business = [(h.action, h.kind) for h in found(refusing, Question.REFUSED) if not h.code]
        assert business == [("新建评价", "案卷之外"), ("提出指标体系", "案卷之外")]
        security = found(refusing, Question.REFUSED, role=Role.AA)
        assert [(h.code, h.action) for h in security] == [("", "提出授权"), ("", "签发本人接口令牌")]
        assert {h.kind for h in security} == {"案卷之外"} and "兼任" in security[0].after
        for role in (Role.FO, Role.FR, Role.FA, Role.EL):
            assert all(h.code for h in found(refusing, Question.REFUSED, role=role)), role
        assert len(found(refusing, Question.REFUSED, kind="outside")) == 2
        assert found(refusing, Question.REFUSED, kind="outside", case="review") == []
        assert found(refusing, Question.REFUSED, kind="outside", year="2025") == []
        bureau = refusing.world.people.organisations["bureau"]
        assert found(refusing, Question.REFUSED, kind="outside", organisation=bureau) == []
        tomorrow = clock.local_date(clock.now()) + timedelta(days=1)
        assert found(refusing, Question.REFUSED, kind="outside", since=tomorrow) == []
        for question in Question:
            if question is not Question.REFUSED:
                assert found(refusing, question, role=Role.AA) == [], question


def test_the_page_shows_them_without_a_case_and_proves_them(refusing: Site) -> None:
    client, keeper = refusing.as_role(Role.AU), refusing.as_role("aa")
    page = client.get("/audit/search?question=refused").text
    assert "不属于案卷" in page and "提出指标体系" in page and "签发本人接口令牌" not in page
    own = keeper.get("/audit/search?question=refused").text
    assert "签发本人接口令牌" in own and "提出指标体系" not in own and "可查阅不属于案卷的被拒绝的操作" in own
    assert "/audit/search" in keeper.get("/account").text
    assert "review" not in own and keeper.get("/cases/review/history").status_code == 404
    with refusing.app.app_context():
        signer = signer_at(refusing.instance.signer)
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            anchor(connection, signer, at=clock.now())
    links = {
        who: re.findall(
            r'href="(/audit/entries/[^"]+\.tlog-proof)"', each.get("/audit/search?question=refused").text
        )
        for who, each in (("au", client), ("aa", keeper))
    }
    assert len(links["au"]) == len(links["aa"]) == 2
    for who, each in (("au", client), ("aa", keeper)):
        for path in links[who]:
            answer = each.get(path)
            assert answer.status_code == 200 and answer.text.startswith("c2sp.org/tlog-proof@v1\nextra ")
            answer.close()
    assert client.get(links["aa"][0]).status_code == 404
    assert keeper.get(links["au"][0]).status_code == 404
    assert refusing.as_role(Role.FO).get(links["au"][0]).status_code == 404
    assert refusing.as_role(Role.DF).get(links["au"][0]).status_code == 403


def test_they_can_be_drawn_from(refusing: Site) -> None:
    client = refusing.as_role(Role.AU)
    token = csrf_of(client.get("/account").text)
    form = {"csrf_token": token, "question": "refused", "of": "answers", "size": "9", "seed": "一"}
    drawn = client.post("/audit/sample", data=form, headers=ORIGIN)
    rows = list(load_workbook(BytesIO(drawn.data)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    codes = sorted(str(row[1]) for row in rows if str(row[0]).isdigit())
    assert codes == ["review", "案卷之外", "案卷之外"]
    refused = refusing.as_role("aa").post("/audit/sample", data=form, headers=ORIGIN)
    assert refused.status_code in (400, 403), "he draws no samples"
