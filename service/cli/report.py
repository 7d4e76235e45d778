"""``pingji report``: a case's report as it stands, whether a file was signed, what is wrong in any."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import click

from service import clock
from service.actions.registered import registered_report
from service.actions.rendering import render_report
from service.actions.workshop import workshop_of
from service.cli import console
from service.cli.chinese import ChineseGroup
from service.cli.options import json_option, opened
from service.errors import InvalidError, NotFoundError, Problem
from service.extensions import db
from service.lint import lint_report
from service.queries.catalogue import case_named
from service.queries.reportaudit import inclusion
from service.queries.waivers import still_open
from service.report.keys import load_roots
from service.report.verify import VerifyReport, verify
from service.settings import instance_path


@click.group(cls=ChineseGroup, name="report")
def command() -> None:
    """报告：生成、核验、勾稽核对。"""


@command.command()
@click.argument("name", metavar="案卷")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="文件", help="写到哪里；默认 案卷.pdf 或 .docx"
)
@json_option
def render(name: str, out: Path | None, as_json: bool) -> int:
    """按目前的数据生成一份未签发的报告，自检并勾稽核对；不改动案卷。"""
    with opened() as app, console.progress("报告") as step:
        workshop = workshop_of(app.config["PINGJI"])
        case, at = case_named(db.session(), name), clock.now()
        step("生成")
        made = render_report(db.session(), case, workshop, today=clock.local_date(at), at=at)
        target = out or Path(f"{case.code}.{made.frozen.media}")
        if target.exists():
            raise InvalidError(Problem("文件已存在，不覆盖", value=str(target), cure="用 --out 另指定"))
        target.write_bytes(workshop.store.read(made.frozen.frozen_sha256))
        left = still_open(db.session(), case, made.findings)
    findings = [
        f"{each}{'（已签认）' if each.barring and each not in left else ''}" for each in made.findings
    ]
    if as_json:
        console.emit({
            "case": case.code, "report": str(target), "sha256": made.frozen.frozen_sha256,
            "pages": made.frozen.pages, "findings": findings,
        })  # fmt: skip
    else:
        console.say(f"已生成 {target}（{made.frozen.pages} 页，未签发），自检和核对发现 {len(findings)} 处")
        for each in findings:
            console.say(f"  · {each}")
    return console.FINDINGS if left else console.OK


@command.command("verify")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path))
@click.option(
    "--trust", type=click.Path(path_type=Path), metavar="证书", multiple=True, help="信任的根证书文件"
)
@json_option
def verify_(file: Path, trust: tuple[Path, ...], as_json: bool) -> int:
    """核验报告文件：签名、填充、登记的摘要、内嵌数据与文字、留痕收录；没有实例时只按 --trust 核验。"""
    if not file.is_file():
        raise NotFoundError(Problem("没有这个文件", value=str(file)))
    with ExitStack() as stack:
        found = _verified(file, trust, stack)
    if as_json:
        console.emit(found.to_plain())
        return console.OK if found.ok else console.FINDINGS
    for check in found.checks:
        state = {True: "通过", False: "不通过", None: "未核对"}[check.passed]
        console.say(f"  {check.name}：{state}{f'（{check.detail}）' if check.detail else ''}")
    for signature in found.signatures:
        console.say(f"  签名 {signature.label}：{signature.signer}")
    console.say(f"{file}：{'核验通过' if found.ok else '核验未通过'}")
    return console.OK if found.ok else console.FINDINGS


@command.command()
@click.argument("file", metavar="文件", type=click.Path(path_type=Path))
@json_option
def lint(file: Path, as_json: bool) -> int:
    """勾稽核对任何一份报告（docx、pdf、xlsx、txt）：重算得分率、合计、比率、等级、个数等；什么也不保存。"""
    if not file.is_file():
        raise NotFoundError(Problem("没有这个文件", value=str(file)))
    checked = lint_report(file.name, file.read_bytes())
    if as_json:
        console.emit(checked.to_plain())
    else:
        for each in checked.findings:
            console.say(checked.line(each))
        console.say(f"{file}：{checked.summary}")
    return console.OK if checked.clean else console.FINDINGS


def _verified(file: Path, trust: tuple[Path, ...], stack: ExitStack) -> VerifyReport:
    if not (instance_path(os.environ) / "instance.json").exists():
        return verify(file, trust_roots=load_roots(trust))
    app = stack.enter_context(opened())
    instance = app.config["PINGJI"].instance
    roots = trust or tuple(sorted(instance.keys.glob("*.crt")))
    registered = registered_report(db.session(), file)
    return verify(
        file,
        trust_roots=load_roots(roots),
        expected_sha256=registered.final_sha256 if registered else None,
        frozen_sha256=registered.frozen_sha256 if registered else None,
        parts=registered.parts if registered else (),
        audit=inclusion(db.session()),
    )
