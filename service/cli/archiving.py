"""What ``pingji case archive`` says of an archive package."""

from __future__ import annotations

from pathlib import Path

from service.archive.check import Examination
from service.archive.pages import NATURES, NO_CERTIFICATE
from service.audit.verifier import Policy, Refused, trusted
from service.cli import console
from service.errors import InvalidError


def policy_from(vkey: str | None) -> Policy | None:
    """Return the policy that trusts one key, None without a key.

    Raises:
        InvalidError: it is no key.
    """
    try:
        return None if vkey is None else trusted(vkey)
    except Refused as error:
        raise InvalidError(str(error)) from error


def told(found: Examination, made: tuple[Path, str] | None, *, as_json: bool) -> int:
    """Print what was checked, and where the package lies; return the exit code."""
    if as_json:
        items = [
            {"nature": i.nature, "title": i.title, "result": i.result, "evidence": i.evidence}
            for i in found.items
        ]
        where = {"file": str(made[0]), "sha256": made[1]} if made else {}
        about = found.about
        console.emit({
            **where, "case": about.case, "retention": about.retention, "files": found.files, "ok": found.ok,
            "items": items,
        })  # fmt: skip
    else:
        if made:
            console.say(f"归档包：{made[0]}（{found.files} 个文件，SHA-256 {made[1]}）")
        for nature in NATURES:
            console.say(f"{nature}性")
            for item in (each for each in found.items if each.nature == nature):
                console.say(f"  {item.result}　{item.title}：{item.evidence}")
        console.note(NO_CERTIFICATE)
    return console.OK if found.ok else console.FINDINGS
