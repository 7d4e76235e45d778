"""批量登记 through its pages: an archive of 自评表 and a list of projects, from upload to return and 汇总表."""

from __future__ import annotations

import csv
import random
import re
import resource
import time
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from service import clock
from service.actions.tokens import IssueToken, issue_token
from service.extensions import db
from service.jobs.ledger import JobLedger
from service.jobs.runner import run_job
from service.models.evaluation import Evaluation, StageTrack
from service.models.evidence import EvidenceVersion
from service.models.operational import Intake, Job
from service.models.selfassessment import SelfAssessment, SelfState
from service.queries.intakes import Item, ItemFilter, items_in_order, ranked, sampled
from service.queries.sheet import current_sheet
from service.queries.tokens import Scope
from service.workbooks.plain import plain_workbook
from service.workbooks.projects import PROJECTS
from service.workbooks.write import Block, workbook_bytes
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status
from tests.conftest import Depth
from tests.selfbooks import Form, batch, differences, good, written, zipped
from tests.web.conftest import ORIGIN, Site, csrf_of, log_in

SELF_FIELDS = {"year": "2025", "secrecy": "内部", "policy": "city", "caps": "<80% 89"}


def upload(client: FlaskClient, kind: str, name: str, content: bytes, **more: object) -> TestResponse:
    """Send the form of the page as a browser does."""
    page = client.get(f"/intake/new/{kind}").text
    found = re.search(r'<select[^>]*name="organiser".*?</select>', page, re.S)
    assert found is not None
    organiser = re.findall(r'value="([^"]+)"', found[0])[-1]
    data = {**SELF_FIELDS, "organiser": organiser, "file": (BytesIO(content), name), **more}
    if kind == "projects":
        data.pop("caps")
    data = {"csrf_token": csrf_of(page), **data}
    answer = client.post(f"/intake/new/{kind}", data=data, headers=ORIGIN)
    # The test client writes a large form to a file and leaves it open.
    answer.request.environ["wsgi.input"].close()
    return answer


def confirm(client: FlaskClient, path: str) -> None:
    """Type the number and go on."""
    page = client.get(path).text
    able = re.findall(r"可(?:登记|建立) (\d+) 项", page)[0]
    answer = client.post(path, data={"csrf_token": csrf_of(page), "count": able}, headers=ORIGIN)
    assert answer.status_code == 303, answer.text


def work(site: Site, kind: str = "intake.") -> None:
    """Do what the worker would do now."""
    with site.app.app_context():
        table = JobLedger(db.engine)
        for job in table.due(at=clock.now()):
            if table.status(job).kind.startswith(kind):
                run_job(table, job)
        db.session.remove()


def items_of(site: Site, path: str) -> list[Item]:
    """Everything that came of an intake."""
    with site.app.app_context():
        found = items_in_order(db.session(), path.rpartition("/")[2])
        db.session.remove()
    return found


def codes_sheet(codes: list[str]) -> bytes:
    """A 项目清单 with nothing but numbers and names."""
    rows = [[code, f"{code}项目"] for code in codes]
    return plain_workbook("项目清单", (), (("项目编号", 30), ("项目名称", 60)), rows)


