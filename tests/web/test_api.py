"""The API: the acts and reads of the pages, under a token, described by one document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from service import clock
from service.actions.tokens import IssueToken, issue_token
from service.queries.tokens import Scope
from service.workflow.roles import Role
from tests.builders import PASSWORD
from tests.web.conftest import ORIGIN, Site, csrf_of, log_in
from tests.web.test_access import case_paths, expected_of

ROOT = "/api/v1"
ALL = tuple(Scope)
READERS = (Role.DF, Role.DH, Role.EV, Role.EL, Role.FO, Role.FR, Role.FA, Role.AU, Role.SA, Role.SE)


class Program:
    """A program that bears a token."""

    def __init__(self, site: Site, token: str) -> None:
        self.client = site.client()
        self.token = token

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(ROOT + path, headers={"Authorization": f"Bearer {self.token}", **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            ROOT + path,
            json={} if body is None else body,
            headers={"Authorization": f"Bearer {self.token}", **named},
        )

    def state(self, case: str) -> str:
        return str(self.get(f"/cases/{case}").headers["ETag"])

    def act(self, case: str, name: str, body: Any = None, **headers: str) -> TestResponse:
        return self.post(f"/cases/{case}/acts/{name}", body, If_Match=self.state(case), **headers)


@pytest.fixture
def program(site: Site) -> Callable[..., Program]:
    """Makes a program of the person who plays a role."""

    def made(role: Role, scopes: tuple[Scope, ...] = ALL) -> Program:
        with site.app.app_context():
            actor = site.world.people.actor(role, on=None)
            until = clock.local_date(clock.now()) + timedelta(days=30)
            token = issue_token(actor, IssueToken("取数", scopes, until), fresh=True)
        return Program(site, token)

    return made


def test_a_program_reads_what_its_owner_reads(program: Callable[..., Program]) -> None:
    leader, unit, stranger = program(Role.EL), program(Role.DF), program(Role.SA)
    assert leader.get("/me").json["login"] == "el"
    assert {each["code"] for each in leader.get("/cases").json["cases"]} >= {
        "review",
        "visit",
        "asked",
        "final",
    }
    assert stranger.get("/cases").json == {"cases": [], "next": None}
    assert leader.get("/cases/visit/scores").status_code == 200
    assert unit.get("/cases/visit/scores").status_code == 403
    for path in ("/cases/visit", "/cases/visit/scores", "/cases/none", "/cases/none/scores"):
        refused = stranger.get(path)
        assert (refused.status_code, refused.json["code"]) == (404, "not_found"), path
        assert refused.mimetype == "application/problem+json"


def test_a_cookie_opens_nothing_here_and_a_token_opens_no_page(
    site: Site, program: Callable[..., Program]
) -> None:
    client = site.as_role(Role.EL)
    assert client.get("/todo").status_code == 200
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    token = program(Role.EL).token
    page = site.client().get("/todo", headers={"Authorization": f"Bearer {token}"})
    assert page.status_code == 302
    before = site.rows()
    forged = client.post(f"{ROOT}/cases/visit/acts/review.verdict", json={}, headers=ORIGIN)
    assert forged.status_code == 401
    assert site.rows() == before


def test_no_address_for_programs_takes_a_cookie(site: Site) -> None:
    """The login and the token of a page are worth nothing at any of them."""
    client, before = site.as_role(Role.EL), site.rows()
    token = csrf_of(client.get("/account").text)
    tried = 0
    for rule in site.app.url_map.iter_rules():
        if not rule.rule.startswith(ROOT) or rule.endpoint == "apidocs.openapi":
            continue
        path = rule.build({name: {"number": 1, "case": "visit"}.get(name, "x") for name in rule.arguments})[1]  # type: ignore[index]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            data = None if method == "GET" else {"csrf_token": token}
            assert client.open(path, method=method, data=data, headers=ORIGIN).status_code == 401, path
            tried += 1
    assert tried > 80
    assert site.rows() == before


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer x", "Basic x", "Bearer pj_" + "0" * 43, "bearer \t"])
def test_without_a_good_token_nothing_opens(site: Site, sent: str) -> None:
    client = site.client()
    for path in ("/me", "/cases", "/cases/visit", "/nothing-here"):
        answer = client.get(ROOT + path, headers={"Authorization": sent})
        assert answer.status_code == (404 if path == "/nothing-here" else 401)


def test_every_read_is_as_described(site: Site, program: Callable[..., Program]) -> None:
    """Every GET operation without further ids, for every role on every case: its schema or a refusal."""
    document = site.client().get(f"{ROOT}/openapi.json").json
    Draft202012Validator.check_schema(document["components"]["schemas"]["Problem"])
    checked = dict.fromkeys(_reads(document), 0)
    for role in READERS:
        reader = program(role)
        for path, schema in _reads(document).items():
            cases = site.world.cases if "{case}" in path else [""]
            for case in cases:
                answer = reader.get(path.replace("{case}", case).removeprefix(ROOT))
                assert answer.status_code in (200, 403, 404, 409), (role, path, case, answer.text)
                if answer.status_code == 200:
                    checked[path] += 1
                    _fits(document, schema, answer.json, f"{role} {path} {case}")
    # The form of an act is there only while somebody may do it; those of this world will do. A story is
    # that of the field asked for, a package that of a signed case (test_archived).
    unread = [
        path
        for path, count in checked.items()
        if not (count or "/acts/" in path or path.endswith(("/story", "/archive")))
    ]
    assert unread == []
    assert sum(1 for count in checked.values() if count) > 60


def test_the_past_is_read_as_the_pages_show_it(site: Site, program: Callable[..., Program]) -> None:
    """As of a moment, two moments compared, a field's story, a question over all cases."""
    document = site.client().get(f"{ROOT}/openapi.json").json
    auditor, reader = program(Role.AU), program(Role.AU, (Scope.READ,))
    now = auditor.get("/cases/final/asof").json
    assert (now["stage"], now["table"]["sheet"]["total"]) == ("finalisation", "88")
    first = auditor.get("/cases/final/compare").json["old"]["index"]
    then = auditor.get(f"/cases/final/asof?at={first}").json
    assert (then["stage"], then["table"], then["earlier"]) == ("self_assessment", None, None)
    between = auditor.get(f"/cases/final/compare?old={first}").json
    assert {line["code"] for line in between["lines"]} == {"A", "A1", "B", "B1"}
    assert between["scored"][1]["total"] == "88"
    row = next(each for each in now["tables"] if each["table"] == "evaluation")["rows"][0]["pk"]
    path = f"/cases/final/story?table=evaluation&row={row}&field=stage"
    story = auditor.get(path).json
    assert story["touches"][-1]["field"]["after"] == "自评"
    schema = document["paths"][f"{ROOT}/cases/{{case}}/story"]["get"]["responses"]["200"]
    _fits(document, schema["content"]["application/json"]["schema"], story, path)
    found = auditor.get("/audit/search?question=refused").json
    assert [(hit["code"], hit["action"]) for hit in found["hits"]] == [("review", "报审工作方案")]
    assert dict(found["counts"]) == {**dict.fromkeys(dict(found["counts"]), 0), "refused": 1}
    faults = auditor.get("/audit/search?points=x&since=y")
    assert faults.status_code == 422
    assert {each["path"] for each in faults.json["problems"]} == {"points", "since"}
    for asked in ("/audit/search", path, "/cases/final/asof", "/cases/final/compare"):
        assert reader.get(asked).json["code"] == "scope_missing", asked
        assert program(Role.DF).get(asked).status_code == 403, asked


