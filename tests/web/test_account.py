"""个人设置: password, logins, unlocking; and what was typed when a login ended meanwhile."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from itertools import pairwise

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.passwords import demand_good, policy_of
from service.web.account import device
from service.workflow.roles import Role
from tests.builders import PASSWORD
from tests.conftest import FrozenClock
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of, log_in
from tests.web.test_doing import DEDUCTION
from tests.web.test_entrance import cookie_of

NEW = "梧桐 灯塔 算盘 雨伞 1987"


@pytest.fixture
def now(frozen_clock: FrozenClock) -> FrozenClock:
    """A clock that stands still after the world was made."""
    frozen_clock.at = datetime.now(UTC)
    return frozen_clock


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def post(client: FlaskClient, path: str, data: dict[str, str], page: str = "/account") -> TestResponse:
    """Send a form with the token of a page."""
    token = csrf_of(client.get(page).text)
    return client.post(path, data={"csrf_token": token, **data}, headers=ORIGIN)


def change(
    client: FlaskClient, old: str = PASSWORD, new: str = NEW, again: str | None = None
) -> TestResponse:
    """Fill in the form for a new password."""
    return post(
        client, "/account/password", {"old": old, "new": new, "again": new if again is None else again}
    )


def test_the_page_says_who_one_is_and_where_one_is_logged_in(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    now.advance(seconds=1)
    other = site.as_role(Role.FO)
    page = client.get("/account").text
    for text in ("个人设置", "fo", "组织方经办", "本次登录", "未启用"):
        assert text in page
    assert page.count(">结束</button>") == 1
    ended = post(client, "/account/logins/end", {"login": hidden(page)["login"]})
    assert ended.status_code == 303
    assert other.get("/cases").status_code == 302
    assert client.get("/cases").status_code == 200


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/90.0 Safari/537.36 Edg/90.0", "Edge 浏览器，Windows"),
        ("Mozilla/5.0 (Linux; Android 12) Chrome/90.0 Mobile Safari/537.36", "Chrome 浏览器，安卓"),
        ("<script>alert(1)</script>", "其他程序"),
        ("", "其他程序"),
    ],
)
def test_a_device_is_told_in_words(agent: str, said: str) -> None:
    assert device(agent) == said


def test_nobody_ends_the_login_of_somebody_else(site: Site) -> None:
    victim, client = site.as_role(Role.FR), site.as_role(Role.FO)
    site.as_role(Role.FR)
    known = hidden(victim.get("/account").text)["login"]
    post(client, "/account/logins/end", {"login": known})
    assert victim.get("/account").text.count(">结束</button>") == 1


def test_a_new_password_ends_every_other_login_and_the_old_cookie(site: Site, now: FrozenClock) -> None:
    other = site.as_role(Role.FO)
    now.advance(seconds=1)
    client = site.as_role(Role.FO)
    old = cookie_of(client)
    answer = change(client)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "密码已修改" in client.get("/account").text
    assert other.get("/cases").status_code == 302
    thief = site.client()
    thief.set_cookie("pingji", old)
    assert thief.get("/cases").status_code == 302
    assert log_in(site.client(), "fo").status_code == 403
    now.advance(seconds=10)
    assert log_in(site.client(), "fo", NEW).status_code == 303
    with site.app.app_context():
        stored = site.instance.database.read_bytes()
    assert NEW.encode() not in stored


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("short", None, "长度"),
        ("x" * 201, None, "长度"),
        (NEW, "something else 99", "不一致"),
        (PASSWORD, None, "相同"),
        ("aaaaaaaaaaaabb", None, "容易猜到"),
        ("abcabcabcabcabc", None, "容易猜到"),
        ("qwertyuiop123456", None, "容易猜到"),
        ("1234567890abcdefg", None, "容易猜到"),
        ("password12345678", None, "容易猜到"),
        ("sunshine2026!!", None, "常用密码"),
        ("P@ssw0rd2024!x", None, "常用密码"),
        ("123456789987654321", None, "容易猜到"),
        ("组织方经办组织方经办2026", None, "容易猜到"),
    ],
)
def test_a_weak_new_password_is_refused_and_nothing_changed(
    site: Site, new: str, again: str | None, said: str
) -> None:
    client = site.as_role(Role.FO)
    before = site.rows()["account"]
    answer = change(client, new=new, again=again)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{new}"' not in answer.text
    assert site.rows()["account"] == before


def test_a_wrong_old_password_is_refused_and_slowed_down(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    statuses = []
    for _ in range(6):
        statuses.append(change(client, old="wrong password").status_code)
        now.advance(seconds=10)
    assert statuses == [403] * 5 + [429]
    assert change(client).status_code == 429
    # A stranger who knocks at the door in his name keeps nobody from his own proof, nor the reverse.
    assert log_in(site.client(), "fo").status_code == 303
    now.advance(minutes=15)
    assert change(client).status_code == 303


def test_who_holds_no_role_yet_minds_his_own_account(site: Site) -> None:
    client = site.as_role(STRANGER)
    assert "个人设置" in client.get("/account").text
    assert change(client).status_code == 303
    assert log_in(site.client(), STRANGER, NEW).status_code == 303
    assert "动态口令" in client.get("/account/factor").text


def strict(site: Site, text: str = "strict") -> None:
    """The site asks more of passwords from now on."""
    site.app.config["PINGJI"] = replace(site.app.config["PINGJI"], passwords=policy_of(text))


def test_under_the_strict_profile_an_initial_password_opens_nothing_but_its_own_change(site: Site) -> None:
    strict(site)
    client = site.as_role(Role.FO)
    assert client.get("/cases").location == "/account"
    assert client.get("/todo").location == "/account"
    page = client.get("/account").text
    assert "更换后才能办理其他事项" in page
    assert "3 种" in page
    assert "90 天" in page
    assert change(client).status_code == 422, "two kinds of characters are too few"
    assert change(client, new="Plum tree lighthouse 7").status_code == 303
    assert client.get("/cases").status_code == 200


def test_a_password_grows_old_and_earlier_ones_do_not_come_back(site: Site, now: FrozenClock) -> None:
    strict(site, "days=90 history=2")
    client = site.as_role(Role.FO)
    used = [PASSWORD, "第一个 新的口令 灯塔下面", "第二个 新的口令 算盘珠子", "第三个 新的口令 雨伞骨架"]
    for old, new in pairwise(used):
        assert change(client, old=old, new=new).status_code == 303
        now.advance(minutes=1)
    for known in used[1:3]:
        again = change(client, old=used[3], new=known)
        assert (again.status_code, "最近 2 个密码之一相同" in again.text) == (422, True)
    assert change(client, old=used[3], new=used[0]).status_code == 303, "three ago is forgotten"
    now.advance(days=89)
    client = site.client()
    assert log_in(client, "fo", PASSWORD).status_code == 303
    assert client.get("/cases").status_code == 200
    now.advance(days=1)
    assert log_in(client, "fo", PASSWORD).status_code == 303
    assert client.get("/cases").location == "/account"


def test_accounts_made_on_the_page_get_a_password_the_profile_allows(site: Site) -> None:
    strict(site, "length=20 classes=4")
    client = site.as_role(Role.SA)
    made = post(
        client, "/people/do/account.create", {"login": "newfo", "duty": "经办"}, "/people/do/account.create"
    )
    found = re.search(r"<code>([^<]+)</code>", made.text)
    assert found is not None
    demand_good(found[1], ("newfo", "经办"), policy_of("length=20 classes=4"))


def test_a_proof_gives_the_login_a_new_token(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.SE)
    now.advance(minutes=5)
    page = client.get("/account/factor").text
    assert 'name="password"' in page
    old = cookie_of(client)
    assert post(client, "/account/factor/start", {"password": PASSWORD}).status_code == 303
    assert client.get("/cases").status_code == 200
    thief = site.client()
    thief.set_cookie("pingji", old)
    assert thief.get("/cases").status_code == 302


def locked_out(site: Site, now: FrozenClock) -> None:
    for _ in range(5):
        log_in(site.client(), "fo", "wrong password")
        now.advance(seconds=10)
    assert log_in(site.client(), "fo").status_code == 429


def test_the_security_officer_unlocks_and_says_why(site: Site, now: FrozenClock) -> None:
    locked_out(site, now)
    officer = site.as_role(Role.SE)
    form = {"login": "fo", "reason": ""}
    assert post(officer, "/account/unlock", form).status_code == 409
    assert log_in(site.client(), "fo").status_code == 429
    assert post(officer, "/account/unlock", form | {"login": "nobody", "reason": "来电"}).status_code == 404
    done = post(officer, "/account/unlock", form | {"reason": "来电核实，系本人"})
    assert done.status_code == 303
    assert log_in(site.client(), "fo").status_code == 303


@pytest.mark.parametrize("role", [Role.SA, Role.FA, Role.AU, Role.FO])
def test_nobody_else_unlocks(site: Site, now: FrozenClock, role: Role) -> None:
    client = site.as_role(role)
    assert client.get("/account/unlock").status_code == 403
    answer = post(client, "/account/unlock", {"login": "ev", "reason": "来电"})
    assert answer.status_code == 403


def test_the_officer_does_not_unlock_himself(site: Site) -> None:
    officer = site.as_role(Role.SE)
    answer = post(officer, "/account/unlock", {"login": "security", "reason": "自己"})
    assert answer.status_code in (403, 409)


def interrupted(site: Site, now: FrozenClock) -> tuple[FlaskClient, TestResponse, dict[str, str]]:
    """A form filled in by 评价员 and sent after his login had ended."""
    client = site.as_role(Role.EV)
    fields = hidden(client.get("/cases/visit/do/deduction.draft").text) | DEDUCTION
    now.advance(minutes=31)
    return client, client.post("/cases/visit/do/deduction.draft", data=fields, headers=ORIGIN), fields


def test_what_was_typed_when_the_login_ended_is_sent_on_after_logging_in_again(
    site: Site, now: FrozenClock
) -> None:
    before = site.rows()["deduction"]
    client, answer, fields = interrupted(site, now)
    assert answer.status_code == 401
    assert "填写的内容还在" in answer.text
    login = hidden(answer.text) | {"login": "ev", "password": PASSWORD}
    wrong = client.post("/login", data=login | {"password": "wrong password"}, headers=ORIGIN)
    assert wrong.status_code == 403
    back = client.post(
        "/login", data=hidden(wrong.text) | {"login": "ev", "password": PASSWORD}, headers=ORIGIN
    )
    assert back.status_code == 200
    assert site.rows()["deduction"] == before
    assert 'action="/cases/visit/do/deduction.draft"' in back.text
    kept = dict(
        re.findall(r'<textarea class="kept" name="([^"]+)" hidden>\n(.*?)</textarea>', back.text, re.DOTALL)
    )
    assert kept == {name: text for name, text in fields.items() if name != "csrf_token"}
    sent = client.post("/cases/visit/do/deduction.draft", data=hidden(back.text) | kept, headers=ORIGIN)
    assert sent.status_code == 303
    assert site.rows()["deduction"] > before


def test_somebody_else_never_sees_what_was_typed(site: Site, now: FrozenClock) -> None:
    before = site.rows()["deduction"]
    client, answer, _ = interrupted(site, now)
    login = hidden(answer.text) | {"login": "fo", "password": PASSWORD}
    other = client.post("/login", data=login, headers=ORIGIN)
    assert other.status_code == 303
    page = client.get(other.location).text
    assert "另一位办理人" in page
    assert "设备未到位" not in page
    assert site.rows()["deduction"] == before


def test_a_forged_or_foreign_form_is_not_carried_through_a_login(site: Site, now: FrozenClock) -> None:
    _, answer, _ = interrupted(site, now)
    signed = hidden(answer.text)["kept"]
    for kept in (signed[:-2] + "xx", "forged"):
        assert log_in(site.client(), "ev", kept=kept).status_code == 303
    stranger = site.client()
    sent = stranger.post("/cases/visit/do/deduction.draft", data=DEDUCTION, headers=ORIGIN)
    assert sent.status_code == 400


def test_secrets_are_not_kept(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FA)
    token = csrf_of(client.get("/account").text)
    now.advance(minutes=31)
    form = {"csrf_token": token, "old": PASSWORD, "new": NEW, "again": NEW}
    assert client.post("/account/password", data=form, headers=ORIGIN).status_code == 302
    act = {"csrf_token": token, "reason": "同意", "password": PASSWORD, "code_now": "123456"}
    path = "/cases/review/do/evaluation.confirm_termination"
    page = client.post(path, data=act, headers=ORIGIN)
    assert page.status_code == 401
    back = client.post(
        "/login", data=hidden(page.text) | {"login": "fa", "password": PASSWORD}, headers=ORIGIN
    )
    assert "同意" in back.text
    assert PASSWORD not in back.text
    assert "123456" not in back.text


def test_other_forms_left_open_stay_good_for_the_same_person(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.EV)
    fields = hidden(client.get("/cases/visit/do/deduction.draft").text) | DEDUCTION
    now.advance(minutes=31)
    assert log_in(client, "ev").status_code == 303
    sent = client.post("/cases/visit/do/deduction.draft", data=fields, headers=ORIGIN)
    assert sent.status_code == 303


def test_after_leaving_no_old_form_is_good(site: Site) -> None:
    client = site.as_role(Role.EV)
    fields = hidden(client.get("/cases/visit/do/deduction.draft").text) | DEDUCTION
    post(client, "/logout", {})
    assert log_in(client, "ev").status_code == 303
    assert client.post("/cases/visit/do/deduction.draft", data=fields, headers=ORIGIN).status_code == 400


def test_a_part_of_a_page_asked_for_after_the_login_ended_says_so(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.EV)
    now.advance(minutes=31)
    assert client.get("/cases", headers={"HX-Request": "true"}).status_code == 401


WISHES = {"keys": "1", "next": "n", "previous": "P", "save": "S", "help": "/"}


def test_other_keys_are_kept_for_their_owner_alone(site: Site) -> None:
    client, other = site.as_role(Role.FO), site.as_role(Role.FR)
    plain = client.get("/todo").text
    assert 'data-shortcuts="next=J previous=K save=S help=/"' in plain
    assert post(client, "/account/wishes", WISHES).status_code == 303
    page = client.get("/todo").text
    assert 'data-shortcuts="next=N previous=P save=S help=/"' in page
    assert "<dt>下一项</dt><dd>Alt+N</dd>" in page
    assert 'data-shortcuts="next=J' in other.get("/todo").text
    off = {name: value for name, value in WISHES.items() if name != "keys"}
    assert post(client, "/account/wishes", off).status_code == 303
    page = client.get("/todo").text
    assert 'data-shortcuts="off"' in page
    assert "keys-help" not in page


@pytest.mark.parametrize(
    ("act", "key", "said"),
    [
        ("next", "E", "按键不能用"),
        ("next", "1", "按键不能用"),
        ("save", "P", "与别的相同"),
        ("help", "", "按键不能用"),
    ],
)
def test_a_key_the_browser_needs_or_given_twice_is_refused(site: Site, act: str, key: str, said: str) -> None:
    client = site.as_role(Role.FO)
    answer = post(client, "/account/wishes", {**WISHES, act: key})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert 'value="P"' in answer.text, "what was typed stays"
    assert 'data-shortcuts="next=J' in client.get("/todo").text


def test_asking_how_long_a_login_is_good_does_not_keep_it_alive(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    assert 'data-left="1800"' in client.get("/todo").text
    now.advance(minutes=25)
    assert client.get("/account/left").json == {"left": 300}
    now.advance(minutes=4)
    assert client.get("/account/left").json == {"left": 60}
    assert client.get("/account/stay").json == {"left": 1800}
    now.advance(minutes=29)
    assert client.get("/account/left").json == {"left": 60}
    now.advance(minutes=1)
    assert client.get("/account/left").status_code == 302
    assert client.get("/todo").status_code == 302


def test_no_use_keeps_a_login_alive_for_more_than_twelve_hours(site: Site, now: FrozenClock) -> None:
    client = site.as_role(Role.FO)
    for _ in range(35):
        now.advance(minutes=20)
        assert client.get("/account/stay").status_code == 200
    now.advance(minutes=15)
    assert client.get("/account/stay").json == {"left": 300}
    now.advance(minutes=5)
    assert client.get("/account/stay").status_code == 302
