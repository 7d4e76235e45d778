"""The same request sent again and again, at once and after the service was killed: one effect, one answer."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from service import clock
from service.actions.tokens import IssueToken, issue_token
from service.queries.tokens import Scope
from service.workflow.roles import Role
from tests.browser.house import ROOT as HERE
from tests.browser.house import environment
from tests.conftest import Depth
from tests.ports import free_port
from tests.programs.machine import Answer, Machine
from tests.programs.test_examples import served
from tests.web.conftest import Site, World, running_copy, world

__all__ = ["served", "world"]
PATH = "/cases/review/acts/review.verdict"
AT_ONCE = 4
SERVER = (
    "from service import create_app; from service.settings import Settings; import os, waitress;"
    "waitress.serve(create_app(Settings.from_env(os.environ)), host='127.0.0.1', port=int(os.environ['PORT']))"
)


def token_of(site: Site, role: Role) -> str:
    """A token of the person of `role`."""
    with site.app.app_context():
        until = clock.local_date(clock.now()) + timedelta(days=2)
        actor = site.world.people.actor(role, on=None)
        return issue_token(actor, IssueToken("重发", tuple(Scope), until), fresh=True)


def verdict(machine: Machine, number: int, state: str) -> Answer:
    """One verdict, under a key of its own."""
    body = {"subject": f"材料{number}", "verdict": "complete", "note": ""}
    return machine.ask("POST", PATH, body, If_Match=state, Idempotency_Key=f"round-{number}")


def entries(path: Path) -> int:
    """How many verdicts the log holds as done."""
    with closing(sqlite3.connect(path)) as raw:
        query = "select count(*) from audit_entry where action = 'review.verdict' and outcome = 'done'"
        return int(raw.execute(query).fetchone()[0])


def test_requests_sent_at_once_have_one_effect_and_one_answer(served: tuple[Site, str], deep: Depth) -> None:
    site, address = served
    machine = Machine(address, token_of(site, Role.EV))
    before, sent = entries(site.instance.database), 0
    rounds = deep.numbers(6, 200)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in rounds:
            state = str(machine.get("/cases/review").headers["ETag"])
            answers = list(pool.map(lambda _, n=number, s=state: verdict(machine, n, s), range(AT_ONCE)))
            answers.append(verdict(machine, number, state))
            sent += len(answers)
            assert {(each.status, each.content) for each in answers} == {(200, answers[0].content)}, number
    print(f"requests={sent} effects={entries(site.instance.database) - before}")  # noqa: T201 - the count is the report
    assert entries(site.instance.database) - before == len(rounds)


@contextmanager
def process(path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server of its own process for the instance in `path`, killed at the end."""
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=HERE, env=environment(path, PORT=str(port))
    )
    try:
        until = time.monotonic() + 120
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < until, "网站没有应答"
            time.sleep(0.1)
        yield running, f"http://127.0.0.1:{port}"
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait(120)


@pytest.mark.deep
def test_a_request_whose_server_was_killed_is_done_once_when_sent_again(
    world: World, tmp_path: Path, deep: Depth
) -> None:
    path = tmp_path / "instance"
    with running_copy(world, path) as site:
        token = token_of(site, Role.EV)
    database = site.instance.database
    before, lost = entries(database), 0
    rounds = deep.numbers(2, 30)
    for number in rounds:
        with process(path) as (running, address), ThreadPoolExecutor(1) as pool:
            machine = Machine(address, token)
            state = str(machine.get("/cases/review").headers["ETag"])
            first = pool.submit(verdict, machine, number, state)
            time.sleep(0.002 * (number % 30))
            os.kill(running.pid, signal.SIGKILL)
            try:
                answer = first.result(120)
            except OSError:
                answer, lost = None, lost + 1
        with process(path) as (_, address):
            machine = Machine(address, token)
            again = verdict(machine, number, state)
            assert again.status == 200, again.content
            assert answer is None or answer.content == again.content
            assert verdict(machine, number, state).content == again.content
    print(f"kills={len(rounds)} unanswered={lost} effects={entries(database) - before}")  # noqa: T201 - the count is the report
    assert entries(database) - before == len(rounds)
