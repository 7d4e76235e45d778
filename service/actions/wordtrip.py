"""修改稿: the words of a report taken away as a Word file, and the file that comes back.

- Which copy was taken by whom, with the versions of its pieces, is kept beside the case; nobody's history.
- A file that comes back is a stranger's: its container is looked at, then it is read in a shut-in child.
- Nothing of it enters the report here; that is one act, `write_report`, with the versions the copy had.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from service import clock
from service.actions.draftcopy import short_code
from service.actions.housekeeping import housekeeping
from service.actions.workshop import Workshop
from service.errors import InvalidError, Problem, UnavailableError
from service.evidence.inspect import inspect_bytes
from service.models.base import new_id
from service.models.evaluation import Evaluation
from service.models.operational import Draft
from service.models.report import Narrative
from service.queries.once import rows_of
from service.queries.reports import latest_report
from service.queries.snapshot import take_snapshot
from service.queries.wordtrip import RETURNED, TAKEN, Copy, copy_named
from service.report import office, profile, workcopy, workread

MOST_BYTES = 20_000_000
SECONDS = 30.0
MEMORY = 1 << 30
READING = Path(workread.__file__)
LISTS = {"problems": "problem", "suggestions": "suggestion"}


def take_copy(
    session: Session, case: Evaluation, account: str, workshop: Workshop, *, today: date, reader: str
) -> str:
    """Return the id of the copy now in the store: the words of the case as they are.

    Args:
        reader: words that name who takes it, printed in every header.
    """
    last = latest_report(session, case.id)
    number = last.number + 1 if last else 1
    snapshot = take_snapshot(session, case, demo=workshop.demo, today=today, version=number)
    short, identity = short_code(snapshot), new_id()
    pieces = sorted(rows_of(session, Narrative, case.id), key=lambda row: (row.position, row.id))
    demo = "演示　无效　" if workshop.demo else ""
    mark = f"{demo}修改稿（第{number}稿）　{case.code}　短码 {short}　{reader}"
    made = workcopy.make(
        snapshot,
        profile.load(snapshot.profile),
        {name: [_words(row) for row in pieces if row.kind == kind] for name, kind in LISTS.items()},
        mark=mark,
        identity=identity,
    )
    data = {
        "docx": workshop.store.put(made.content).sha256,
        "short": short,
        "number": number,
        "reader": reader,
        "places": [asdict(place) for place in made.pieces],
        "figures": made.figures,
        "versions": [[row.kind, row.section, row.version] for row in pieces],
    }
    session.rollback()
    _keep(account, case.id, TAKEN, identity, data)
    return identity


def _words(row: Narrative) -> workcopy.Words:
    return workcopy.Words(row.kind, row.section, row.body, str(row.data.get("title", "")))


def receive(
    session: Session, case: Evaluation, account: str, workshop: Workshop, *, filename: str, content: bytes
) -> tuple[str, Copy]:
    """Return the digest under which the returned file is kept for this account, and the copy it is of.

    Raises:
        InvalidError: it is no Word file that can be read, or no copy taken of this case.
    """
    if len(content) > MOST_BYTES:
        raise InvalidError(Problem("文件过大", path="file", allowed=f"{MOST_BYTES // 1_000_000} MB 以内"))
    if not filename.lower().endswith(".docx"):
        raise InvalidError(
            Problem("只接受 .docx 文件", path="file", value=filename[:80], cure="用 Word 或 WPS 另存为 .docx")
        )
    inspect_bytes(filename.rpartition("/")[2], content)
    reading = read_apart(content)
    found = copy_named(session, case, identity=reading["identity"], short=reading["short"])
    if found is None:
        raise InvalidError(
            Problem(
                "这不是从本案卷取走的修改稿",
                path="file",
                value=reading["short"] or filename[:80],
                cure="先取走修改稿，在那份文件上修改；不要把文字粘到新文件里",
            )
        )
    kept = workshop.store.put(content).sha256
    session.rollback()
    target = f"{case.id}:{kept}"
    data = {"copy": found.id, "filename": filename[:200], "reading": reading, "sha256": kept}
    _keep(account, case.id, RETURNED, target, data)
    return kept, found


def read_apart(content: bytes) -> dict[str, Any]:
    """Return the reading of a stranger's .docx, made in a child with limits on time and memory.

    Raises:
        InvalidError: the child did not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="pingji-") as folder:
        source, told = Path(folder) / "back.docx", Path(folder) / "told.json"
        source.write_bytes(content)
        command: tuple[str, ...] = (sys.executable, "-I", str(READING), str(source), str(told))
        limits = shutil.which("prlimit")
        caged = (limits, f"--as={MEMORY}", *command) if limits else command
        environ = {"PATH": os.defpath, "PYTHONUTF8": "1"}
        try:
            ended = office.run(caged, cwd=Path(folder), environ=environ, seconds=SECONDS)
        except UnavailableError:
            ended = office.Ended(-1, "")
        if ended.code != 0 or not told.exists():
            raise InvalidError(
                Problem("没有读完这个文件", path="file", cure="用 Word 或 WPS 打开后另存为 .docx 再传")
            )
        found: dict[str, Any] = json.loads(told.read_text("utf-8"))
        return found


def _keep(account: str, evaluation: str, form: str, target: str, data: Mapping[str, Any]) -> None:
    with housekeeping() as session:
        query = session.query(Draft).filter_by(account_id=account, form=form, target=target)
        row = query.one_or_none()
        if row is None:
            row = Draft(account_id=account, form=form, target=target, evaluation_id=evaluation)
            session.add(row)
        row.data, row.saved_at = dict(data), clock.now()
