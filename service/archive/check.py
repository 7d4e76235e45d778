"""Reading an archive package back: what can be found out from the file alone, item by item, with evidence.

真实、完整、可用、安全 are the four questions of DA/T 70; each check says what was compared. What a program
cannot find out (malicious code, who holds the key) is reported as not checked, never as passed.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from service.archive.package import CHUNK, DISCLOSURES, FORMAT, GROUPS, LOG, MANIFEST, REPORT, SUMS, About
from service.audit.canonical import decode_strict
from service.audit.verifier import (
    Checkpoint,
    Policy,
    Proof,
    Refused,
    commitments,
    contains,
    leaf_faults,
    open_note,
    opens,
    strict_base64,
)
from service.errors import IntegrityFailureError, InvalidError, Problem, ServiceError
from service.evidence.inspect import inspect_stream

PASSED, FAILED, UNCHECKED = "通过", "未通过", "未检查"
SHOWN = 5
LONGEST_PATH = 240
OWN = (MANIFEST, SUMS, REPORT)
PROGRAMS = frozenset(
    (".exe", ".bat", ".cmd", ".com", ".js", ".vbs", ".ps1", ".sh", ".jar", ".msi", ".scr", ".lnk")
)


@dataclass(frozen=True, slots=True)
class Item:
    """One check: of which nature, what, with what result, on what evidence."""

    nature: str
    title: str
    result: str
    evidence: str


@dataclass(slots=True)
class Examination:
    """What was found in a package."""

    about: About
    files: int = 0
    items: list[Item] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True if nothing failed."""
        return all(each.result != FAILED for each in self.items)

    def put(self, nature: str, title: str, faults: list[str], evidence: str) -> None:
        """Add a check that passed if there are no faults."""
        told = "；".join(faults[:SHOWN]) + (f"；等 {len(faults)} 处" if len(faults) > SHOWN else "")
        self.items.append(Item(nature, title, FAILED if faults else PASSED, told or evidence))


