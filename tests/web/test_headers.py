"""What every answer carries, and what no template may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service import errors as service_errors
from service.errors import IntegrityFailureError, InvalidError, StaleError, UnavailableError
from service.web import errors
from service.web.access import Entry, access
from service.workflow.roles import Role
from tests.web.conftest import Site

Visitor = Callable[[Role | str], FlaskClient]
TEMPLATES = sorted((Path(__file__).parents[2] / "service" / "templates" / "web").glob("*.html"))
OWN_SCRIPT = re.compile(
    r'<script( type="module")? src="\{\{ url_for\([^"{}]*\) \}\}"( type="module"| defer)?></script>'
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/login", 200),
        ("GET", "/cases", 302),
        ("GET", "/no/such/page", 404),
        ("POST", "/login", 400),
        ("PUT", "/cases", 400),
        ("GET", "/static/pingji.css", 200),
        ("GET", "/bootstrap/static/css/bootstrap.min.css", 200),
        ("GET", "/static/none.css", 404),
    ],
)
def test_every_answer_to_a_visitor_is_hardened(shared: Site, method: str, path: str, status: int) -> None:
    answer = shared.client().open(path, method=method, buffered=True)
    assert answer.status_code == status
    hardened(answer.headers)
    static = status == 200 and "static" in path
    assert answer.headers["Cache-Control"] == ("public, max-age=3600" if static else "no-store")


@pytest.mark.parametrize("path", ["/cases", "/cases/final", "/cases/final/history", "/cases/none"])
def test_every_page_of_a_person_is_hardened_and_never_stored(visitor: Visitor, path: str) -> None:
    answer = visitor(Role.EL).get(path)
    hardened(answer.headers)
    assert answer.headers["Cache-Control"] == "no-store"


def hardened(headers: object) -> None:
    given = dict(headers)  # type: ignore[call-overload]
    assert {name: given[name] for name in ALWAYS} == ALWAYS
    policy = given["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/cases/visit/evidence/E01/1", "说明"),
        ("/cases/final/report/1/frozen", "冻结文件.docx"),
        ("/cases/final/report/1/word", "Word"),
        ("/cases/final/scores.json", "评分数据.json"),
    ],
)
def test_a_file_is_an_attachment_in_a_sandbox_and_says_that_it_is_a_demo(
    shared: Site, visitor: Visitor, path: str, name: str
) -> None:
    answer = visitor(Role.EL).get(path)
    assert answer.status_code == 200
    hardened(answer.headers)
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    saved = answer.headers["Content-Disposition"]
    assert "filename*=UTF-8''%E6%BC%94%E7%A4%BA-" in saved
    assert len(answer.data) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert name


@pytest.mark.parametrize("name", ["verifier.py", "verifier.html"])
def test_the_offline_verifiers_are_handed_out_as_they_are(visitor: Visitor, root: Path, name: str) -> None:
    answer = visitor(Role.AU).get(f"/offline/{name}")
    assert answer.data == (root / "service/audit" / name).read_bytes()
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert visitor(Role.AU).get("/offline/bundle.py").status_code == 404


def test_a_download_gives_the_stored_bytes(visitor: Visitor) -> None:
    answer = visitor(Role.EL).get("/cases/visit/evidence/E01/1")
    assert answer.data == "核查说明".encode()
    assert answer.content_type == "application/octet-stream"


def test_damaged_bytes_are_not_handed_out(site: Site) -> None:
    client = site.as_role(Role.EL)
    kept = next(
        p for p in site.instance.evidence.rglob("*") if p.is_file() and p.read_bytes() == "核查说明".encode()
    )
    kept.chmod(0o600)
    kept.write_bytes("改过的说明".encode())
    answer = client.get("/cases/visit/evidence/E01/1")
    assert answer.status_code == 500
    assert "改过" not in answer.text


def test_every_page_of_a_demo_says_so(visitor: Visitor, shared: Site) -> None:
    paths = ["/cases", "/cases/final", "/cases/final/scores", "/cases/none", "/cases/final/report"]
    for page in [*(visitor(Role.EL).get(path).text for path in paths), shared.client().get("/login").text]:
        assert "【演示】" in page
        assert "演示实例" in page


FAILURES = {
    InvalidError("不对"): 422,
    StaleError("旧了"): 412,
    UnavailableError("忙"): 503,
    IntegrityFailureError("散列 /secret/path"): 500,
    RuntimeError("/secret/path"): 500,
}


@pytest.mark.fails_inside
@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: type(each).__name__)
def test_a_failure_is_a_page_in_chinese_without_internals(site: Site, failure: Exception) -> None:
    def fail() -> str:
        raise failure

    site.app._got_first_request = False  # a route of this test alone
    site.app.add_url_rule("/fail", "fail", access(Entry.ANYONE)(fail))
    answer = site.client().get("/fail")
    assert answer.status_code == FAILURES[failure]
    hardened(answer.headers)
    assert "<h1>" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert ("Retry-After" in answer.headers) is (answer.status_code == 503)


@pytest.mark.fails_inside
def test_a_database_that_does_not_answer_is_said_to_be_unavailable(site: Site) -> None:
    client = site.as_role(Role.EL)
    site.instance.database.write_bytes(b"not a database" * 1000)
    for extra in ("-wal", "-shm"):
        site.instance.database.with_name(site.instance.database.name + extra).unlink(missing_ok=True)
    answer = client.get("/cases")
    assert answer.status_code in (500, 503)
    assert "database" not in answer.text


def test_every_error_class_has_a_status_of_its_own() -> None:
    assert set(service_errors.ServiceError.__subclasses__()) <= set(errors.STATUS)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_what_the_policy_forbids(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    html = re.sub(r"\{[#%].*?[#%]\}", "", text, flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|javascript:|<style", html, re.IGNORECASE)
    scripts = re.findall(r"<script.*?</script>", text, re.IGNORECASE | re.DOTALL)
    assert text.lower().count("<script") == len(scripts)
    assert all(OWN_SCRIPT.fullmatch(script) for script in scripts), scripts
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", text)
    assert not re.search(r"https?://", text)


SHEETS = sorted((Path(__file__).parents[2] / "service" / "static").glob("*.css"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_no_stylesheet_fetches_anything_from_elsewhere(sheet: Path) -> None:
    text = sheet.read_text(encoding="utf-8")
    assert "url(" not in text
    assert "@import" not in text


def test_scripts_come_from_this_site_alone_and_htmx_may_neither_evaluate_nor_run_them(
    shared: Site, visitor: Visitor
) -> None:
    answer = visitor(Role.EL).get("/cases/final")
    page = answer.text
    sources = re.findall(r"<script[^>]*src=\"([^\"]+)\"", page)
    assert sources[0] == "/parts/htmx.js"
    assert all(source.startswith("/") and not source.startswith("//") for source in sources)
    assert page.count("<script") == len(sources)
    for source in sources:
        script = shared.client().get(source, buffered=True)
        assert (script.status_code, script.mimetype) == (200, "text/javascript")
        assert script.headers["Cache-Control"].startswith("public")
    settings = json.loads(unescape(page.partition('name="htmx-config" content=\'')[2].partition("'>")[0]))
    assert settings["allowEval"] is settings["allowScriptTags"] is False
    assert settings["scrollIntoViewOnBoost"] is False, "it takes the focus out of sight again"
    assert settings["selfRequestsOnly"] is True
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


SCRIPTS = sorted((Path(__file__).parents[2] / "service" / "static").glob("*.js"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_page_script_stands_alone_and_is_fetched_under_its_version(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(import|export)\b|\bimport\s*\(", text, re.MULTILINE), (
        "an imported module has an address without the version, so it runs twice and stays stale"
    )
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|setAttribute\(\"style", text)
    used = [
        t
        for path in TEMPLATES
        for t in re.findall(r"<script[^>]*>", path.read_text("utf-8"))
        if script.name in t
    ]
    assert used
    assert all("v=assets" in tag and 'type="module"' in tag for tag in used), used


def _title(text: str) -> str:
    """The title block of a template, or of what it extends."""
    own = re.search(r"\{% block (?:tab_)?title %\}(.*?)\{% endblock %\}", text, re.DOTALL)
    if own:
        return own[1]
    above = re.search(r'\{% extends "web/([\w.]+)" %\}', text)
    return _title((TEMPLATES[0].parent / above[1]).read_text("utf-8")) if above else ""


DRAWING = [
    path
    for path in TEMPLATES
    if re.search(r"problem_list\(|trouble\(answer|rejectattr\('taken'\)", path.read_text("utf-8"))
    and "{% extends" in path.read_text("utf-8")
]


@pytest.mark.parametrize("template", DRAWING, ids=lambda path: path.name)
def test_a_page_that_can_say_what_is_wrong_says_so_in_its_title(template: Path) -> None:
    assert len(DRAWING) > 12
    assert _title(template.read_text("utf-8")).startswith(("{% if", "错误：", "{{ '错误：'")), template.name
    assert "错误：" in _title(template.read_text("utf-8"))


def test_what_is_refused_outright_is_an_error_in_the_title_too(visitor: Visitor) -> None:
    for path, status in (("/cases/none", 404), ("/cases/final/grid", 403)):
        answer = visitor(Role.DF).get(path)
        assert answer.status_code == status
        assert "<title>【演示】错误：" in answer.text


LISTS = [path for path in TEMPLATES if 'class="table list' in path.read_text("utf-8")]


@pytest.mark.parametrize("template", LISTS, ids=lambda path: path.name)
def test_every_list_says_what_an_empty_one_means(template: Path) -> None:
    text = template.read_text("utf-8")
    guarded = "m.empty(" in text or 'class="empty"' in text or 'class="quiet">' in text
    called = sum("e.listing(" in other.read_text("utf-8") for other in TEMPLATES) if not guarded else 0
    assert guarded or called, template.name
