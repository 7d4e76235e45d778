"""``pingji framework``: indicator frameworks, bundled or in a file; no instance is needed."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import click

from service.cli import console
from service.cli.chinese import ChineseGroup
from service.cli.options import json_option
from service.frameworks import bundled, dump, load
from service.scoring.framework import Framework, Node
from service.scoring.quantities import exact_text


@click.group(cls=ChineseGroup, name="framework")
def command() -> None:
    """指标体系：检查、列出、显示。写法见 pingji help framework。"""


@command.command()
@click.argument("files", metavar="文件...", nargs=-1, required=True)
@json_option
def check(files: tuple[str, ...], as_json: bool) -> int:
    """检查文件（或自带体系的编号），一次列出全部问题：文件、行、位置、读到的值、允许什么、怎么改。"""
    checked = [(name, *console.attempt(partial(load, name))) for name in files]
    if as_json:
        console.emit([
            {"file": name, "ok": not found, "code": made.code if made else None,
             "problems": [console.plain(each) for each in found]}
            for name, made, found in checked
        ])  # fmt: skip
    else:
        for name, made, found in checked:
            console.say(f"{name}：{len(found)} 个问题" if made is None else f"{name}：正确，{_size(made)}")
            console.problems(found)
    return console.FINDINGS if any(found for _, _, found in checked) else console.OK


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """列出自带的指标体系。"""
    found = [load(code) for code in bundled()]
    if as_json:
        console.emit([
            {"code": f.code, "name": f.name, "version": f.version, "leaves": len(f.leaves),
             "max": exact_text(f.max) if f.max is not None else None}
            for f in found
        ])  # fmt: skip
        return
    rows = [(f.code, f.name, f.version, len(f.leaves), _points(f.max)) for f in found]
    console.table(("编号", "名称", "版本", "末级指标", "满分"), rows, right=(3, 4))


@command.command()
@click.argument("source", metavar="编号或文件")
@click.option("--yaml", "as_yaml", is_flag=True, help="输出可修改的 YAML 原文")
@json_option
def show(source: str, as_yaml: bool, as_json: bool) -> None:
    """显示一个指标体系：依据、等级和每个指标的满分与评分办法。"""
    found = load(source)
    if as_json:
        console.emit(found.plain)
    elif as_yaml:
        console.say(dump(found))
    else:
        _show(found)


def _show(framework: Framework) -> None:
    console.say(f"{framework.name}（{framework.code}，版本 {framework.version}）")
    for basis in framework.basis:
        console.say(f"依据：{basis.title}{basis.clause}")
    console.table(("编号", "指标", "满分", "评分办法"), [_row(node) for node in framework.walk()], right=(2,))
    for defect in framework.printed_defects:
        console.say(f"印刷差异：{defect.path} 印作 {defect.printed}，算得 {defect.computed or '—'}")


def _row(node: Node) -> tuple[str, str, str, str]:
    rule = node.rule_clause or node.clause
    return node.code, "　" * (node.level - 1) + node.name, _points(node.max), rule


def _points(value: Fraction | None) -> str:
    return "—" if value is None else exact_text(value)


def _size(framework: Framework) -> str:
    return f"{framework.name}，{len(framework.leaves)} 个末级指标，满分 {_points(framework.max)}"
