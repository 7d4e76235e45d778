"""Forms on paper: what is listed for whom, what each says, and a short code that is of the content alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient

from service import clock
from service.actions import material_review, scoring
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.workshop import workshop_of
from service.audit.signer_client import signer_at
from service.audit.stored import anchor
from service.extensions import WRITING, db
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, Site

Visitor = Callable[[Role | str], FlaskClient]
FORMS = re.compile(r'<a href="(/cases/[^"]+/prints/[^"]+)">')


def flat(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def code_of(page: str) -> str:
    found = re.search(r"短码 <b>([0-9A-F]{4}-[0-9A-F]{4})</b>", page)
    assert found is not None
    return found[1]


def test_every_form_listed_opens_with_version_code_and_printer(visitor: Visitor) -> None:
    leader = visitor(Role.EL)
    listed = leader.get("/cases/final/prints").text
    paths = [unescape(path) for path in FORMS.findall(listed)]
    assert {path.rpartition("/")[2].partition("?")[0] for path in paths} == {
        "self", "visit", "letter", "scores", "opinions", "approval",
    }  # fmt: skip
    for path in paths:
        page = leader.get(path).text
        assert code_of(page) in listed, path
        assert "打印人 组长（主评人）（某局）" in flat(page)
        assert re.search(r"案卷第 \d+ 版 · 留痕至第 \d+ 号", page)
        assert "签字" in page, path
        assert "style=" not in page
        assert "演示" in page


def test_the_sheets_say_what_the_case_says(visitor: Visitor) -> None:
    leader = visitor(Role.EL)
    own = flat(leader.get("/cases/final/prints/self").text)
    assert "A1 预算执行率 40.00 100% 100% 40.00" in own
    assert "合计 98.00" in own
    scores = leader.get("/cases/final/prints/scored/scores").text
    assert 'class="sheet wide"' in scores
    assert "A1 预算执行率 40.00 40.00 38.00 2.00 — 38.00 95.00%" in flat(scores)
    assert "合计 100.00 88.00 88.00% 良" in flat(scores)
    letter = flat(leader.get("/cases/final/prints/letter").text)
    assert "某中心 ：" in letter or "某中心：" in letter
    assert "如实记为逾期未反馈" in letter
    assert "综合得分 88.00" in flat(leader.get("/cases/final/prints/scored/approval").text)


def test_a_form_with_scores_is_not_for_who_may_not_see_them(visitor: Visitor) -> None:
    unit = visitor(Role.DF)
    listed = unit.get("/cases/visit/prints").text
    assert "评分表" not in {flat(part) for part in listed.split("<th")}
    assert "scored" not in listed
    assert unit.get("/cases/visit/prints/scored/scores").status_code == 403
    assert visitor(Role.EL).get("/cases/visit/prints/scored/scores").status_code == 200
    assert visitor(Role.EL).get("/cases/visit/prints/scores").status_code == 404
    assert unit.get("/cases/visit/prints/nothing").status_code == 404


def test_the_code_changes_with_the_content_and_with_nothing_else(site: Site) -> None:
    leader, team = site.as_role(Role.EL), site.as_role(Role.EV)
    path = "/cases/visit/prints/scored/scores"
    before = code_of(leader.get(path).text)
    assert code_of(team.get(path).text) == before, "who prints does not matter"
    with site.app.app_context():
        note = AddEvidence(name="别的材料", filename="a.txt", content=b"x")
        store = workshop_of(site.app.config["PINGJI"]).store
        add_evidence(site.world.people.actor(Role.EV), site.world.cases["visit"], note, store=store)
    page = leader.get(path).text
    assert code_of(page) == before, "the case moved on, this sheet did not"
    with site.app.app_context():
        taken = scoring.Reason(node="B1", amount="0.5", reason=HOSTILE[0], clause="三")
        scoring.draft_deduction(site.world.people.actor(Role.EV), site.world.cases["visit"], taken)
        db.session.remove()
    page = leader.get(path).text
    assert code_of(page) != before
    assert HOSTILE[0] in unescape(page)
    assert "<script>alert" not in page


def test_the_sheet_of_approvals_witnesses_the_log_and_its_code_does_not_change(site: Site) -> None:
    leader, path = site.as_role(Role.EL), "/cases/final/prints/scored/approval"
    before = leader.get(path).text
    assert "留痕见证" not in before, "nothing is signed yet"
    with site.app.app_context():
        signer = signer_at(site.instance.signer)
        writing = db.engine.connect().execution_options(**{WRITING: True})
        with writing as connection, connection.begin():
            anchor(connection, signer, at=clock.now())
        state = signer.state()
    page = leader.get(path).text
    assert code_of(page) == code_of(before)
    assert re.findall(r"<li>([0-9a-f]{4})</li>", page) == [
        state.root.hex()[n : n + 4] for n in range(0, 64, 4)
    ]
    assert f"留痕已封存 {state.size} 条" in flat(page)
    assert "留痕见证" not in leader.get("/cases/final/prints/scored/scores").text


def test_a_request_still_in_draft_is_not_printed(site: Site) -> None:
    with site.app.app_context():
        people, case = site.world.people, site.world.cases["review"]
        draft = material_review.RequestSupplement(items=("补充合同",), due_on=people.on)
        code = material_review.draft_supplement(people.actor(Role.EV), case, draft)
        leader = site.as_role(Role.EL)
        assert "补充合同" not in leader.get("/cases/review/prints").text
        assert leader.get("/cases/review/prints/supplement").status_code == 404
        material_review.send_letter(people.actor(Role.EL), case, codes=(code,))
        db.session.remove()
    page = flat(site.as_role(Role.DF).get("/cases/review/prints/supplement?item=1").text)
    assert "补充合同" in page
    assert "补正通知（第1轮）" in page
