"""``pingji audit``: the log checked where it stands, signed, and taken away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from service import clock
from service.actions.signingkeys import keys_of, revoke_key, rotate_key
from service.actions.witnessing import witness_faults
from service.audit import OFFLINE, online
from service.audit.bundle import export as write_bundle
from service.audit.checkpoint import VerifierKey, open_checkpoint
from service.audit.findings import Anchor, Report
from service.audit.proofs import GROWTH_SUFFIX, SUFFIX
from service.audit.signer_client import Signing, signer_at
from service.audit.signer_keys import policy_text
from service.audit.stored import anchor, bundle_source, proven_entry, proven_growth, snapshot
from service.cli import console, redacting
from service.cli.actor import actor_named
from service.cli.chinese import ChineseGroup
from service.cli.options import account_option, json_option, opened
from service.cli.witnessing import compare_paper, on_paper, witness
from service.errors import InvalidError, Problem
from service.evidence.store import EvidenceStore
from service.extensions import WRITING, db
from service.jobs.witnessing import ask
from service.settings import Settings
from service.tasks import ledger, ring

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=ChineseGroup, name="audit")
def command() -> None:
    """留痕：核验、签检查点、证明、导出。"""


@command.command()
@click.option("--vkey", metavar="公钥", help="由审计方保存的公钥；与 --checkpoint 一起给出")
@click.option(
    "--checkpoint", "note", type=click.Path(path_type=Path), metavar="文件", help="审计方保存的检查点"
)
@click.option("--files", is_flag=True, help="连同佐证材料的内容一起核对")
@click.option("--printed", metavar="条数和根", help='审批单上印的条数和根，如 "128 1a2b 3c4d …"')
@json_option
def verify(vkey: str | None, note: Path | None, files: bool, printed: str | None, as_json: bool) -> int:
    """在数据库内逐条核验留痕与现有数据，指出最先出问题的一条；依据签名器或审计方保存的检查点。"""
    if (vkey is None) != (note is None):
        raise click.UsageError("--vkey 与 --checkpoint 须一起给出")
    paper = on_paper(printed) if printed is not None else None
    with opened() as app, console.progress("核验") as step:
        settings: Settings = app.config["PINGJI"]
        known = (
            Anchor.kept(VerifierKey.parse(vkey), note.read_bytes())
            if vkey and note
            else Anchor.of(signer_at(settings.instance.signer))
        )
        report = online.verify(
            db.session(), known, check_file=_checker(settings) if files else None, progress=_teller(step)
        )
        if note is None:
            for fault in witness_faults(settings.witnesses, signer_at(settings.instance.signer)):
                report.bad("witnesses", fault)
        if paper is not None:
            compare_paper(report, paper)
    return _told(report, as_json=as_json)


command.add_command(witness)
command.add_command(redacting.command)


@command.command()
@json_option
def checkpoint(as_json: bool) -> None:
    """由签名器为目前的留痕签一个检查点并显示；请把它和公钥交给审计方保存。"""
    with opened() as app:
        signer = signer_at(app.config["PINGJI"].instance.signer)
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            note = anchor(connection, signer, at=clock.now())
        ring(ask(ledger(), app.config["PINGJI"].witnesses, note))
    if as_json:
        console.emit({"checkpoint": note, "vkey": str(signer.verifier)})
    else:
        console.say(note.rstrip("\n"))
        console.note(f"公钥：{signer.verifier}")


@command.command("export")
@click.argument("folder", metavar="目录", type=click.Path(path_type=Path))
@click.option("--files", is_flag=True, help="附上佐证材料的内容")
@json_option
def export_(folder: Path, files: bool, as_json: bool) -> None:
    """把已签检查点覆盖的留痕导出成一个目录；离线核验：verifier.py 目录 --vkey 公钥，或 verifier.html。"""
    with opened() as app, snapshot(db.session()) as connection:
        settings: Settings = app.config["PINGJI"]
        signer = signer_at(settings.instance.signer)
        store = EvidenceStore(settings.evidence_url)
        blobs = (lambda sha256: store.open(sha256) if store.exists(sha256) else None) if files else None
        made = write_bundle(folder, bundle_source(connection, signer, open_blob=blobs))
    if as_json:
        console.emit({
            "folder": str(folder), "origin": made.origin, "entries": made.size, "files": made.files,
            "enclosed": made.blobs, "vkey": str(signer.verifier),
        })  # fmt: skip
    else:
        console.say(f"已导出 {made.size} 条留痕到 {folder}（列出文件 {made.files} 个，附上 {made.blobs} 个）")
        console.say(f"公钥（请另行交给审计方）：{signer.verifier}")


def target_option(suffix: str) -> Callable[[F], F]:
    """Add ``--out FILE`` as the parameter `out`."""
    text = f"写到哪个文件（默认在当前目录，以 {suffix} 结尾）"
    return click.option("--out", type=click.Path(path_type=Path), metavar="文件", help=text)


@command.command()
@click.argument("entry", metavar="记录编号")
@target_option(SUFFIX)
@click.option("--hash-only", is_flag=True, help="不附记录本身，只证明它的散列")
@json_option
def proof(entry: str, out: Path | None, hash_only: bool, as_json: bool) -> None:
    """证明一条记录在最新检查点覆盖的留痕之中；离线核验：python verifier.py 文件 --vkey 公钥。"""
    with opened() as app, snapshot(db.session()) as connection:
        signer = signer_at(app.config["PINGJI"].instance.signer)
        text = proven_entry(connection, signer, entry, enclosed=not hash_only)
    _given(out or Path(f"{entry}{SUFFIX}"), text, signer, as_json=as_json)


@command.command()
@click.argument("old", metavar="早先的检查点", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@target_option(GROWTH_SUFFIX)
@json_option
def growth(old: Path, out: Path | None, as_json: bool) -> None:
    """证明留痕自早先的检查点以来只增不改；离线核验时须给出那个检查点（--checkpoint）。"""
    with opened() as app, snapshot(db.session()) as connection:
        signer = signer_at(app.config["PINGJI"].instance.signer)
        keys = [each.key for each in keys_of(signer)]
        text = proven_growth(connection, signer, open_checkpoint(old.read_bytes(), keys))
    _given(out or Path(f"{old.name}{GROWTH_SUFFIX}"), text, signer, as_json=as_json)


@command.command("verifier")
@click.argument("folder", metavar="目录", type=click.Path(path_type=Path), default=Path())
@json_option
def verifier_(folder: Path, as_json: bool) -> None:
    """写出离线核验程序 verifier.py（只需 Python）和 verifier.html（只需浏览器），与留痕包分开交给审计方。"""
    targets = [folder / each.name for each in OFFLINE]
    taken = [str(each) for each in targets if each.exists()]
    if taken:
        raise InvalidError(Problem("文件已存在", value="、".join(taken), cure="换一个目录"))
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in zip(OFFLINE, targets, strict=True):
        target.write_bytes(source.read_bytes())
    told = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in targets}
    if as_json:
        console.emit({"folder": str(folder), "sha256": told})
        return
    for name, digest in told.items():
        console.say(f"{folder / name}：SHA-256 {digest}")


def people_options(command: F) -> F:
    """Add who acts, who agrees and why: the parameters `account`, `second` and `reason`."""
    command = click.option("--reason", required=True, metavar="原因", help="写入留痕")(command)
    agreed = click.option("--with", "second", required=True, metavar="账户", help="同意的另一名人员")
    return account_option(agreed(command))


@command.command("rotate-key")
@people_options
@json_option
def rotate_key_(account: str, second: str, reason: str, as_json: bool) -> None:
    """更换留痕签名密钥：新密钥从此签署，旧密钥在撤销之前并行签署；请把新的核验策略交给审计方。"""
    with opened() as app:
        signer = signer_at(app.config["PINGJI"].instance.signer)
        note = rotate_key(signer, actor_named(account), second=actor_named(second), reason=reason)
        _changed(note, signer, as_json=as_json)


@command.command("revoke-key")
@people_options
@click.option("--above", type=int, metavar="条数", help="多少条以后旧密钥无效（默认从新密钥启用时起）")
@json_option
def revoke_key_(account: str, second: str, reason: str, above: int | None, as_json: bool) -> None:
    """撤销更换下来的旧密钥：所写条数以后的检查点须由新密钥签署。密钥失窃时，先更换，再立即撤销。"""
    with opened() as app:
        signer = signer_at(app.config["PINGJI"].instance.signer)
        people = (actor_named(account), actor_named(second))
        note = revoke_key(signer, people[0], second=people[1], reason=reason, above=above)
        _changed(note, signer, as_json=as_json)


@command.command()
@json_option
def policy(as_json: bool) -> None:
    """显示核验策略：历次公钥各自对哪些条数有效；另行交给审计方，核验时用 --policy 给出。"""
    with opened() as app:
        text = _policy(app.config["PINGJI"], signer_at(app.config["PINGJI"].instance.signer))
    console.emit({"policy": text}) if as_json else console.say(text.rstrip("\n"))


def _policy(settings: Settings, signer: Signing) -> str:
    """Return the keys of the log, and the witnesses configured."""
    asked = settings.witnesses.cosigning
    return policy_text(keys_of(signer), asked.policy) if asked else policy_text(keys_of(signer))


def _changed(note: str, signer: Signing, *, as_json: bool) -> None:
    text = policy_text(keys_of(signer))
    if as_json:
        console.emit({"checkpoint": note, "vkey": str(signer.verifier), "policy": text})
    else:
        console.say(note.rstrip("\n"))
        console.note(f"核验策略（请另行交给审计方）：\n{text}")


def _given(target: Path, text: str, signer: Signing, *, as_json: bool) -> None:
    """Write a proof to a new file and say where."""
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise InvalidError(Problem("文件已存在", value=str(target), cure="用 --out 换一个名称")) from error
    if as_json:
        console.emit({"file": str(target), "vkey": str(signer.verifier)})
    else:
        console.say(f"证明：{target}")
        console.say(f"公钥（请另行交给核验的人）：{signer.verifier}")


def _told(report: Report, *, as_json: bool) -> int:
    console.emit(report.plain()) if as_json else console.say(report.text())
    return console.OK if report.ok else console.FINDINGS


def _teller(step: console.Step) -> online.Progress:
    last = 0

    def tell(done: int, total: int) -> None:
        nonlocal last
        step(f"/ {total} 条", done=done - last)
        last = done

    return tell


def _checker(settings: Settings) -> online.CheckFile:
    store = EvidenceStore(settings.evidence_url)

    def check(sha256: str, size: int) -> str | None:
        found = store.fsck({sha256: size})
        return str(found[0]) if found else None

    return check
