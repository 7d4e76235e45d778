"""``pingji case``: the cases of an instance, for its operator."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from flask import Flask

from service import clock
from service.actions.archiving import archive as take_archive
from service.actions.archiving import seal
from service.actions.workshop import workshop_of
from service.archive.check import examine
from service.archive.package import RETENTIONS
from service.cases import reader
from service.cases.export import export_case
from service.cases.importing import import_case
from service.cases.listing import lines_of
from service.cli import console
from service.cli.actor import actor_named
from service.cli.archiving import policy_from, told
from service.cli.chinese import ChineseGroup
from service.cli.options import account_option, json_option, opened
from service.errors import InvalidError, NotFoundError, Problem
from service.extensions import db
from service.jobs.press import PressByJobs
from service.queries.catalogue import CaseLine, all_cases, case_named
from service.queries.snapshot import take_snapshot
from service.report.sheetview import LineView, SheetView
from service.report.snapshot import CaseSnapshot
from service.scoring.quantities import exact, show
from service.tasks import ledger
from service.workflow.stages import Status

IMPORTED = "导入（只读）"


@click.group(cls=ChineseGroup, name="case")
def command() -> None:
    """评价案卷：列出、显示、导出为案例文件，或把案例文件导入为只读案卷。"""


@command.command()
@click.argument("name", metavar="案卷或归档包")
@click.argument("target", metavar="输出文件", required=False, type=click.Path(path_type=Path))
@click.option("--as", "account", metavar="账户", help="以哪个账户取得；取得写入留痕")
@click.option(
    "--retention", type=click.Choice(RETENTIONS), default=RETENTIONS[-1], show_default=True, help="保管期限"
)
@click.option("--check", is_flag=True, help="只核验已有的归档包，不需要实例")
@click.option("--vkey", metavar="公钥", help="核验时一并核验检查点的签名；由另外的途径得到")
@json_option
def archive(
    name: str,
    target: Path | None,
    account: str | None,
    retention: str,
    check: bool,
    vkey: str | None,
    as_json: bool,
) -> int:
    """取得已签发案卷的归档包（zip：三类材料、留痕、目录、四性检查报告），或用 --check 核验一个。"""
    if check:
        return told(examine(Path(name), policy_from(vkey)), None, as_json=as_json)
    if target is None or account is None:
        raise click.UsageError("须写明输出文件和 --as 账户；只核验时用 --check")
    with opened() as app:
        workshop = workshop_of(app.config["PINGJI"])
        case = case_named(db.session(), name)
        seal(workshop)
        made = take_archive(actor_named(account), case.id, workshop, target, retention=retention)
    return told(made.examination, (target, made.sha256), as_json=as_json)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """列出全部案卷及其阶段；总分与等级以最近一次定稿为准。"""
    with opened():
        found = all_cases(db.session())
    if as_json:
        console.emit([asdict(each) for each in found])
        return
    rows = [(c.code, c.title, c.kind, _standing(c), c.total or "—", c.grade or "—") for c in found]
    console.table(("编号", "名称", "类型", "阶段", "总分", "等级"), rows, right=(4,))


@command.command("show")
@click.argument("name", metavar="案卷")
@click.option("--node", metavar="编号", help="展开一个指标：得分的每一步、扣分与调整的理由")
@json_option
def show_(name: str, node: str | None, as_json: bool) -> None:
    """显示一个案卷的得分表；用 --node 把一个得分展开到理由。"""
    with opened() as app:
        snapshot = _snapshot(app, name)
    if as_json:
        console.emit(snapshot.to_plain())
    elif node is not None:
        _unfold(snapshot, node)
    else:
        _show(snapshot)


@command.command("import")
@click.argument("file", metavar="案例文件", type=click.Path(path_type=Path))
@account_option
@json_option
def import_(file: Path, account: str, as_json: bool) -> int:
    """把案例文件导入为只读案卷：由组织方经办办理，正式实例也可用；不复核、不用印、不签发，导入后只供查阅。"""
    source = reader.load(file)
    with opened() as app, console.progress(source.case.case) as step:
        press = PressByJobs(ledger(), tell=step)
        workshop = workshop_of(app.config["PINGJI"])
        result = import_case(source, workshop, operator=actor_named(account), press=press, tell=step)
        press.finish()
    plain = result.to_plain()
    if as_json:
        console.emit(plain)
    else:
        stand_ins = f"替身 {len(result.stand_ins)} 项"
        console.say(f"{IMPORTED}案卷 {result.code}，停在{result.stage.label}，{stand_ins}")
        for line in lines_of(plain):
            console.say(line)
    return console.OK if result.ok else console.FINDINGS


@command.command("export")
@click.argument("name", metavar="案卷")
@click.option("--out", type=click.Path(path_type=Path), metavar="文件", help="写到哪里；默认显示出来")
@json_option
def export_(name: str, out: Path | None, as_json: bool) -> None:
    """把一个案卷写成案例文件（YAML），重放后得到同样的得分表；佐证材料只列名称。"""
    with opened():
        text = export_case(db.session(), case_named(db.session(), name))
    if out is not None:
        if out.exists():
            raise InvalidError(Problem("文件已存在，不覆盖", value=str(out), cure="用 --out 另指定"))
        out.write_text(text, encoding="utf-8")
    if as_json:
        console.emit({"case": name, "file": str(out) if out else None, "text": text})
    else:
        console.say(f"已写到 {out}" if out else text.rstrip("\n"))


def _standing(case: CaseLine) -> str:
    """Return the stage, the status where it is not the usual one, and whether the case is a copy."""
    standing = case.stage if case.status == Status.ACTIVE.label else f"{case.stage}（{case.status}）"
    return f"{standing} {IMPORTED}" if case.imported else standing


def _snapshot(app: Flask, name: str) -> CaseSnapshot:
    today = clock.local_date(clock.now())
    case = case_named(db.session(), name)
    return take_snapshot(db.session(), case, demo=app.config["PINGJI"].demo, today=today)


def _show(snapshot: CaseSnapshot) -> None:
    mark = IMPORTED if snapshot.imported else ""
    console.say(f"{snapshot.title}（{snapshot.code}，{snapshot.kind_label}，{snapshot.year}）{mark}")
    for track in snapshot.stages:
        left = f"至 {track.left_on}" if track.left_on else "至今"
        ground = f"（{track.ground}）" if track.ground else ""
        console.say(f"  {track.label} 第 {track.round} 轮：{track.entered_on} {left}{ground}")
    for sheet in (snapshot.sheet, *snapshot.sheets):
        if sheet.lines:
            _sheet(sheet, snapshot.framework.rate_places)
    sheet, places = snapshot.sheet, snapshot.framework.places
    total = "无" if sheet.total is None else show(exact(sheet.total), places)
    console.say(f"总分：{total}，等级：{sheet.grade or '无'}{_noted(sheet)}")


def _sheet(sheet: SheetView, places: int) -> None:
    if sheet.name:
        console.say(sheet.name)
    rows = [
        (
            x.code,
            "　" * (x.level - 1) + x.name,
            *map(_or_dash, (x.max, x.claimed, x.rule_points, x.deductions, x.bonuses)),
            *map(_or_dash, (x.adjustment, x.awarded)),
            _rate(x.rate, places),
        )
        for x in sheet.lines
    ]
    headings = ("编号", "指标", "满分", "自评", "规则", "扣分", "加分", "调整", "得分", "得分率")
    console.table(headings, rows, right=range(2, 10))


def _unfold(snapshot: CaseSnapshot, node: str) -> None:
    found = [(s, x) for s in (snapshot.sheet, *snapshot.sheets) for x in s.lines if x.code == node]
    if not found:
        raise NotFoundError(Problem("得分表里没有这个指标", value=node, cure="用 pingji case show 查看编号"))
    for sheet, line in found:
        of = f"{sheet.name} " if sheet.name else ""
        figures = f"满分 {_or_dash(line.max)}，得分 {_or_dash(line.awarded)}"
        console.say(f"{of}{line.code} {line.name}：{figures}{_noted(line)}")
        for step in line.steps:
            console.say(f"  {step}")
        for taken in snapshot.deductions:
            if (taken.node, taken.sheet) == (node, sheet.code):
                amount, proofs = taken.amount or "来源未载", "、".join(taken.evidence) or "无材料"
                console.say(f"  扣 {amount} 分：{taken.reason}（{taken.clause}；{proofs}；{taken.author}）")


def _or_dash(value: str | None) -> str:
    return value if value is not None else "—"


def _rate(value: str | None, places: int) -> str:
    """Return a ratio as percent at `places`."""
    return "—" if value is None else f"{show(exact(value) * 100, places)}%"


def _noted(part: SheetView | LineView) -> str:
    return f"（{part.note}）" if part.note else ""
