"""One-time codes: set up, demanded, used once, recovered, cleared."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import clock
from service.actions.factors import accept_code, code_at, matching_step, recovery_digest
from service.actions.logins import DEMANDED, House
from service.actions.sealing import Box
from service.errors import UnavailableError
from service.web import identity
from service.workflow.roles import Role
from tests.builders import PASSWORD
from tests.conftest import FrozenClock
from tests.web.conftest import ORIGIN, Site, log_in
from tests.web.test_account import change, hidden, post

RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def now(frozen_clock: FrozenClock) -> FrozenClock:
    """A clock that stands still after the world was made, at the beginning of a step."""
    seconds = (int(datetime.now(UTC).timestamp()) // 30 + 1) * 30
    frozen_clock.at = datetime.fromtimestamp(seconds, UTC)
    return frozen_clock


@pytest.fixture
def demanding(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """The instance demands codes as a live one does."""
    real = identity.house

    def live() -> House:
        return replace(real(), demanded=DEMANDED)

    for module in ("identity", "entrance", "stepup", "account"):
        monkeypatch.setattr(f"service.web.{module}.house", live)


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // 30


def code_now(secret: str, steps: int = 0) -> str:
    """The code a device shows `steps` from now."""
    return code_at(secret, step_of(clock.now()) + steps)


def set_up(client: FlaskClient, now: FrozenClock) -> tuple[str, list[str]]:
    """Set codes up by the pages; the secret and the recovery codes."""
    assert post(client, "/account/factor/start", {}, "/account/factor").status_code == 303
    page = client.get("/account/factor").text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret
    plain = secret[1].replace(" ", "")
    answer = post(client, "/account/factor/confirm", {"code": code_now(plain)}, "/account/factor")
    assert answer.status_code == 200
    codes = re.findall(r"<li>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</li>", answer.text)
    assert len(set(codes)) == 8
    now.advance(seconds=30)
    return plain, codes


def give_code(client: FlaskClient, page: TestResponse, code: str) -> TestResponse:
    return client.post("/login/code", data=hidden(page.text) | {"code": code}, headers=ORIGIN)


def half_in(site: Site, name: str = "fo") -> tuple[FlaskClient, TestResponse]:
    client = site.client()
    page = log_in(client, name)
    assert page.status_code == 200
    assert "六位数字" in page.text
    return client, page


@pytest.mark.parametrize(
    ("moment", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
     (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(moment: int, code: str) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
    assert code_at(RFC, moment // 30) == code
    assert matching_step(RFC, f" {code[:3]} {code[3:]} ", at=at) == moment // 30


@pytest.mark.parametrize(
    ("off", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False), (90, False)]
)
def test_a_clock_may_be_one_step_off(off: int, good: bool) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    code = code_at(RFC, step_of(at))
    assert (matching_step(RFC, code, at=at + timedelta(seconds=off)) is not None) is good


@pytest.mark.parametrize("typed", ["", "000000x", "１２３４５６", "\ud800", "12345", "1" * 10_000])
def test_what_is_no_code_is_no_code(typed: str) -> None:
    assert matching_step(RFC, typed, at=datetime(2026, 3, 2, tzinfo=UTC)) is None


def test_a_sealed_secret_opens_for_its_owner_and_key_alone() -> None:
    box = Box("k" * 40)
    sealed = box.seal(RFC, "a")
    assert box.open(sealed, "a") == RFC
    assert sealed != box.seal(RFC, "a")
    for other, owner in ((box, "b"), (Box("x" * 40), "a")):
        with pytest.raises(UnavailableError):
            other.open(sealed, owner)


def test_codes_are_set_up_shown_once_and_asked_for_at_the_door(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    secret, codes = set_up(client, now)
    again = client.get("/account/factor").text
    assert codes[0] not in again
    assert secret not in again.replace(" ", "")
    assert client.get("/account/factor/picture.svg").status_code == 404
    other, page = half_in(site)
    assert other.get("/cases").status_code == 302
    done = give_code(other, page, code_now(secret))
    assert done.status_code == 303
    assert other.get("/cases").status_code == 200


def test_secret_and_recovery_codes_are_nowhere_in_the_database(site: Site, now: FrozenClock) -> None:
    secret, codes = set_up(site.as_role(Role.FO), now)
    content = b"".join(path.read_bytes() for path in Path(site.instance.path).glob("pingji.db*"))
    for text in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert text.encode() not in content
    assert recovery_digest(site.world.people.accounts[Role.FO], codes[0]).encode() in content


def test_the_picture_is_an_image_of_this_site_for_its_owner_alone(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    post(client, "/account/factor/start", {}, "/account/factor")
    picture = client.get("/account/factor/picture.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert ElementTree.fromstring(picture.data).tag.endswith("svg")
    assert picture.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in picture.headers["Content-Security-Policy"]
    assert site.as_role(Role.FR).get("/account/factor/picture.svg").status_code == 404
    assert site.client().get("/account/factor/picture.svg").status_code == 302


def test_a_secret_nobody_showed_a_code_of_locks_nobody_out(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    post(client, "/account/factor/start", {}, "/account/factor")
    wrong = post(client, "/account/factor/confirm", {"code": "000000"}, "/account/factor")
    assert wrong.status_code == 422
    assert log_in(site.client(), "fo").status_code == 303


def test_a_code_counts_once(site: Site, now: FrozenClock) -> None:
    secret, _ = set_up(site.as_role(Role.FO), now)
    first, page = half_in(site)
    code = code_now(secret)
    assert give_code(first, page, code).status_code == 303
    second, page = half_in(site)
    assert give_code(second, page, code).status_code == 403
    assert give_code(second, page, code_now(secret, -1)).status_code == 403
    assert second.get("/cases").status_code == 302
    now.advance(seconds=30)
    assert give_code(second, page, code_now(secret)).status_code == 303


def test_of_many_at_the_same_moment_one_code_lets_one_in(site: Site, now: FrozenClock) -> None:
    secret, recovery = set_up(site.as_role(Role.FO), now)
    account = site.world.people.accounts[Role.FO]
    box = Box(site.app.config["PINGJI"].secret_key)
    for code in (code_now(secret), recovery[0]):
        answers: list[bool] = []

        def try_it(code: str = code, answers: list[bool] = answers) -> None:
            with site.app.app_context():
                answers.append(accept_code(account, code, box, at=clock.now()))

        threads = [threading.Thread(target=try_it) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [False] * 11 + [True]


def test_a_recovery_code_counts_once_and_for_its_owner(site: Site, now: FrozenClock) -> None:
    _, codes = set_up(site.as_role(Role.FO), now)
    _, others = set_up(site.as_role(Role.FR), now)
    client, page = half_in(site)
    assert give_code(client, page, others[0]).status_code == 403
    assert give_code(client, page, codes[0].upper().replace("-", " ")).status_code == 303
    assert "备用口令余 7 个" in client.get("/account").text
    again, page = half_in(site)
    assert give_code(again, page, codes[0]).status_code == 403


def test_five_wrong_codes_end_the_challenge_and_block_the_next(site: Site, now: FrozenClock) -> None:
    secret, _ = set_up(site.as_role(Role.FO), now)
    client, page = half_in(site)
    for _ in range(5):
        assert give_code(client, page, "000000").status_code == 403
        now.advance(seconds=10)
    over = give_code(client, page, code_now(secret))
    assert over.status_code == 403
    assert 'name="password"' in over.text
    client, page = half_in(site)
    assert give_code(client, page, code_now(secret)).status_code == 429
    now.advance(minutes=15)
    client, page = half_in(site)
    assert give_code(client, page, code_now(secret)).status_code == 303


def test_a_challenge_ends_after_five_minutes_and_opens_nothing(site: Site, now: FrozenClock) -> None:
    secret, _ = set_up(site.as_role(Role.FO), now)
    client, page = half_in(site)
    with client.session_transaction() as kept:
        kept["_user_id"] = kept["challenge"]
    assert client.get("/cases").status_code == 302
    client, page = half_in(site)
    now.advance(minutes=5)
    assert give_code(client, page, code_now(secret)).status_code == 403
    assert client.get("/cases").status_code == 302
    bare = site.client()
    page = bare.get("/login")
    assert give_code(bare, page, code_now(secret)).status_code == 403


def test_half_a_login_ends_no_whole_one(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    set_up(client, now)
    for _ in range(4):
        half_in(site)
    assert client.get("/cases").status_code == 200


def test_a_fresh_proof_takes_password_and_code(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FA)
    secret, _ = set_up(client, now)
    post(site.as_role(Role.FO), "/cases/review/do/evaluation.terminate", {"reason": "项目取消", "key": "k1"})
    now.advance(minutes=5)
    path = "/cases/review/do/evaluation.confirm_termination"
    page = client.get(path).text
    assert 'name="code_now"' in page
    sent = hidden(page) | {"reason": "同意", "password": PASSWORD}
    for code in ("", "000000"):
        refused = client.post(path, data=sent | {"code_now": code}, headers=ORIGIN)
        assert refused.status_code == 403
        assert "同意" in refused.text
    assert client.post(path, data=sent | {"code_now": code_now(secret)}, headers=ORIGIN).status_code == 303


def test_recovery_codes_are_exchanged_and_codes_given_up(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    _, codes = set_up(client, now)
    renewed = post(client, "/account/factor/renew", {}, "/account/factor")
    assert renewed.status_code == 200
    assert codes[0] not in renewed.text
    half, page = half_in(site)
    assert give_code(half, page, codes[0]).status_code == 403
    assert post(client, "/account/factor/stop", {}, "/account/factor").status_code == 303
    assert log_in(site.client(), "fo").status_code == 303


@pytest.mark.usefixtures("demanding")
def test_where_codes_are_demanded_nothing_opens_before_they_are_set_up(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    for path in ("/cases", "/cases/final", "/account", "/cases/final/report/1/frozen"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (302, "/account/factor"), path
    before = site.rows()["deduction"]
    assert (
        post(client, "/cases/visit/do/deadline.extend", {}, "/account/factor").location == "/account/factor"
    )
    assert site.rows()["deduction"] == before
    assert "须使用动态口令" in client.get("/account/factor").text
    set_up(client, now)
    assert client.get("/cases").status_code == 200
    refused = post(client, "/account/factor/stop", {}, "/account/factor")
    assert refused.status_code == 403
    half_in(site)
    free = site.as_role(Role.DF)
    assert free.get("/cases").status_code == 200


@pytest.mark.usefixtures("demanding")
def test_codes_are_demanded_of_exactly_these_duties(site: Site, now: FrozenClock) -> None:
    for role in (Role.EL, Role.FO, Role.FR, Role.FA, Role.AU, Role.SA, Role.SE):
        assert site.as_role(role).get("/cases").location == "/account/factor", role
    for role in (Role.DF, Role.DH, Role.EV):
        assert site.as_role(role).get("/cases").status_code == 200, role
    assert Role.AA in DEMANDED


def test_the_security_officer_clears_lost_codes(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    set_up(client, now)
    officer = site.as_role(Role.SE)
    form = {"login": "fo", "reason": "设备遗失，当面核实", "reset": "1"}
    assert post(officer, "/account/unlock", form).status_code == 303
    assert client.get("/cases").status_code == 302
    assert log_in(site.client(), "fo").status_code == 303
    now.advance(minutes=5)
    stale = post(officer, "/account/unlock", form)
    assert stale.status_code == 409


def test_a_new_password_leaves_the_codes_as_they_are(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    set_up(client, now)
    assert change(client).status_code == 303
    assert client.get("/cases").status_code == 200
    page = log_in(site.client(), "fo", "梧桐 灯塔 算盘 雨伞 1987")
    assert (page.status_code, "六位数字" in page.text) == (200, True)