def test_a_whole_archive_is_taken_in_and_every_finding_is_the_true_one(site: Site, deep: Depth) -> None:
    numbers = deep.numbers(46, 1500)
    began = time.perf_counter()
    files = list(batch(7 + numbers.start, len(numbers)))
    truths = [truth for _, _, truth in files]
    listed = [t.code for t in truths if t.code and "清单" not in t.out]
    built = time.perf_counter()
    client = site.as_role(Role.FO)
    content = zipped([(path, content) for path, content, _ in files], gbk=True)
    sheet = (BytesIO(codes_sheet([*listed, "缺席"])), "清单.xlsx")
    answer = upload(client, "self", "自评表.zip", content, listed=sheet)
    assert answer.status_code == 303, answer.text
    path = str(answer.location)
    assert items_of(site, path)[0].state == "waiting", "nothing is done before it is confirmed"
    confirm(client, path)
    shown = client.get(path).text
    assert "正在办理" in shown and 'http-equiv="refresh"' in shown, "it goes on without a script"
    start = time.perf_counter()
    work(site)
    took = time.perf_counter() - start
    items = items_of(site, path)
    assert differences(items, truths) == []
    done = sum(item.state == "done" for item in items)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(  # noqa: T201 - the count is the report
        f"workbooks={len(items)} zip={len(content) >> 10}KB registered={done} refused={len(items) - done} "
        f"findings={sum(len(item.findings) for item in items)} built={built - began:.0f}s job={took:.0f}s "
        f"({1000 * took / len(items):.0f} ms each) peak={peak}MB child={child}MB"
    )
    with site.app.app_context():
        session = db.session()
        cases = session.scalars(
            select(Evaluation).where(Evaluation.code.startswith(files[0][2].code[:4]))
        ).all()
        assert len(cases) == done
        assert {(case.stage, case.status) for case in cases} == {(Stage.MATERIAL_REVIEW, Status.ACTIVE)}
        tracks = session.scalar(
            select(func.count())
            .select_from(StageTrack)
            .where(
                StageTrack.stage == Stage.MATERIAL_REVIEW,
                StageTrack.evaluation_id.in_([c.id for c in cases[:900]]),
            )
        )
        assert tracks == min(done, 900), "nobody passed twice"
        assert (
            session.scalar(
                select(func.count())
                .select_from(Job)
                .where(Job.kind == "audit.checkpoint", Job.once_key.startswith("checkpoint/intake"))
            )
            == 1
        )
        kept = set(session.scalars(select(EvidenceVersion.sha256)))
        assert {item.sha256 for item in items if item.state == "done"} <= kept, (
            "the workbook itself is evidence"
        )
        clean = next(item for item in items if item.state == "done" and not item.findings)
        sheet_ = current_sheet(session, session.get_one(Evaluation, clean.evaluation))
        assert sheet_ is not None and sheet_.total_text == clean.total, (
            "a form without fault scores what it says"
        )
    shown = client.get(path).text
    assert "缺席" in shown and "办理结果" in shown


@pytest.fixture
def taken(site: Site) -> tuple[Site, FlaskClient, str]:
    """A small batch, taken in: every kind of file."""
    client = site.as_role(Role.FO)
    files = list(batch(3, 40))
    path = str(upload(client, "self", "自评表.zip", zipped([(p, c) for p, c, _ in files])).location)
    confirm(client, path)
    work(site)
    return site, client, path


def test_the_list_is_ranked_filtered_and_sampled_the_same_again(taken: tuple[Site, FlaskClient, str]) -> None:
    site, client, path = taken
    key = path.rpartition("/")[2]
    with site.app.app_context():
        every, _ = ranked(db.session(), key, ItemFilter(), size=None)
        keys = [(-i.hard, -i.stake, -i.doubts, i.state != "refused", i.code) for i in every]
        assert keys == sorted(keys)
        hard, _ = ranked(db.session(), key, ItemFilter(state="hard"), size=None)
        assert {item.number for item in hard} == {i.number for i in every if i.hard and i.state == "done"}
        above, _ = ranked(db.session(), key, ItemFilter(check="above_rule"), size=None)
        assert above and all("above_rule" in {c.value for c in item.checks} for item in above)
        first = [item.code for item in sampled(db.session(), key, seed="甲", size=5, asked=ItemFilter())]
        again = [item.code for item in sampled(db.session(), key, seed="甲", size=5, asked=ItemFilter())]
        other = [item.code for item in sampled(db.session(), key, seed="乙", size=5, asked=ItemFilter())]
        assert first == again != other
        assert (
            first
            == [item.code for item in sampled(db.session(), key, seed="甲", size=9, asked=ItemFilter())][:5]
        )
        db.session.remove()
    page = client.get(f"{path}?state=hard").text
    assert f'清单<span class="unit">{len(hard)} 项' in page
    answer = client.post(f"{path}/sample", data={"csrf_token": csrf_of(page), "size": "5"}, headers=ORIGIN)
    drawn = client.get(answer.location).text
    seed = re.findall(r"seed=([0-9a-f]{8})", answer.location)[0]
    assert f'种子 <span class="code">{seed}</span>' in drawn
    assert re.findall(r"/items/(\d+)", client.get(answer.location).text) == re.findall(r"/items/(\d+)", drawn)
    assert seed in client.get(path).text, "the draw stays on record"


