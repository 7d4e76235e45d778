"""``pingji audit``: the log checked where it stands, signed, and taken away."""

from __future__ import annotations

from pathlib import Path

import click

from service import clock
from service.audit import online
from service.audit.bundle import export as write_bundle
from service.audit.checkpoint import VerifierKey
from service.audit.findings import Anchor, Report
from service.audit.signer import Signer
from service.audit.stored import anchor, bundle_source, snapshot
from service.cli import console
from service.cli.chinese import ChineseGroup
from service.cli.options import json_option, opened
from service.evidence.store import EvidenceStore
from service.extensions import WRITING, db
from service.settings import Settings


@click.group(cls=ChineseGroup, name="audit")
def command() -> None:
    """留痕：核验、签检查点、导出。"""


@command.command()
@click.option("--vkey", metavar="公钥", help="由审计方保存的公钥；与 --checkpoint 一起给出")
@click.option(
    "--checkpoint", "note", type=click.Path(path_type=Path), metavar="文件", help="审计方保存的检查点"
)
@click.option("--files", is_flag=True, help="连同佐证材料的内容一起核对")
@json_option
def verify(vkey: str | None, note: Path | None, files: bool, as_json: bool) -> int:
    """在数据库内逐条核验留痕与现有数据，指出最先出问题的一条；依据签名器或审计方保存的检查点。"""
    if (vkey is None) != (note is None):
        raise click.UsageError("--vkey 与 --checkpoint 须一起给出")
    with opened() as app, console.progress("核验") as step:
        settings: Settings = app.config["PINGJI"]
        known = (
            Anchor.kept(VerifierKey.parse(vkey), note.read_bytes())
            if vkey and note
            else Anchor.of(Signer(settings.instance.signer))
        )
        report = online.verify(
            db.session(), known, check_file=_checker(settings) if files else None, progress=_teller(step)
        )
    return _told(report, as_json=as_json)


@command.command()
@json_option
def checkpoint(as_json: bool) -> None:
    """由签名器为目前的留痕签一个检查点并显示；请把它和公钥交给审计方保存。"""
    with opened() as app:
        signer = Signer(app.config["PINGJI"].instance.signer)
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            note = anchor(connection, signer, at=clock.now())
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
    """把已签检查点覆盖的留痕导出成一个目录；离线核验：python verifier.py 目录 --vkey 公钥。"""
    with opened() as app, snapshot(db.session()) as connection:
        settings: Settings = app.config["PINGJI"]
        signer = Signer(settings.instance.signer)
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
