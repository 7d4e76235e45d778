"""Verification of the log inside its database, streaming, in one snapshot.

- Measured against an `Anchor` from the signer or an auditor; checkpoints in the database are copies
  and are themselves checked.
- Every stored leaf is hashed again; hash, index and query columns, blame index, disclosures and head are
  derived from it and compared; changes must connect; replaying them must give the live rows.
- Whatever is found at or below the newest checkpoint is proof of a change; above it, only
  contradictions can be found, and the report says how many entries that concerns.
- Columns kept out of the log (``audit: skip``, such as password hashes) are not covered, unless their SHA-256
  stands in it, as that of a framework does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.audit.findings import Anchor, Report
from service.audit.live import live_findings
from service.audit.merkle import Frontier, leaf_hash
from service.audit.stored import BlameRows, StoredEntry, disclosures, entries, raw, snapshot
from service.audit.verifier import Continuity, Parts, Refused, commitments, leaf_faults, opens, strict_base64
from service.clock import stamp
from service.errors import IntegrityFailureError
from service.models.audit import AuditCheckpoint, AuditDisclosure, AuditEntry, AuditField, AuditHead

CheckFile = Callable[[str, int], str | None]
Progress = Callable[[int, int], None]
_WHOLE_ROW = "*"
_MALFORMED = (Refused, IntegrityFailureError, LookupError, TypeError, ValueError, AttributeError)


def verify(
    session: Session,
    anchor: Anchor,
    *,
    check_file: CheckFile | None = None,
    progress: Progress | None = None,
) -> Report:
    """Return everything that is wrong with the log and the rows it explains.

    Args:
        session: names the database; read through a connection of its own.
        anchor: what was signed: `Anchor.of(signer)` or `Anchor.kept(key, note)`.
        check_file: given SHA-256 and size (bytes) of a bound file, says in Chinese what is wrong with
            its content, or None; without it contents are not looked at.
        progress: told (entries done, entries in all) about twice a second.
    """
    with snapshot(session) as connection:
        return _Verification(connection, anchor, check_file, progress).run()


class _Verification:
    """One pass over the log, then over the live rows."""

    def __init__(
        self, connection: Connection, anchor: Anchor, check_file: CheckFile | None, progress: Progress | None
    ) -> None:
        self.connection, self.anchor = connection, anchor
        self.check_file, self.progress = check_file, progress
        self.report = Report(anchor.key.name, anchored=anchor.checkpoint.size if anchor.checkpoint else 0)
        self.frontier = Frontier()
        self.good = 0
        self.told: dict[tuple[str, str], Any] = {}
        self.blame: set[tuple[Any, ...]] = set()
        self.continuity = Continuity(self._reveal)
        self.parts = Parts()
        self.ids: dict[str, int] = {}
        self.withheld: dict[tuple[str, str], int] = {}
        self.explained: set[tuple[str, str]] = set()
        self.files: dict[str, tuple[int, str, int]] = {}
        self.restores: dict[int, str] = {}
        self.position = 0
        self.latest = ""
        self.last_at = ""
        self.changed: int | None = None
        self.disclosed = self.blamed = 0

    def run(self) -> Report:
        """Examine everything and return the report."""
        total, blame = self._count(AuditEntry), BlameRows(self.connection)
        for page in entries(self.connection):
            ids = [each.values.get("entry_id") for each in page]
            self.told = disclosures(self.connection, ids)
            self.blame = blame.until(page[-1].id)
            self.disclosed += len(self.told)
            self.blamed += len(self.blame)
            for stored in page:
                self._stored(stored)
            for entry, path in self.told:
                self.report.bad("disclosures", f"{path} 的披露没有对应的承诺", self.ids.get(entry), entry)
            for entry, *place in sorted(self.blame, key=str):
                told = f"字段索引多出 {place[0]} {place[1]}.{place[2]}"
                self.report.bad("index", told, self.ids.get(entry), entry)
            if self.progress:
                self.progress(self.frontier.size, total)
        self._ended()
        self._head()
        self._withheld()
        self._copies()
        self._contents()
        replayed = self.continuity.rows
        self.report.bad_all(live_findings(self.connection, replayed, self.ids))
        if self.continuity.withheld:
            self.report.notes.append(f"{self.continuity.withheld} 处旧值或新值已隐去，不能比较")
        return self.report

    def _count(self, model: type[Any]) -> int:
        return self.connection.execute(select(func.count()).select_from(model)).scalar_one()

    def _reveal(self, entry: str, path: str) -> str | None:
        row = self.told.get((entry, path))
        return row.body if row is not None and opens(row.digest, row.salt, row.body) else None

    # --- one entry

    def _stored(self, stored: StoredEntry) -> None:
        """Judge one row of the log: its place, its hash, then what it says."""
        report, index, values = self.report, stored.id - 1, stored.values
        if index != self.position:
            report.bad("entries", f"序号 {self.position} 至 {index - 1} 的记录缺失", self.position)
            self.changed = self.position if self.changed is None else self.changed
        self.position = index + 1
        data, entry = values.get("leaf"), values.get("entry_id")
        if not isinstance(data, bytes):
            report.bad("entries", "记录不能读出", index)
            data = b""
        digest = leaf_hash(data)
        self._in_tree(index, digest, entry)
        if values.get("leaf_hash") != digest or values.get("leaf_index") != index:
            report.bad("entries", "存储的散列或序号与内容不符", index, entry)
        try:
            self._leaf(index, data, digest, values=values)
        except _MALFORMED as error:
            report.bad("entries", f"记录写法不对：{error}", index, entry)

    def _in_tree(self, index: int, digest: bytes, entry: str | None) -> None:
        """Append to the tree and compare with what was signed."""
        signed = self.anchor.leaves
        if self.changed is None and signed is not None and index < len(signed) and signed[index] != digest:
            self.changed = index
            self.report.bad("tree", "记录与当时签署的不同", index, entry)
        self._at_root()
        self.frontier.append(digest)
        self._at_root()

    def _at_root(self) -> None:
        """Compare the root if this size was signed; the first difference lies above the last good size."""
        size, roots = self.frontier.size, self.anchor.roots
        if size not in roots or self.good < 0:
            return
        if roots[size] == self.frontier.root():
            self.good = size
            return
        if self.changed is None:
            told = f"前 {size} 条的根与当时签署的不同，改动在序号 {self.good} 至 {size - 1}"
            self.report.bad("tree", told, self.good)
        self.good = -1

    def _leaf(self, index: int, data: bytes, digest: bytes, *, values: Any) -> None:
        leaf = decode_strict(data)
        faults = list(leaf_faults(leaf, self.anchor.key.name))
        entry = str(leaf["id"])
        for fault in faults:
            self.report.bad("entries", fault, index, entry)
        if faults:
            return
        if entry in self.ids:
            self.report.bad("entries", f"编号重复，已见于序号 {self.ids[entry]}", index, entry)
            return
        self.ids[entry] = index
        if (misplaced := self.parts.apply(leaf, digest)) is not None:
            self.report.bad("entries", misplaced, index, entry)
        if leaf["at"] < self.latest:
            self.report.notes.append(f"序号 {index} 的时间早于前面的记录：{leaf['at']} < {self.latest}")
        self.latest, self.last_at = max(self.latest, leaf["at"]), leaf["at"]
        wrong = [name for name, value in _columns(leaf).items() if _column(name, values[name]) != value]
        if wrong:
            self.report.bad("entries", f"查询列 {'、'.join(wrong)} 与记录不符", index, entry)
        for fault in self.continuity.apply(index, leaf):
            self.report.bad("continuity", fault, index, entry)
        self._disclosures(index, leaf)
        self._blame(index, leaf)
        self._acts(index, leaf)

    def _disclosures(self, index: int, leaf: dict[str, Any]) -> None:
        entry = leaf["id"]
        for path, digest in commitments(leaf):
            row = self.told.pop((entry, path), None)
            if row is None:
                self.report.bad("disclosures", f"{path} 的披露缺失", index, entry)
            elif row.digest != digest:
                self.report.bad("disclosures", f"{path} 的承诺与记录不符", index, entry)
            elif row.salt is None and row.body is None:
                self.withheld[entry, path] = index
            elif not opens(digest, row.salt, row.body):
                self.report.bad("disclosures", f"{path} 的文字与承诺不符", index, entry)

    def _blame(self, index: int, leaf: dict[str, Any]) -> None:
        for change in leaf["changes"]:
            for name in (_WHOLE_ROW,) if change["op"] == "insert" else change["f"]:
                row = (leaf["id"], change["t"], change["pk"], name, leaf["evaluation"])
                if row not in self.blame:
                    told = f"字段索引缺少 {change['t']} {change['pk']}.{name}"
                    self.report.bad("index", told, index, leaf["id"])
                self.blame.discard(row)

    def _acts(self, index: int, leaf: dict[str, Any]) -> None:
        for file in leaf["files"]:
            self.files.setdefault(file["sha256"], (index, leaf["id"], file["size"]))
        if leaf["action"] == "audit.redact":
            self.explained |= {(each["entry"], each["path"]) for each in leaf.get("redact", [])}
        if "restore" in leaf:
            self.restores[index] = leaf["id"]

    # --- after the last entry

    def _ended(self) -> None:
        """Compare the length of the log with what was signed and with what hangs on it."""
        report = self.report
        report.entries = self.frontier.size
        self._at_root()
        if self.parts.open:
            report.bad("entries", "最后一条记录缺少后续部分", self.position - 1)
        if report.entries < report.anchored:
            told = f"曾签署到 {report.anchored} 条，现只有 {report.entries} 条"
            report.bad("tree", told, self.position if self.position == report.entries else None)
        report.anchored = min(report.anchored, report.entries)
        if self._count(AuditDisclosure) != self.disclosed:
            report.bad("disclosures", "有披露不属于任何记录")
        if self._count(AuditField) != self.blamed:
            report.bad("index", "字段索引中有行不属于任何记录")

    def _head(self) -> None:
        head = self.connection.execute(select(*raw(AuditHead.__table__.c))).all()
        if len(head) != 1:
            self.report.bad("tree", f"日志头应为一行，现有 {len(head)} 行")
            return
        row = head[0]
        if row.origin != self.anchor.key.name:
            self.report.bad("tree", f"日志名为 {row.origin}，签署器属于 {self.anchor.key.name}")
        if (row.size, row.frontier) != (self.frontier.size, self.frontier.pack()):
            self.report.bad(
                "tree", f"日志头记为 {row.size} 条，或前沿与记录不符；实有 {self.frontier.size} 条"
            )
        if (_column("at", row.last_at) or "") != self.last_at:
            self.report.bad("tree", "日志头的时间不是最后一条记录的时间")

    def _withheld(self) -> None:
        for (entry, path), index in self.withheld.items():
            if (entry, path) not in self.explained:
                self.report.bad("disclosures", f"{path} 被隐去，日志中没有说明", index, entry)
        if self.withheld:
            self.report.notes.append(f"{len(self.withheld)} 处文字已隐去")

    def _copies(self) -> None:
        """Compare the copies of checkpoints and the restores with the signer's history."""
        for index, entry in self.restores.items():
            if self.anchor.restores is not None and index not in self.anchor.restores:
                self.report.bad("checkpoints", "恢复记录未经签署器接受", index, entry)
        if self.anchor.notes is None:
            return
        wanted = dict.fromkeys(self.anchor.notes)
        newest = self.anchor.notes[-1] if self.anchor.notes else None
        query = select(*raw(AuditCheckpoint.__table__.c))
        for row in self.connection.execute(query):
            if row.note not in wanted or not _is_copy(row):
                self.report.bad("checkpoints", f"检查点副本（{row.size} 条）不是签署器签过的")
            wanted.pop(row.note, None)
        for note in wanted:
            if note != newest:
                self.report.bad("checkpoints", f"缺少 {note.split()[1]} 条检查点的副本")

    def _contents(self) -> None:
        for sha256, (index, entry, size) in self.files.items() if self.check_file else ():
            wrong = self.check_file(sha256, size) if self.check_file else None
            if wrong is not None:
                self.report.bad("files", wrong, index, entry)


def _columns(leaf: dict[str, Any]) -> dict[str, Any]:
    """Return what the query columns of an entry must hold."""
    return {
        "entry_id": leaf["id"],
        "evaluation_id": leaf["evaluation"],
        "actor_id": leaf["actor"]["id"],
        "role": leaf["actor"]["role"],
        "action": leaf["action"],
        "outcome": leaf["outcome"],
        "at": leaf["at"],
    }


def _column(name: str, value: Any) -> Any:
    """Return a stored value in the form the leaf has it; None for a moment that cannot be read."""
    if name != "at" or value is None:
        return value
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _is_copy(row: Any) -> bool:
    """Say whether size and root beside a note are those inside it."""
    lines = str(row.note).split("\n")
    try:
        root = strict_base64(lines[2])
    except (LookupError, Refused):
        return False
    return lines[1] == str(row.size) and root == row.root
