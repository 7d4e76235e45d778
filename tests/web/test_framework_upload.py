"""A framework file put into the plan: sound ones are taken over, every fault of others is told with its line."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from service.errors import InvalidError
from service.frameworks import uploaded
from service.workflow.roles import Role
from tests.builders import FRAMEWORK
from tests.web.conftest import ORIGIN, Site, csrf_of
from tests.web.test_planning import DRAFT, fresh, press

__all__ = ["fresh"]
OTHER = FRAMEWORK.replace("小体系", "上传的体系").replace("code: small", "code: handed-in")


def _send(leader: FlaskClient, content: bytes) -> tuple[int, str]:
    page = leader.get(f"{DRAFT}?view=text").text
    form = {
        "csrf_token": csrf_of(page),
        "op": "upload",
        "stamp": (re.findall(r'name="stamp" value="([^"]*)"', page) or [""])[0],
        "file": (BytesIO(content), "framework.yaml"),
    }
    answer = leader.post(DRAFT, data=form, headers=ORIGIN, content_type="multipart/form-data")
    return answer.status_code, answer.text


def test_a_sound_file_becomes_the_plan_being_drafted(fresh: Site) -> None:
    leader = fresh.as_role(Role.EL)
    start = leader.get(DRAFT).text
    assert 'type="file"' in start and 'href="/library"' in start
    assert _send(leader, b"\xef\xbb\xbf" + OTHER.replace("\n", "\r\n").encode())[0] == 303
    assert "分值合计 <strong>100</strong>" in leader.get(DRAFT).text
    press(leader, DRAFT, "body", **{"item-0": "看资金是否见效"})
    assert _send(leader, OTHER.replace("上传的体系", "再传一次").encode())[0] == 303
    assert press(leader, DRAFT, "save").status_code == 303
    page = leader.get("/cases/fresh/plan").text
    assert "再传一次" in page and "看资金是否见效" in page, "items written before stay"


def test_every_fault_is_told_with_its_line_and_nothing_is_taken(fresh: Site) -> None:
    leader = fresh.as_role(Role.EL)
    wrong = OTHER.replace('max: "40", rule', 'max: "四十", rule').replace("discretionary", "guessing")
    status, page = _send(leader, wrong.encode())
    lines = {n for n, text in enumerate(wrong.splitlines(), 1) if "四十" in text or "guessing" in text}
    told = {int(n) for n in re.findall(r"<li>第 (\d+) 行", page)}
    assert status == 422 and "<title>【演示】错误：" in page
    assert lines <= told, page
    assert "四十" in page and "guessing" in page
    assert "先选一个指标体系作底稿" in leader.get(DRAFT).text, "nothing was begun"
    assert _send(leader, "名称：办公".encode("gbk"))[0] == 422
    assert _send(leader, b"")[0] == 422


def test_a_file_built_to_cost_memory_or_time_ends_in_its_child(monkeypatch: pytest.MonkeyPatch) -> None:
    assert uploaded.checked_text(OTHER.encode()) == OTHER
    monkeypatch.setattr(uploaded, "SECONDS", 0.01)
    with pytest.raises(InvalidError, match="没有读完"):
        uploaded.checked_text(OTHER.encode())
    monkeypatch.undo()
    monkeypatch.setattr(uploaded, "MEMORY", 24 << 20)
    with pytest.raises(InvalidError, match="没有读完"):
        uploaded.checked_text(OTHER.encode())


def test_a_leader_of_a_case_is_shown_the_way_to_the_library(fresh: Site) -> None:
    def link(role: Role) -> bool:
        return ">指标体系库</a>" in fresh.as_role(role).get("/todo").text

    assert link(Role.EL) and link(Role.FO)
    assert not link(Role.EV) and not link(Role.DF)
    assert fresh.as_role(Role.EL).get("/library").status_code == 200
