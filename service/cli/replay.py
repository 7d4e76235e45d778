"""``pingji replay``: case files carried through the process by the right roles."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from service.actions.workshop import Workshop, workshop_of
from service.cases import reader
from service.cases.listing import lines_of
from service.cases.replay import Replayed, replay
from service.cases.source import CaseFile
from service.cli import console
from service.cli.actor import actor_named, system_user
from service.cli.chinese import ChineseCommand
from service.cli.options import demo_opened, json_option
from service.errors import InvalidError, Problem
from service.jobs.press import PressByJobs
from service.setup import remember_accounts
from service.tasks import ledger
from service.workflow.stages import STAGE_ORDER, Stage

STAGES = {name: stage for stage in STAGE_ORDER for name in (stage.value, stage.label)}


@click.command(cls=ChineseCommand, name="replay")
@click.argument("cases", metavar="案例文件...", nargs=-1, required=True)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="目录", help="把签发的报告另存到这里"
)
@click.option("--until", metavar="阶段", help="到这个阶段为止，如 consultation 或 征求意见")
@click.option("--as", "account", metavar="账户", help="以哪个账户操作；默认系统管理员")
@json_option
def command(
    cases: tuple[str, ...], out: Path | None, until: str | None, account: str | None, as_json: bool
) -> int:
    """按案例文件重放评价全过程：各岗位按流程办理，直到签发报告，并核对期望；没有实例时先建演示实例。"""
    stop = _stage(until)
    files = _read(cases)
    with demo_opened() as app:
        workshop = workshop_of(app.config["PINGJI"])
        operator = actor_named(account).account if account else None
        done = [_one(file, workshop, operator, stop, out) for file in files]
        credentials = [each for result, _ in done for each in result.credentials]
        remember_accounts(app.config["PINGJI"].instance, [(c.duty, c.login, c.password) for c in credentials])
    if as_json:
        console.emit([plain for _, plain in done])
    else:
        for result, plain in done:
            console.say(f"{result.stage.label}（案卷 {result.code}，替身 {len(result.stand_ins)} 项）")
            for line in lines_of(plain):
                console.say(line)
    return console.OK if all(result.ok for result, _ in done) else console.FINDINGS


def _stage(name: str | None) -> Stage | None:
    if name is None or name in STAGES:
        return STAGES[name] if name else None
    allowed = "、".join(f"{stage.value}（{stage.label}）" for stage in STAGE_ORDER)
    raise InvalidError(Problem("没有这个阶段", path="--until", value=name, allowed=allowed))


def _read(cases: tuple[str, ...]) -> list[CaseFile]:
    """Return every file read and checked; problems of all files come together."""
    found: list[CaseFile] = []
    problems: list[Problem] = []
    for name in cases:
        try:
            found.append(reader.load(name))
        except InvalidError as error:
            problems += error.problems
    if problems:
        raise InvalidError(problems)
    return found


def _one(
    file: CaseFile, workshop: Workshop, operator: str | None, until: Stage | None, out: Path | None
) -> tuple[Replayed, dict[str, Any]]:
    with console.progress(file.case.case) as step:
        press = PressByJobs(ledger(), tell=step)
        result = replay(
            file, workshop, operator=operator, until=until, press=press,
            request_id=f"cli:{system_user()}", tell=step,
        )  # fmt: skip
        press.finish()
    plain = result.to_plain()
    if out is not None and result.path:
        out.mkdir(parents=True, exist_ok=True)
        plain["report"] = _copied(Path(result.path), out)
    if result.signature == "cms":
        console.note(f"{workshop.converter.available()}；{result.code} 的报告是 .docx 加独立签名（.p7s）")
    return result, plain


def _copied(report: Path, folder: Path) -> str:
    """Return where the report lies now; the detached signatures of a .docx go with it."""
    for signature in sorted(report.parent.glob(f"{report.name}.*.p7s")):
        shutil.copy(signature, folder)
    return str(shutil.copy(report, folder))
