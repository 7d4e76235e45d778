"""Coming in, staying in, going out; and what keeps others out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.actions.accounts import disable_account
from service.web.access import Entry, declared
from service.workflow.roles import Role
from tests.builders import PASSWORD
from tests.conftest import FrozenClock
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of, log_in

COOKIE = "pingji"
VALUES = {"case": "final", "piece": "E01", "part": "frozen"}


def cookie_of(client: object) -> str:
    found = client.get_cookie(COOKIE)  # type: ignore[attr-defined]
    assert found is not None
    return str(found.value)


def test_a_visitor_is_sent_to_the_login_page_and_back_to_the_page_asked_for(site: Site) -> None:
    client = site.client()
    answer = client.get("/cases/final/scores?open=1")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/cases/final/scores?open%3D1"
    page = client.get(answer.location).get_data(as_text=True)
    assert 'name="next" value="/cases/final/scores?open=1"' in page
    back = log_in(client, "fo", next="/cases/final/scores?open=1")
    assert (back.status_code, back.location) == (303, "/cases/final/scores?open=1")


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "\t//e", "/a\nb", "",
     "///e", "/%0d%0a\r\nSet-Cookie: x=1", "\\\\e", "http:e", "/ok\x00"],
)  # fmt: skip
def test_after_login_nobody_is_sent_off_the_site(site: Site, path: str) -> None:
    answer = log_in(site.client(), "fo", next=path)
    assert (answer.status_code, answer.location) == (303, "/todo")


def test_wrong_password_unknown_name_and_disabled_account_get_the_same_answer(site: Site) -> None:
    with site.app.app_context():
        admin = site.world.people.actor(Role.SA)
        disable_account(admin, account=site.world.people.accounts[Role.EV], reason="离岗")
    bodies = set()
    for login in ("fo", "nobody", "ev"):
        client = site.client()
        answer = log_in(client, login, PASSWORD if login == "ev" else "wrong password")
        assert answer.status_code == 403
        page = answer.get_data(as_text=True)
        bodies.add(page.replace(csrf_of(page), "").replace(f'value="{login}"', ""))
        assert client.get("/cases").status_code == 302
    assert len(bodies) == 1
    assert "登录名或密码不对" in bodies.pop()


def test_an_old_cookie_opens_nothing_after_logout(site: Site) -> None:
    client = site.as_role(Role.FO)
    old = cookie_of(client)
    token = csrf_of(client.get("/cases").get_data(as_text=True))
    left = client.post("/logout", data={"csrf_token": token}, headers=ORIGIN)
    assert left.location == "/login?left=1"
    thief = site.client()
    thief.set_cookie(COOKIE, old)
    for rule in site.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and declared(site.app, rule.endpoint) is not Entry.ANYONE:
            path = rule.build({name: VALUES.get(name, 1) for name in rule.arguments})
            assert path is not None
            expected = 401 if rule.rule.startswith("/api/v1") else 302
            assert thief.get(path[1]).status_code == expected, rule.rule


def test_a_login_gets_a_new_cookie_and_ends_the_one_held_before(site: Site) -> None:
    client = site.client()
    client.get("/login")
    before = cookie_of(client)
    assert log_in(client, "fo").status_code == 303
    first = cookie_of(client)
    page = client.get("/cases").get_data(as_text=True)
    answer = client.post(
        "/login",
        data={"login": "fr", "password": PASSWORD, "csrf_token": csrf_of(page)},
        headers=ORIGIN,
    )
    assert answer.status_code == 303
    for stale in (before, first):
        other = site.client()
        other.set_cookie(COOKIE, stale)
        assert other.get("/cases").status_code == 302
    assert "组织方复核" in client.get("/cases").get_data(as_text=True)


def test_an_administrator_has_one_login_that_rests_ten_minutes(site: Site, frozen_clock: FrozenClock) -> None:
    first = site.as_role(Role.SE)
    frozen_clock.advance(seconds=1)
    second = site.as_role(Role.SE)
    assert [client.get("/cases").status_code for client in (first, second)] == [302, 200]
    frozen_clock.advance(minutes=9, seconds=59)
    assert second.get("/cases").status_code == 200
    frozen_clock.advance(minutes=10)
    assert second.get("/cases").status_code == 302


def test_only_two_logins_of_one_account_live_at_the_same_time(site: Site, frozen_clock: FrozenClock) -> None:
    clients = []
    for _ in range(3):
        clients.append(site.as_role(Role.FO))
        frozen_clock.advance(seconds=1)
    assert [client.get("/cases").status_code for client in clients] == [302, 200, 200]


def test_a_login_ends_after_half_an_hour_of_rest_and_after_twelve_hours_of_work(
    site: Site, frozen_clock: FrozenClock
) -> None:
    resting = site.as_role(Role.FO)
    frozen_clock.advance(minutes=29, seconds=59)
    assert resting.get("/cases").status_code == 200
    frozen_clock.advance(minutes=30)
    assert resting.get("/cases").status_code == 302
    working = site.as_role(Role.FR)
    for _ in range(35):
        frozen_clock.advance(minutes=20)
        assert working.get("/cases").status_code == 200
    frozen_clock.advance(minutes=20)
    assert working.get("/cases").status_code == 302


def test_disabling_an_account_ends_its_logins_at_the_next_request(site: Site) -> None:
    client = site.as_role(Role.EV)
    with site.app.app_context():
        admin = site.world.people.actor(Role.SA)
        disable_account(admin, account=site.world.people.accounts[Role.EV], reason="离岗")
    assert client.get("/cases").status_code == 302


def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(
    site: Site, frozen_clock: FrozenClock
) -> None:
    client = site.client()
    for _ in range(5):
        assert log_in(client, "fo", "wrong password").status_code == 403
        frozen_clock.advance(seconds=10)
    locked = log_in(client, "fo")
    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 15 * 60
    assert "分钟" in locked.get_data(as_text=True)
    assert log_in(client, "fr").status_code == 303
    frozen_clock.advance(minutes=15)
    assert log_in(site.client(), "fo").status_code == 303


def test_tries_in_quick_succession_are_slowed_down(site: Site, frozen_clock: FrozenClock) -> None:
    client = site.client()
    answers = [log_in(client, "fo", "wrong password").status_code for _ in range(6)]
    assert answers == [403, 403, 403, 429, 429, 429]
    frozen_clock.advance(seconds=2)
    assert log_in(client, "fo").status_code == 303


def test_an_unknown_name_is_locked_just_the_same(site: Site, frozen_clock: FrozenClock) -> None:
    client = site.client()
    for _ in range(5):
        log_in(client, "nobody", "wrong password")
        frozen_clock.advance(seconds=10)
    assert log_in(client, "nobody").status_code == 429


def test_many_names_from_one_address_are_locked_and_a_forged_header_does_not_help(
    site: Site, frozen_clock: FrozenClock
) -> None:
    client = site.client()
    for number in range(30):
        log_in(client, f"guess{number}", "wrong password")
    token = csrf_of(client.get("/login").get_data(as_text=True))
    answer = client.post(
        "/login",
        data={"login": "fo", "password": PASSWORD, "csrf_token": token},
        headers={**ORIGIN, "X-Forwarded-For": "203.0.113.9"},
    )
    assert answer.status_code == 429
    frozen_clock.advance(minutes=15)
    assert log_in(client, "fo").status_code == 303


def test_right_passwords_never_use_up_the_address(site: Site) -> None:
    for _ in range(33):
        assert log_in(site.client(), "fo").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_an_unsafe_request_from_elsewhere_is_refused_and_writes_nothing(
    site: Site, headers: dict[str, str]
) -> None:
    client = site.client()
    data = {"login": "fo", "password": PASSWORD, "csrf_token": csrf_of(client.get("/login").text)}
    before = site.rows()
    assert client.post("/login", data=data, headers=headers).status_code == 400
    assert site.rows() == before


@pytest.mark.parametrize("token", ["", "forged", None])
def test_an_unsafe_request_without_its_token_is_refused_and_writes_nothing(
    site: Site, token: str | None
) -> None:
    client = site.as_role(Role.FO)
    before = site.rows()
    data = {} if token is None else {"csrf_token": token}
    for path in ("/login", "/logout"):
        answer = client.post(path, data=data, headers=ORIGIN)
        assert answer.status_code == 400
        assert "未作任何改动" in answer.text
    assert site.rows() == before
    assert client.get("/cases").status_code == 200


def test_a_token_of_another_visitor_is_refused(site: Site) -> None:
    token = csrf_of(site.client().get("/login").text)
    client = site.client()
    client.get("/login")
    data = {"login": "fo", "password": PASSWORD, "csrf_token": token}
    assert client.post("/login", data=data, headers=ORIGIN).status_code == 400


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_the_token_is_not_stored(site: Site) -> None:
    client = site.client()
    answer = log_in(client, STRANGER)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    with client.session_transaction() as kept:
        token = kept["_user_id"]
    content = site.instance.database.read_bytes()
    wal = site.instance.database.with_name(site.instance.database.name + "-wal")
    content += wal.read_bytes() if wal.exists() else b""
    assert token.encode() not in content


def test_a_foreign_host_name_is_not_answered(site: Site) -> None:
    answer = site.client().get("/login", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_a_password_of_any_length_is_looked_at_in_the_same_time(site: Site) -> None:
    assert log_in(site.client(), "fo", "x" * 100_000).status_code == 403


def test_the_clock_of_a_login_is_written_at_most_once_a_minute(site: Site, frozen_clock: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    frozen_clock.advance(seconds=59)
    client.get("/cases")
    frozen_clock.at += timedelta(minutes=30)
    frozen_clock.at -= timedelta(seconds=59)
    assert client.get("/cases").status_code == 302
