"""Replays killed at any moment: what was acknowledged is there, what is there is whole, and it can go on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select, text

from service import clock, create_app
from service.actions.workshop import workshop_of
from service.audit.findings import Anchor
from service.audit.online import verify
from service.audit.stored import anchor
from service.cases import reader
from service.cases.acts import planned_acts
from service.extensions import WRITING, db
from service.instance import InstanceKind, create_instance
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.models.operational import Job
from service.queries.catalogue import cited_contents
from service.settings import Settings
from service.setup import prepare
from service.workflow.stages import Stage
from tests.conftest import Depth

KILLS, DEEP_KILLS = 6, 200
CHAIN = 3  # kills of one instance before a fresh one
FOUNDING = 20  # commits before the first act of a case: people and parts
CASES = (
    *sorted((Path(reader.__file__).parent / "examples").glob("*.yaml")),
    Path(__file__).parent / "cases" / "full.yaml",
)
REPLAYER = Path(__file__).with_name("replayer.py")


class Replayer:
    """The program that replays in children, and what it says."""

    def __init__(self) -> None:
        self.program = subprocess.Popen(
            [sys.executable, str(REPLAYER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPLAYER.parents[2])},
        )

    def lines(self, instance: Path, case: Path) -> Iterator[list[str]]:
        """Start a replay and yield what is said about it, word by word, up to its end."""
        assert self.program.stdin is not None and self.program.stdout is not None
        self.program.stdin.write(f"{instance} {case}\n")
        self.program.stdin.flush()
        for line in self.program.stdout:
            yield line.split()
            if line.startswith("end"):
                return
        raise AssertionError("the replayer is gone")

    def killed(self, instance: Path, case: Path, *, after: int, delay: float) -> tuple[list[str], int]:
        """Kill a replay `delay` seconds after its commit number `after`; return what it acknowledged."""
        acknowledged: list[str] = []
        pid, status = 0, 0
        for word, said in self.lines(instance, case):
            if word == "start":
                pid = int(said)
            elif word == "ack":
                acknowledged.append(said)
                if len(acknowledged) == after:
                    time.sleep(delay)
                    os.kill(pid, signal.SIGKILL)
            else:
                status = int(said)
        return acknowledged, status

    def close(self) -> None:
        """Let the program end."""
        assert self.program.stdin is not None and self.program.stdout is not None
        self.program.stdin.close()
        self.program.wait(120)
        self.program.stdout.close()


@pytest.fixture(scope="module")
def replayer() -> Iterator[Replayer]:
    program = Replayer()
    yield program
    program.close()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty demo instance, ready to be copied."""
    path = tmp_path_factory.mktemp("prepared") / "instance"
    instance = create_instance(path, InstanceKind.DEMO, at=clock.now())
    with create_app(Settings.from_env({"PINGJI_INSTANCE": str(path)})).app_context():
        prepare(instance)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return path


@dataclass
class Tally:
    """What the kills came to."""

    kills: int = 0
    acknowledged: int = 0
    entries: int = 0
    lost: int = 0
    half: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return the count for people."""
        return (
            f"kills={self.kills} acknowledged={self.acknowledged} entries={self.entries} "
            f"lost={self.lost} half={len(self.half)}"
        )


def examine(path: Path, acknowledged: list[str], tally: Tally) -> None:
    """Look for everything acknowledged, and for anything half done, in the instance a kill has left."""
    settings = Settings.from_env({"PINGJI_INSTANCE": str(path)})
    with create_app(settings).app_context():
        workshop = workshop_of(settings)
        session = db.session()
        ids = list(session.scalars(select(AuditEntry.entry_id).order_by(AuditEntry.leaf_index)))
        tally.lost += len(set(acknowledged) - set(ids))
        tally.entries = max(tally.entries, len(ids))
        tally.half += [
            f"job of nothing: {each}" for each in set(session.scalars(select(Job.entry_id))) - set(ids)
        ]
        tally.half += [str(each) for each in workshop.store.fsck(cited_contents(session))]
        if (state := session.execute(text("PRAGMA integrity_check")).scalar_one()) != "ok":
            tally.half.append(str(state))
        session.rollback()
        report = verify(session, Anchor.of(workshop.signer))
        tally.half += [finding.message for finding in report.findings]
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            anchor(connection, workshop.signer, at=clock.now())
        after = verify(session, Anchor.of(workshop.signer))
        tally.half += [finding.message for finding in after.findings] + ["unanchored"] * after.unanchored
        db.session.remove()
        db.engine.dispose()


def finished(path: Path) -> list[Stage]:
    """Return the stages of all cases in an instance, in the order they were made."""
    with create_app(Settings.from_env({"PINGJI_INSTANCE": str(path)})).app_context():
        stages = list(db.session.scalars(select(Evaluation.stage).order_by(Evaluation.id)))
        db.session.remove()
        db.engine.dispose()
    return stages


def test_a_killed_replay_loses_nothing_acknowledged_and_can_be_played_again(
    replayer: Replayer, prepared: Path, tmp_path: Path, deep: Depth
) -> None:
    rounds = deep.numbers(KILLS, DEEP_KILLS)
    random, tally = Random(20210730 + rounds.start), Tally()
    acts = {case: len(planned_acts(reader.load(case)).acts) for case in CASES}
    wanted, acknowledged = len(rounds), []
    path = tmp_path / "0"
    for number in count():
        if tally.kills >= wanted:
            break
        if number % CHAIN == 0:
            shutil.rmtree(path, ignore_errors=True)
            path, acknowledged = tmp_path / str(number), []
            shutil.copytree(prepared, path)
        case = random.choice(CASES)
        after = random.randint(1, acts[case] + FOUNDING)
        delay = random.choice((0, random.uniform(0, 0.05)))
        told, status = replayer.killed(path, case, after=after, delay=delay)
        assert status in (0, -signal.SIGKILL), (case.name, status)
        acknowledged += told
        tally.kills += status != 0  # a replay may be over before its turn comes
        tally.acknowledged += len(told)
        examine(path, acknowledged, tally)
    print(tally.line())  # noqa: T201 - the count is the report
    assert tally.kills >= wanted
    assert tally.acknowledged > tally.kills
    assert (tally.lost, tally.half) == (0, [])
    fresh = tmp_path / "fresh"
    shutil.copytree(prepared, fresh)
    for again in (path, fresh):
        assert list(replayer.lines(again, CASES[-1]))[-1] == ["end", "0"]
        assert finished(again)[-1] is Stage.FINALISATION
