"""Print what pages cost over 1 000 evaluations against bare Flask + SQLAlchemy pages of as many rows.

On SQLite and on a PostgreSQL cluster of its own, with the same web server; then the budgets a person feels,
the browser's among them. ``--quick`` builds a few evaluations on SQLite alone.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from service import clock, create_app
from service.extensions import db
from service.models.evaluation import Evaluation
from service.queries.snapshot import take_snapshot
from service.report import profile, render
from tests.bench.rounds import Options, heading, line, options, ratio, span
from tests.bench.web_browser import SLOW_WORDS, chromium, feedback, usable
from tests.bench.web_load import PYTHON, Measured, Visitor, free_port, hidden, rate, serving, timed
from tests.bench.web_world import SIXTY, build, settings_of
from tests.builders import PASSWORD
from tests.cluster import running_cluster

SITE = """\
import logging
from waitress import serve
from service.server import THREADS
from wsgi import app
logging.getLogger("waitress").setLevel(logging.ERROR)
serve(app, host="127.0.0.1", port={port}, threads=THREADS)
"""
BARE = Path(__file__).with_name("web_bare.py")
GRID = f"/cases/{SIXTY}/grid"
NODE = "A101"
SAVE = "存一行评分（60 项）"
MANY = {"PINGJI_LIMITS": "token=1000000/m account=1000000/m address=1000000/m search=1000000/m"}
"""What is measured is the answer, not how often one may ask."""


@dataclass(frozen=True)
class Asked:
    """One thing measured: its name, whose it is, its address, and the rows it shows."""

    name: str
    login: str
    path: str
    rows: int


PAGES = (
    Asked("评价项目", "fo", "/cases", 50),
    Asked("待办", "fo", "/todo", 0),
    Asked("台账统计", "fo", "/portfolio", 50),
    Asked("案卷概况（60 项）", "el", f"/cases/{SIXTY}", 60),
    Asked("评分办理（60 项）", "ev", GRID, 60),
)


@contextmanager
def site(folder: Path, database: str | None) -> Iterator[int]:
    port = free_port()
    """Serve the instance in `folder` and give the port."""
    given = {"PINGJI_INSTANCE": str(folder), "PINGJI_SOFFICE": "/nonexistent/soffice", **MANY}
    command = [PYTHON, "-c", SITE.format(port=port)]
    with serving(command, port, **given, **({"PINGJI_DATABASE": database} if database else {})):
        yield port


@contextmanager
def bare(database: str) -> Iterator[int]:
    """Serve the baseline and give the port."""
    port = free_port()
    with serving([PYTHON, str(BARE), database, str(port)], port, PYTHONPATH=".") as ready:
        yield ready


class Saving:
    """Stores one row of the grid again and again, each time another value upon the version just made."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        page = visitor.ask(f"{GRID}/{NODE}")[1]
        self._form = {name: hidden(page, name) for name in ("csrf_token", "version", "was")}
        self._turn = 0

    def __call__(self) -> tuple[int, str]:
        """Send one row."""
        self._turn += 1
        sent = {**self._form, "value": f"{90 + self._turn % 9}%"}
        status, text = self._visitor.ask(f"{GRID}/{NODE}", sent, **{"HX-Request": "true"})
        self._form["version"], self._form["was"] = hidden(text, "version"), hidden(text, "was")
        return status, text


def _measure(site: int, bare: int, chosen: Options) -> dict[str, tuple[Measured, Measured]]:
    """Return what was measured of every page and of its baseline, round by round in turn."""
    found: dict[str, tuple[Measured, Measured]] = {}
    with closing(Visitor(bare)) as plain, ExitStack() as stack:
        people = {}
        for login in ("fo", "el", "ev"):
            visitor = stack.enter_context(closing(Visitor(site)))
            people[login] = visitor.log_in(login, PASSWORD)
        _rounds(people, plain, found, chosen)
    return found


def _rounds(
    people: dict[str, Visitor], plain: Visitor, found: dict[str, tuple[Measured, Measured]], chosen: Options
) -> None:
    count, seconds = chosen.count(20, 2), chosen.count(15, 1) / 10
    saving = Saving(people["ev"])
    for turn in range(chosen.rounds):
        for asked in PAGES:
            person = people[asked.login]
            own, base = found.setdefault(asked.name, (Measured(), Measured()))
            shown = asked.rows or _rows(person.ask(asked.path)[1])
            pairs = [(person, asked.path, own), (plain, f"/rows/{shown}", base)]
            for visitor, path, measured in pairs if turn % 2 else pairs[::-1]:
                timed(lambda v=visitor, p=path: v.ask(p), measured, count=count)
                rate(visitor, path, measured, seconds=seconds)
        own, base = found.setdefault(SAVE, (Measured(), Measured()))
        timed(saving, own, count=count)
        timed(lambda: plain.ask("/rows/1", {"a": "第一行"}), base, count=count)


