"""A worker killed in the middle of a batch of 自评表: who goes on ends where an undisturbed one would have."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from service import clock
from service.actions.intakes import NewIntake, NewItem, confirm_intake, open_intake
from service.actions.selfintake import KEPT_AS, IntakeOrder, take_in_forms
from service.actions.workshop import workshop_of
from service.evidence.unpack import members
from service.extensions import db
from service.instance import Instance
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation, StageTrack
from service.models.evidence import Evidence
from service.queries.intakes import Item, intake_of, items_in_order
from service.setup import prepare
from service.workbooks.kept import KeptBooks
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import People, make_people
from tests.conftest import ROOT, Depth
from tests.selfbooks import batch, differences, zipped

WORKER = """
import sys
from flask import current_app
from service import create_app
from service.actions.selfintake import IntakeOrder, take_in_forms
from service.actions.workshop import workshop_of
from service.settings import Settings
from service.workbooks.kept import KeptBooks

settings = Settings.from_env({"PINGJI_INSTANCE": sys.argv[1]})
with create_app(settings).app_context():
    order = IntakeOrder(sys.argv[2], "经办", sys.argv[3])
    kept = KeptBooks(settings.instance.workbooks)
    take_in_forms(order, kept, workshop_of(settings).store, lambda said: None)
"""


@dataclass
class Desk:
    """A clerk with a batch, and the folder it all lies in."""

    people: People
    instance: Instance

    @property
    def clerk(self) -> str:
        return self.people.accounts[Role.FO]

    @property
    def kept(self) -> KeptBooks:
        return KeptBooks(self.instance.workbooks)

    def hand_in(self, files: list[tuple[str, bytes]], **more: Any) -> str:
        """The archive is in, confirmed and waits for the worker."""
        content = zipped(files)
        data = {
            "year": "2025", "organiser": self.people.organisations["bureau"], "secrecy": "内部", "publicity": "",
            "policy": "city", **more,
        }  # fmt: skip
        items = tuple(NewItem(member.path) for member in members(BytesIO(content)))
        new = NewIntake("self", "汇总.zip", hashlib.sha256(content).hexdigest(), data, items)
        key = open_intake(self.clerk, new, at=clock.now())
        self.kept.keep(self.clerk, KEPT_AS, key, name="汇总.zip", content=content)
        assert confirm_intake(self.clerk, key)
        return key

    def work(self, key: str) -> list[Item]:
        """What a worker that nothing happens to leaves behind."""
        order = IntakeOrder(self.clerk, "经办", key)
        take_in_forms(order, self.kept, workshop_of(current_app.config["PINGJI"]).store, lambda said: None)
        return items_in_order(db.session(), key)

    def killed(self, key: str, *, after: int) -> bool:
        """Start a worker and kill it once so many items are read or done; whether it was still at work."""
        command = [sys.executable, "-c", WORKER, str(self.instance.path), self.clerk, key]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        until = time.monotonic() + 240
        while process.poll() is None and self._steps(key) < after and time.monotonic() < until:
            time.sleep(0.01)
        alive = process.poll() is None
        if alive:
            process.send_signal(signal.SIGKILL)
        process.wait()
        return alive

    def _steps(self, key: str) -> int:
        """Items read, and twice those that are done."""
        query = "SELECT state, count(*) FROM intake_item WHERE intake_id = ? GROUP BY state"
        with closing(sqlite3.connect(f"file:{self.instance.database}?mode=ro", uri=True)) as connection:
            found = dict(connection.execute(query, (key,)).fetchall())
        return int(found.get("read", 0) + 2 * found.get("done", 0) + found.get("refused", 0))


@pytest.fixture
def desk(app: Flask, instance: Instance) -> Desk:
    prepare(instance)
    return Desk(make_people(), instance)


def test_a_worker_killed_anywhere_is_followed_by_one_that_makes_no_case_twice(
    desk: Desk, deep: Depth
) -> None:
    rounds = deep.numbers(1, 10)
    files = list(batch(11 + rounds.start, 16 + 10 * (len(rounds) - 1)))
    truths = [truth for _, _, truth in files]
    listed = [t.code for t in truths if t.code and "清单" not in t.out]
    key = desk.hand_in([(path, content) for path, content, _ in files], listed=listed)
    points = random.Random(2)
    stops = sorted(points.randrange(1, 2 * len(files) - 6) for _ in rounds)
    db.session.remove()
    killed = sum(desk.killed(key, after=stop) for stop in stops)
    items = desk.work(key)
    print(f"files={len(files)} killed={killed}/{len(stops)}")  # noqa: T201 - the count is the report
    assert killed == len(stops), "every worker was still busy when it was killed"
    assert differences(items, truths) == []
    session = db.session()
    done = [item for item in items if item.state == "done"]
    assert intake_of(session, desk.clerk, key).over
    assert session.scalar(select(func.count()).select_from(Evaluation)) == len(done)
    reviewing = select(func.count()).select_from(StageTrack).where(StageTrack.stage == Stage.MATERIAL_REVIEW)
    assert session.scalar(reviewing) == len(done)
    assert session.scalar(select(func.count()).select_from(Evidence)) == len(done)
    acts = dict(
        session.execute(
            select(AuditEntry.action, func.count())
            .where(AuditEntry.action.in_(("evaluation.create", "self.register")))
            .group_by(AuditEntry.action)
        ).all()
    )
    assert acts == {"evaluation.create": len(done), "self.register": len(done)}
