"""What a verification is measured against and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.audit.canonical import decode_strict
from service.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from service.audit.signer_client import Signing
from service.audit.signer_files import binding_roots

MOST = 100
TITLES = {
    "tree": "日志与签名的检查点一致",
    "entries": "记录的写法与查询列",
    "continuity": "改动前后相接",
    "disclosures": "文字与承诺相符",
    "rows": "现有数据等于日志重放",
    "index": "字段索引",
    "checkpoints": "检查点副本与恢复",
    "files": "文件内容",
    "witnesses": "外部见证与签署历史一致",
}
_LAST = 2**63


@dataclass(frozen=True, slots=True)
class Anchor:
    """What was signed, from the signer or from an auditor; never from the database.

    Attributes:
        key: public key of the log.
        checkpoint: the newest signed tree, None if nothing was signed yet.
        roots: size → root of every checkpoint that still binds.
        leaves: the leaf hashes signed, if known: they name a changed entry exactly.
        notes: every note ever signed, oldest first; None if only the newest is known.
        restores: indexes of restore entries the signer accepted; None if not known.
    """

    key: VerifierKey
    checkpoint: Checkpoint | None = None
    roots: Mapping[int, bytes] = field(default_factory=dict)
    leaves: tuple[bytes, ...] | None = None
    notes: tuple[str, ...] | None = None
    restores: frozenset[int] | None = None

    @classmethod
    def of(cls, signer: Signing) -> Anchor:
        """Return what `signer` remembers."""
        lines = signer.history()
        facts = [decode_strict(line.encode()) for line in lines]
        newest = open_checkpoint(facts[-1]["note"], [signer.verifier]) if facts else None
        return cls(
            signer.verifier,
            newest,
            binding_roots(lines),
            signer.leaf_hashes(),
            tuple(each["note"] for each in facts),
            frozenset(each["entry"]["index"] for each in facts if each["kind"] == "restore"),
        )

    @classmethod
    def kept(cls, key: VerifierKey, note: str | bytes) -> Anchor:
        """Return the anchor an auditor has kept: one signed note.

        Raises:
            IntegrityFailureError: the note is not signed by `key`.
        """
        checkpoint = open_checkpoint(note, [key])
        return cls(key, checkpoint, {checkpoint.size: checkpoint.root})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `index` (from 0) and `entry` are None if no single entry is meant."""

    verdict: str
    index: int | None
    entry: str | None
    message: str


@dataclass(slots=True)
class Report:
    """The outcome of an online verification.

    Attributes:
        origin: name of the log.
        entries: number of entries found.
        anchored: how many of them the newest checkpoint covers.
        counts: findings per verdict, also of those not kept in `findings` (at most 100 each).
    """

    origin: str
    entries: int = 0
    anchored: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TITLES, 0))
    notes: list[str] = field(default_factory=list)

    def bad(self, verdict: str, message: str, index: int | None = None, entry: str | None = None) -> None:
        """Add one finding."""
        self.counts[verdict] += 1
        if self.counts[verdict] <= MOST:
            self.findings.append(Finding(verdict, index, entry, message))

    def bad_all(self, findings: Iterable[Finding]) -> None:
        """Add many."""
        for each in findings:
            self.bad(each.verdict, each.message, each.index, each.entry)

    @property
    def ok(self) -> bool:
        """True if nothing was found."""
        return not self.findings

    @property
    def unanchored(self) -> int:
        """Entries above the newest checkpoint; nothing outside the database binds them yet."""
        return max(0, self.entries - self.anchored)

    @property
    def first_bad(self) -> Finding | None:
        """The finding at the lowest index; one without an entry comes last.

        Rows are looked at only where the log itself is sound: a row may contradict an old entry just because
        the later one that explains it is damaged or gone.
        """
        broken = [f for f in self.findings if f.verdict != "rows" and f.index is not None]
        return min(broken or self.findings, key=lambda f: _LAST if f.index is None else f.index, default=None)

    def plain(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        first = self.first_bad
        return {
            "ok": self.ok,
            "origin": self.origin,
            "entries": self.entries,
            "anchored": self.anchored,
            "unanchored": self.unanchored,
            "first_bad": _plain(first) if first else None,
            "verdicts": {name: self.counts[name] for name in TITLES},
            "findings": [_plain(each) for each in self.findings],
            "notes": self.notes,
        }

    def text(self, most: int = 10) -> str:
        """Return the outcome for people, in Chinese, at most `most` findings per verdict."""
        lines = [f"日志 {self.origin}，{self.entries} 条记录"]
        for name, title in TITLES.items():
            count = self.counts[name]
            lines.append(f"  {title}：{f'发现 {count} 处问题' if count else '通过'}")
            shown = [each for each in self.findings if each.verdict == name][:most]
            lines += [f"    × {_place(each)}{each.message}" for each in shown]
        lines += [f"  · {note}" for note in self.notes]
        lines.append(f"尚有 {self.unanchored} 条记录未被检查点覆盖。")
        first = self.first_bad
        if first is None:
            lines.append("核验通过。")
        else:
            lines.append(f"核验未通过。最先出问题的是{_place(first) or '（不限于一条记录）'}{first.message}")
        return "\n".join(lines)


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict,
        "index": finding.index,
        "entry": finding.entry,
        "message": finding.message,
    }


def _place(finding: Finding) -> str:
    if finding.index is None:
        return ""
    return f"序号 {finding.index} {finding.entry or ''}：".replace(" ：", "：")