def examine(path: Path, policy: Policy | None = None) -> Examination:
    """Return every check of the package at `path`.

    Args:
        policy: keys of the log from elsewhere; without them signatures are not checked.

    Raises:
        InvalidError: it is no archive package at all.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = decode_strict(archive.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise InvalidError(Problem("不是归档包", value=str(manifest["format"]), allowed=FORMAT))
            return _Reader(archive, manifest, policy).run()
    except (zipfile.BadZipFile, OSError, KeyError, TypeError, IntegrityFailureError) as error:
        raise InvalidError(Problem("不是归档包，或已经损坏", file=str(path))) from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, manifest: dict[str, Any], policy: Policy | None) -> None:
        self.archive, self.manifest, self.policy = archive, manifest, policy
        log = manifest["log"]
        self.point = Checkpoint(log["origin"], log["size"], bytes.fromhex(log["root"]))
        self.files: list[dict[str, Any]] = manifest["files"]
        told = [str(manifest[name]) for name in ("case", "title", "kind", "year", "retention", "on")]
        case, title, kind, year, retention, on = told
        about = About(case, title, kind, year, retention, on, log["origin"], log["size"], log["root"])
        self.found = Examination(about, len(self.files))
        self.leaves: dict[int, dict[str, Any]] = {}
        self.notes: set[bytes] = set()

    def run(self) -> Examination:
        """Examine everything and return what was found."""
        entries = self._entries()
        self._true(entries)
        self._whole()
        self._usable()
        self._safe()
        return self.found

    # --- 真实

    def _true(self, entries: list[str]) -> None:
        faults = [
            each["path"]
            for each in self.files
            if self._digest(each["path"]) != (each["sha256"], each["size"])
        ]
        told = f"{len(self.files)} 个文件逐个重算"
        self.found.put("真实", "每个文件的 SHA-256 和大小与清单一致", faults, told)
        told = f"{len(self.leaves)} 条记录的包含证明逐条重算，根为 {self.point.root.hex()[:16]}…"
        self.found.put("真实", "留痕记录在检查点之中，内容未改", entries, told)
        self._signature()
        known = {file["sha256"] for leaf in self.leaves.values() for file in leaf["files"]}
        mine = [each for each in self.files if each["registered"]]
        faults = [f"{each['path']} 没有登记" for each in mine if each["sha256"] not in known]
        self.found.put("真实", "佐证材料和报告登记在留痕之中", faults, f"{len(mine)} 个文件的散列见于留痕")
        self.found.put("真实", "留痕中的文字与承诺相符", *self._texts())

    def _signature(self) -> None:
        title = "检查点由日志的密钥签署"
        if self.policy is None:
            self.found.items.append(Item("真实", title, UNCHECKED, "没有给出公钥（--vkey 或 --policy）"))
            return
        faults = []
        for note in self.notes:
            try:
                open_note(note, self.policy)
            except Refused as error:
                faults.append(str(error))
        self.found.put(
            "真实", title, faults or ([] if self.notes else ["没有检查点"]), "用另行取得的公钥核验"
        )

    def _entries(self) -> list[str]:
        """Read every entry with its proof and return what is wrong."""
        faults: list[str] = []
        for each in self.files:
            if not each["path"].endswith(".tlog-proof"):
                continue
            try:
                faults += self._entry(self.archive.read(each["path"]))
            except (Refused, LookupError, TypeError, ValueError, ServiceError, zipfile.BadZipFile) as error:
                faults.append(f"{each['path']}：{error}")
        return faults

    def _entry(self, data: bytes) -> Iterator[str]:
        proof = Proof.read(data)
        entry = proof.entry or b""
        text = proof.note.split(b"\n")
        same = text[:2] == [self.point.origin.encode(), str(self.point.size).encode()]
        if not same or strict_base64(text[2].decode()) != self.point.root:
            yield f"第 {proof.number} 号的检查点不是清单所列的"
            return
        self.notes.add(proof.note)
        if not contains(self.point, proof.number, hashlib.sha256(b"\x00" + entry).digest(), proof.hashes):
            yield f"第 {proof.number} 号不在检查点之中"
            return
        leaf = decode_strict(entry)
        wrong = list(leaf_faults(leaf, self.point.origin))
        if wrong:
            yield f"第 {proof.number} 号：{wrong[0]}"
            return
        self.leaves[proof.number] = leaf

    def _texts(self) -> tuple[list[str], str]:
        """Return the faults of the disclosed texts, and how many there are and were erased by law."""
        told = {}
        for line in self.archive.read(DISCLOSURES).split(b"\n")[:-1]:
            value = decode_strict(line)
            told[value["entry"], value["path"]] = value
        erased = {
            (each["entry"], each["path"])
            for leaf in self.leaves.values()
            if leaf["action"] == "audit.redact"
            for each in leaf.get("redact", ())
        }
        faults, gone, count = [], 0, 0
        for index, leaf in sorted(self.leaves.items()):
            for path, digest in commitments(leaf):
                count += 1
                value = told.get((leaf["id"], path), {"salt": None, "body": None})
                if value["salt"] is None and (leaf["id"], path) in erased:
                    gone += 1
                elif not opens(digest, value["salt"], value["body"]):
                    faults.append(f"第 {index} 号 {path} 缺失或不符")
        return faults, f"{count} 处逐处重算；其中依法删除并有记录的 {gone} 处"

    # --- 完整

    def _whole(self) -> None:
        groups = {each["group"] for each in self.files}
        lacking = [name for name in GROUPS.values() if name not in groups]
        self.found.put("完整", "立项性、证明性、结论性三类材料都有", lacking, "三类各至少一件")
        listed, held = [each["path"] for each in self.files], self.archive.namelist()
        names = {*held} - {*OWN}
        faults = [f"缺少 {each}" for each in sorted({*listed} - names)]
        faults += [f"多出 {each}" for each in sorted(names - {*listed})]
        faults += ["有重名文件"] if len(held) != len({*held}) or len(listed) != len({*listed}) else []
        sums = "".join(f"{each['sha256']}  {each['path']}\n" for each in self.files)
        faults += (
            ["SHA256SUMS 与清单不同"] if SUMS not in held or self.archive.read(SUMS) != sums.encode() else []
        )
        self.found.put("完整", "清单所列的文件齐全，没有清单之外的", faults, f"{len(listed)} 个文件")
        enclosed = {each["sha256"] for each in self.files} | {
            each["sha256"] for each in self.manifest["left_out"]
        }
        missing = sorted(
            {
                file["sha256"][:16]
                for leaf in self.leaves.values()
                for file in leaf["files"]
                if file["sha256"] not in enclosed
            }
        )
        told = f"留痕登记的文件都已收入，或列明未收入的原因（{len(self.manifest['left_out'])} 件）"
        self.found.put("完整", "留痕登记过的文件没有遗漏", missing, told)
        self._unbroken()

    def _unbroken(self) -> None:
        """Demand every version of the case's own row: an entry left out would leave a gap."""
        count = self.manifest["log"]["entries"]
        revisions = [
            change["rev"]
            for _, leaf in sorted(self.leaves.items())
            for change in leaf["changes"]
            if change["t"] == "evaluation"
        ]
        faults = [] if len(self.leaves) == count else [f"清单记 {count} 条，实有 {len(self.leaves)} 条"]
        if not revisions or revisions != list(range(1, len(revisions) + 1)):
            faults.append("案卷各版的留痕不连续")
        told = f"{count} 条，案卷由第 1 版到第 {len(revisions)} 版相接"
        self.found.put("完整", "案卷的留痕从建立起没有间断", faults, told)

    # --- 可用

    def _usable(self) -> None:
        faults = []
        for each in self.files:
            wrong = self._unreadable(each["path"])
            if wrong:
                faults.append(f"{each['path']}：{wrong}")
        self.found.put("可用", "文件能打开，内容与扩展名相符", faults, f"{len(self.files)} 个文件逐个打开")
        long = [each["path"] for each in self.files if len(each["path"].encode()) > LONGEST_PATH]
        told = f"路径都不超过 {LONGEST_PATH} 字节"
        self.found.put("可用", "文件名在常用系统上可用", long, told)

    def _unreadable(self, path: str) -> str:
        try:
            with self.archive.open(path) as stream:
                if path.startswith(f"{LOG}/") or PurePosixPath(path).suffix in (
                    ".html",
                    ".csv",
                    ".json",
                    ".md",
                ):
                    stream.read().decode("utf-8-sig")
                else:
                    inspect_stream(PurePosixPath(path).name, stream)  # type: ignore[arg-type]
        except (ServiceError, ValueError, KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            return str(error) if isinstance(error, ServiceError) else "读不出来"
        return ""

    # --- 安全

    def _safe(self) -> None:
        tests: tuple[tuple[str, Callable[[zipfile.ZipInfo], bool]], ...] = (
            ("加密", lambda info: bool(info.flag_bits & 1)),
            ("链接", lambda info: (info.external_attr >> 16) & 0o170000 == 0o120000),
            ("路径越界", lambda info: _outside(info.filename)),
            ("是程序", lambda info: PurePosixPath(info.filename).suffix.lower() in PROGRAMS),
        )
        infos = self.archive.infolist()
        faults = [f"{info.filename} {word}" for info in infos for word, is_so in tests if is_so(info)]
        told = f"{len(infos)} 个文件没有加密、链接、越界路径和程序"
        self.found.put("安全", "包内没有加密、链接、越界路径和可执行文件", faults, told)
        told = "由接收单位用自己的杀毒软件检查"
        self.found.items.append(Item("安全", "恶意代码", UNCHECKED, told))
        told = "不由文件本身得知；按单位的保密和备份规定检查"
        self.found.items.append(Item("安全", "载体与保管环境", UNCHECKED, told))

    def _digest(self, path: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        try:
            with self.archive.open(path) as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError, ValueError):
            return "", 0
        return digest.hexdigest(), size


def _outside(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in PurePosixPath(name).parts