def test_every_operation_answers_each_role_as_the_rule_table_says(
    site: Site, program: Callable[..., Program]
) -> None:
    for role in READERS:
        reader = program(role)
        for code in site.world.cases:
            for endpoint, path in case_paths(site.app, code, program=True).items():
                expected = expected_of(site.app, endpoint, code, role)
                answer = reader.get(path.removeprefix(ROOT))
                assert answer.status_code in expected, (role, path, answer.status_code, expected)


def _reads(document: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for path, item in document["paths"].items():
        if "get" not in item or path.count("{") != path.count("{case}"):
            continue
        content = item["get"]["responses"]["200"].get("content", {})
        if "application/json" in content:
            found[path] = content["application/json"]["schema"]
    return found


def _fits(document: dict[str, Any], schema: dict[str, Any], value: Any, where: str) -> None:
    whole = {**schema, "components": document["components"]}
    faults = [error.message for error in Draft202012Validator(whole).iter_errors(value)]
    assert not faults, (where, faults[:3])


def test_an_act_is_done_once_under_the_state_that_was_read(
    site: Site, program: Callable[..., Program]
) -> None:
    reviewer = program(Role.EV)
    verdict = {"subject": "合同", "verdict": "complete", "note": "已补齐"}
    path = "/cases/review/acts/review.verdict"
    before = site.rows()
    missing = reviewer.post(path, verdict)
    assert (missing.status_code, missing.json["code"]) == (428, "version_missing")
    stale = reviewer.post(path, verdict, If_Match='"0192-old"', Idempotency_Key="k-0")
    assert (stale.status_code, stale.json["code"]) == (412, "stale")
    assert site.rows() == before
    state = reviewer.state("review")
    first = reviewer.post(path, verdict, If_Match=state, Idempotency_Key="k-1")
    assert first.status_code == 200, first.text
    assert first.json["action"] == "review.verdict"
    assert first.json["touched"][0]["label"]
    again = reviewer.post(path, verdict, If_Match=state, Idempotency_Key="k-1")
    assert (again.status_code, again.data, again.headers["ETag"]) == (200, first.data, first.headers["ETag"])
    other = reviewer.post(path, {**verdict, "note": "另一句"}, If_Match=state, Idempotency_Key="k-1")
    assert (other.status_code, other.json["problems"][0]["path"]) == (422, "Idempotency-Key")
    assert reviewer.state("review") == first.headers["ETag"] != state
    known = reviewer.get("/cases/review", **{"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")


def test_every_fault_of_a_body_is_told_with_its_place(site: Site, program: Callable[..., Program]) -> None:
    reviewer, before = program(Role.EV), site.rows()
    refused = reviewer.act("review", "review.verdict", {"verdict": 3, "nothing": "x"})
    assert refused.status_code == 422
    assert {each["path"] for each in refused.json["problems"]} == {"verdict"}
    refused = reviewer.act("review", "review.verdict", {"nothing": "x"})
    assert {each["path"] for each in refused.json["problems"]} >= {"nothing", "subject", "verdict"}
    headers = {"Authorization": f"Bearer {reviewer.token}", "If-Match": reviewer.state("review")}
    address = f"{ROOT}/cases/review/acts/review.verdict"
    for content, media, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"\xff", "application/json", 400),
    ):
        answer = reviewer.client.post(address, data=content, content_type=media, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert reviewer.post("/cases/review/acts/no.such").status_code == 404
    assert {**site.rows(), "login_attempt": 0} == {**before, "login_attempt": 0}


@pytest.mark.parametrize(
    ("act", "body", "at"),
    [
        ("team.assign", {"account": "x", "roles": ["EV", "\x8a"]}, "roles"),
        ("stage.return", {"to_stage": "\x8a", "items": ["一"]}, "to_stage"),
    ],
)
def test_a_value_no_case_ever_offers_is_told_with_those_that_are(
    site: Site, program: Callable[..., Program], act: str, body: dict[str, Any], at: str
) -> None:
    refused = program(Role.FO).act("review", act, body)
    assert (refused.status_code, [each["path"] for each in refused.json["problems"]]) == (422, [at])
    assert "应为：" in refused.json["problems"][0]["message"]
    assert ("评价员" if at == "roles" else "自评") in refused.json["problems"][0]["message"]


def test_a_token_does_no_more_than_it_was_issued_for(site: Site, program: Callable[..., Program]) -> None:
    reader = program(Role.EL, (Scope.READ,))
    assert reader.get("/cases/visit").status_code == 200
    for answer in (reader.get("/cases/visit/history"), reader.act("review", "review.verdict", {})):
        assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")


def test_an_act_that_needs_proof_takes_it_with_the_request(
    site: Site, program: Callable[..., Program]
) -> None:
    signer = program(Role.FA)
    refused = signer.act("asked", "evaluation.confirm_termination", {"reason": "项目取消"})
    assert refused.status_code in (409, 422)
    wrong = signer.act("asked", "evaluation.confirm_termination", {"proof": {"password": "no"}})
    assert wrong.status_code in (403, 422)
    unasked = program(Role.EV).act("review", "review.verdict", {"proof": {"password": PASSWORD}})
    assert unasked.json["problems"][0]["path"] == "proof"


def test_cases_come_in_pages_that_a_cursor_joins(program: Callable[..., Program]) -> None:
    officer = program(Role.FO)
    whole = [each["code"] for each in officer.get("/cases?limit=200").json["cases"]]
    found: list[str] = []
    cursor = ""
    while True:
        page = officer.get(f"/cases?limit=2&cursor={cursor}").json
        found += [each["code"] for each in page["cases"]]
        cursor = page["next"]
        if not cursor:
            break
    assert found == whole and len(whole) >= 5
    for wrong in ("limit=0", "limit=201", "limit=x", "cursor=%25", "cursor=YWJj"):
        assert officer.get(f"/cases?{wrong}").status_code == 422


def test_tokens_are_issued_shown_once_and_revoked_on_a_page(site: Site) -> None:
    client = site.client()
    log_in(client, "el")
    page = client.get("/account/tokens").text
    form = {"csrf_token": csrf_of(page), "name": "每日取数", "scopes": ["read"], "expires_on": "2000-01-01"}
    refused = client.post("/account/tokens", data=form, headers=ORIGIN)
    assert refused.status_code == 422 and "到期日不在范围内" in refused.text and "每日取数" in refused.text
    form["expires_on"] = (clock.local_date(clock.now()) + timedelta(days=10)).isoformat()
    issued = client.post("/account/tokens", data=form, headers=ORIGIN).text
    token = issued.partition('<code class="secret">')[2].partition("</code>")[0]
    assert token.startswith("pj_")
    assert token not in client.get("/account/tokens").text
    program = Program(site, token)
    assert program.get("/me").json["scopes"] == ["read"]
    row = client.get("/account/tokens").text.partition('name="token" value="')[2].partition('"')[0]
    client.post(
        "/account/tokens/revoke", data={"csrf_token": form["csrf_token"], "token": row}, headers=ORIGIN
    )
    assert program.get("/me").status_code == 401


def test_the_description_is_a_page_too(site: Site) -> None:
    page = site.as_role(Role.EL).get("/api").text
    assert "review.verdict" in page and "openapi.json" in page
