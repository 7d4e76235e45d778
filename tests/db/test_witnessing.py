"""Checkpoints reach those outside through the job table, also after an outage, and the page says how far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from service import clock, create_app
from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.actions.witnessing import witness_faults
from service.audit.signer_client import signer_at
from service.audit.ways import Way
from service.extensions import db
from service.instance import Instance, InstanceKind
from service.jobs.ledger import MAX_ATTEMPTS
from service.jobs.runner import run_job
from service.models.audit import AuditAttestation
from service.models.operational import Job
from service.models.organisation import Organisation
from service.queries.systemstate import jobs_state, log_state
from service.queries.witnessed import WitnessLine, witness_lines
from service.settings import Settings
from service.setup import prepare
from service.tasks import ledger
from service.web.health import BAD, GOOD, WARN, health
from service.workflow.actions import Action
from tests.conftest import FrozenClock
from tests.smtp import Mailbox, mailbox


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "medium" / "checkpoints.jsonl"


@pytest.fixture
def witnessed(instance: Instance, box: Mailbox, file: Path) -> Iterator[Flask]:
    """An application with a witness file, whose medium is not there yet, and a mailbox."""
    settings = Settings.from_env({
        "PINGJI_INSTANCE": str(instance.path), "PINGJI_WITNESS_FILE": str(file),
        "PINGJI_WITNESS_MAIL": "audit@example.org", "PINGJI_MAIL_FROM": "pingji@example.org",
        "PINGJI_MAIL_SERVER": f"smtp://127.0.0.1:{box.port}",
    })  # fmt: skip
    app = create_app(settings)
    with app.app_context():
        prepare(instance)
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def act(actor: Actor, code: str) -> None:
    with transaction(actor, Action.ACCOUNT_CREATE, reason="设立") as tx:
        tx.add(Organisation(code=code, name=f"单位{code}"))


def work(at: FrozenClock) -> None:
    """Do everything that is due, and what becomes due by its failing, until nothing is."""
    for _ in range(40):
        for job in ledger().due(at=clock.now()):
            run_job(ledger(), job)
        at.advance(seconds=3)


def sealed() -> None:
    ledger().enqueue("audit.checkpoint", {}, at=clock.now())


def lines(app: Flask) -> dict[Way, WitnessLine]:
    settings: Settings = app.config["PINGJI"]
    db.session.rollback()
    return {each.way: each for each in witness_lines(db.session(), settings.witnesses.names())}


def states(app: Flask) -> dict[str, tuple[str, str]]:
    settings: Settings = app.config["PINGJI"]
    now, session = clock.now(), db.session()
    session.rollback()
    told = witness_lines(session, settings.witnesses.names())
    jobs = jobs_state(session, at=now)
    parts = health(session, settings.instance, jobs, log_state(session), witnesses=told, at=now)
    return {part.name: (part.state, part.words) for part in parts if part.name.startswith("外部见证")}


def attested() -> int:
    return len(db.session.scalars(select(AuditAttestation.id)).all())


def test_every_checkpoint_is_filed_and_mailed_once(
    witnessed: Flask, actor: Actor, box: Mailbox, file: Path, frozen_clock: FrozenClock
) -> None:
    file.parent.mkdir()
    for number, code in enumerate(("A", "B"), start=1):
        act(actor, code)
        sealed()
        sealed()
        work(frozen_clock)
        assert len(box.mails) == number
        assert len(file.read_text().splitlines()) == number
        assert attested() == 2 * number
    told = lines(witnessed)
    assert told[Way.FILE].size == told[Way.MAIL].size == log_state(db.session()).size
    assert {state for state, _ in states(witnessed).values()} == {GOOD}
    assert len(states(witnessed)) == 2


def test_an_outage_is_shown_and_made_up_for(
    witnessed: Flask, actor: Actor, box: Mailbox, file: Path, frozen_clock: FrozenClock
) -> None:
    box.answers["MAIL"] = "451 later"
    act(actor, "A")
    sealed()
    work(frozen_clock)
    assert (box.mails, file.exists(), attested()) == ([], False, 0)
    told = lines(witnessed)
    assert all(each.failures and each.at is None for each in told.values())
    assert "介质" in told[Way.FILE].error
    assert "451" in told[Way.MAIL].error
    assert {state for state, _ in states(witnessed).values()} == {BAD}
    again = db.session.scalars(
        select(Job).where(Job.kind.startswith("witness."), Job.state == "queued")
    ).all()
    assert len(again) == 2
    del box.answers["MAIL"]
    file.parent.mkdir()
    frozen_clock.advance(minutes=20)
    work(frozen_clock)
    assert (len(box.mails), len(file.read_text().splitlines())) == (1, 1)
    assert {state for state, _ in states(witnessed).values()} == {GOOD}


def test_a_long_outage_leaves_one_job_waiting_a_way(
    witnessed: Flask, actor: Actor, box: Mailbox, frozen_clock: FrozenClock
) -> None:
    box.dumb = True
    for code in "ABCD":
        act(actor, code)
        sealed()
        work(frozen_clock)
        frozen_clock.advance(seconds=30)
    waiting = db.session.scalars(select(Job.kind).where(Job.state == "queued")).all()
    assert len(waiting) <= 2 * len(set(waiting)) == 4
    assert MAX_ATTEMPTS == 3


def test_a_changed_file_is_an_alarm_not_a_repetition(
    witnessed: Flask, actor: Actor, file: Path, frozen_clock: FrozenClock
) -> None:
    file.parent.mkdir()
    act(actor, "A")
    sealed()
    work(frozen_clock)
    file.write_text(file.read_text().replace('"kind"', '"kinD"'))
    spoilt = file.read_bytes()
    act(actor, "B")
    sealed()
    work(frozen_clock)
    assert file.read_bytes() == spoilt
    state, words = states(witnessed)["外部见证：见证文件"]
    assert state == WARN
    assert "不同" in words
    frozen_clock.advance(days=2)
    assert states(witnessed)["外部见证：见证文件"][0] == BAD
    settings: Settings = witnessed.config["PINGJI"]
    (said,) = witness_faults(settings.witnesses, signer_at(settings.instance.signer))
    assert ":1：" in said


def test_a_live_instance_without_any_witness_is_told_so(witnessed: Flask, instance: Instance) -> None:
    live = replace(instance, kind=InstanceKind.LIVE)
    session, now = db.session(), clock.now()
    jobs, log = jobs_state(session, at=now), log_state(session)
    assert "外部见证" in {
        part.name for part in health(session, live, jobs, log, at=now) if part.state == WARN
    }
    assert "外部见证" not in {part.name for part in health(session, instance, jobs, log, at=now)}
