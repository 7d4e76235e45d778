"""Whatever a superuser of the database or of the disk changes below the checkpoint is found and named."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine, event, select
from sqlalchemy.pool import NullPool

from service.audit.findings import Anchor, Report
from service.audit.online import verify as verify_log
from service.errors import ServiceError
from service.extensions import db
from service.models.report import ReportVersion
from service.queries.catalogue import cited_contents, cited_reports
from service.queries.reportaudit import inclusion
from service.report.verify import VerifyReport, verify
from tests.conftest import Depth
from tests.db.archive import AT, Archive, fill, workshop_in
from tests.db.mutants import MUTANTS, Tamper, Unfit
from tests.db.office import hurry, opened
from tests.db.test_audit_verify import Superuser

COUNT, DEEP_COUNT = 30, 250
STORE_SHARE, REPORT_SHARE = 5, 6  # every fifth, every sixth


@dataclass
class Tally:
    """What was changed, and what became of it."""

    made: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    by_signature: int = 0

    def line(self, name: str) -> str:
        """Return the count for people."""
        made = self.made.total()
        kinds = " ".join(f"{kind}={count}" for kind, count in sorted(self.made.items()))
        return f"{name}: mutations={made} found={made - len(self.missed)} unnamed={len(self.unnamed)} {kinds}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """A signed case with a real report, made once on each database."""
    folder = tmp_path_factory.mktemp("archive")
    workshop, cluster = workshop_in(folder), None
    if request.param == "sqlite":
        template = str(folder / "archive.db")
        shutil.copy(request.getfixturevalue("template_sqlite"), template)
        url = f"sqlite:///{template}"
    else:
        cluster = request.getfixturevalue("cluster")
        template = cluster.create(request.getfixturevalue("template_postgresql"))
        url = cluster.url(template)
    with opened(url):
        report = fill(workshop)
        if cluster is None:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return Archive(request.param, template, cluster, workshop, report)


def log_report(archive: Archive, *, files: bool = False) -> Report:
    """Return what the verification of the log says."""

    def check(sha256: str, size: int) -> str | None:
        found = archive.store.fsck({sha256: size})
        return str(found[0]) if found else None

    anchor = Anchor.of(archive.workshop.signer)
    return verify_log(db.session(), anchor, check_file=check if files else None)


def store_problems(archive: Archive) -> list[str]:
    """Return what the check of the store says."""
    session = db.session()
    found = [str(each) for each in archive.store.fsck(cited_contents(session))]
    for sha256 in sorted(cited_reports(session)):
        try:
            archive.store.open(sha256).close()
        except ServiceError as error:
            found.append(str(error))
    session.rollback()
    return found


def report_of(archive: Archive, path: Path, *, known: bool = True) -> VerifyReport:
    """Return what the check of a report file says; `known` asks the instance it came from as well."""
    session = db.session()
    roots = (archive.workshop.keys.root(at=AT),)
    if not known:
        return verify(path, trust_roots=roots)
    found = verify(path, trust_roots=roots, audit=inclusion(session))
    session.rollback()
    return found


def in_database(archive: Archive, random: Random, tally: Tally, folder: Path) -> None:
    """Change something in a copy of the database and look for it."""
    while True:
        mutant = random.choice(MUTANTS)
        with archive.copy(folder) as url:
            engine = create_engine(url, poolclass=NullPool)
            event.listen(engine, "connect", hurry)
            try:
                with engine.connect() as connection:
                    expected = mutant(Tamper(Superuser(connection), random))
            except Unfit:
                continue
            finally:
                engine.dispose()
            report = log_report(archive)
        break
    tally.made[mutant.__name__] += 1
    if report.ok:
        tally.missed.append(f"{mutant.__name__} at {expected}")
    first = report.first_bad
    if expected is not None and first is not None and first.index != expected:
        tally.unnamed.append(f"{mutant.__name__}: {expected} but {first.index} {first.message}")


def flip(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << random.randrange(8))]) + content[at + 1 :]


def cut(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content))]


def grow(random: Random, content: bytes) -> bytes:
    return content + random.choice(
        (b"\n", b" ", b"\0", b"%%EOF\n", b"\r\n", os.urandom(random.randint(1, 40)))
    )


def drop(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + content[at + 1 :]


def squeeze_in(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + random.choice((b" ", b"\n", b"0", b"\xff")) + content[at:]


def exchange(random: Random, content: bytes) -> bytes:
    one, other = sorted(random.sample(range(len(content)), 2))
    if content[one] == content[other]:
        return flip(random, content)
    swapped = bytearray(content)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    return bytes(swapped)


def pad(random: Random, content: bytes) -> bytes:
    """Write into the zeros that fill up the room of a signature."""
    places = [at for at in range(0, len(content) - 64, 64) if content[at : at + 64] == b"0" * 64]
    if not places:
        return flip(random, content)
    at = random.choice(places) + random.randrange(64)
    return content[:at] + random.choice((b"1", b"f", b"A")) + content[at + 1 :]


def recase(random: Random, content: bytes) -> bytes:
    """Write a digit of a signature's hexadecimal in the other case, which reads the same."""
    start = content.rfind(b"/Contents <")
    places = [at for at in range(start + 11, start + 4000) if content[at : at + 1] in b"abcdefABCDEF"]
    if start < 0 or not places:
        return flip(random, content)
    at = random.choice(places)
    return content[:at] + content[at : at + 1].swapcase() + content[at + 1 :]


