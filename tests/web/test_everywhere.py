"""Every page, for every role that may open it, in every width and both sizes of print.

WCAG 2.2 A and AA by axe; no page scrolls sideways, down to 320 px, which is 1280 px at 400 %; what is pressed
is 24 px or more, on the pages used in one hand 44. Equal pages are measured once, whoever reads them; axe, which
takes seconds, is asked about every page with a part that is built like none before, not where only words and numbers differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby

import pytest
from playwright.sync_api import Browser, Page

from service.web.exchange import EXCHANGES
from tests.browser import measures
from tests.browser.everypage import everybody, found, kind_of, new_looks, new_shapes, shapes
from tests.browser.fuller import begun, fuller
from tests.browser.visitors import entered, launched, serving
from tests.conftest import Depth
from tests.web.conftest import Site, World, running_copy

WIDTHS = (360, 820, 1440)
NARROWEST = 320
MODES = ("", "large")
IN_HAND = {"visit.record": 44, "visit.confirm": 44}
FILES = frozenset({
    "static", "bootstrap.static", "parts.htmx", "account.picture", "evidence.picture", "signing.picture",
    "downloads.evidence", "downloads.report", "downloads.scores", "downloads.signature", "downloads.verifier", "visit.points_file",
    "writing.copy_file", "redline.compare", "wordtrip.file", "templates.file", "templates.stock",
    "templates.preview_file", "templates.preview_picture", "consultation.table_file", "account.left", "account.stay", "apidocs.openapi",
    "auditsearch.proof", "auditsearch.outside_proof", "archived.file", "intake.blank", "intakelist.marked", "intakelist.summary", "library.table",
    *(f"workbooks.{way}_{name}" for name in EXCHANGES for way in ("xlsx", "csv", "marked")),
})  # fmt: skip
"""Routes that answer with a file or with data, as those of the interface for programs do."""
PARTS = frozenset({"commission.parties"})
"""A part of a page, measured where it stands."""
ELSEWHERE = frozenset({"cases.home", "entrance.login"})
"""A way to another page, and the page before anybody has come in, which is measured by itself."""
NOT_HERE = frozenset({"doing.show_stage_waive", "signing.check"})
"""A form made like all others, for which no case of this world waits; the check of a signed file, which needs
the files a worker makes."""
USUAL = (("el", "/cases/visit/grid"), ("fo", "/portfolio"), ("dh", "/cases/visit/visit/confirm"))


@dataclass
class Seen:
    """What was measured and what was wrong."""

    documents: int = 0
    views: int = 0
    scans: int = 0
    targets: int = 0
    told: int = 0
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def plain(shared: Site) -> Iterator[str]:
    with serving(shared) as where:
        yield where


@pytest.fixture(scope="module")
def full(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_copy(world, tmp_path_factory.mktemp("everywhere") / "instance") as site:
        yield fuller(site)


@pytest.fixture(scope="module")
def address(full: Site) -> Iterator[str]:
    with serving(full) as where:
        yield where


def measured(page: Page, least: int, seen: Seen, name: str) -> None:
    """Measure the open page in every width and both sizes of print."""
    for where, width in views(page, name, (*WIDTHS, NARROWEST)):
        faults = measures.small(page, least) + measures.wider(page)
        seen.targets += measures.pressable(page)
        seen.views += 1
        seen.wrong += [f"{where} {width}: {fault}" for fault in faults]


def scanned(page: Page, seen: Seen, name: str) -> None:
    """Ask axe about the open page in every width, in large print in the narrowest; of what repeats the first three.

    What axe asks of contrast and of what is pressed is stricter for small print.
    """
    measures.trimmed(page)
    for where, width in chain(views(page, name, WIDTHS, MODES[:1]), views(page, name, WIDTHS[:1], MODES[1:])):
        seen.wrong += [f"{where} {width}: {fault}" for fault in measures.violations(page)]
        seen.scans += 1


def views(
    page: Page, name: str, widths: tuple[int, ...], modes: tuple[str, ...] = MODES
) -> Iterator[tuple[str, int]]:
    """Each way the page is looked at, once it is shown so."""
    for mode in modes:
        page.evaluate("mode => { document.documentElement.className = mode; }", mode)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            yield f"{name} {mode}".strip(), width


def visited(browser: Browser, address: str, site: Site, ways: Iterable[tuple[str, str]], seen: Seen) -> None:
    """Measure the pages at these addresses, each as its person."""
    for login, page, path in _opened(browser, address, ways):
        kind = kind_of(site.app, path)
        measured(page, IN_HAND.get(kind[0] if kind else "", 24), seen, f"{login} {path}")
        seen.documents += 1
        told(seen, seen.documents, "页")


def asked(browser: Browser, address: str, ways: Iterable[tuple[str, str]], seen: Seen) -> None:
    """Have axe look at the pages at these addresses, each as its person."""
    for login, page, path in _opened(browser, address, ways):
        scanned(page, seen, f"{login} {path}")
        told(seen, seen.scans, "次 axe")


def told(seen: Seen, done: int, what: str) -> None:
    """Every hundred are told at once, and what was wrong since: all of them take an hour."""
    if done % 100 == 0:
        print(f"{done} {what}，发现 {len(seen.wrong)} 处", *seen.wrong[seen.told :], sep="\n", flush=True)  # noqa: T201
        seen.told = len(seen.wrong)


def _opened(
    browser: Browser, address: str, ways: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, Page, str]]:
    for login, own in groupby(sorted(ways), key=lambda way: way[0]):
        page = entered(browser, address, login)
        for _, path in own:
            answer = page.goto(address + path)
            assert answer is not None
            assert answer.status == 200, path
            yield login, page, path
        page.context.close()


def reported(seen: Seen) -> None:
    """What was counted is printed; nothing was wrong."""
    sys.stdout.write(
        f"{seen.documents} 页，{seen.views} 次测量，{seen.scans} 次 axe，{seen.targets} 个可按之处\n"
    )
    assert not seen.wrong, "\n".join(seen.wrong[:60])


def test_some_pages_of_every_kind_break_no_rule(browser: Browser, plain: str, shared: Site) -> None:
    seen = Seen()
    visited(browser, plain, shared, USUAL, seen)
    asked(browser, plain, USUAL, seen)
    reported(seen)


def test_the_page_before_the_login_breaks_no_rule(browser: Browser, plain: str) -> None:
    seen, page = Seen(), browser.new_page()
    page.goto(f"{plain}/login")
    measured(page, 24, seen, "login")
    scanned(page, seen, "login")
    page.close()
    reported(seen)


@pytest.mark.deep
def test_every_page_of_every_role_breaks_no_rule(
    browser: Browser, address: str, full: Site, deep: Depth
) -> None:
    begun(full)
    pages = {login: found(full, login) for login in everybody(full)}
    distinct, built = new_looks(pages), new_shapes(pages)
    seen = Seen()
    visited(browser, address, full, _mine(distinct, deep), seen)
    asked(browser, address, _mine(built, deep), seen)
    sys.stdout.write(
        f"{sum(map(len, pages.values()))} 个（身份，页面），互不相同 {len(distinct)} 个，其中有新构造的 {len(built)} 个\n"
    )
    reported(seen)


def _mine(every: list[tuple[str, str]], deep: Depth) -> list[tuple[str, str]]:
    return [every[number] for number in deep.numbers(0, len(every))]


@pytest.mark.deep
def test_no_route_is_left_out(full: Site) -> None:
    more = begun(full)
    reached = {kind_of(full.app, path) for path in more}
    for login in everybody(full):
        reached |= {kind_of(full.app, path) for path in found(full, login)}
    routes = {rule.endpoint for rule in full.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    routes = {name for name in routes if not name.startswith("api.")}
    assert routes - {kind[0] for kind in reached if kind} == FILES | PARTS | ELSEWHERE | NOT_HERE


def test_pages_that_differ_in_words_alone_are_built_alike() -> None:
    page = '<html><body><main><ul class="a"><li>甲</li>{}</ul><p{}>{}</p></main></body></html>'
    one = shapes(page.format("", "", "一"))
    assert shapes(page.format("<li>乙</li><li>丙</li>", "", "二")) == one
    assert shapes(page.format('<li class="warn">乙</li>', "", "二")) != one
    assert shapes(page.format("", ' role="alert"', "一")) != one
    assert shapes(page.format("", "", "")) != one