def _rows(page: str) -> int:
    return page.count("<li") + page.count("<tr")


def _show(found: dict[str, tuple[Measured, Measured]]) -> None:
    for name, (own, base) in found.items():
        for word, measured in ((name, own), ("  裸页面，同样的行数", base)):
            told = f"p50 {span(measured.at(50))}，p95 {span(measured.at(95))}"
            if measured.rates:
                told += f"，{statistics.median(measured.rates):.1f} 次/秒"
            line(f"  {word}", ratio(measured.medians, base.medians), told)
        if own.rates:
            share = ratio([1 / r for r in own.rates], [1 / r for r in base.rates])
            line(f"  {name}，四个连接，每次所用", share, "")


def _docx(folder: Path, database: str | None, count: int) -> list[float]:
    """Return seconds for the report of sixty indicators, figures gathered and docx written."""
    app, taken = create_app(settings_of(folder, database)), []
    with app.app_context(), tempfile.TemporaryDirectory() as out:
        for _ in range(count):
            begun = time.perf_counter()
            case = db.session().scalars(select(Evaluation).where(Evaluation.code == SIXTY)).one()
            today = clock.local_date(clock.now())
            snapshot = take_snapshot(db.session(), case, demo=True, today=today)
            render.render(snapshot, profile.load(snapshot.profile), Path(out) / "report.docx")
            taken.append(time.perf_counter() - begun)
            db.session.remove()
        db.engine.dispose()
    return taken


def _budgets(
    folder: Path,
    database: str | None,
    site: int,
    found: dict[str, tuple[Measured, Measured]],
    chosen: Options,
) -> None:
    """Print every budget with what was measured."""
    some = chosen.count(20, 2)
    _budget("存一行评分 p95", 0.3, found[SAVE][0].at(95))
    _budget("台账统计 p95", 0.5, found["台账统计"][0].at(95))
    size = found["评分办理（60 项）"][0].size
    print(f"    评分办理 60 项的 HTML：{size / 1024:.0f} KB，预算 200 KB，{_kept(size <= 200 * 1024)}")
    _budget("60 项的 docx", 2, max(_docx(folder, database, chosen.count(5, 1))))
    with closing(Visitor(site)) as visitor, chromium() as browser:
        visitor.log_in("ev", PASSWORD)
        cold, warm = usable(browser, visitor, GRID, count=chosen.count(5, 1))
        _budget(f"评分办理可用，{SLOW_WORDS}，首次打开", 1.5, statistics.median(cold))
        _budget("评分办理可用，同上，样式与脚本已在本机", 1.5, statistics.median(warm))
        for word, taken in zip(
            ("键入到显示 p95", "回车换行到显示 p95", "选定到显示 p95"),
            feedback(browser, visitor, GRID, count=some),
            strict=True,
        ):
            _budget(word, 0.1, sorted(taken)[len(taken) * 95 // 100 - 1])


def _budget(name: str, most: float, taken: float) -> None:
    print(f"    {name}：{span(taken)}，预算 {span(most)}，{_kept(taken <= most)}", flush=True)


def _kept(inside: bool) -> str:
    return "在预算内" if inside else "超出预算"


def _compare(
    title: str, database: Callable[[], str] | None, other: Callable[[Path], str], chosen: Options
) -> None:
    count = chosen.count(1000, 12)
    with tempfile.TemporaryDirectory() as name:
        folder, url = Path(name) / "instance", database() if database else None
        begun = time.monotonic()
        build(folder, url, count=count)
        print(f"  {title}，{count} 项评价（建立用时 {time.monotonic() - begun:.0f} 秒）", flush=True)
        with site(folder, url) as port, bare(other(Path(name))) as plain:
            found = _measure(port, plain, chosen)
            _show(found)
            _budgets(folder, url, port, found, chosen)


def main() -> None:
    """Measure on both databases."""
    chosen = options("页面")
    heading(
        "页面：打开一页、存一行所用的时间，比值越小越快",
        "裸 Flask + SQLAlchemy 页面，同样的行数、同样的网站服务器和数据库",
        "基准没有登录、权限、计分与留痕；首行为单个连接的中位数之比，次/秒 为四个连接",
    )
    _compare("SQLite", None, lambda folder: f"sqlite:///{folder / 'bare.db'}", chosen)
    if chosen.quick:
        return
    with running_cluster() as cluster:
        _compare(
            "PostgreSQL",
            lambda: cluster.url(cluster.create()),
            lambda _: cluster.url(cluster.create()),
            chosen,
        )


if __name__ == "__main__":
    main()
