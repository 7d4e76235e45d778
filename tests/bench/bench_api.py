"""Print what the interface for programs costs against bare Flask + SQLAlchemy routes that answer JSON.

One evaluation of sixty indicators among others; a program of its evaluator reads and writes with its token,
each write with `If-Match` and an `Idempotency-Key` of its own, audited. On both databases.
"""

from __future__ import annotations

import http.client
import json
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count as counting
from pathlib import Path

from tests.bench.bench_web import bare, site
from tests.bench.rounds import Options, heading, line, options, ratio, span
from tests.bench.web_load import Measured, Visitor, timed
from tests.bench.web_world import SIXTY, build
from tests.builders import PASSWORD
from tests.cluster import running_cluster
from tests.programs.machine import ROOT, issued_token

CASE = f"{ROOT}/cases/{SIXTY}"
READS = (
    ("案卷一览（50 项）", f"{ROOT}/cases?limit=50", 50),
    ("一个案卷", CASE, 1),
    ("评分表（60 项）", f"{CASE}/scores", 60),
    ("评分办理（60 项）", f"{CASE}/grid", 60),
)
WRITE = "录入一个指标结果"
Request = Callable[[], tuple[int, str]]
Found = dict[str, tuple[Measured, Measured]]


class Program:
    """One connection of a program that bears a token."""

    def __init__(self, port: int) -> None:
        self._visitor = Visitor(port)
        token = issued_token(f"http://127.0.0.1:{port}", "ev", PASSWORD)
        self._bearer = {"Authorization": f"Bearer {token}"}
        self._values = counting()

    def read(self, path: str) -> tuple[int, str]:
        """Read."""
        return self._visitor.ask(path, None, **self._bearer)

    def state(self) -> str:
        """Return the state of the evaluation, as it must be cited by whoever writes."""
        door = http.client.HTTPConnection("127.0.0.1", self._visitor.port, timeout=120)
        with closing(door):
            door.request("HEAD", CASE, headers=self._bearer)
            return str(door.getresponse().headers["ETag"])

    def writing(self) -> Request:
        """Return a write of one result upon the state as it now is."""
        value, state = f"{90 + next(self._values) % 9}%", self.state()
        headers = {**self._bearer, "If-Match": state, "Idempotency-Key": str(uuid.uuid4())}
        body = {"results": {"A101": {"value": value}}}
        return lambda: self._visitor.tell(f"{CASE}/results", body, **headers)

    def close(self) -> None:
        """Hang up."""
        self._visitor.close()


def _rounds(program: Program, plain: Visitor, chosen: Options) -> Found:
    """Return what was measured of every operation and its baseline, round by round in turn."""
    found: Found = {}
    times = chosen.count(20, 2)
    for turn in range(chosen.rounds):
        for name, path, rows in READS:
            own, base = found.setdefault(name, (Measured(), Measured()))
            asked: list[tuple[Request, Measured]] = [
                (lambda p=path: program.read(p), own),  # type: ignore[misc]
                (lambda r=rows: plain.ask(f"/json/{r}"), base),  # type: ignore[misc]
            ]
            for request, measured in asked if turn % 2 else asked[::-1]:
                timed(request, measured, count=times)
        own, base = found.setdefault(WRITE, (Measured(), Measured()))
        for _ in range(times):
            timed(program.writing(), own, count=1)
        timed(lambda: plain.tell("/json/1", {"a": "第一行"}), base, count=times)
    return found


def _show(found: Found) -> None:
    for name, (own, base) in found.items():
        # Writes are timed one by one; their rounds are as long as those of the baseline.
        size = len(own.taken) // len(base.medians)
        medians = [sorted(own.taken[at : at + size])[size // 2] for at in range(0, len(own.taken), size)]
        for word, measured, middle in ((name, own, medians), ("  裸路由", base, base.medians)):
            told = f"p50 {span(measured.at(50))}，p95 {span(measured.at(95))}，{measured.size / 1024:.1f} KB"
            line(f"  {word}", ratio(middle, base.medians), told)


@contextmanager
def _served(database: str | None, other: str, *, count: int) -> Iterator[tuple[Program, Visitor]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "instance"
        build(folder, database, count=count)
        with (
            site(folder, database) as port,
            bare(other or f"sqlite:///{name}/bare.db") as plain,
            closing(Program(port)) as program,
            closing(Visitor(plain)) as visitor,
        ):
            yield program, visitor


def _compare(title: str, database: str | None, other: str, chosen: Options) -> None:
    count = chosen.count(200, 12)
    print(f"  {title}，{count} 项评价", flush=True)
    with _served(database, other, count=count) as (program, plain):
        if len(json.loads(program.read(READS[0][1])[1])["cases"]) < min(count, 50) // 2:
            raise SystemExit("没有读到案卷，比值没有意义")
        _show(_rounds(program, plain, chosen))


def main() -> None:
    """Measure on both databases."""
    chosen = options("接口")
    heading(
        "接口：读与写所用的时间，比值越小越快",
        "裸 Flask + SQLAlchemy 路由，同样的行数、同样的网站服务器和数据库，答 JSON",
        "基准没有令牌、权限、计分、留痕、限流与幂等",
    )
    _compare("SQLite", None, "", chosen)
    with running_cluster() as cluster:
        _compare("PostgreSQL", cluster.url(cluster.create()), cluster.url(cluster.create()), chosen)


if __name__ == "__main__":
    main()
