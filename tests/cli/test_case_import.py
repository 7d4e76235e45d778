"""A live instance takes a case in as a read-only copy, from the command line, and signs nothing."""

from __future__ import annotations

import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from service import create_app
from service.actions.accounts import confirm_grant, create_organisation, propose_grant
from service.audit import verifier
from service.cli import entry
from service.cli.actor import actor_named
from service.extensions import db
from service.queries.people import account_by_login
from service.settings import Settings
from service.workflow.roles import Role
from tests.cli.answers import document, run

CASE = Path(str(files("service.cases"))) / "examples" / "s2-shanghai-platform-2018.yaml"
NAME = "s2-shanghai-platform-2018"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live instance without a converter, whose officer ``desk`` has imported the case."""
    folder = tmp_path_factory.mktemp("import")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PINGJI_INSTANCE", str(folder / "live"))
        patch.setenv("PINGJI_SOFFICE", str(folder / "nowhere"))
        assert entry.run(["init"]) == 0
        assert entry.run(["user", "create", "desk", "--duty", "经办", "--as", "admin"]) == 0
        with create_app(Settings.from_env({"PINGJI_INSTANCE": str(folder / "live")})).app_context():
            appoint("desk")
        assert entry.run(["case", "import", str(CASE), "--as", "desk"]) == 0
    return folder / "live"


def appoint(login: str) -> None:
    """Make the account FO of a bureau."""
    admin, security = actor_named("admin"), actor_named("security")
    bureau = create_organisation(admin, code="bureau", name="某财政局")
    account = account_by_login(db.session(), login).id
    db.session.rollback()
    grant = propose_grant(admin, account=account, role=Role.FO, organisation=bureau)
    confirm_grant(security, grant=grant, fresh=True)


@pytest.fixture(autouse=True)
def here(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGJI_INSTANCE", str(site))
    monkeypatch.setenv("PINGJI_SOFFICE", str(site / "nowhere"))


def test_the_copy_is_listed_and_shown_as_such(capfd: pytest.CaptureFixture[str]) -> None:
    (line,) = document(run(capfd, "case", "list", "--json"))
    assert (line["code"], line["stage"], line["imported"]) == (NAME, "定稿", True)
    assert "导入（只读）" in run(capfd, "case", "list")[1]
    shown = run(capfd, "case", "show", NAME)[1]
    assert "导入（只读）" in shown
    assert "总分：87.97，等级：良" in shown


def test_only_an_officer_of_the_organiser_imports(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, said = run(capfd, "case", "import", CASE, "--as", "admin")
    assert (code, "导入案例" in said) == (1, True)
    assert run(capfd, "case", "import", CASE, "--as", f"{NAME}.nobody")[0] == 2
    assert run(capfd, "case", "import", CASE)[0] == 2
    assert len(document(run(capfd, "case", "list", "--json"))) == 1


def test_a_replay_is_still_refused_and_the_import_named(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, said = run(capfd, "replay", CASE)
    assert (code, "pingji case import" in said) == (1, True)


def test_a_report_printed_of_it_says_that_it_is_a_copy(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capfd, "report", "render", NAME, "--out", tmp_path / "copy.docx")
    with zipfile.ZipFile(tmp_path / "copy.docx") as package:
        headers = [package.read(n).decode() for n in package.namelist() if n.startswith("word/header")]
    assert any("导入副本　未签发" in header for header in headers)
    assert not any("演示" in header for header in headers)


def test_nothing_was_signed_and_the_log_verifies(
    capfd: pytest.CaptureFixture[str], site: Path, tmp_path: Path
) -> None:
    assert list((site / "reports").iterdir()) == []
    run(capfd, "audit", "checkpoint")
    assert document(run(capfd, "audit", "verify", "--json"))["ok"] is True
    key = document(run(capfd, "audit", "export", tmp_path / "bundle", "--json"))["vkey"]
    assert verifier.main([str(tmp_path / "bundle"), "--vkey", key]) == 0
    leaves = [
        path.read_bytes() for path in (tmp_path / "bundle" / "tile" / "entries").rglob("*") if path.is_file()
    ]
    assert sum(data.count(b'"action":"case.import"') for data in leaves) >= 2
