"""Every page as every person in a real browser: no policy is broken, nothing hostile runs, nothing is missing.

The case `visit` is full of hostile words before anybody looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from service.actions import scoring
from service.actions import site_verification as site
from service.actions.finalisation import Words, write_report
from service.extensions import db
from service.web.programs import ROOT
from service.workflow.roles import Role
from tests.browser.visitors import launched, serving
from tests.builders import PASSWORD
from tests.conftest import Depth
from tests.web.conftest import Site, World, running_copy
from tests.web.crawl import VARIANTS
from tests.web.hostile import SHOWN, packed

WHO = ("el", "fo", "df", "au", "ev", "dh", "fr", "fa", "stranger", "admin", "security")
FEW = 9
LISTEN = """
window.__broken = [];
document.addEventListener('securitypolicyviolation', e =>
    window.__broken.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
"""
LINKS = "[...document.querySelectorAll('a[href]')].map(a => new URL(a.getAttribute('href'), location).href)"
FOREIGN = """() => [...document.querySelectorAll('*')].filter(e =>
    [...e.attributes].some(a => a.name.startsWith('on') || /^\\s*(javascript|vbscript|data):/i.test(a.value)
        && ['href', 'src', 'action', 'formaction', 'data'].includes(a.name))
    || ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MARQUEE', 'XMP', 'PLAINTEXT'].includes(e.tagName)
    || e.tagName == 'SCRIPT' && !e.src).map(e => e.outerHTML.slice(0, 120))"""


@dataclass
class Looked:
    """What one browser saw and what it complained of."""

    pages: int = 0
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def address(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_copy(world, tmp_path_factory.mktemp("hostile") / "instance") as site:
        with site.app.app_context():
            _spoilt(site)
            db.session.remove()
        with serving(site) as where:
            yield where


def _spoilt(running: Site) -> None:
    """Every hostile string stands in findings, deductions and the report of one case."""
    people, case = running.world.people, running.world.cases["visit"]
    visit = site.OpenVisit(on=people.on, place=SHOWN[0], method=SHOWN[7])
    code = site.open_visit(people.actor(Role.EL), case, visit)
    for text in packed(SHOWN, 5000):
        site.record_finding(people.actor(Role.EV), case, site.RecordFinding(text, ("B1",), code))
    for text in packed(SHOWN, 2000):
        reason = scoring.Reason(node="B1", amount="0.1", reason=text, clause=SHOWN[1], no_evidence=SHOWN[2])
        scoring.draft_deduction(people.actor(Role.EV), case, reason)
    words = tuple(
        Words("problem", f"{n:02d}", text, n, {"title": SHOWN[n]})
        for n, text in enumerate(packed(SHOWN, 3000))
    )
    write_report(people.actor(Role.EL), case, words=words)


def look_around(context: BrowserContext, address: str, login: str, most: int | None) -> Looked:
    """Follow every link as one person."""
    looked, page = Looked(), context.new_page()
    page.add_init_script(LISTEN)
    page.on("console", lambda said: looked.complaints.append(f"{page.url}: {said.type} {said.text}"))
    page.on("pageerror", lambda error: looked.complaints.append(f"{page.url}: {error}"))
    page.on(
        "dialog", lambda dialog: (looked.complaints.append(f"{page.url}: {dialog.message}"), dialog.dismiss())
    )
    page.goto(f"{address}/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    waiting, done, variants = [page.url, f"{address}/cases/visit/scores?open=1"], set[str](), dict[str, int]()
    while waiting and (most is None or looked.pages < most):
        here = waiting.pop(0).partition("#")[0]
        path = urlsplit(here).path
        if here in done or variants.get(path, 0) >= VARIANTS or not here.startswith(f"{address}/"):
            continue
        if path.startswith(ROOT):
            # Data for programs is no page: the browser draws it itself and asks for an icon of its own accord.
            continue
        done.add(here)
        variants[path] = variants.get(path, 0) + 1
        waiting += _opened(page, here, looked)
    return looked


def _opened(page: Page, here: str, looked: Looked) -> list[str]:
    """Open one page; what it leads to."""
    known = len(looked.complaints)
    try:
        answer = page.goto(here)
    except Exception as error:
        # A page that turns into a download is no page.
        return [] if "Download is starting" in str(error) else looked.complaints.append(str(error)) or []
    looked.pages += 1
    status = answer.status if answer is not None else 0
    looked.complaints += [f"{here}: policy {each}" for each in page.evaluate("window.__broken")]
    looked.complaints += [f"{here}: markup {each}" for each in page.evaluate(FOREIGN)]
    if status in (403, 404, 409):
        # The browser says of every refusal that it could not load it; that is not a fault of the page.
        looked.complaints[known:] = [
            c for c in looked.complaints[known:] if "Failed to load resource" not in c
        ]
    found: list[str] = page.evaluate(LINKS)
    return found


def test_nobody_breaks_a_policy_or_runs_what_others_wrote(
    browser: Browser, address: str, deep: Depth
) -> None:
    numbers = deep.numbers(1, len(WHO))
    pages, complaints = 0, list[str]()
    for login in WHO[numbers.start : numbers.stop]:
        context = browser.new_context()
        looked = look_around(context, address, login, None if deep else FEW)
        context.close()
        pages += looked.pages
        complaints += looked.complaints
    print(f"users={len(numbers)} pages={pages} complaints={len(complaints)}")  # noqa: T201 - the count is the report
    assert complaints == []
    assert pages >= FEW
