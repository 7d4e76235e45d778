"""Take a picture of every page for every role that may open it, and lay them out on contact sheets.

Usage: ``./dev screenshots [FOLDER] [--roles el,df] [--widths 360,1440] [--only grid]``. The pages are
those of `tests.browser.everypage`: of each route and case one.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser

from tests.browser.everypage import everybody, found
from tests.browser.house import ROOT
from tests.browser.visitors import entered, launched, serving
from tests.web.conftest import Site, made_world, running_copy

WIDTHS = (360, 820, 1440)
THUMB, TALL, ACROSS, MARGIN, CAPTION = 480, 720, 4, 12, 34
MOST_PER_SHEET = 12


def main(arguments: Sequence[str] | None = None) -> None:
    """Pictures and contact sheets lie in the folder named."""
    parser = argparse.ArgumentParser(prog="./dev screenshots", description="逐页截图并拼成总览")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "out" / "screenshots", help="存放目录")
    parser.add_argument("--roles", default="", help="登录名，用逗号分开")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)), help="宽度，用逗号分开")
    parser.add_argument("--only", default="", help="只要地址里含有这些字的页面")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made, launched() as browser:
        folder = Path(made)
        with (
            running_copy(made_world(folder / "world"), folder / "instance") as site,
            serving(site) as address,
        ):
            _pictures(browser, site, address, asked)


def _pictures(browser: Browser, site: Site, address: str, asked: argparse.Namespace) -> None:
    widths = [int(width) for width in asked.widths.split(",")]
    for login in asked.roles.split(",") if asked.roles else everybody(site):
        pages = [path for path in found(site, login) if asked.only in path]
        for width in widths:
            taken = list(_taken(browser, address, login, pages, width, asked.folder / login))
            _sheets(taken, asked.folder / f"{login}-{width}")
        sys.stdout.write(f"{login}：{len(pages)} 页\n")


def _taken(
    browser: Browser, address: str, login: str, pages: Sequence[str], width: int, folder: Path
) -> Iterator[tuple[str, Path]]:
    """Yield address and picture of every page, taken in one visit."""
    page = entered(browser, address, login, width)
    folder.mkdir(parents=True, exist_ok=True)
    for path in pages:
        page.goto(address + path)
        name = re.sub(r"[^0-9A-Za-z._-]+", "_", path.strip("/")) or "start"
        picture = folder / f"{name[:100]}-{width}.png"
        page.screenshot(path=picture, full_page=True)
        yield path, picture
    page.context.close()


def _sheets(taken: Sequence[tuple[str, Path]], name: Path) -> None:
    """Lay the pictures out, four across, as many sheets as needed; a row is as high as its longest picture."""
    for number, start in enumerate(range(0, len(taken), MOST_PER_SHEET), 1):
        part = [(path, _small(picture)) for path, picture in taken[start : start + MOST_PER_SHEET]]
        rows = [part[at : at + ACROSS] for at in range(0, len(part), ACROSS)]
        tops = [MARGIN]
        for row in rows:
            tops.append(tops[-1] + max(small.height for _, small in row) + CAPTION + MARGIN)
        sheet = Image.new("RGB", (ACROSS * (THUMB + MARGIN) + MARGIN, tops[-1]), "#888888")
        for top, row in zip(tops, rows, strict=False):
            for column, (path, small) in enumerate(row):
                left = MARGIN + column * (THUMB + MARGIN)
                ImageDraw.Draw(sheet).text((left, top + 8), path[:58], "white", ImageFont.load_default(14))
                sheet.paste(small, (left, top + CAPTION))
        sheet.save(f"{name}-{number}.png")


def _small(picture: Path) -> Image.Image:
    """The upper part of a picture, as wide as a column."""
    with Image.open(picture) as whole:
        width = min(THUMB, whole.width)
        small = whole.convert("RGB").resize((width, max(1, whole.height * width // whole.width)))
    return small.crop((0, 0, width, min(TALL, small.height)))


if __name__ == "__main__":
    main()
