"""``pingji audit witness``: the newest checkpoint given to everybody configured, now, and how each stands."""

from __future__ import annotations

import click

from service.actions.witnessing import attest
from service.audit.findings import Report
from service.audit.merkle import root_of
from service.audit.signer_client import signer_at
from service.audit.stored import leaf_hashes, snapshot
from service.audit.verifier import Printed, Refused
from service.cli import console
from service.cli.chinese import ChineseCommand
from service.cli.options import json_option, opened
from service.errors import InvalidError, ServiceError, UnavailableError
from service.extensions import db
from service.queries.witnessed import witness_lines
from service.settings import Settings


def on_paper(text: str) -> Printed:
    """Return number of entries and root as typed off a printed form.

    Raises:
        InvalidError: something is missing or mistyped.
    """
    try:
        return Printed.parse(text)
    except Refused as error:
        raise InvalidError(str(error)) from error


def compare_paper(report: Report, paper: Printed) -> None:
    """Add to the report what the log and the paper disagree on."""
    with snapshot(db.session()) as connection:
        hashes = list(leaf_hashes(connection)(0, paper.size))
    if len(hashes) < paper.size:
        report.bad("witnesses", f"纸面上印的是 {paper.size} 条，现只有 {len(hashes)} 条", len(hashes))
    elif wrong := paper.differing(root_of(hashes)):
        groups = "、".join(map(str, wrong))
        report.bad("witnesses", f"前 {paper.size} 条的根与纸面上印的不同：第 {groups} 组")
    else:
        report.notes.append(f"前 {paper.size} 条与纸面上印的根一致")


@click.command(cls=ChineseCommand)
@json_option
def witness(as_json: bool) -> int:
    """把最新的检查点立即交给设置的每个外部见证（文件、邮件、时间戳、见证人），并显示各自见证到哪里。"""
    with opened() as app:
        settings: Settings = app.config["PINGJI"]
        names = settings.witnesses.names()
        signer = signer_at(settings.instance.signer)
        failed: dict[str, ServiceError] = {}
        for way in dict.fromkeys(way for way, _ in names):
            try:
                attest(way, settings.witnesses, signer)
            except ServiceError as error:
                failed[way.value] = error
        lines = witness_lines(db.session(), names)
    rows = [
        {
            "way": each.way.value, "name": each.name, "size": each.size,
            "at": each.at.isoformat() if each.at else None,
            "error": str(failed[each.way.value]) if each.way.value in failed else None,
        }
        for each in lines
    ]  # fmt: skip
    if as_json:
        console.emit(rows)
    elif not rows:
        console.say("没有设置外部见证；见 README 的设置一节（PINGJI_WITNESS_FILE、PINGJI_WITNESS_MAIL）。")
    else:
        said = [
            (each.way.label, each.name, each.size or "—", failed.get(each.way.value) or "已送到")
            for each in lines
        ]
        console.table(("方式", "见证", "见证到", "结果"), said, right=(2,))
    if all(isinstance(each, UnavailableError) for each in failed.values()):
        return console.UNAVAILABLE if failed else console.OK
    return console.FINDINGS
