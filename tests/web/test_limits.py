"""How often who may ask: counted across processes, told before it is reached, refused in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service import clock, create_app
from service.errors import InvalidError
from service.limits import STANDARD, Kind, Limit, limits_of
from service.settings import Settings
from service.usage import Usage
from service.web.limited import COSTLY
from service.workflow.roles import Role
from tests.programs.test_duplicates import token_of
from tests.web.conftest import ORIGIN, UNHURRIED, Site, csrf_of

FEW = 3
SAMPLES = {
    Kind.SEARCH: (Role.FO, "GET", "/api/v1/portfolio", "/portfolio"),
    Kind.EXPORT: (Role.EL, "GET", "/api/v1/cases/visit/workbooks/scores", "/cases/visit/scores.json"),
    Kind.IMPORT: (Role.EV, "POST", "/api/v1/cases/visit/workbooks/scores", "/cases/visit/paste-scores"),
    Kind.UPLOAD: (Role.EV, "POST", "/api/v1/cases/visit/uploads", "/cases/visit/evidence"),
    Kind.RENDER: (Role.EL, "POST", "/api/v1/cases/final/acts/report.freeze", "/cases/final/writing-trip"),
}
"""Who asks for one costly thing of every kind, as a program and on the page."""


@pytest.fixture
def hurried(site: Site) -> Callable[[str], Site]:
    """Makes the same site with limits of its own."""

    def made(limits: str) -> Site:
        given = {"PINGJI_INSTANCE": str(site.instance.path), "PINGJI_SOFFICE": "/nonexistent/soffice"}
        app = create_app(Settings.from_env({**given, "PINGJI_LIMITS": limits}))
        return Site(app, site.instance, site.world)

    return made


def _only(kind: Kind, most: int = FEW) -> str:
    rest = " ".join(part for part in UNHURRIED.split() if not part.startswith(f"{kind}="))
    return f"{rest} {kind}={most}/h"


def _program(site: Site, role: Role) -> FlaskClient:
    client = site.client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token_of(site, role)}"
    return client


@pytest.mark.parametrize("kind", SAMPLES)
def test_each_costly_kind_is_refused_to_programs_and_people_together(
    kind: Kind, hurried: Callable[[str], Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = hurried(_only(kind))
    role, method, path, page = SAMPLES[kind]
    program, person = _program(site, role), site.as_role(role)
    form = {"csrf_token": csrf_of(person.get("/account").text), "files": (BytesIO(b"x"), "a.txt")}
    for turn in range(FEW):
        answer = program.open(path, method=method, json={} if method == "POST" else None)
        assert answer.status_code != 429, turn
        assert answer.headers["RateLimit-Limit"] == str(FEW)
        assert answer.headers["RateLimit-Remaining"] == str(FEW - 1 - turn)
    before = site.rows()
    refused = program.open(path, method=method, json={} if method == "POST" else None)
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.json["code"] == "too_many"
    assert refused.json["problems"][0]["allowed"] == "每小时最多 3 次"
    assert kind.label in refused.json["problems"][0]["message"]
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert int(refused.headers["RateLimit-Reset"]) == int(refused.headers["Retry-After"])
    reads = page == "/portfolio" or page.endswith(".json")
    told = person.get(page) if reads else person.post(page, data=form, headers=ORIGIN)
    assert (told.status_code, told.mimetype) == (429, "text/html")
    assert "请求过于频繁" in told.text and "每小时最多 3 次" in told.text
    assert 3500 < int(told.headers["Retry-After"]) <= 3600
    assert site.rows() == before
    later = clock.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert program.open(path, method=method, json={} if method == "POST" else None).status_code != 429


def test_a_token_an_account_and_an_address_have_limits_of_their_own(hurried: Callable[[str], Site]) -> None:
    site = hurried(f"token={FEW}/m account={FEW + 2}/m address={FEW}/m")
    first, second = _program(site, Role.EL), _program(site, Role.EL)
    assert [first.get("/api/v1/me").status_code for _ in range(FEW + 1)] == [200] * FEW + [429]
    # One more token of the same person has what is left of the account: the refused request counted.
    assert [second.get("/api/v1/me").status_code for _ in range(2)] == [200, 429]
    assert _program(site, Role.FO).get("/api/v1/me").status_code == 200
    stranger = site.client()
    found = [stranger.get("/api/v1/me").status_code for _ in range(FEW + 1)]
    assert found == [401] * FEW + [429]


def test_what_costs_little_on_a_page_is_not_counted(hurried: Callable[[str], Site]) -> None:
    site = hurried(" ".join(f"{kind}=1/h" for kind in Kind))
    person = site.as_role(Role.EL)
    for _ in range(3):
        assert person.get("/cases/visit/scores").status_code == 200
        assert "RateLimit-Limit" not in person.get("/todo").headers


def test_processes_count_together(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from service.usage import Usage; from service.limits import Limit;"
        "u = Usage(Path(sys.argv[1]));"
        "print(max(u.count({'k': Limit(9, 3600)}, at=1000.0)['k'].used for _ in range(100)))"
    )
    path = tmp_path / "usage.db"
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert max(int(each.communicate(timeout=120)[0]) for each in running) == 300
    assert Usage(path).count({"k": Limit(9, 3600)}, at=1001.0)["k"].used == 301


def test_a_window_ends_and_a_clock_set_back_opens_a_new_one(tmp_path: Path) -> None:
    usage, limit = Usage(tmp_path / "usage.db"), {"k": Limit(9, 60)}
    assert [usage.count(limit, at=at)["k"].used for at in (0.0, 59.9, 60.0, 61.0)] == [1, 2, 1, 2]
    assert usage.count(limit, at=-1000.0)["k"].used == 1


def test_a_damaged_file_is_begun_anew_and_one_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    path.write_bytes(b"torn" * 2000)
    assert Usage(path).count({"k": Limit(9, 60)}, at=0.0)["k"].used == 1
    assert Usage(tmp_path / "nowhere" / "usage.db").count({"k": Limit(9, 60)}, at=0.0) == {}


def test_limits_are_settings_and_a_wrong_one_refuses_the_start() -> None:
    changed = limits_of("import=20/h token=5/m")
    assert changed[Kind.IMPORT] == Limit(20, 3600)
    assert changed[Kind.TOKEN] == Limit(5, 60)
    assert changed[Kind.SEARCH] == STANDARD[Kind.SEARCH]
    assert limits_of("") == STANDARD
    for wrong in (
        "import",
        "import=0/h",
        "import=5",
        "import=5/d",
        "imports=5/h",
        "token=1/m token=2/m",
        "=1/m",
    ):
        with pytest.raises(InvalidError) as refused:
            limits_of(wrong)
        assert "import" in str(refused.value)


def test_every_costly_endpoint_is_there_and_every_kind_is_used(shared: Site) -> None:
    assert COSTLY.keys() <= shared.app.view_functions.keys()
    general = {Kind.TOKEN, Kind.ACCOUNT, Kind.ADDRESS}
    assert set(COSTLY.values()) == set(Kind) - general
    books = {name for name in shared.app.view_functions if name.startswith(("workbooks.", "api.workbook_"))}
    assert {name for name in books if name not in COSTLY} == {
        name for name in books if name.startswith(("workbooks.take_", "workbooks.preview_", "workbooks.confirm_", "workbooks.show"))
    }  # fmt: skip
