"""勾稽核对 on its page: a report is handed in, findings come back as a table or a workbook, nothing is kept."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from service.workflow.roles import Role
from tests.web.conftest import ORIGIN, Site, csrf_of

WRONG = (
    "一、指标分析\n（1）立项规范性。该指标分值5分，评价得分4分，得分率为70%。<b>粗</b>\n本段于6月20日写成。\n"
)


def sent(client: FlaskClient, content: bytes, name: str = "报告.txt", **more: str):
    data = {"csrf_token": csrf_of(client.get("/linting").text), "file": (BytesIO(content), name), **more}
    return client.post("/linting", data=data, content_type="multipart/form-data", headers=ORIGIN)


def test_findings_come_back_as_a_table(shared: Site) -> None:
    answer = sent(shared.as_role(Role.FO), WRONG.encode())
    assert answer.status_code == 200
    for words in ("第2段（第2行）", "80.00%", "4 ÷ 5 = 80.0000%", "错误 1 处、待核 0 处、提示 1 处"):
        assert words in answer.text
    assert "<b>粗" not in answer.text
    narrowed = sent(shared.as_role(Role.FO), WRONG.encode(), severity="error")
    assert "80.00%" in narrowed.text
    assert "写明年份" not in narrowed.text


def test_findings_can_be_taken_away(shared: Site) -> None:
    answer = sent(shared.as_role(Role.AU), WRONG.encode(), result="xlsx")
    sheet = load_workbook(BytesIO(answer.data)).active
    assert sheet is not None
    cells = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
    assert {"得分率", "80.00%", "70%"} <= set(cells)


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", b"\x00\xff" * 9), ("a.exe", b"MZ"), ("a.docx", b"PK\x03\x04")]
)
def test_what_cannot_be_read_is_said_beside_the_form(shared: Site, name: str, content: bytes) -> None:
    answer = sent(shared.as_role(Role.EL), content, name)
    assert answer.status_code == 422
    assert "错误：勾稽核对" in answer.text


def test_administrators_have_no_part_in_it(shared: Site) -> None:
    client = shared.as_role(Role.SA)
    assert client.get("/linting").status_code == 403
    assert ">勾稽核对</a>" not in client.get("/todo").text
    assert ">勾稽核对</a>" in shared.as_role(Role.FO).get("/todo").text
