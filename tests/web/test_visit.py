"""The team records on site by phone, the unit answers each finding, findings lead to deductions."""

from __future__ import annotations

from html import unescape
from io import BytesIO
from re import findall

import pytest
from docx import Document
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from service import clock
from service.actions import material_review
from service.actions import site_verification as do_site
from service.models.fieldwork import Verdict
from service.workflow.roles import Role
from tests.web.conftest import ORIGIN, Site
from tests.web.test_review import do
from tests.web.test_unit import fields_of, words

URL = "/cases/visit/visit"


def photo(colour: str) -> bytes:
    made = BytesIO()
    Image.new("RGB", (8, 8), colour).save(made, "JPEG")
    return made.getvalue()


@pytest.fixture
def trip(site: Site) -> Site:
    """An open visit and one question that was left to it."""
    with site.app.app_context():
        case = site.world.cases["visit"]
        left = material_review.GiveVerdict("验收单", Verdict.MISMATCH, "两台没有验收日期", "B1")
        material_review.give_verdict(site.world.people.actor(Role.EV), case, left)
        plan = do_site.OpenVisit(clock.local_date(clock.now()), "服务大厅", "实地查看")
        do_site.open_visit(site.world.people.actor(Role.EL), case, plan)
    return site


def record(client: FlaskClient, page: str, *photos: tuple[str, bytes], **more: str) -> TestResponse:
    kept = {k: v for k, v in fields_of(page).items() if k in ("csrf_token", "key")}
    files = [(BytesIO(content), name) for name, content in photos]
    data = {**kept, "visit": "V1", "nodes": "B1", **more, "photos": files}
    return client.post(f"{URL}/record", data=data, headers=ORIGIN, content_type="multipart/form-data")


def test_what_the_review_left_open_is_a_numbered_point_on_page_and_paper(trip: Site) -> None:
    ev = trip.as_role(Role.EV)
    page = ev.get(f"{URL}/points").text
    assert "验收单：不符，两台没有验收日期" in page
    made = Document(BytesIO(ev.get(f"{URL}/points.docx?visit=V1").data))
    rows = [[cell.text for cell in row.cells] for row in made.tables[0].rows]
    assert rows[1][:3] == ["1", "验收单：不符，两台没有验收日期", "B1 更新完成情况"]
    assert [row[0] for row in rows[2:]] == ["2", "3", "4", "5"]
    assert "服务大厅" in "".join(p.text for p in made.paragraphs)
    assert trip.as_role(Role.DH).get(f"{URL}/points").status_code == 404


def test_a_finding_is_recorded_once_with_its_photos_whatever_is_sent_again(trip: Site) -> None:
    ev = trip.as_role(Role.EV)
    page = ev.get(f"{URL}/record?visit=V1&point=1").text
    assert 'value="B1" checked' in page
    shots = (("a.jpg", photo("red")), ("b.jpg", photo("blue")))
    assert record(ev, page, *shots, text="两台未贴标签").status_code == 303
    before = trip.rows()
    assert record(ev, page, *shots, text="两台未贴标签").status_code == 303
    assert {k: v for k, v in trip.rows().items() if k in ("finding", "evidence")} == {
        k: v for k, v in before.items() if k in ("finding", "evidence")
    }
    found = words(ev.get(f"{URL}/findings").text)
    assert "F1 V1 · 评价员 两台未贴标签 待确认 E02 E03" in found


def test_a_photo_that_is_none_is_named_and_nothing_is_recorded(trip: Site) -> None:
    ev = trip.as_role(Role.EV)
    before = trip.rows()
    page = ev.get(f"{URL}/record?visit=V1").text
    answer = record(ev, page, ("好.jpg", photo("red")), ("坏.jpg", b"MZ not a photo"), text="很长的发现")
    assert answer.status_code == 422
    assert "很长的发现" in answer.text
    assert trip.rows() == before


def test_the_head_of_the_unit_agrees_or_objects_but_cannot_change_a_finding(trip: Site) -> None:
    ev, dh = trip.as_role(Role.EV), trip.as_role(Role.DH)
    for text in ("两台未贴标签", "台账缺两页"):
        record(ev, ev.get(f"{URL}/record?visit=V1").text, text=text)
    page = dh.get(f"{URL}/confirm").text
    assert "两台未贴标签" in page
    ids = findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert do(dh, page, "finding.confirm", response="属实").status_code == 303
    page = dh.get(f"{URL}/confirm").text
    assert do(dh, page, "finding.object", response="台账在档案室").status_code == 303
    seen = words(dh.get(f"{URL}/confirm").text)
    assert "属实 两台未贴标签" in seen
    assert "有异议 台账缺两页" in seen
    assert "生成扣分建议" not in dh.get(f"{URL}/findings").text


def test_a_finding_leads_to_a_deduction_filled_in(trip: Site) -> None:
    ev = trip.as_role(Role.EV)
    record(ev, ev.get(f"{URL}/record?visit=V1").text, ("a.jpg", photo("red")), text="两台未贴标签")
    links = findall(r'href="(/cases/visit/do/deduction.draft[^"]+)"', ev.get(f"{URL}/findings").text)
    form = ev.get(unescape(links[0])).text
    assert '<option value="B1" selected' in form
    assert "现场核查发现 F1：两台未贴标签" in form
    assert 'value="E02" checked' in form


def test_photos_of_a_paper_round_are_filed_by_the_number_of_their_names(trip: Site) -> None:
    ev = trip.as_role(Role.EV)
    for text in ("一", "二"):
        record(ev, ev.get(f"{URL}/record?visit=V1").text, text=text)
    kept = {k: v for k, v in fields_of(ev.get(f"{URL}/findings").text).items() if k in ("csrf_token", "key")}

    def send(*names: str, **more: str) -> TestResponse:
        files = [(BytesIO(photo("red")), name) for name in names]
        data = {**kept, **more, "photos": files}
        where = f"{URL}/photos"
        return ev.post(where, data=data, headers=ORIGIN, content_type="multipart/form-data")

    refused = send("2-1.jpg", "9-1.jpg", "IMG.jpg")
    assert refused.status_code == 422
    assert refused.text.count("不知道归到哪条发现") == 2
    assert send("2-1.jpg", "2-2.jpg", "IMG.jpg", code="F1").status_code == 303
    page = words(ev.get(f"{URL}/findings").text)
    assert "F2 归入 2 张；F1 归入 1 张" in page


@pytest.mark.parametrize("role", [Role.DF, Role.DH, Role.EL, Role.FO])
def test_the_site_pages_open_in_every_later_stage(shared: Site, visitor, role: Role) -> None:
    for code in ("visit", "asked", "final"):
        for part in ("", "/confirm", "/findings"):
            assert visitor(role).get(f"/cases/{code}/visit{part}").status_code == 200
    assert visitor("stranger").get("/cases/visit/visit").status_code == 404
