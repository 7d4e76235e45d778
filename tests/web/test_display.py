"""适老显示: chosen and forgotten by the browser, the same pages in larger letters."""

from __future__ import annotations

from service.workflow.roles import Role
from tests.web.conftest import ORIGIN, Site, csrf_of


def test_large_print_is_kept_by_the_browser_and_can_be_taken_back(site: Site) -> None:
    client = site.as_role(Role.DF)
    page = client.get("/account").text
    assert '<html lang="zh-CN">' in page and "改用适老显示" in page
    form = {"csrf_token": csrf_of(page), "display": "large"}
    kept = client.post("/account/display", data=form, headers=ORIGIN)
    cookie = kept.headers["Set-Cookie"]
    assert kept.status_code == 303 and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    for path in ("/account", "/cases", "/cases/review/self"):
        assert '<html lang="zh-CN" class="large">' in client.get(path).text, path
    other = site.as_role(Role.DF)
    assert 'class="large"' not in other.get("/account").text, "another browser of the same person"
    client.post("/account/display", data={**form, "display": ""}, headers=ORIGIN)
    assert 'class="large"' not in client.get("/cases").text


def test_a_foreign_cookie_says_nothing(site: Site) -> None:
    client = site.as_role(Role.DF)
    client.set_cookie("pingji-display", '"><script>alert(1)</script>')
    page = client.get("/account").text
    assert '<html lang="zh-CN">' in page and "alert(1)" not in page
