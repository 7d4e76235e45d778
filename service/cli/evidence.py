"""``pingji evidence``: the store of evidence."""

from __future__ import annotations

import click
from flask import Flask

from service.cli import console
from service.cli.chinese import ChineseGroup
from service.cli.options import json_option, opened
from service.errors import Problem, ServiceError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.queries.catalogue import cited_contents, cited_reports, cited_signatures, draft_copies


@click.group(cls=ChineseGroup, name="evidence")
def command() -> None:
    """佐证材料：核对库中文件。"""


@command.command()
@json_option
def fsck(as_json: bool) -> int:
    """逐一读出案卷引用的材料、报告文件和签名，核对是否在库、大小与内容是否如登记；有问题时退出码为 1。"""
    with opened() as app:
        checked, found, orphans = _checked(app)
    if as_json:
        console.emit({
            "checked": checked, "problems": [console.plain(each) for each in found], "orphans": orphans,
        })  # fmt: skip
    else:
        console.problems(found)
        console.say(f"核对 {checked} 份，{len(found)} 个问题；库中另有 {len(orphans)} 份无人引用")
    return console.FINDINGS if found else console.OK


def _checked(app: Flask) -> tuple[int, list[Problem], list[str]]:
    """Return how many contents were read, what is wrong with them, and which stored ones nobody cites."""
    store = EvidenceStore(app.config["PINGJI"].evidence_url)
    session = db.session()
    contents, reports = cited_contents(session) | cited_signatures(session), sorted(cited_reports(session))
    known = {*contents, *reports, *draft_copies(session)}
    found: list[Problem] = []
    with console.progress("核对", total=len(contents) + len(reports)) as step:
        for sha256, size in contents.items():
            found += store.fsck({sha256: size})
            step()
        for sha256 in reports:
            found += _unreadable(store, sha256)
            step()
    return len(contents) + len(reports), found, store.orphans(known)


def _unreadable(store: EvidenceStore, sha256: str) -> tuple[Problem, ...]:
    """Return why a content whose size nobody noted cannot be read as what it was."""
    try:
        store.open(sha256).close()
    except ServiceError as error:
        return error.problems
    return ()
