"""Replay case files in children until somebody kills them; run by test_kill_replay.py.

Reads lines ``INSTANCE CASE``; for each a fresh child replays the case in that instance up to 定稿. The child
says ``start PID`` and, after each commit, ``ack ENTRY``; the parent says ``end STATUS`` when it is gone.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import event
from sqlalchemy.orm import Session

from service import create_app
from service.actions import accounts
from service.actions.workshop import workshop_of
from service.audit.capture import CAPTURE, AuditedSession
from service.cases import reader
from service.cases.replay import replay
from service.settings import Settings
from service.workflow.stages import Stage


def say(line: str) -> None:
    """Hand out one line in one piece."""
    os.write(1, f"{line}\n".encode())


def acknowledge(session: Session) -> None:
    """Say which entry has just been committed."""
    if CAPTURE in session.info:
        say(f"ack {session.info[CAPTURE].entry_id}")


def play(instance: str, case: str) -> None:
    """Replay one case; password hashes are as cheap as the algorithm allows."""
    accounts.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    event.listen(AuditedSession, "after_commit", acknowledge)
    settings = Settings.from_env({"PINGJI_INSTANCE": instance})
    with create_app(settings).app_context():
        replay(reader.load(Path(case)), workshop_of(settings), until=Stage.FINALISATION)


def child(instance: str, case: str) -> None:
    """Replay and leave without returning."""
    status = 1
    try:
        say(f"start {os.getpid()}")
        play(instance, case)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Serve until there are no more lines."""
    for line in sys.stdin:
        instance, case = line.split()
        pid = os.fork()
        if pid == 0:
            child(instance, case)
        _, status = os.waitpid(pid, 0)
        say(f"end {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
