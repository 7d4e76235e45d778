"""``pingji audit redact``: one personal text taken out of the log, by two persons, for a reason in law."""

from __future__ import annotations

import click

from service.actions.redaction import redact
from service.cli import console
from service.cli.actor import actor_named
from service.cli.chinese import ChineseCommand
from service.cli.options import account_option, json_option, opened

COPIES = "备份、已导出的留痕包和归档包、已打印的纸件中的副本不在此列，请另行处理并登记。"


@click.command("redact", cls=ChineseCommand)
@click.argument("entry", metavar="记录编号")
@click.argument("path", metavar="位置")
@account_option
@click.option("--with", "second", required=True, metavar="账户", help="同意的审计管理员或审计员")
@click.option("--reason", required=True, metavar="原因", help="写入留痕；不要把要删除的内容写进原因")
@click.option("--basis", required=True, metavar="依据", help="法律依据，如“个人信息保护法第四十七条”")
@json_option
def command(entry: str, path: str, account: str, second: str, reason: str, basis: str, as_json: bool) -> None:
    """依法删除留痕中的一处个人信息：同一字段里同样的文字一并删除，承诺仍在，核验照常，删除本身留痕。

    位置如 /reason，或 /changes/0/f/note/1（第 1 项改动的 note 字段，1 为改后，0 为改前）。
    """
    with opened():
        done = redact(
            actor_named(account), (entry, path), second=actor_named(second), reason=reason, basis=basis
        )
    if as_json:
        console.emit(
            {"entry": done.entry, "index": done.index, "places": [list(each) for each in done.places]}
        )
        return
    console.say(f"已删除 {len(done.places)} 处，见留痕第 {done.index} 号（{done.entry}）。")
    for each in done.places:
        console.say(f"  {each[0]} {each[1]}")
    console.note(COPIES)
