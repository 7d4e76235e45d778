"""Take a picture of every page for every role that may open it, and lay them out on contact sheets.

Usage: ``./dev screenshots [FOLDER] [--roles el,df] [--widths 360,1440] [--only grid]``. Pages are found as
a person finds them: by following links from the first page; of each route and case one page is kept.
"""

from __future__ import annotations

import argparse
import logging
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from service.workflow.roles import Role
from tests.browser.house import ROOT
from tests.builders import PASSWORD
from tests.web.conftest import Site, log_in, made_world, running_copy

WIDTHS = (360, 820, 1440)
SPECIAL = {Role.SA: "admin", Role.SE: "security"}
LINK = re.compile(r'href="(/[^"#]*)')
THUMB, TALL, ACROSS, MARGIN, CAPTION = 320, 960, 6, 12, 34
MOST_PER_SHEET = 36


def main(arguments: Sequence[str] | None = None) -> None:
    """Pictures and contact sheets lie in the folder named."""
    parser = argparse.ArgumentParser(prog="./dev screenshots", description="逐页截图并拼成总览")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "out" / "screenshots", help="存放目录")
    parser.add_argument("--roles", default="", help="登录名，用逗号分开")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)), help="宽度，用逗号分开")
    parser.add_argument("--only", default="", help="只要地址里含有这些字的页面")
    asked = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    widths = [int(width) for width in asked.widths.split(",")]
    with tempfile.TemporaryDirectory() as made, _site(Path(made)) as (site, address), _browser() as browser:
        everybody = [SPECIAL.get(role, role.value.lower()) for role in site.world.people.accounts]
        for login in asked.roles.split(",") if asked.roles else everybody:
            pages = [path for path in found(site, login) if asked.only in path]
            for width in widths:
                taken = list(_taken(browser, address, login, pages, width, asked.folder / login))
                _sheets(taken, asked.folder / f"{login}-{width}")
            sys.stdout.write(f"{login}：{len(pages)} 页\n")


@contextmanager
def _site(folder: Path) -> Iterator[tuple[Site, str]]:
    world = made_world(folder / "world")
    with running_copy(world, folder / "instance") as site:
        server = make_server("127.0.0.1", 0, site.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield site, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        yield browser
        browser.close()


def found(site: Site, login: str) -> list[str]:
    """The pages this person can reach by links: one of every route for every case."""
    client = site.client()
    assert log_in(client, login).status_code == 303, f"没有 {login} 这个账户"
    waiting, seen, kept = ["/"], set[tuple[str, ...]](), list[str]()
    while waiting:
        path = waiting.pop(0)
        kind = _route(site, path)
        if kind is None or kind in seen:
            continue
        seen.add(kind)
        page = _page(client, path)
        if page is not None:
            kept.append(path)
            waiting += [unescape(link) for link in LINK.findall(page)]
    return kept


def _route(site: Site, path: str) -> tuple[str, ...] | None:
    """Route and case of an address; None for what is no page of this site."""
    urls = site.app.url_map.bind("localhost")
    if not urls.test(urlsplit(path).path, "GET"):
        return None
    endpoint, values = urls.match(urlsplit(path).path, "GET")
    return None if endpoint.endswith("static") else (endpoint, str(values.get("case", "")))


def _page(client: FlaskClient, path: str) -> str | None:
    """The page at an address, None for a file, a refusal or a way to another page."""
    answer = client.get(path)
    text: str | None = None
    if answer.status_code == 200 and answer.mimetype == "text/html":
        text = answer.get_data(as_text=True)
    if answer.status_code in (302, 303):
        text = f'href="{answer.headers["Location"]}"'
    answer.close()
    return text


def _taken(
    browser: Browser, address: str, login: str, pages: Sequence[str], width: int, folder: Path
) -> Iterator[tuple[str, Path]]:
    """Yield address and picture of every page, taken in one visit."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    _enter(page, address, login)
    folder.mkdir(parents=True, exist_ok=True)
    for path in pages:
        page.goto(address + path)
        name = re.sub(r"[^0-9A-Za-z._-]+", "_", path.strip("/")) or "start"
        picture = folder / f"{name[:100]}-{width}.png"
        page.screenshot(path=picture, full_page=True)
        yield path, picture
    context.close()


def _enter(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    page.get_by_role("button", name="退出").wait_for()


def _sheets(taken: Sequence[tuple[str, Path]], name: Path) -> None:
    """Lay the pictures out, six across, as many sheets as needed."""
    for number, start in enumerate(range(0, len(taken), MOST_PER_SHEET), 1):
        part = taken[start : start + MOST_PER_SHEET]
        rows = -(-len(part) // ACROSS)
        size = (ACROSS * (THUMB + MARGIN) + MARGIN, rows * (TALL + CAPTION + MARGIN) + MARGIN)
        sheet = Image.new("RGB", size, "#888888")
        for place, (path, picture) in enumerate(part):
            row, column = divmod(place, ACROSS)
            left, top = MARGIN + column * (THUMB + MARGIN), MARGIN + row * (TALL + CAPTION + MARGIN)
            _lay(sheet, left, top, path, picture)
        sheet.save(f"{name}-{number}.png")


def _lay(sheet: Image.Image, left: int, top: int, path: str, picture: Path) -> None:
    with Image.open(picture) as whole:
        small = whole.convert("RGB").resize((THUMB, max(1, whole.height * THUMB // whole.width)))
    ImageDraw.Draw(sheet).text((left, top + 8), path[:52], "white", ImageFont.load_default(14))
    sheet.paste(small.crop((0, 0, THUMB, min(TALL, small.height))), (left, top + CAPTION))


if __name__ == "__main__":
    main()
