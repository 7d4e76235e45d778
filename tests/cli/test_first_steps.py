"""From an empty live instance to its first case: founders, organisations, accounts, grants, import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import click
import pytest

from service import clock
from service.actions.factors import code_at, confirm_factor, pending_secret, start_factor
from service.actions.sealing import Box
from service.cli import entry
from service.cli.actor import actor_named
from service.cli.options import opened
from service.extensions import db
from service.queries.people import account_by_login
from tests.cli.answers import document

CASE = Path(str(files("service.cases"))) / "examples" / "s2-shanghai-platform-2018.yaml"
Run = Callable[..., tuple[int, str, str]]
Prove = Callable[[str], None]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live instance just made; nobody but its two administrators is there."""
    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path / "site"))
    monkeypatch.setenv("PINGJI_SOFFICE", str(tmp_path / "nowhere"))
    assert entry.run(["init"]) == 0
    return tmp_path / "site"


@pytest.fixture
def pingji(site: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in this process; returns exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = entry.run([str(each) for each in arguments])
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def proves(site: Path, monkeypatch: pytest.MonkeyPatch) -> Prove:
    """Makes the keyboard give the first password of a login, or what else is told."""
    lines = (site / "accounts.txt").read_text(encoding="utf-8").splitlines()[1:]
    passwords = {login: password for _, login, password in (line.split("\t") for line in lines)}

    def types(login: str) -> None:
        monkeypatch.setattr(click, "prompt", lambda *_, **__: passwords.get(login, login))

    return types


def proposed(pingji: Run, *more: str) -> str:
    made = document(pingji("grant", "propose", *more, "--as", "admin", "--json"))
    return str(made["grant"])


@pytest.fixture
def desk(pingji: Run) -> str:
    """An organisation and an account that may do nothing yet."""
    assert pingji("organisation", "create", "bureau", "--name", "某财政局", "--as", "admin")[0] == 0
    assert pingji("user", "create", "desk", "--duty", "经办", "--as", "admin")[0] == 0
    return "desk"


def test_a_new_instance_comes_to_its_first_case(pingji: Run, desk: str, proves: Prove) -> None:
    assert pingji("case", "import", CASE, "--as", desk)[0] == 1
    grant = proposed(pingji, "--account", desk, "--role", "FO", "--organisation", "bureau")
    assert pingji("case", "import", CASE, "--as", desk)[0] == 1
    proves("security")
    assert document(pingji("grant", "confirm", grant, "--as", "security", "--json")) == {"grant": grant}
    assert pingji("case", "import", CASE, "--as", desk)[0] == 0
    (case,) = document(pingji("case", "list", "--json"))
    assert (case["code"], case["imported"]) == (CASE.stem, True)
    assert document(pingji("audit", "verify", "--json"))["ok"] is True


def test_grants_are_listed_with_who_proposed_and_confirmed_them(
    pingji: Run, desk: str, proves: Prove
) -> None:
    last = (clock.local_date(clock.now()) + timedelta(days=30)).isoformat()
    grant = proposed(pingji, "--account", desk, "--role", "FO", "--organisation", "bureau", "--until", last)
    (waiting,) = document(pingji("grant", "list", "--waiting", "--json"))
    assert (waiting["grant"], waiting["state"], waiting["confirmed_by"]) == (grant, "proposed", None)
    assert (waiting["login"], waiting["organisation"], waiting["until"]) == (desk, "bureau", last)
    proves("security")
    assert pingji("grant", "confirm", grant, "--as", "security")[0] == 0
    assert document(pingji("grant", "list", "--waiting", "--json")) == []
    held = {line["login"]: line for line in document(pingji("grant", "list", "--json"))}
    assert (held[desk]["proposed_by"], held[desk]["confirmed_by"]) == ("admin", "security")
    assert (held["admin"]["role"], held["admin"]["organisation"]) == ("SA", None)
    assert "组织方经办" in pingji("grant", "list")[1]


def test_nobody_confirms_his_own_proposal_or_without_his_password(
    pingji: Run, desk: str, proves: Prove
) -> None:
    grant = proposed(pingji, "--account", desk, "--role", "FO", "--organisation", "bureau")
    proves("admin")
    assert pingji("grant", "confirm", grant, "--as", "admin")[0] == 1
    proves("a wrong password")
    code, _, said = pingji("grant", "confirm", grant, "--as", "security")
    assert (code, "登录名或密码不对" in said) == (1, True)
    proves("security")
    assert pingji("grant", "confirm", "0" * 8, "--as", "security")[0] == 1
    assert pingji("grant", "confirm", grant, "--as", "security")[0] == 0
    assert pingji("grant", "confirm", grant, "--as", "security")[0] == 1


def test_a_grant_is_rejected_or_taken_back_by_two_on_the_command_line(
    pingji: Run, desk: str, proves: Prove
) -> None:
    refused = proposed(pingji, "--account", desk, "--role", "FO", "--organisation", "bureau")
    assert pingji("grant", "reject", refused, "--reason", "不需要", "--as", "admin")[0] == 1
    assert pingji("grant", "reject", refused, "--reason", "不需要", "--as", "security")[0] == 0
    assert "已驳回" in pingji("grant", "list")[1]
    kept = proposed(pingji, "--account", desk, "--role", "FO", "--organisation", "bureau")
    proves("security")
    assert pingji("grant", "confirm", kept, "--as", "security")[0] == 0
    assert pingji("grant", "revoke", kept, "--as", "admin")[0] == 2
    made = document(pingji("grant", "revoke", kept, "--reason", "轮岗", "--as", "admin", "--json"))
    (waiting,) = document(pingji("grant", "list", "--waiting", "--json"))
    assert (waiting["grant"], waiting["ending"]) == (kept, made["revocation"])
    proves("admin")
    assert pingji("grant", "revoke", "--confirm", made["revocation"], "--as", "admin")[0] == 1
    proves("security")
    assert pingji("grant", "revoke", "--confirm", made["revocation"], "--as", "security")[0] == 0
    assert document(pingji("grant", "list", "--waiting", "--json")) == []
    assert "已收回" in pingji("grant", "list")[1]


def test_who_uses_one_time_codes_gives_one_on_the_command_line_too(
    pingji: Run, desk: str, site: Path, proves: Prove, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = codes_for("security")
    proves("security")
    password = click.prompt()
    grant = proposed(pingji, "--account", desk, "--role", "FO", "--organisation", "bureau")

    def types(code: str) -> list[str]:
        asked: list[str] = []

        def prompt(text: str, **_: object) -> str:
            asked.append(text)
            return code if "动态口令" in text else str(password)

        monkeypatch.setattr(click, "prompt", prompt)
        return asked

    step = int(clock.now().timestamp()) // 30
    for wrong in ("000000", code_at(secret, step - 100)):
        types(wrong)
        answer = pingji("grant", "confirm", grant, "--as", "security")
        assert (answer[0], "动态口令不对" in answer[2]) == (1, True), answer
    asked = types(code_at(secret, int(clock.now().timestamp()) // 30 + 1))
    assert pingji("grant", "confirm", grant, "--as", "security")[0] == 0
    assert [text.partition(" 的")[2] for text in asked] == ["密码", "动态口令"]


def codes_for(login: str) -> str:
    """The secret of the one-time codes the person has set up by now."""
    with opened() as app:
        account, box = account_by_login(db.session(), login).id, Box(app.config["PINGJI"].secret_key)
        start_factor(account, box)
        secret = pending_secret(account, box)
        # One look at the clock: between two the code of the step before may have become too old.
        now = clock.now()
        code = code_at(secret, int(now.timestamp()) // 30 - 1)
        confirm_factor(actor_named(login), code, box, fresh=True, at=now)
        db.session.remove()
        db.engine.dispose()
    return secret


REFUSED = [
    (("--account", "desk", "--role", "FO", "--organisation", "bureau", "--as", "security"), 1),
    (("--account", "admin", "--role", "FO", "--organisation", "bureau", "--as", "admin"), 1),
    (("--account", "security", "--role", "FO", "--organisation", "bureau", "--as", "admin"), 1),
    (("--account", "desk", "--role", "FO", "--organisation", "bureau", "--until", "2001-01-01", "--as", "admin"), 1),
    (("--account", "desk", "--role", "FO", "--organisation", "nowhere", "--as", "admin"), 2),
    (("--account", "nobody", "--role", "FO", "--organisation", "bureau", "--as", "admin"), 2),
    (("--account", "desk", "--role", "FO", "--as", "admin"), 2),
    (("--account", "desk", "--role", "AU", "--organisation", "bureau", "--as", "admin"), 2),
    (("--account", "desk", "--role", "EL", "--organisation", "bureau", "--as", "admin"), 2),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code"), REFUSED)
def test_a_grant_that_cannot_be_is_refused_at_once(
    pingji: Run, desk: str, arguments: tuple[str, ...], code: int
) -> None:
    assert pingji("grant", "propose", *arguments)[0] == code
    assert document(pingji("grant", "list", "--waiting", "--json")) == []


def test_an_organisation_is_made_once_by_the_system_administrator(pingji: Run, desk: str) -> None:
    assert pingji("organisation", "create", "other", "--name", "某局", "--as", "security")[0] == 1
    again = document(
        pingji("organisation", "create", "bureau", "--name", "别的名称", "--as", "admin", "--json")
    )
    assert (again["name"], again["created"]) == ("某财政局", False)
    assert document(pingji("organisation", "list", "--json")) == [{"code": "bureau", "name": "某财政局"}]
