"""离线核验评迹导出的留痕包：只用 Python 标准库，一个文件，不联网，不需要数据库。

    python verifier.py BUNDLE --vkey KEY [--checkpoint FILE] [--json]

BUNDLE 是导出的目录或 zip；KEY 是从留痕包之外得到的公钥（文字，或存有公钥的文件）；
FILE 是核验人自己早先保存的检查点。退出码：0 核验通过，1 发现问题，2 用法有误。

- Every verdict stands alone: layout, signature, tree, entries, history, continuity, disclosures, files.
- The key is never read from the bundle; a bundle that brings one is refused.
- The first bad entry is named by its index (from 0) and its id.
- This file takes nothing from the service on purpose, in one piece although it is long: an auditor
  copies it, reads it, and runs it anywhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "pingji-bundle/1"
TILE = 256
SAFE = 2**53 - 1
SHOWN = 80
HEX64 = re.compile(r"[0-9a-f]{64}\Z")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
KEY_NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ufffd]+\Z")
SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
FIXED = ("README.txt", "bundle.json", "checkpoint", "checkpoints.jsonl", "disclosures.jsonl", "files.jsonl")
ALWAYS = ("v", "log", "id", "at", "actor", "action", "reason", "evaluation", "stage", "source")
REQUIRED = frozenset((*ALWAYS, "changes", "files", "outcome"))
OPTIONAL = frozenset(("on", "part", "request", "ip", "system_user", "problems", "redact", "restore"))


class Refused(Exception):
    """Something read does not have its one permitted form."""


def wrong(place: str, message: str, value: str | None = None, *, allowed: str = "", cure: str = "") -> str:
    """Return one fault of what the auditor gave: place, what is wrong, what was read, what to do."""
    shown = "" if value is None else f"（读到“{value if len(value) <= SHOWN else value[:SHOWN] + '…'}”）"
    choice = f"；允许：{allowed}" if allowed else ""
    return f"{place}：{message}{shown}{choice}" + (f"；办法：{cure}" if cure else "")


# --- Ed25519 (RFC 8032 §5.1.7, without cofactor) ------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _point(data: bytes) -> Point | None:
    """Return the curve point that `data` (32 bytes) encodes, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE_POINT = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` (64 bytes) is that of `message` under the 32-byte key `public`."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _point(public)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    minus_key: Point = (P - key[0], key[1], 1, P - key[3])
    table = (NEUTRAL, BASE_POINT, minus_key, _add(BASE_POINT, minus_key))
    total = NEUTRAL
    for bit in range(252, -1, -1):
        total = _add(total, total)
        total = _add(total, table[(scalar >> bit & 1) + 2 * (challenge >> bit & 1)])
    inverse = pow(total[2], P - 2, P)
    x, y = total[0] * inverse % P, total[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


KEY_FORM = "名称+编号+base64，如 pingji/live/0123456789abcdef+1a2b3c4d+AQ…"
KEY_CURE = "向被审计单位以书面等另外的途径索取公钥，照原样完整抄录"


# --- notes, checkpoints, keys -------------------------------------------------------------------


def strict_base64(text: str) -> bytes:
    """Return the bytes whose one base64 text is `text`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("base64 写法不对") from error
    if base64.b64encode(data).decode() != text:
        raise Refused("base64 不是唯一写法")
    return data


@dataclass(frozen=True)
class Key:
    """A public key obtained outside the bundle: name (= log), 4-byte id, 32 bytes."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Key:
        """Return the key written as ``name+id+base64``.

        Raises:
            Refused: naming the part that is not as it must be.
        """
        parts = vkey.strip().split("+", 2)
        if len(parts) != 3 or not KEY_NAME.match(parts[0]):
            raise Refused(wrong("公钥", "写法不对", vkey.strip(), allowed=KEY_FORM, cure=KEY_CURE))
        try:
            data = strict_base64(parts[2])
        except Refused as error:
            raise Refused(wrong("公钥的 base64 部分", str(error), parts[2], cure=KEY_CURE)) from error
        if len(data) != 33 or data[0] != 1:
            found = f"{len(data)} 字节，类型 {data[0] if data else '无'}"
            allowed = "Ed25519：33 字节，类型 1"
            raise Refused(
                wrong("公钥的 base64 部分", "不是 Ed25519 公钥", found, allowed=allowed, cure=KEY_CURE)
            )
        key_id = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
        if key_id.hex() != parts[1]:
            raise Refused(
                wrong("公钥的编号", "与名称和内容不符", parts[1], allowed=key_id.hex(), cure=KEY_CURE)
            )
        return cls(parts[0], key_id, data[1:])


@dataclass(frozen=True)
class Checkpoint:
    """Origin, number of leaves, root of a signed checkpoint."""

    origin: str
    size: int
    root: bytes


def open_note(data: bytes, key: Key) -> Checkpoint:
    """Return the checkpoint of a note signed by `key`; unknown signature lines are ignored."""
    try:
        text, gap, tail = data.decode().rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise Refused("检查点不是 UTF-8 文字") from error
    if not gap or not tail.endswith("\n") or any(ord(c) < 32 and c != "\n" for c in text + tail):
        raise Refused("检查点不是签名文书")
    marks = [_mark(line) for line in tail[:-1].split("\n")]
    ours = [signature for name, key_id, signature in marks if (name, key_id) == (key.name, key.key_id)]
    if not ours:
        raise Refused("检查点没有所给公钥的签名")
    if not all(ed25519_verifies(key.public, (text + "\n").encode(), each) for each in ours):
        raise Refused("检查点的签名无效")
    return _checkpoint(text, key)


def _mark(line: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and signature of one signature line."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not KEY_NAME.match(parts[1]):
        raise Refused("检查点的签名行写法不对")
    data = strict_base64(parts[2])
    if len(data) < 5:
        raise Refused("签名过短")
    return parts[1], data[:4], data[4:]


def _checkpoint(text: str, key: Key) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 3 or lines[0] != key.name or not SIZE.match(lines[1]):
        raise Refused("检查点不是三行，或日志名与公钥名不同")
    root = strict_base64(lines[2])
    if len(root) != 32 or (lines[1] == "0" and root != hashlib.sha256(b"").digest()):
        raise Refused("检查点的根不对")
    return Checkpoint(lines[0], int(lines[1]), root)


# --- canonical JSON and the Merkle tree ---------------------------------------------------------


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("JSON 的键重复")
    if not "".join(members).isascii():
        raise Refused("JSON 的键不是 ASCII")
    return members


def _integer(text: str) -> int:
    value = int(text) if len(text) < 18 else SAFE + 1
    if abs(value) > SAFE:
        raise Refused("整数过大")
    return value


def _no_float(text: str) -> Any:
    raise Refused(f"JSON 中有浮点数 {text}")


# Made once: json.dumps and json.loads would make a new one for every value.
WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
READER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
)


def canonical_text(value: Any) -> str:
    """Return the canonical JSON text of `value`."""
    return WRITER.encode(value)


def read_json(data: bytes) -> Any:
    """Return the value of canonical JSON bytes; any other writing is refused."""
    try:
        value = READER.decode(data.decode())
        if canonical_text(value).encode() != data:
            raise Refused("JSON 不是规范写法")
    except (ValueError, RecursionError) as error:
        raise Refused("不是有效的 JSON") from error
    return value


class Tree:
    """RFC 6962: the perfect subtrees from the left; leaves are appended, the root is asked for."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        carry = self.size
        self.size += 1
        while carry & 1:
            leaf = hashlib.sha256(b"\x01" + self.peaks.pop() + leaf).digest()
            carry >>= 1
        self.peaks.append(leaf)

    def root(self) -> bytes:
        """Return the root of what was appended."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = hashlib.sha256(b"\x01" + peak + root).digest()
        return root


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in order."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


# --- one entry ----------------------------------------------------------------------------------


def leaf_faults(leaf: Any, origin: str) -> Iterator[str]:
    """Yield what keeps a decoded leaf from being an entry of version 1 of the log `origin`."""
    if not isinstance(leaf, dict):
        yield "记录不是对象"
        return
    missing, unknown = REQUIRED - leaf.keys(), leaf.keys() - REQUIRED - OPTIONAL
    if missing or unknown:
        yield f"成员不对：缺 {sorted(missing)}，多 {sorted(unknown)}"
        return
    if leaf["v"] != 1 or leaf["log"] != origin:
        yield f"版本或日志名不对：{leaf['v']}，{leaf['log']}"
    if not isinstance(leaf["at"], str) or not MOMENT.match(leaf["at"]):
        yield "时间写法不对"
    if not isinstance(leaf["actor"], dict) or leaf["actor"].keys() != {"id", "role", "org", "on_behalf"}:
        yield "操作人不完整"
    if leaf["outcome"] not in ("done", "refused") or (leaf["outcome"] == "refused" and leaf["changes"]):
        yield "结果不对，或被拒绝的操作带有改动"
    yield from _list_faults(leaf)


def _list_faults(leaf: dict[str, Any]) -> Iterator[str]:
    changes, files = leaf["changes"], leaf["files"]
    if not isinstance(changes, list) or not isinstance(files, list):
        yield "改动或文件不是列表"
        return
    for number, change in enumerate(changes):
        whole = isinstance(change, dict) and change.keys() == {"t", "pk", "op", "rev", "f"}
        if not whole or not isinstance(change["f"], dict) or change["op"] not in ("insert", "update"):
            yield f"第 {number + 1} 项改动写法不对"
        elif any(not isinstance(pair, list) or len(pair) != 2 for pair in change["f"].values()):
            yield f"第 {number + 1} 项改动没有前后两值"
    for number, file in enumerate(files):
        if not isinstance(file, dict) or file.keys() != {"sha256", "size", "type"}:
            yield f"第 {number + 1} 个文件写法不对"


def commitments(leaf: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the JSON pointer and digest of every commitment of a leaf."""
    for name in ("reason", "ip", "system_user", "problems"):
        if isinstance(value := leaf.get(name), dict):
            yield f"/{name}", str(value.get("#"))
    for number, change in enumerate(leaf["changes"]):
        for name, pair in change["f"].items():
            for side, value in enumerate(pair):
                if isinstance(value, dict):
                    yield f"/changes/{number}/f/{name}/{side}", str(value.get("#"))


def opens(digest: str, salt: object, body: object) -> bool:
    """Say whether salt and canonical body are what the commitment `digest` hides."""
    if not isinstance(salt, str) or not isinstance(body, str) or not re.fullmatch("[0-9a-f]{32}", salt):
        return False
    try:
        read_json(body.encode())
    except (Refused, UnicodeEncodeError):
        return False
    return hashlib.sha256(f'["{salt}",{body}]'.encode()).hexdigest() == digest


@dataclass
class Row:
    """A row as the log says it is: version, last entry and canonical text of each field.

    `entry` is the id the row cites (the first part, if the entry was split); None as a value: withheld.
    """

    rev: int
    entry: str
    index: int
    values: dict[str, str | None] = field(default_factory=dict)


class Continuity:
    """Replays changes; each must begin where the one before it ended.

    `reveal(entry id, path)` gives the proven text of a disclosure, or None if it is withheld.
    """

    def __init__(self, reveal: Callable[[str, str], str | None]) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.reveal = reveal
        self.withheld = 0

    def apply(self, index: int, leaf: dict[str, Any]) -> Iterator[str]:
        """Take over the changes of one well-formed leaf and yield every break."""
        for number, change in enumerate(leaf["changes"]):
            key = (str(change["t"]), str(change["pk"]))
            row = self.rows.get(key)
            place = f"{key[0]} {key[1]}"
            if (row is None) != (change["op"] == "insert"):
                yield f"{place}：{'重复新增' if row else '修改了从未新增的行'}"
            before = row.rev if row else 0
            if change["rev"] != before + 1:
                yield f"{place}：版本由 {before} 跳到 {change['rev']}"
            row = self.rows.setdefault(key, Row(0, "", 0))
            row.rev, row.index = change["rev"], index
            row.entry = leaf["part"]["of"] if "part" in leaf else leaf["id"]
            for name, pair in change["f"].items():
                path = f"/changes/{number}/f/{name}"
                old = self._text(leaf["id"], f"{path}/0", pair[0])
                if not self._same(old, row.values.get(name, "null")):
                    yield f"{place}.{name}：旧值不是上一次的新值"
                row.values[name] = self._text(leaf["id"], f"{path}/1", pair[1])

    def _text(self, entry: str, path: str, value: Any) -> str | None:
        return self.reveal(entry, path) if isinstance(value, dict) else canonical_text(value)

    def _same(self, one: str | None, two: str | None) -> bool:
        if one is None or two is None:
            self.withheld += 1
            return True
        return one == two


class Parts:
    """Follows entries that were split: parts come one after the other and cite each other's hash."""

    def __init__(self) -> None:
        self.open: dict[str, Any] | None = None
        self.hash = ""

    def apply(self, leaf: dict[str, Any], digest: bytes) -> str | None:
        """Take the next leaf and return what is wrong with its place among the parts, or None."""
        expected = self.open
        part = leaf.get("part")
        fault = None
        if part is None:
            fault = "前一条记录缺少后续部分" if expected else None
            self.open = None
        elif not isinstance(part, dict) or part.keys() != {"n", "of", "prev"}:
            fault, self.open = "分部写法不对", None
        else:
            start = {"n": [1, part["n"][-1]], "of": leaf["id"], "prev": None}
            if part != (expected or start):
                fault = "分部的次序、归属或前部散列不对"
            number, count = part["n"]
            going_on = {"n": [number + 1, count], "of": part["of"], "prev": digest.hex()}
            self.open = going_on if number < count else None
        return fault


# --- the bundle ---------------------------------------------------------------------------------


class Bundle:
    """A directory or zip read by relative name; links and doubled names are refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.archive = zipfile.ZipFile(path) if path.is_file() else None
        if self.archive:
            names = [each for each in self.archive.namelist() if not each.endswith("/")]
        else:
            names = [p.relative_to(path).as_posix() for p in sorted(path.rglob("*")) if not p.is_dir()]
            if any(p.is_symlink() for p in path.rglob("*")):
                raise Refused("留痕包中有链接")
        if len(names) != len(set(names)):
            raise Refused("留痕包中有重名文件")
        self.names = frozenset(names)

    def read(self, name: str) -> bytes:
        """Return the bytes of one file."""
        if name not in self.names:
            raise Refused(f"缺少文件 {name}")
        if self.archive:
            return self.archive.read(name)
        return (self.path / name).read_bytes()

    def lines(self, name: str) -> Iterator[Any]:
        """Yield the JSON value of every line."""
        data = self.read(name)
        if data and not data.endswith(b"\n"):
            raise Refused(f"{name} 末行不完整")
        for line in data.split(b"\n")[:-1]:
            yield read_json(line)

    def entries(self, size: int) -> Iterator[bytes]:
        """Yield the leaves in order, from bundles of up to 256 (C2SP tlog-tiles)."""
        for number in range(-(-size // TILE)):
            width = min(TILE, size - number * TILE)
            data = self.read(tile_name("entries", number, width))
            at = 0
            for _ in range(width):
                length = int.from_bytes(data[at : at + 2], "big")
                if len(data) < at + 2 + length:
                    raise Refused("记录文件被截断")
                yield data[at + 2 : at + 2 + length]
                at += 2 + length
            if at != len(data):
                raise Refused("记录文件之后另有内容")


def tile_name(level: str, number: int, width: int) -> str:
    """Return the C2SP path of a tile, e.g. ``tile/0/x001/234.p/12``."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < TILE else "")


def hash_tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, number and width of every hash tile of a tree of `size` leaves."""
    level, count = 0, size
    while count:
        for number in range(-(-count // TILE)):
            yield level, number, min(TILE, count - number * TILE)
        level, count = level + 1, count // TILE


# --- verdicts -----------------------------------------------------------------------------------

TITLES = {
    "layout": "文件齐全、没有多余",
    "signature": "检查点签名",
    "tree": "记录与签名的树一致",
    "entries": "每条记录写法规范",
    "history": "历次检查点",
    "continuity": "改动前后相接",
    "disclosures": "文字与承诺相符",
    "files": "文件散列",
}


@dataclass
class Verdict:
    """One question and its answer; `index` and `entry` are None where no single entry is meant."""

    name: str
    checked: int = 0
    problems: list[tuple[int | None, str | None, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True if it was examined and nothing is wrong."""
        return not self.problems

    def bad(self, message: str, index: int | None = None, entry: str | None = None) -> None:
        """Add one problem."""
        self.problems.append((index, entry, message))


class Verification:
    """All verdicts over one bundle, gathered by `run`."""

    def __init__(self, bundle: Bundle, key: Key, kept: bytes | None = None) -> None:
        self.bundle, self.key, self.kept = bundle, key, kept
        self.verdicts = {name: Verdict(name) for name in TITLES}
        self.size = 0
        self.root = b""
        self.complete = False
        self.bodies: dict[tuple[str, str], tuple[str, str | None]] = {}
        self.withheld: dict[tuple[str, str], int] = {}
        self.explained: set[tuple[str, str]] = set()
        self.ids: dict[str, int] = {}
        self.files: dict[str, tuple[int, str, dict[str, Any]]] = {}
        self.restores: dict[int, dict[str, Any]] = {}
        self.hashes: list[bytes] = []
        self.latest = ""
        self.own: Checkpoint | None = None
        self.first_changed: int | None = None

    def run(self) -> Verification:
        """Examine everything that can be examined and return self."""
        steps = (
            ("signature", self._signature),
            ("layout", self._layout),
            ("disclosures", self._read_disclosures),
            ("entries", self._entries),
            ("tree", self._tree),
            ("history", self._open_kept),
            ("history", self._history),
            ("disclosures", self._disclosures),
            ("files", self._files),
        )
        for name, step in steps:
            try:
                step()
            except (Refused, LookupError, TypeError, ValueError, AttributeError, OSError) as error:
                said = str(error) if isinstance(error, (Refused, OSError)) else "内容缺项或类型不对"
                self.verdicts[name].bad(said)
                if name == "signature":
                    break
        return self

    def _signature(self) -> None:
        checkpoint = open_note(self.bundle.read("checkpoint"), self.key)
        self.size, self.root = checkpoint.size, checkpoint.root
        self.verdicts["signature"].checked = 1

    def _layout(self) -> None:
        verdict, names = self.verdicts["layout"], self.bundle.names
        about = read_json(self.bundle.read("bundle.json"))
        if (about["format"], about["origin"], about["size"]) != (FORMAT, self.key.name, self.size):
            verdict.bad("bundle.json 与检查点不符")
        if about["disclosures"] not in ("all", "selected"):
            verdict.bad("bundle.json 没有说明披露是否齐全")
        self.complete = about["disclosures"] != "selected"
        expected = {*FIXED}
        for level, number, width in hash_tiles(self.size):
            expected.add(tile_name(str(level), number, width))
            if level == 0:
                expected.add(tile_name("entries", number, width))
        expected |= {
            f"blobs/{each['sha256']}" for each in self.bundle.lines("files.jsonl") if each["content"]
        }
        verdict.checked = len(names)
        for name in sorted(expected - names):
            verdict.bad(f"缺少 {name}")
        for name in sorted(names - expected):
            key = "key" in name.lower() or "policy" in name.lower()
            verdict.bad(f"留痕包自带密钥，拒绝使用：{name}" if key else f"多出 {name}")

    def _read_disclosures(self) -> None:
        verdict = self.verdicts["disclosures"]
        for line in self.bundle.lines("disclosures.jsonl"):
            place = (line["entry"], line["path"])
            if place in self.bodies:
                verdict.bad(f"重复的披露 {place[1]}", None, place[0])
            if line["salt"] is None and line["body"] is None:
                self.bodies[place] = (line["digest"], None)
            elif opens(line["digest"], line["salt"], line["body"]):
                self.bodies[place] = (line["digest"], line["body"])
            else:
                self.bodies[place] = ("", None)

    def _reveal(self, entry: str, path: str) -> str | None:
        return self.bodies.get((entry, path), ("", None))[1]

    def _entries(self) -> None:
        continuity, parts = Continuity(self._reveal), Parts()
        for index, data in enumerate(self.bundle.entries(self.size)):
            self.hashes.append(hashlib.sha256(b"\x00" + data).digest())
            try:
                self._entry(index, data, continuity, parts)
            except (Refused, LookupError, TypeError, ValueError, AttributeError) as error:
                said = str(error) if isinstance(error, Refused) else "成员的类型不对"
                self.verdicts["entries"].bad(said, index)
        if parts.open:
            self.verdicts["entries"].bad("最后一条记录缺少后续部分", self.size - 1)
        if continuity.withheld:
            told = f"{continuity.withheld} 处旧值或新值未披露，不能比较"
            self.verdicts["continuity"].notes.append(told)

    def _entry(self, index: int, data: bytes, continuity: Continuity, parts: Parts) -> None:
        """Judge one entry and note what later verdicts need from it."""
        verdict, order = self.verdicts["entries"], self.verdicts["continuity"]
        verdict.checked = order.checked = index + 1
        leaf = read_json(data)
        faults = list(leaf_faults(leaf, self.key.name))
        entry = str(leaf.get("id")) if isinstance(leaf, dict) else None
        for fault in faults:
            verdict.bad(fault, index, entry)
        if faults:
            return
        if (misplaced := parts.apply(leaf, self.hashes[-1])) is not None:
            verdict.bad(misplaced, index, entry)
        if leaf["at"] < self.latest:
            verdict.notes.append(f"序号 {index} 的时间早于前面的记录：{leaf['at']} < {self.latest}")
        self.latest = max(self.latest, leaf["at"])
        if leaf["id"] in self.ids:
            verdict.bad(f"编号重复，已见于序号 {self.ids[leaf['id']]}", index, entry)
            return
        self.ids[leaf["id"]] = index
        for fault in continuity.apply(index, leaf):
            order.bad(fault, index, entry)
        self._collect_disclosures(index, leaf)
        self._collect_acts(index, leaf)

    def _collect_disclosures(self, index: int, leaf: dict[str, Any]) -> None:
        entry, verdict = leaf["id"], self.verdicts["disclosures"]
        for path, digest in commitments(leaf):
            verdict.checked += 1
            known = self.bodies.pop((entry, path), None)
            if known is None:
                self.withheld[entry, path] = -1
            elif known[0] != digest:
                verdict.bad(f"{path} 的文字与承诺不符", index, entry)
            elif known[1] is None:
                self.withheld[entry, path] = index

    def _collect_acts(self, index: int, leaf: dict[str, Any]) -> None:
        for file in leaf["files"]:
            self.files.setdefault(file["sha256"], (index, leaf["id"], file))
        if leaf["action"] == "audit.redact":
            self.explained |= {(each["entry"], each["path"]) for each in leaf.get("redact", [])}
        if leaf["action"] == "system.restore" and "restore" in leaf:
            self.restores[index] = leaf["restore"]

    def _tree(self) -> None:
        verdict = self.verdicts["tree"]
        verdict.checked = self.size
        if len(self.hashes) == self.size and tree_root(self.hashes) == self.root:
            self._tiles()
            return
        stored: list[bytes] = []
        for level, number, width in hash_tiles(self.size):
            if level == 0:
                data = self.bundle.read(tile_name("0", number, width))
                stored += [data[at : at + 32] for at in range(0, len(data), 32)]
        pairs = zip(stored, self.hashes, strict=False)
        first = next((i for i, (told, found) in enumerate(pairs) if told != found), len(self.hashes))
        if tree_root(stored) == self.root:
            self.first_changed = first
            verdict.bad("记录缺失或已被改动：签名的散列与内容不符", first, self._id_at(first))
        else:
            verdict.bad("记录的根与签名的检查点不符")

    def _tiles(self) -> None:
        """Compare the stored tiles, level by level, with the tree that was just proven."""
        level_hashes = list(self.hashes)
        for level, number, width in hash_tiles(self.size):
            if number == 0 and level:
                starts = range(0, len(level_hashes) // TILE * TILE, TILE)
                level_hashes = [tree_root(level_hashes[at : at + TILE]) for at in starts]
            name = tile_name(str(level), number, width)
            if self.bundle.read(name) != b"".join(level_hashes[number * TILE : number * TILE + width]):
                self.verdicts["tree"].bad(f"{name} 与记录不符")

    def _id_at(self, index: int | None) -> str | None:
        return next((entry for entry, at in self.ids.items() if at == index), None)

    def _open_kept(self) -> None:
        try:
            self.own = open_note(self.kept, self.key) if self.kept is not None else None
        except Refused as error:
            cure = "换成当时另存的检查点原件，并确认与公钥属于同一份留痕"
            raise Refused(wrong("核验人保存的检查点", str(error), cure=cure)) from error

    def _history(self) -> None:
        """Check the chain of signatures, and the tree at every size that still binds."""
        verdict = self.verdicts["history"]
        previous, newest = "", Checkpoint(self.key.name, 0, tree_root(()))
        binding: dict[int, bytes] = {}
        for number, line in enumerate(self.bundle.lines("checkpoints.jsonl"), start=1):
            if line["prev"] != previous:
                verdict.bad(f"第 {number} 行没有引用上一行")
            self._seal(number, line)
            previous = hashlib.sha256(canonical_text(line).encode()).hexdigest()
            checkpoint = open_note(line["note"].encode(), self.key)
            if line["kind"] == "restore":
                self._restore(number, line, newest)
                cut = line["entry"]["index"]
                binding = {size: root for size, root in binding.items() if size <= cut}
            elif checkpoint.size < newest.size:
                verdict.bad(f"第 {number} 行的记录数倒退")
            binding[checkpoint.size] = checkpoint.root
            newest, verdict.checked = checkpoint, number
        if (newest.size, newest.root) != (self.size, self.root):
            verdict.bad("最后一次检查点不是留痕包的检查点")
        for index in self.restores:
            verdict.bad("恢复记录没有两人具名的签署器历史", index, self._id_at(index))
        if self.own is not None:
            binding[self.own.size] = self.own.root
            verdict.notes.append(f"与核验人保存的 {self.own.size} 条检查点比对")
        self._compare_roots(binding)

    def _seal(self, number: int, line: dict[str, Any]) -> None:
        """Demand the signer's seal over everything else the line says."""
        rest = {name: value for name, value in line.items() if name != "seal"}
        digest = hashlib.sha256(canonical_text(rest).encode()).hexdigest()
        text = f"pingji-history/1 {digest}\n".encode()
        if not ed25519_verifies(self.key.public, text, strict_base64(line["seal"])):
            self.verdicts["history"].bad(f"第 {number} 行的封记无效")

    def _restore(self, number: int, line: dict[str, Any], newest: Checkpoint) -> None:
        """Compare a restore in the signer's history with its entry in the log."""
        verdict, index = self.verdicts["history"], line["entry"]["index"]
        told = self.restores.pop(index, None)
        accounts = [each["account"] for each in line["persons"]]
        cited = {"size": newest.size, "root": newest.root.hex()}
        agrees = told == {**cited, "persons": accounts} and line["from"] == cited
        if not agrees or len(set(accounts)) != 2 or not line["reason"]:
            verdict.bad(f"第 {number} 行的恢复与日志中的记录不符", index, self._id_at(index))
        elif self.hashes[index].hex() != line["entry"]["hash"]:
            verdict.bad(f"第 {number} 行引用的恢复记录不同", index, self._id_at(index))
        else:
            names = "、".join(each["name"] for each in line["persons"])
            verdict.notes.append(f"{line['at']} 由{names}确认恢复：{line['reason']}")

    def _compare_roots(self, binding: dict[int, bytes]) -> None:
        verdict, tree, good = self.verdicts["history"], Tree(), 0
        for size in sorted(binding):
            if size > len(self.hashes):
                verdict.bad(f"曾签署到 {size} 条，现只有 {len(self.hashes)} 条", len(self.hashes))
                return
            for leaf in self.hashes[tree.size : size]:
                tree.append(leaf)
            if tree.root() != binding[size]:
                first = good if self.first_changed is None else self.first_changed
                verdict.bad(f"第 {size} 条时的根与当时签署的不同，改动在序号 {good}–{size - 1}", first)
                return
            good = size

    def _disclosures(self) -> None:
        verdict = self.verdicts["disclosures"]
        for entry, path in self.bodies:
            verdict.bad(f"{path} 的披露没有对应的承诺", self.ids.get(entry), entry)
        absent = [place for place, index in self.withheld.items() if index < 0]
        erased = [place for place, index in self.withheld.items() if index >= 0]
        for place in erased:
            if place not in self.explained:
                verdict.bad(f"{place[1]} 被隐去，日志中没有说明", self.ids[place[0]], place[0])
        if erased:
            verdict.notes.append(f"{len(erased)} 处文字已隐去")
        if absent and self.complete:
            for entry, path in absent:
                verdict.bad(f"{path} 的披露缺失", self.ids[entry], entry)
        elif absent:
            verdict.notes.append(f"{len(absent)} 处文字未随包披露")

    def _files(self) -> None:
        verdict = self.verdicts["files"]
        only_hash = 0
        listed = {line["sha256"]: line for line in self.bundle.lines("files.jsonl")}
        for sha256, (index, entry, file) in self.files.items():
            verdict.checked += 1
            line = listed.pop(sha256, None)
            if line is None or {**file, "content": line["content"]} != line:
                verdict.bad(f"文件 {sha256} 未列出，或大小、类型不符", index, entry)
            elif not line["content"]:
                only_hash += 1
            else:
                data = self.bundle.read(f"blobs/{sha256}")
                if len(data) != file["size"] or hashlib.sha256(data).hexdigest() != sha256:
                    verdict.bad(f"文件 {sha256} 的内容已被改动", index, entry)
        for sha256 in listed:
            verdict.bad(f"文件 {sha256} 不属于任何记录")
        if only_hash:
            verdict.notes.append(f"{only_hash} 个文件只有散列，没有内容")

    # -- the answer

    @property
    def ok(self) -> bool:
        """True if no verdict found anything."""
        return all(verdict.ok for verdict in self.verdicts.values())

    def first_bad(self) -> dict[str, Any] | None:
        """Return the problem at the lowest index, or the first without one."""
        found = [
            {"index": index, "entry": entry, "verdict": name, "message": message}
            for name, verdict in self.verdicts.items()
            for index, entry, message in verdict.problems
        ]
        found.sort(key=lambda each: each["index"] if isinstance(each["index"], int) else SAFE)
        return found[0] if found else None

    def plain(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        return {
            "ok": self.ok,
            "origin": self.key.name,
            "size": self.size,
            "root": self.root.hex(),
            "first_bad": self.first_bad(),
            "verdicts": [
                {
                    "name": name,
                    "title": TITLES[name],
                    "ok": verdict.ok,
                    "checked": verdict.checked,
                    "problems": [{"index": i, "entry": e, "message": m} for i, e, m in verdict.problems],
                    "notes": verdict.notes,
                }
                for name, verdict in self.verdicts.items()
            ],
        }

    def text(self, most: int = 10) -> str:
        """Return the outcome for people, at most `most` problems and notes per verdict."""
        lines = [f"日志 {self.key.name}，{self.size} 条记录"]
        for name, verdict in self.verdicts.items():
            state = "通过" if verdict.ok else f"发现 {len(verdict.problems)} 处问题"
            lines.append(f"  {TITLES[name]}：{state}（核验 {verdict.checked} 项）")
            for index, entry, message in verdict.problems[:most]:
                place = "" if index is None else f"序号 {index} "
                lines.append(f"    × {place}{entry or ''} {message}")
            lines += [f"    · {note}" for note in verdict.notes[:most]]
        first = self.first_bad()
        if first is None:
            lines.append("核验通过。")
        else:
            where = "（不限于一条记录）" if first["index"] is None else f"序号 {first['index']}"
            lines.append(f"核验未通过。最先出问题的是{where} {first['entry'] or ''}：{first['message']}")
        return "\n".join(lines)


def verify_bundle(path: Path, vkey: str, kept: bytes | None = None) -> Verification:
    """Return the verification of the bundle at `path` under a key from elsewhere.

    Raises:
        Refused: the key is malformed or the bundle cannot be read at all.
    """
    key = Key.parse(vkey)
    if not path.exists():
        raise Refused(wrong("BUNDLE", "没有这个目录或文件", str(path), allowed="导出的目录或 zip"))
    try:
        bundle = Bundle(path)
    except zipfile.BadZipFile as error:
        raise Refused(wrong("BUNDLE", "既不是目录，也不是 zip", str(path), cure="重新索取留痕包")) from error
    except OSError as error:
        raise Refused(wrong("BUNDLE", _unreadable(error), str(path))) from error
    return Verification(bundle, key, kept).run()


# --- the command --------------------------------------------------------------------------------

USAGE = "用法：python verifier.py BUNDLE --vkey KEY [--checkpoint FILE] [--json]"
HELP = f"""{USAGE}

离线核验评迹导出的留痕包。

  BUNDLE             导出的目录或 zip
  --vkey KEY         公钥，或存有公钥的文件；须另行得到，不得取自留痕包
  --checkpoint FILE  核验人自己早先保存的检查点
  --json             输出一份 JSON
  -h, --help         显示本说明

退出码：0 核验通过，1 发现问题，2 用法有误。"""
VALUED = {"--vkey": "公钥，或存有公钥的文件", "--checkpoint": "早先保存的检查点文件"}
FLAGS = ("--json", "-h", "--help")


@dataclass
class Call:
    """How the command was called: words without option, values and flags by option, and every fault."""

    words: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, arguments: Sequence[str]) -> Call:
        """Return the call that `arguments` make; nothing wrong in it is passed over."""
        call, coming = cls(), iter(arguments)
        for word in coming:
            name, equals, value = word.partition("=")
            if name in VALUED:
                call._value(name, value if equals else next(coming, ""))
            elif word in FLAGS:
                call.flags.add(word)
            elif word.startswith("-"):
                allowed = "、".join((*VALUED, *FLAGS))
                call.faults.append(wrong("选项", "没有这个选项", word, allowed=allowed, cure="改正或删去"))
            else:
                call.words.append(word)
        call._demand()
        return call

    def _value(self, name: str, value: str) -> None:
        if not value or value.startswith("--"):
            read = value or None
            self.faults.append(
                wrong(name, "缺少取值", read, allowed=VALUED[name], cure=f"在 {name} 之后写明")
            )
        elif name in self.values:
            self.faults.append(wrong(name, "只能给出一次", value, cure="只留一个"))
        else:
            self.values[name] = value

    def _demand(self) -> None:
        if len(self.words) != 1:
            read = "、".join(self.words) or None
            message = "只能给出一个" if self.words else "没有给出留痕包"
            self.faults.append(
                wrong("BUNDLE", message, read, allowed="导出的目录或 zip", cure="每次核验一个")
            )
        if "--vkey" not in self.values and not any(f.startswith("--vkey") for f in self.faults):
            self.faults.append(wrong("--vkey", "没有给出公钥", allowed=VALUED["--vkey"], cure=KEY_CURE))


def _unreadable(error: OSError) -> str:
    """Return in Chinese why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "没有这个文件"
    if isinstance(error, PermissionError):
        return "没有读取权限"
    return "是目录，不是文件" if isinstance(error, IsADirectoryError) else "不能读取"


def _is_file(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # Longer than a name may be, or with a zero byte: a key, or nonsense.
        return False


def _outside(text: str, bundle: Path) -> str:
    """Return the key given as text or as the path of a file, which must not lie in the bundle."""
    if not _is_file(text):
        if "+" in text:
            return text
        allowed = f"{KEY_FORM}；或存有它的文件"
        raise Refused(wrong("--vkey", "既不是公钥，也没有这个文件", text, allowed=allowed, cure=KEY_CURE))
    path = Path(text)
    if path.resolve().is_relative_to(bundle.resolve()):
        raise Refused("公钥取自留痕包之内，不能证明任何事；请用另行得到的公钥")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused(wrong("--vkey", "文件里不是文字", text, allowed=KEY_FORM, cure=KEY_CURE)) from error
    except OSError as error:
        raise Refused(wrong("--vkey", _unreadable(error), text, allowed="存有公钥的文件")) from error


def _kept(text: str | None) -> bytes | None:
    """Return the bytes of the auditor's own checkpoint, None if none was given."""
    try:
        return None if text is None else Path(text).read_bytes()
    except (OSError, ValueError) as error:
        said = _unreadable(error) if isinstance(error, OSError) else "不是文件名"
        cure = "写明当时另存的检查点文件；没有就不要写 --checkpoint"
        raise Refused(wrong("--checkpoint", said, text, cure=cure)) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the outcome and return the exit code."""
    call = Call.read(sys.argv[1:] if arguments is None else arguments)
    if call.flags & {"-h", "--help"}:
        print(HELP)
        return 0
    if call.faults:
        print("\n".join((USAGE, *(f"用法有误：{fault}" for fault in call.faults))), file=sys.stderr)
        return 2
    try:
        bundle, kept = Path(call.words[0]), _kept(call.values.get("--checkpoint"))
        outcome = verify_bundle(bundle, _outside(call.values["--vkey"], bundle), kept)
    except Refused as error:
        print(f"不能核验：{error}", file=sys.stderr)
        return 2
    print(json.dumps(outcome.plain(), ensure_ascii=False) if "--json" in call.flags else outcome.text())
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.exit(main())
