"""Writers killed at any moment: what was acknowledged is there, what is there is whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import select

from service.audit.merkle import Frontier, root_of
from service.models.audit import AuditEntry, AuditHead
from service.models.evaluation import Evaluation, MoneyFact
from service.models.operational import IdempotencyRecord, Job
from tests.conftest import Depth
from tests.db.conftest import Database

WRITER = Path(__file__).with_name("writer.py")
ROUNDS, DEEP_ROUNDS = 2, 60
WRITERS = 2


def killed(database: Database, name: str, *, after: float) -> list[str]:
    """Start writers, kill each some time after its first commit, and return what they had acknowledged."""
    writers = [
        subprocess.Popen(
            [sys.executable, str(WRITER), database.url, f"{name}.{number}."],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    acknowledged = []
    for writer in writers:
        assert writer.stdout is not None
        acknowledged.append(writer.stdout.readline())
    time.sleep(after)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        assert writer.stdout is not None
        # Not communicate(): it would miss what the first readline() has already taken from the pipe.
        with writer.stdout as rest:
            acknowledged += rest.readlines()
        assert writer.wait(timeout=120) == -signal.SIGKILL
    return [line.strip() for line in acknowledged if line.endswith("\n")]


def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_half_done(
    database: Database, deep: Depth
) -> None:
    rounds = deep.numbers(ROUNDS, DEEP_ROUNDS)
    chance = random.Random(20260302 + rounds.start)
    acknowledged: list[str] = []
    for number in rounds:
        acknowledged += killed(database, str(number), after=chance.uniform(0, 0.3))
    with database.engine() as engine, engine.connect() as connection:
        entries = connection.execute(select(AuditEntry).order_by(AuditEntry.id)).all()
        head = connection.execute(select(AuditHead)).one()
        cited = set(connection.execute(select(Evaluation.last_audit)).scalars())
    ids = {entry.entry_id for entry in entries}
    assert len(acknowledged) > WRITERS
    assert set(acknowledged) <= ids
    assert [entry.leaf_index for entry in entries] == list(range(head.size))
    frontier = Frontier.unpack(head.size, bytes(head.frontier))
    assert frontier.root() == root_of(bytes(entry.leaf_hash) for entry in entries)
    assert cited == ids
    assert {database.count(model) for model in (Evaluation, MoneyFact, Job, IdempotencyRecord)} == {
        len(entries)
    }