def rewind(random: Random, content: bytes) -> bytes:
    """Take the last signatures off again: an earlier revision of the same file."""
    ends = [at + 6 for at in range(len(content)) if content.startswith(b"%%EOF\n", at)]
    return content[: random.choice(ends[:-1])] if len(ends) > 1 else cut(random, content)


Change = Callable[[Random, bytes], bytes]
FILE_CHANGES: tuple[Change, ...] = (flip, flip, flip, cut, grow, drop, squeeze_in, exchange)
REPORT_CHANGES: tuple[Change, ...] = (*FILE_CHANGES, pad, pad, recase, rewind, grow)


def in_store(archive: Archive, random: Random, tally: Tally) -> None:
    """Change a stored file, look for it with both tools, and put it back."""
    wanted = {*cited_contents(db.session()), *cited_reports(db.session())}
    db.session.rollback()
    assert archive.store.local is not None
    path = random.choice(sorted(p for p in archive.store.local.glob("*/*/*") if p.name in wanted))
    content = path.read_bytes()
    path.chmod(0o600)
    change = random.choice((*FILE_CHANGES, None))
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(random, content))
    tally.made[f"store {change.__name__ if change else 'delete'}"] += 1
    found, report = store_problems(archive), log_report(archive, files=True)
    path.write_bytes(content)
    if not found or report.ok:
        tally.missed.append(f"store {change}: {len(found)} by fsck, log ok={report.ok}")
    entries = [each.entry for each in report.findings if each.verdict == "files"]
    if None in entries or not entries:
        tally.unnamed.append(f"store {change}")


def in_report(archive: Archive, random: Random, tally: Tally, folder: Path) -> None:
    """Change the signed file somebody took away, and look at it."""
    change = random.choice(REPORT_CHANGES)
    path = folder / "report.pdf"
    path.write_bytes(change(random, archive.report))
    tally.made[f"report {change.__name__}"] += 1
    if report_of(archive, path).ok:
        tally.missed.append(f"report {change.__name__}")
    tally.by_signature += not report_of(archive, path, known=False).ok


def test_the_untouched_archive_passes_every_check(archive: Archive, tmp_path: Path) -> None:
    with archive.copy(tmp_path):
        report = log_report(archive, files=True)
        assert (report.ok, report.unanchored) == (True, 0), report.text()
        assert store_problems(archive) == []
        path = tmp_path / "report.pdf"
        path.write_bytes(archive.report)
        outcome = report_of(archive, path)
        assert outcome.ok, outcome.findings
        assert outcome.form == "pades" and len(outcome.signatures) == 3
        row = db.session.scalars(select(ReportVersion)).one()
        assert (row.final_sha256, row.frozen_sha256) == (outcome.sha256, outcome.frozen_sha256)


def test_every_random_change_below_the_checkpoint_is_found_and_named(
    archive: Archive, tmp_path: Path, deep: Depth
) -> None:
    numbers, tally = deep.numbers(COUNT, DEEP_COUNT), Tally()
    random = Random(f"20210730 {archive.name} {numbers.start}")
    for number in numbers:
        if number % STORE_SHARE == 0:
            with archive.copy(tmp_path):
                in_store(archive, random, tally)
        elif number % REPORT_SHARE == 0:
            with archive.copy(tmp_path):
                in_report(archive, random, tally, tmp_path)
        else:
            in_database(archive, random, tally, tmp_path)
    reports = sum(n for kind, n in tally.made.items() if kind.startswith("report"))
    print(tally.line(archive.name), f"reports refused by signature alone={tally.by_signature}/{reports}")  # noqa: T201
    assert tally.made.total() >= len(numbers)
    assert tally.missed == []
    assert tally.unnamed == []
    with archive.copy(tmp_path):
        assert log_report(archive, files=True).ok
