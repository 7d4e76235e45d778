"""指标体系库 in the browser: listed, edited as a new version, decided on by another, tried out."""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Callable
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import frameworks
from service.workflow.roles import Role
from tests.builders import FRAMEWORK
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]
OWN = FRAMEWORK.replace("code: small", "code: city")


def press(client: FlaskClient, path: str, *, at: str = "", **data: Any) -> TestResponse:
    """Fetch a page and press one of its buttons."""
    page = client.get(at or path).text
    stamp = page.partition('name="stamp" value="')[2].partition('"')[0]
    form = {"csrf_token": csrf_of(page), "key": secrets.token_hex(8), "stamp": stamp, **data}
    return client.post(path, data=form, headers=ORIGIN)


def proposed(client: FlaskClient, text: str, **more: str) -> str:
    """Upload a text, propose it, and return the address of the version."""
    file = (io.BytesIO(text.encode()), "体系.yaml")
    begun = press(client, "/library", do="upload", file=file)
    assert begun.headers["Location"] == "/library/draft/new", begun.text
    home = re.search(
        r'<option value="([^"]+)" selected>某局', client.get("/library/draft/new?view=save").text
    )
    assert home is not None
    form = {"op": "save", "organisation": home.group(1), "note": "首版", **more}
    done = press(client, "/library/draft/new", **form)
    assert done.status_code == 303, done.text
    return done.headers["Location"]


def test_a_version_is_uploaded_put_right_proposed_and_approved_by_another(site: Site) -> None:
    clerk, reviewer = site.as_role(Role.FO), site.as_role(Role.FR)
    uneven = OWN.replace('name: 更新完成情况, max: "60"', 'name: 更新完成情况, max: "50"')
    press(clerk, "/library", do="upload", file=(io.BytesIO(uneven.encode()), "x.yaml"))
    refused = press(clerk, "/library/draft/new", op="save", organisation="", note="")
    assert refused.status_code == 422
    assert {"organisation", "note"} <= set(re.findall(r'id="w-([a-z]+)"', refused.text))
    assert "还有" in clerk.get("/library/draft/new").text
    fixed = {"op": "details", "node": "B1", "name": "更新完成情况", "max": "60", "rest": ""}
    assert press(clerk, "/library/draft/new", **fixed).status_code == 303
    home = site.world.people.organisations["bureau"]
    done = press(clerk, "/library/draft/new", op="save", organisation=home, note="首版", year="2026")
    version = done.headers["Location"]
    page = clerk.get(version).text
    assert "提出人不能批准自己提出的版本" in page
    assert 'value="approve"' not in page
    assert press(clerk, version, do="approve").status_code in (403, 409)
    assert press(reviewer, version, do="return").status_code == 422
    assert press(reviewer, version, do="approve").status_code == 303
    listed = clerk.get("/library?state=已批准&text=city").text
    assert "小体系" in listed
    assert listed.count("<tr>") == 2
    assert press(reviewer, version, do="retire", reason="有新版").status_code == 303
    assert "有新版" in clerk.get(version).text
    assert clerk.get("/library/draft/new").status_code == 404


def test_a_second_version_shows_what_it_changed(site: Site) -> None:
    clerk = site.as_role(Role.FO)
    first = proposed(clerk, OWN)
    ref = first.rpartition("/")[2]
    copied = press(clerk, "/library", at=first, do="copy", source=ref)
    assert copied.headers["Location"] == f"/library/draft/{ref}"
    levels = {"r.kind": "levels", "r.levels.0.code": "a", "r.levels.0.text": HOSTILE[0], "r.levels.0.points": "60",
              "r.levels.1.code": "b", "r.levels.1.text": "差", "r.levels.1.points": "0"}  # fmt: skip
    draft = f"/library/draft/{ref}"
    assert press(clerk, draft, op="rule", node="B1", **levels).status_code == 303
    assert (
        press(clerk, draft, op="head", head_code="city", head_name="小体系", head_version="2").status_code
        == 303
    )
    home = site.world.people.organisations["bureau"]
    second = press(clerk, draft, op="save", organisation=home, note="改为分级")
    page = clerk.get(second.headers["Location"]).text
    assert HOSTILE[0] in unescape(page)
    assert "<script>alert" not in page
    assert "<del>酌情" in page
    assert "第 2 版" in page
    assert "第 1 版（草拟）" in page


def test_an_odd_file_is_refused_with_its_place(site: Site) -> None:
    clerk = site.as_role(Role.FO)
    for content in (b"\xff\xfe", b"nodes: [", b"- 1"):
        answer = press(clerk, "/library", do="upload", file=(io.BytesIO(content), "x.yaml"))
        assert answer.status_code == 422
        assert "problem-box" in answer.text
    assert press(site.as_role(Role.FR), "/library", do="new").status_code == 403
    assert press(site.as_role(Role.EL), "/library", do="new").status_code == 403


def test_bundled_frameworks_are_read_filtered_and_tried_out_by_everybody(visitor: Visitor) -> None:
    for role in (Role.FO, Role.FR, Role.EL, Role.DF):
        page = visitor(role).get("/library").text
        assert all(code in page for code in frameworks.bundled())
    client = visitor(Role.EL)
    assert "没有符合条件的指标体系" in client.get("/library?text=nothing").text
    page = client.get("/library/bundled:zhongshan-cloud-2022").text
    assert "起草新版" not in page
    assert "出处" in page
    assert client.get("/library/bundled:none").status_code == 404
    assert client.get("/library/none").status_code == 404
    bench = "/library/bundled:national-10-points/bench"
    typed = client.get(
        bench, query_string={"node": "B102", "v:inputs::支出": "９０", "v:inputs::到位": "100万元"}
    ).text
    assert "算式" in typed
    assert re.search(r"规则得分</dt><dd>[1-9]", typed)
    assert "各档界限上的得分" in typed
    wrong = client.get(bench, query_string={"node": "B102", "v:inputs::支出": HOSTILE[1]})
    assert wrong.status_code == 200
    assert "<img" not in wrong.text
    assert client.get(bench, query_string={"node": "none"}).status_code == 404


def test_every_leaf_of_every_bundled_framework_opens_on_the_bench(visitor: Visitor) -> None:
    client = visitor(Role.EL)
    for code in ("zhongshan-cloud-2022", "rules-10", "guangzhou-editorial-2021"):
        leaves = [n for n in frameworks.load(code).leaves if n.rule is not None]
        for leaf in leaves[:: max(1, len(leaves) // 4)]:
            answer = client.get(f"/library/bundled:{code}/bench", query_string={"node": leaf.code})
            assert answer.status_code == 200, (code, leaf.code)