def test_what_is_wrong_goes_back_with_its_cells_and_comes_again(taken: tuple[Site, FlaskClient, str]) -> None:
    site, client, path = taken
    every = items_of(site, path)
    wrong = [item for item in every if item.state == "done" and item.hard]
    page = client.get(f"{path}?state=hard").text
    data = {"csrf_token": csrf_of(page), "state": "hard", "all": "1"}
    answer = client.post(f"{path}/return", data=data, headers=ORIGIN)
    assert "/portfolio/bulk/" in answer.location
    preview = client.get(answer.location).text
    assert f'可办理<span class="unit">{len(wrong)} 项' in preview
    for finding in wrong[0].findings:
        assert (finding.place in preview) == finding.check.hard
    form = {"csrf_token": csrf_of(preview), "count": str(len(wrong))}
    assert client.post(answer.location, data=form, headers=ORIGIN).status_code == 303
    work(site, "bulk.")
    assert f"办成 <strong>{len(wrong)}</strong> 项" in client.get(answer.location).text
    with site.app.app_context():
        case = db.session().get_one(Evaluation, wrong[0].evaluation)
        assert (case.stage, case.status) == (Stage.SELF_ASSESSMENT, Status.ACTIVE)
        rounds = (
            db.session().scalars(select(SelfAssessment).where(SelfAssessment.evaluation_id == case.id)).all()
        )
        assert [each.state for each in rounds] == [SelfState.RETURNED]
        db.session.remove()
    right = _right_again(wrong[0])
    second = str(upload(client, "self", "改正.zip", zipped([("改.xlsx", written(right))])).location)
    confirm(client, second)
    work(site)
    (item,) = items_of(site, second)
    assert (item.state, item.evaluation, item.findings) == ("done", wrong[0].evaluation, ())
    with site.app.app_context():
        case = db.session().get_one(Evaluation, item.evaluation)
        sheet = current_sheet(db.session(), case)
        assert (case.stage, sheet.total_text if sheet else None) == (Stage.MATERIAL_REVIEW, item.total)
        db.session.remove()
    assert client.get(f"/cases/{item.code}").status_code == 200
    assert client.get(f"/cases/{item.code}/scores").status_code == 200


def _right_again(item: Item) -> Form:
    form = good(random.Random(5), 1, 0)
    form.code, form.title, form.unit = item.code, item.title, item.unit
    return form


def test_the_summary_keeps_text_as_text(site: Site) -> None:
    client = site.as_role(Role.FO)
    form = good(random.Random(1), 1, 9)
    form.title = '=HYPERLINK("http://evil.example","点我")'
    path = str(upload(client, "self", "一份.zip", zipped([("=1+1.xlsx", written(form))])).location)
    confirm(client, path)
    work(site)
    (item,) = items_of(site, path)
    sheet = load_workbook(BytesIO(client.get(f"{path}/summary.xlsx").data)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    if item.state == "done":
        assert form.title in {cell.value for cell in cells}
    rows = list(csv.reader(StringIO(client.get(f"{path}/summary.csv").data.decode("utf-8-sig"))))
    assert not any(text.startswith(("=", "+", "@")) for row in rows for text in row)
    assert float(rows[1][8]) == form.stated / 100, "numbers stay numbers"


def projects(rows: list[dict[str, str]]) -> bytes:
    """A filled 项目清单."""
    return workbook_bytes("项目清单", (Block(PROJECTS, rows),), {"kind": "projects", "version": "1"})


def test_a_list_tells_every_fault_at_once_and_creates_the_good_rows(site: Site) -> None:
    client = site.as_role(Role.FO)
    rows = [
        {
            "code": "L-1",
            "subject_name": "甲项目",
            "kind": "财政评价",
            "evaluated": "某中心",
            "self_due_on": "2099-06-30",
        },
        {
            "code": "L-2",
            "subject_name": "乙项目",
            "kind": "单位自评",
            "evaluated": "某中心",
            "framework": "rules-10",
        },
        {
            "code": "L-3",
            "subject_name": "丙项目",
            "kind": "财政评价",
            "evaluated": "没有的单位",
            "year": "去年",
        },
        {"code": "L-1", "subject_name": "又甲", "kind": "财政评价", "evaluated": "某中心"},
        {"code": "visit", "subject_name": "已有", "kind": "财政评价", "evaluated": "某中心"},
        {"code": "L-4", "subject_name": "丁项目", "kind": "单位自评", "evaluated": "某中心"},
    ]
    answer = upload(client, "projects", "清单.xlsx", projects(rows))
    assert answer.status_code == 303, answer.text
    path = str(answer.location)
    before = items_of(site, path)
    assert [item.state for item in before] == ["waiting", "waiting", *["refused"] * 4]
    told = [" ".join(said.sentence for said in item.problems) for item in before]
    assert "系统里没有这个单位" in told[2] and "不是年度" in told[2], "both at once"
    assert "编号相同" in told[3] and "编号已经用过" in told[4] and "指标体系" in told[5]
    assert all("项目清单!" in text for text in told[2:])
    confirm(client, path)
    work(site)
    after = items_of(site, path)
    assert [item.state for item in after] == ["done", "done", *["refused"] * 4]
    assert after[0].facts["lacking"] == "" and "自评期限" in after[1].facts["lacking"]
    page = client.get(path).text
    assert "资料齐全，待复核人或签发人下达" in page
    with site.app.app_context():
        drafts = db.session().scalars(select(Evaluation).where(Evaluation.code.startswith("L-"))).all()
        assert {(case.code, case.status) for case in drafts} == {("L-1", Status.DRAFT), ("L-2", Status.DRAFT)}
        db.session.remove()


def test_a_batch_is_its_clerks_alone(taken: tuple[Site, FlaskClient, str]) -> None:
    site, client, path = taken
    for who, status in ((Role.EL, 403), (Role.FR, 403), (Role.DF, 403)):
        assert site.as_role(who).get(path).status_code == status
        assert site.as_role(who).get("/intake").status_code == status
    assert client.get("/intake/no-such-batch").status_code == 404
    again = client.get(path).text
    data = {"csrf_token": csrf_of(again), "count": "1"}
    assert "已经确认过" in client.get(client.post(path, data=data, headers=ORIGIN).location).text
    assert log_in(client, "fo") is not None


def test_what_is_no_archive_is_told_at_the_form(site: Site) -> None:
    client = site.as_role(Role.FO)
    answer = upload(client, "self", "不是.zip", b"not a zip at all")
    assert answer.status_code == 422
    assert "错误：登记一批自评表" in answer.text
    nested = zipped([("内层.zip", b"PK")])
    assert "压缩包内还有压缩包" in upload(client, "self", "套.zip", nested).text
    assert "不是年度" in upload(client, "self", "a.zip", zipped([("a.xlsx", b"x")]), year="去年").text
    wrong = upload(client, "self", "a.zip", zipped([("a.xlsx", b"x")]), caps="八成以下 89")
    assert "每行写" in wrong.text
    with site.app.app_context():
        assert db.session().scalar(select(func.count()).select_from(Intake)) == 0
        db.session.remove()


def test_a_program_does_the_same(site: Site) -> None:
    with site.app.app_context():
        until = clock.local_date(clock.now()) + timedelta(days=30)
        asked = IssueToken("汇总", tuple(Scope), until)
        token = issue_token(site.world.people.actor(Role.FO, on=None), asked, fresh=True)
        organiser = site.world.people.organisations["bureau"]
        db.session.remove()
    program = site.client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    files = list(batch(4, 16))
    content = zipped([(path, content) for path, content, _ in files])
    data = {**SELF_FIELDS, "organiser": organiser, "file": (BytesIO(content), "自评表.zip")}
    made = program.post("/api/v1/intakes/self", data=data)
    assert made.status_code == 200, made.text
    path = f"/api/v1/intakes/{made.json['id']}"  # type: ignore[index]
    assert program.post(f"{path}/confirm", json={"count": 1}).status_code == 422
    count = len(files)
    assert program.post(f"{path}/confirm", json={"count": count}).status_code == 200
    work(site)
    shown = program.get(path).json
    assert shown is not None and shown["over"] and sum(shown["counts"].values()) == count
    listed = program.get(f"{path}/items?state=hard").json
    assert listed is not None and listed["found"] >= 1
    truths = {truth.code: truth.found for _, _, truth in files if not truth.out}
    for item in listed["items"]:
        assert {(f["check"], f["place"]) for f in item["findings"]} == truths[item["code"]]
    one = program.post(f"{path}/sample", json={"seed": "甲", "size": 3}).json
    two = program.post(f"{path}/sample", json={"seed": "甲", "size": 3}).json
    assert one == two and one is not None and len(one["items"]) == 3
    numbers = [item["number"] for item in listed["items"]]
    back = program.post(f"{path}/return", json={"numbers": numbers}).json
    assert back is not None and (back["able"], back["unable"]) == (len(numbers), 0)
    work(site, "bulk.")
    again = program.get(f"{path}/items?state=hard").json
    assert again is not None and {item["stage"] for item in again["items"]} == {"自评"}
    assert program.get(f"{path}/summary?media=xlsx").data[:2] == b"PK"
    assert program.get("/api/v1/intakes/none").status_code == 404
