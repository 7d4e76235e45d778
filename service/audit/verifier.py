"""离线核验评迹导出的留痕包和证明：只用 Python 标准库（3.7 或更高版本），一个文件，不联网，不需要数据库。

    python verifier.py BUNDLE --vkey KEY | --policy FILE [--checkpoint FILE] [--printed TEXT] [--file FILE]
                       [--json]
    python verifier.py PROOF --vkey KEY | --policy FILE [--leaf HASH] [--checkpoint FILE] [--file FILE]
                       [--json]

BUNDLE 是导出的目录或 zip；PROOF 是一条记录在留痕之中的证明（.tlog-proof），或留痕只增不改的证明
（.tlog-growth，须与 --checkpoint 一起）；KEY 是从它们之外得到的公钥（文字，或存有公钥的文件）；
--policy 是写明公钥、见证人和见证要求的文件（C2SP tlog-policy）；--checkpoint 是核验人自己早先保存的
检查点，或见证文件；TEXT 是审批单上印的条数和根；--file 是手头的一个文件（如签发的报告），核对它是不是
留痕登记的那一个；HASH 是回执上的记录散列。退出码：0 核验通过，1 发现问题，2 用法有误。

- Every verdict stands alone: layout, signature, tree, entries, history, continuity, disclosures, files.
- The key is never read from the bundle; a bundle that brings one is refused.
- A policy may say from and up to which size a key is good; a checkpoint needs a key that is good for it.
- The first bad entry is named by its index (from 0) and its id.
- A proof of one entry and a proof of growth stand alone as files (C2SP tlog-proof; the body of a
  tlog-witness request) and are judged by the same key.
- verifier.html is the same as one page for a browser; the tests hold both against each other word for word.
- This file takes nothing from the service on purpose, in one piece although it is long: an auditor
  copies it, reads it, and runs it anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sys
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Sequence, Tuple

FORMAT = "pingji-bundle/1"
TILE = 256
SAFE = 2**53 - 1
SHOWN = 80
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z", re.ASCII)
KEY_NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ufffd]+\Z")
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")
SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
FIXED = ("README.txt", "bundle.json", "checkpoint", "checkpoints.jsonl", "disclosures.jsonl", "files.jsonl")
ALWAYS = ("v", "log", "id", "at", "actor", "action", "reason", "evaluation", "stage", "source")
REQUIRED = frozenset((*ALWAYS, "changes", "files", "outcome"))
OPTIONAL = frozenset(("on", "part", "request", "ip", "system_user", "problems", "redact", "restore", "key"))


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
Point = Tuple[int, int, int, int]
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
KEPT_CURE = "换成当时另存的检查点原件，并确认与公钥属于同一份留痕"
KEY_CURE = "向被审计单位以书面等另外的途径索取公钥，照原样完整抄录"


# --- notes, checkpoints, keys -------------------------------------------------------------------


def strict_base64(text: str) -> bytes:
    """Return the bytes whose one base64 text is `text`."""
    if not BASE64.match(text):
        raise Refused("base64 写法不对")
    data = base64.b64decode(text)
    if base64.b64encode(data).decode() != text:
        raise Refused("base64 不是唯一写法")
    return data


LOG_KEY, WITNESS_KEY = 1, 4


@dataclass(frozen=True)
class Key:
    """A public key from outside the bundle: name, 4-byte id, 32 bytes; good for sizes `since` to `until`."""

    name: str
    key_id: bytes
    public: bytes
    since: int = 0
    until: int | None = None

    @classmethod
    def parse(cls, vkey: str, kind: int = LOG_KEY) -> Key:
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
        if len(data) != 33 or data[0] != kind:
            found = f"{len(data)} 字节，类型 {data[0] if data else '无'}"
            allowed = f"Ed25519：33 字节，类型 {kind}"
            raise Refused(
                wrong("公钥的 base64 部分", "不是 Ed25519 公钥", found, allowed=allowed, cure=KEY_CURE)
            )
        key_id = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
        if key_id.hex() != parts[1]:
            raise Refused(
                wrong("公钥的编号", "与名称和内容不符", parts[1], allowed=key_id.hex(), cure=KEY_CURE)
            )
        return cls(parts[0], key_id, data[1:])

    def good_for(self, size: int) -> bool:
        """Say whether a checkpoint of this size may be signed by this key alone."""
        return self.since <= size and (self.until is None or size <= self.until)


@dataclass(frozen=True)
class Checkpoint:
    """Origin, number of leaves, root of a signed checkpoint; `seen`: witness → Unix time it was seen."""

    origin: str
    size: int
    root: bytes
    seen: dict[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Printed:
    """What a printed form says of the log: number of entries and root, in groups of four hex digits."""

    size: int
    groups: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Printed:
        """Return what somebody has typed off paper: the number first, then the root, in groups or not.

        Raises:
            Refused: naming what is missing or is no hex digit.
        """
        words = re.split(r"[\s,，、;；:：·\-]+", text.strip().lower())
        digits = "".join(words[1:])
        cure = "照审批单依次抄写条数和十六组根，组与组之间留空格"
        if not SIZE.match(words[0]):
            raise Refused(wrong("--printed", "条数写法不对", words[0], allowed="整数", cure=cure))
        strange = sorted(set(re.sub("[0-9a-f]", "", digits)))
        if strange:
            raise Refused(wrong("--printed", "根里有不是 0–9、a–f 的字", "".join(strange), cure=cure))
        if len(digits) != 64:
            raise Refused(wrong("--printed", "根应为 64 位", f"{len(digits)} 位", cure=cure))
        return cls(int(words[0]), tuple(digits[at : at + 4] for at in range(0, 64, 4)))

    def differing(self, root: bytes) -> list[int]:
        """Return which groups, counted from 1, are not those of `root`."""
        return [n + 1 for n, group in enumerate(self.groups) if group != root[2 * n : 2 * n + 2].hex()]


class Policy:
    """Whom the auditor trusts (C2SP tlog-policy): keys of one log, witnesses, and how many must have seen it.

    Comments of the form ``# pingji key <id> from|until <size>`` say for which sizes a key is good, and
    ``# pingji fresh <hours>`` how old a countersignature may be now; other tools pass over them.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self.name = keys[0].name
        self.keys = {key.key_id: key for key in keys}
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.quorum = "none"
        self.fresh: int | None = None

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Return the policy a file holds.

        Raises:
            Refused: naming the line that is not as it must be.
        """
        if any(ord(c) < 32 and c not in "\t\n" for c in text):
            raise Refused(wrong("--policy", "含有控制字符"))
        rows = [re.split("[ \t]+", line.strip(" \t")) for line in text.split("\n")]
        keys = [Key.parse(row[1]) for row in rows if row[0] == "log" and len(row) in (2, 3)]
        if not keys or len({key.name for key in keys}) != 1 or len({key.public for key in keys}) != len(keys):
            raise Refused(wrong("--policy", "须列出一份留痕的公钥，不重复", allowed=f"log {KEY_FORM}"))
        policy, quorums = cls(keys), 0
        for number, row in enumerate(rows, start=1):
            if not policy._row(row):
                raise Refused(wrong(f"--policy 第 {number} 行", "写法不对", " ".join(row)))
            quorums += row[0] == "quorum"
        if quorums != 1:
            raise Refused(
                wrong("--policy", "须有且只有一行 quorum", allowed="quorum none，或见证人、组的名称")
            )
        return policy

    def _row(self, row: list[str]) -> bool:
        """Take over one line and say whether it was one."""
        if row[:2] == ["#", "pingji"]:
            return self._hours(row[2:]) if row[2:3] == ["fresh"] else self._bound(row[2:])
        if row == [""] or row[0].startswith("#"):
            return True
        if row[0] == "log":
            return len(row) in (2, 3)
        if row[0] == "quorum" and len(row) == 2:
            self.quorum = row[1]
            return row[1] == "none" or self._known(row[1])
        if row[0] == "witness" and len(row) in (3, 4) and not self._known(row[1]) and row[1] != "none":
            key = Key.parse(row[2], WITNESS_KEY)
            fresh = all(key.public != each.public for each in self.witnesses.values())
            self.witnesses[row[1]] = key
            return fresh
        return row[0] == "group" and len(row) > 3 and self._group(row[1], row[2], row[3:])

    def _group(self, name: str, threshold: str, members: list[str]) -> bool:
        taken = {each for _, others in self.groups.values() for each in others}
        fit = all(self._known(each) and each not in taken for each in members)
        if not fit or len(set(members)) != len(members) or self._known(name) or name == "none":
            return False
        words = {"any": 1, "all": len(members)}
        count = words.get(threshold) or (int(threshold) if re.fullmatch("[1-9][0-9]?", threshold) else 0)
        self.groups[name] = (count, tuple(members))
        return 1 <= count <= len(members)

    def _known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _hours(self, row: list[str]) -> bool:
        """Take over how many hours old a countersignature may be."""
        if len(row) != 2 or not re.match(r"[1-9][0-9]{0,5}\Z", row[1]) or self.fresh is not None:
            return False
        self.fresh = int(row[1])
        return True

    def _bound(self, row: list[str]) -> bool:
        """Take over from or up to which size a key is good."""
        if len(row) != 4 or row[0] != "key" or row[2] not in ("from", "until") or not SIZE.match(row[3]):
            return False
        for key_id, key in self.keys.items():
            if key_id.hex() == row[1]:
                since = int(row[3]) if row[2] == "from" else key.since
                until = int(row[3]) if row[2] == "until" else key.until
                self.keys[key_id] = Key(key.name, key_id, key.public, since, until)
                return True
        return False

    def witnessed(self, name: str, seen: dict[str, int]) -> bool:
        """Say whether those who have `seen` a checkpoint are enough for witness or group `name`."""
        if name == "none" or name in seen:
            return True
        count, members = self.groups.get(name, (1, ()))
        return sum(self.witnessed(each, seen) for each in members) >= count

    def signed(self, size: int, text: bytes, signature: bytes) -> bool:
        """Say whether a key that is good for `size` has signed `text`."""
        good = (key.public for key in self.keys.values() if key.good_for(size))
        return any(ed25519_verifies(public, text, signature) for public in good)


def open_note(data: bytes, policy: Policy) -> Checkpoint:
    """Return the checkpoint of a note signed as `policy` demands; unknown signature lines are ignored."""
    try:
        text, gap, tail = data.decode().rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise Refused("检查点不是 UTF-8 文字") from error
    if not gap or not tail.endswith("\n") or any(ord(c) < 32 and c != "\n" for c in text + tail):
        raise Refused("检查点不是签名文书")
    marks = [_mark(line) for line in tail[:-1].split("\n")]
    ours = [(policy.keys[i], mark) for name, i, mark in marks if name == policy.name and i in policy.keys]
    if not ours:
        raise Refused("检查点没有所给公钥的签名")
    body = (text + "\n").encode()
    if not all(ed25519_verifies(key.public, body, mark) for key, mark in ours):
        raise Refused("检查点的签名无效")
    point = _checkpoint(text, policy.name)
    if not any(key.good_for(point.size) for key, _ in ours):
        raise Refused(f"签署检查点的密钥在 {point.size} 条时无效：尚未启用，或已经撤销")
    return Checkpoint(point.origin, point.size, point.root, _seen(body, marks, policy))


def _seen(body: bytes, marks: Iterable[tuple[str, bytes, bytes]], policy: Policy) -> dict[str, int]:
    """Return when each witness of the policy saw the checkpoint (C2SP tlog-cosignature)."""
    seen: dict[str, int] = {}
    known = {(key.name, key.key_id): (label, key) for label, key in policy.witnesses.items()}
    for name, key_id, mark in marks:
        if (name, key_id) not in known:
            continue
        label, key = known[name, key_id]
        time = int.from_bytes(mark[:8], "big")
        if not ed25519_verifies(key.public, f"cosignature/v1\ntime {time}\n".encode() + body, mark[8:]):
            raise Refused(f"见证人 {label} 的签名无效")
        seen[label] = time
    return seen


def _mark(line: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and signature of one signature line."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not KEY_NAME.match(parts[1]):
        raise Refused("检查点的签名行写法不对")
    data = strict_base64(parts[2])
    if len(data) < 5:
        raise Refused("签名过短")
    return parts[1], data[:4], data[4:]


def _checkpoint(text: str, name: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 3 or lines[0] != name or not SIZE.match(lines[1]):
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


def grows_into(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    """Say whether the tree of `old` is a prefix of that of `new` (RFC 9162 §2.1.4.2)."""
    if old.size > new.size:
        return False
    if old.size in (0, new.size):
        return not proof and (old.size == 0 or old.root == new.root)
    path = list(proof) if old.size & (old.size - 1) else [old.root, *proof]
    return bool(path) and _regrown(old.size, new.size, path) == (old.root, new.root)


def _regrown(old_size: int, new_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees as a proof of growth gives them."""
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return b"", b""
        if node & 1 or node == last:
            before, after = _node(sibling, before), _node(sibling, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = _node(after, sibling)
        node, last = node >> 1, last >> 1
    return (before, after) if last == 0 else (b"", b"")


def contains(new: Checkpoint, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the hash `leaf` is number `index` of the tree of `new` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < new.size:
        return False
    node, last, current = index, new.size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = _node(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = _node(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current == new.root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


# --- time stamps (RFC 3161), as far as they can be read without their certificates --------------

STAMP_NAME = re.compile(r"timestamps/[0-9a-f]{64}\.tst\Z")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
SHA256_ID = bytes.fromhex("0609608648016503040201")


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, beginning and end of the content of the DER element at `at`."""
    if at + 2 > len(data):
        raise Refused("时间戳写法不对")
    tag, length, start = data[at], data[at + 1], at + 2
    if length > 127:
        count = length - 128
        if not 1 <= count <= 4:
            raise Refused("时间戳写法不对")
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + length > len(data):
        raise Refused("时间戳写法不对")
    return tag, start, start + length


def _elements(data: bytes, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return the DER elements that fill the stretch."""
    found = []
    while start < end:
        found.append(_element(data, start))
        start = found[-1][2]
    if start != end:
        raise Refused("时间戳写法不对")
    return found


def stamp_of(token: bytes) -> tuple[str, str]:
    """Return the SHA-256 (hex) that a time-stamp token is about, and its moment."""
    at = token.find(TST_INFO)
    if at < 0:
        raise Refused("不是时间戳")
    _, start, _ = _element(token, at + len(TST_INFO))
    tag, start, end = _element(token, start)
    if tag != 4:
        raise Refused("时间戳写法不对")
    _, start, end = _element(token, start)
    parts = _elements(token, start, end)
    if [part[0] for part in parts[:5]] != [2, 6, 48, 2, 24]:
        raise Refused("时间戳写法不对")
    algorithm, digest = (_elements(token, parts[2][1], parts[2][2]) + [(0, 0, 0)] * 2)[:2]
    held = token[digest[1] : digest[2]]
    if not token[algorithm[1] : algorithm[2]].startswith(SHA256_ID) or digest[0] != 4 or len(held) != 32:
        raise Refused("时间戳用的不是 SHA-256")
    when = token[parts[4][1] : parts[4][2]].decode("ascii", "replace")
    if not re.match(r"[0-9]{14}(\.[0-9]+)?Z\Z", when):
        raise Refused("时间戳的时间写法不对")
    return held.hex(), f"{when[:4]}-{when[4:6]}-{when[6:8]}T{when[8:10]}:{when[10:12]}:{when[12:14]}Z"


# --- one entry ----------------------------------------------------------------------------------


def leaf_faults(leaf: Any, origin: str) -> Iterator[str]:
    """Yield what keeps a decoded leaf from being an entry of version 1 of the log `origin`."""
    if not isinstance(leaf, dict):
        yield "记录不是对象"
        return
    missing, unknown = REQUIRED - leaf.keys(), leaf.keys() - REQUIRED - OPTIONAL
    if missing or unknown:
        yield f"成员不对：缺 {'、'.join(sorted(missing)) or '无'}，多 {'、'.join(sorted(unknown)) or '无'}"
        return
    if leaf["v"] != 1 or leaf["log"] != origin:
        yield f"版本或日志名不对：{canonical_text(leaf['v'])}，{canonical_text(leaf['log'])}"
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
        value = leaf.get(name)
        if isinstance(value, dict):
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


# --- zip (APPNOTE 6.3) --------------------------------------------------------------------------


class Zip:
    """The files of a zip by name, read by one rule: versions of zipfile differ in what they let pass."""

    def __init__(self, path: Path) -> None:
        self.path = path
        whole = path.stat().st_size
        count, size, start, stands = self._end(whole)
        self.directory = stands - size
        self.before = self.directory - start
        if self.before < 0:
            raise self._no_zip()
        self.entries: dict[str, _Zipped] = {}
        listed, at = self._slice(self.directory, stands), 0
        for _ in range(count):
            if at + 46 > len(listed) or listed[at : at + 4] != b"PK\1\2":
                raise self._no_zip()
            entry = _Zipped(listed, at)
            at = entry.after
            if entry.name.endswith("/"):
                continue
            if entry.name in self.entries:
                raise Refused("留痕包中有重名文件")
            self.entries[entry.name] = entry
        if at != len(listed):
            raise self._no_zip()

    def _end(self, whole: int) -> tuple[int, int, int, int]:
        """Return count, size and start of the directory, and where its end is told."""
        first = max(0, whole - 65557)
        tail = self._slice(first, whole)
        end = tail.rfind(b"PK\5\6", 0, max(0, len(tail) - 18))
        if end < 0:
            raise self._no_zip()
        stands = first + end
        if end < 20 or tail[end - 20 : end - 16] != b"PK\6\7":
            return _little(tail, end + 10, 2), _little(tail, end + 12, 4), _little(tail, end + 16, 4), stands
        stands -= 20 + 56
        wide = self._slice(stands, stands + 56) if stands >= 0 else b""
        if len(wide) < 56 or wide[:4] != b"PK\6\6":
            raise self._no_zip()
        return _little(wide, 32, 8), _little(wide, 40, 8), _little(wide, 48, 8), stands

    def _no_zip(self) -> Refused:
        return Refused(wrong("BUNDLE", "既不是目录，也不是 zip", str(self.path), cure="重新索取留痕包"))

    def _slice(self, start: int, end: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(max(0, end - start))

    def read(self, name: str) -> bytes:
        """Return the bytes of one file; size and checksum are as the directory tells and nothing is left."""
        entry = self.entries[name]
        broken = Refused(f"zip 中的 {name} 已损坏，不能读出")
        start = self.before + entry.start
        head = self._slice(start, start + 30)
        if entry.flags & 0x2061 or entry.method not in (0, 8) or len(head) < 30 or head[:4] != b"PK\3\4":
            raise broken
        named = start + 30
        data = named + _little(head, 26, 2)
        if self._slice(named, data) != name.encode():
            raise broken
        data += _little(head, 28, 2)
        packed = self._slice(data, data + entry.packed)
        if len(packed) != entry.packed or data + entry.packed > self.directory:
            raise broken
        made = packed if entry.method == 0 else _inflated(packed, entry.size)
        if made is None or len(made) != entry.size or zlib.crc32(made) != entry.crc:
            raise broken
        return made


class _Zipped:
    """One line of the directory of a zip."""

    def __init__(self, listed: bytes, at: int) -> None:
        self.flags, self.method = _little(listed, at + 8, 2), _little(listed, at + 10, 2)
        self.crc, self.packed, self.size = (_little(listed, at + each, 4) for each in (16, 20, 24))
        self.start = _little(listed, at + 42, 4)
        lengths = [_little(listed, at + each, 2) for each in (28, 30, 32)]
        name = listed[at + 46 : at + 46 + lengths[0]]
        if not all(0x20 <= byte <= 0x7E for byte in name):
            raise Refused("zip 中有文件名不是 ASCII 字符")
        self.name = name.decode("ascii")
        self._widen(listed, at + 46 + lengths[0], at + 46 + lengths[0] + lengths[1])
        self.after = at + 46 + sum(lengths)

    def _widen(self, listed: bytes, start: int, end: int) -> None:
        """Sizes and place of more than 32 bits stand in the extra field numbered 1."""
        while start + 4 <= end <= len(listed):
            if _little(listed, start, 2) == 1:
                place = start + 4
                for each in ("size", "packed", "start"):
                    if getattr(self, each) == 0xFFFFFFFF and place + 8 <= end:
                        setattr(self, each, _little(listed, place, 8))
                        place += 8
            start += 4 + _little(listed, start + 2, 2)


def _little(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "little")


def _inflated(packed: bytes, size: int) -> bytes | None:
    """Return what was deflated, or None if it is cut off, longer than `size` or followed by something."""
    stream = zlib.decompressobj(-15)
    try:
        made = stream.decompress(packed, size + 1)
    except zlib.error:
        return None
    return made if stream.eof and not stream.unused_data and not stream.unconsumed_tail else None


# --- the bundle ---------------------------------------------------------------------------------


class Bundle:
    """A directory or zip read by relative name; links and doubled names are refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.archive = Zip(path) if path.is_file() else None
        if self.archive:
            self.names = frozenset(self.archive.entries)
            return
        if any(each.is_symlink() for each in path.rglob("*")):
            raise Refused("留痕包中有链接")
        self.names = frozenset(p.relative_to(path).as_posix() for p in path.rglob("*") if not p.is_dir())

    def read(self, name: str) -> bytes:
        """Return the bytes of one file."""
        if name not in self.names:
            raise Refused(f"缺少文件 {name}")
        return self.archive.read(name) if self.archive else (self.path / name).read_bytes()

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


@dataclass(frozen=True)
class Given:
    """A file at hand, which the log should know: its name and SHA-256."""

    name: str
    sha256: str

    @property
    def unknown(self) -> str:
        """What is said if the log does not know it."""
        return f"所给的 {self.name} 没有登记（SHA-256 {self.sha256}）"

    def known(self, index: int, leaf: dict[str, Any]) -> str:
        """Return what is said if entry `index` registered it."""
        return f"所给的 {self.name} 是序号 {index} {leaf['id']} 于 {leaf['at']} 登记的（{leaf['action']}）"


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
WITNESSES_TITLE = {"witnesses": "见证人数与新近"}
STAMPS_TITLE = {"timestamps": "时间戳与检查点相符"}
PRINTED_TITLE = {"printed": "与纸面上印的根一致"}
PROOF_TITLES = {"signature": "检查点签名", "proof": "证明与检查点相符", "entries": "所证明的记录"}


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


def _moment(time: int) -> str:
    """Return a Unix time as UTC text; one beyond the calendar as it is."""
    try:
        return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return str(time)


class Outcome:
    """Verdicts, each under its title, over the tree of one checkpoint."""

    def __init__(self, policy: Policy, titles: dict[str, str]) -> None:
        titles = {**titles, **(WITNESSES_TITLE if policy.quorum != "none" else {})}
        self.policy, self.titles = policy, titles
        self.verdicts = {name: Verdict(name) for name in titles}
        self.size = 0
        self.root = b""

    def _signed(self, checkpoint: Checkpoint) -> None:
        """Take over the tree of a checkpoint, and say who has seen it."""
        verdict, policy = self.verdicts["signature"], self.policy
        self.size, self.root, verdict.checked = checkpoint.size, checkpoint.root, 1
        witnesses = self.verdicts.get("witnesses", verdict)
        for label, time in sorted(checkpoint.seen.items()):
            witnesses.notes.append(f"见证人 {label} 于 {_moment(time)} 看到")
        if "witnesses" in self.verdicts:
            witnesses.checked = len(checkpoint.seen)
        if not policy.witnessed(policy.quorum, checkpoint.seen):
            witnesses.bad(
                f"见证不足：要求 {policy.quorum}，已有 {'、'.join(sorted(checkpoint.seen)) or '无'}"
            )
        elif policy.quorum != "none" and policy.fresh is not None:
            oldest = int(datetime.now(timezone.utc).timestamp()) - policy.fresh * 3600
            recent = {label: time for label, time in checkpoint.seen.items() if time >= oldest}
            if not policy.witnessed(policy.quorum, recent):
                witnesses.bad(f"见证不够新近：要求 {policy.fresh} 小时之内")

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
            "origin": self.policy.name,
            "size": self.size,
            "root": self.root.hex(),
            "first_bad": self.first_bad(),
            "verdicts": [
                {
                    "name": name,
                    "title": self.titles[name],
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
        lines = [f"日志 {self.policy.name}，{self.size} 条记录"]
        for name, verdict in self.verdicts.items():
            state = "通过" if verdict.ok else f"发现 {len(verdict.problems)} 处问题"
            lines.append(f"  {self.titles[name]}：{state}（核验 {verdict.checked} 项）")
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


def history_text(line: dict[str, Any]) -> bytes:
    """Return what a seal under a line of the signer's history signs."""
    digest = hashlib.sha256(canonical_text(line).encode()).hexdigest()
    return f"pingji-history/1 {digest}\n".encode()


class Verification(Outcome):
    """All verdicts over one bundle, gathered by `run`."""

    def __init__(
        self,
        bundle: Bundle,
        policy: Policy,
        kept: bytes | None = None,
        printed: Printed | None = None,
        given: Given | None = None,
    ) -> None:
        stamped = any(STAMP_NAME.match(name) for name in bundle.names)
        more = {**(PRINTED_TITLE if printed else {}), **(STAMPS_TITLE if stamped else {})}
        super().__init__(policy, {**TITLES, **more})
        self.bundle, self.kept, self.printed, self.given = bundle, kept, printed, given
        self.registered = ""
        self.complete = False
        self.bodies: dict[tuple[str, str], tuple[str, str | None]] = {}
        self.withheld: dict[tuple[str, str], int] = {}
        self.explained: set[tuple[str, str]] = set()
        self.ids: dict[str, int] = {}
        self.files: dict[str, tuple[int, str, dict[str, Any]]] = {}
        self.restores: dict[int, dict[str, Any]] = {}
        self.key_acts: dict[int, dict[str, Any]] = {}
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
            ("printed", self._printed),
            ("timestamps", self._timestamps),
            ("disclosures", self._disclosures),
            ("files", self._files),
            ("files", self._given),
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
        self._signed(open_note(self.bundle.read("checkpoint"), self.policy))

    def _layout(self) -> None:
        verdict, names = self.verdicts["layout"], self.bundle.names
        about = read_json(self.bundle.read("bundle.json"))
        if (about["format"], about["origin"], about["size"]) != (FORMAT, self.policy.name, self.size):
            verdict.bad("bundle.json 与检查点不符")
        if about["disclosures"] not in ("all", "selected"):
            verdict.bad("bundle.json 没有说明披露是否齐全")
        self.complete = about["disclosures"] != "selected"
        if self.size > TILE * len(names):
            raise Refused(f"检查点有 {self.size} 条记录，留痕包只有 {len(names)} 个文件")
        expected = {*FIXED}
        for level, number, width in hash_tiles(self.size):
            expected.add(tile_name(str(level), number, width))
            if level == 0:
                expected.add(tile_name("entries", number, width))
        expected |= {
            f"blobs/{each['sha256']}" for each in self.bundle.lines("files.jsonl") if each["content"]
        }
        expected |= {name for name in names if STAMP_NAME.match(name)}
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
        faults = list(leaf_faults(leaf, self.policy.name))
        entry = str(leaf.get("id")) if isinstance(leaf, dict) else None
        for fault in faults:
            verdict.bad(fault, index, entry)
        if faults:
            return
        misplaced = parts.apply(leaf, self.hashes[-1])
        if misplaced is not None:
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
            if self.given is not None and file["sha256"] == self.given.sha256 and not self.registered:
                self.registered = self.given.known(index, leaf)
        if leaf["action"] == "audit.redact":
            self.explained |= {(each["entry"], each["path"]) for each in leaf.get("redact", [])}
        if leaf["action"] == "system.restore" and "restore" in leaf:
            self.restores[index] = leaf["restore"]
        if "key" in leaf and leaf["outcome"] == "done":
            self.key_acts[index] = leaf["key"]

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
        pairs = zip(stored, self.hashes)
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
        if self.kept is not None and self.kept.startswith(b"{"):
            self._kept_file(self.kept)
            return
        try:
            self.own = open_note(self.kept, self.policy) if self.kept is not None else None
        except Refused as error:
            raise Refused(wrong("核验人保存的检查点", str(error), cure=KEPT_CURE)) from error

    def _kept_file(self, data: bytes) -> None:
        """Compare a witness file, line by line, with the history in the bundle."""
        verdict, ours = self.verdicts["history"], self.bundle.read("checkpoints.jsonl").split(b"\n")[:-1]
        theirs = data.split(b"\n")[:-1]
        same = next((n for n, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), len(ours))
        if same < min(len(ours), len(theirs)):
            verdict.bad(f"见证文件第 {same + 1} 行与留痕包的签署历史不同")
        elif len(theirs) > len(ours):
            more = len(theirs) - len(ours)
            verdict.bad(f"见证文件另有 {more} 个检查点是留痕包没有的：留痕包较旧，或签署历史变短了")
        else:
            verdict.notes.append(f"与见证文件的 {len(theirs)} 个检查点逐行比对")
            if not theirs:
                verdict.bad("见证文件中没有检查点")

    def _timestamps(self) -> None:
        """Compare what every token says it stamped with the notes of the history."""
        if "timestamps" not in self.verdicts:
            return
        verdict, sizes = self.verdicts["timestamps"], {}
        for line in self.bundle.lines("checkpoints.jsonl"):
            size = line["note"].split("\n")[1]
            sizes[hashlib.sha256(line["note"].encode()).hexdigest()] = size
        for name in sorted(filter(STAMP_NAME.match, self.bundle.names)):
            verdict.checked += 1
            digest = name[11:-4]
            try:
                imprint, when = stamp_of(self.bundle.read(name))
            except Refused as error:
                verdict.bad(f"{name}：{error}")
                continue
            if digest not in sizes:
                verdict.bad(f"{name} 不属于任何检查点")
            elif imprint != digest:
                verdict.bad(f"{name} 不是对这个检查点的时间戳")
            else:
                verdict.notes.append(f"{sizes[digest]} 条的检查点于 {when} 之前已经存在")
        verdict.notes.append(
            "时间戳机构的签名不由本程序核验，可用："
            "openssl ts -verify -digest 文件名 -in 文件 -token_in -CAfile 机构证书"
        )

    def _printed(self) -> None:
        """Compare the root on paper with that of the tree as it was then."""
        if self.printed is None:
            return
        verdict, size = self.verdicts["printed"], self.printed.size
        verdict.checked = 1
        if size > len(self.hashes):
            verdict.bad(f"纸面上印的是 {size} 条，现只有 {len(self.hashes)} 条", len(self.hashes))
            return
        wrong = self.printed.differing(tree_root(self.hashes[:size]))
        if wrong:
            told = f"前 {size} 条的根与纸面上印的不同：第 {'、'.join(map(str, wrong))} 组"
            verdict.bad(told + ("；只差一两组的，先核对是否抄错" if len(wrong) < 3 else ""))
        else:
            verdict.notes.append(f"前 {size} 条与印制审批单时相同，此后增加 {self.size - size} 条")

    def _history(self) -> None:
        """Check the chain of signatures, and the tree at every size that still binds."""
        verdict = self.verdicts["history"]
        previous, newest = "", Checkpoint(self.policy.name, 0, tree_root(()))
        binding: dict[int, bytes] = {}
        for number, line in enumerate(self.bundle.lines("checkpoints.jsonl"), start=1):
            if line["prev"] != previous:
                verdict.bad(f"第 {number} 行没有引用上一行")
            checkpoint = open_note(line["note"].encode(), self.policy)
            self._seal(number, line, checkpoint.size)
            previous = hashlib.sha256(canonical_text(line).encode()).hexdigest()
            if line["kind"] == "restore":
                self._restore(number, line, newest)
                cut = line["entry"]["index"]
                binding = {size: root for size, root in binding.items() if size <= cut}
            elif checkpoint.size < newest.size:
                verdict.bad(f"第 {number} 行的记录数倒退")
            self._key_act(number, line)
            binding[checkpoint.size] = checkpoint.root
            newest, verdict.checked = checkpoint, number
        if (newest.size, newest.root) != (self.size, self.root):
            verdict.bad("最后一次检查点不是留痕包的检查点")
        self._unaccepted()
        if self.own is not None:
            binding[self.own.size] = self.own.root
            verdict.notes.append(f"与核验人保存的 {self.own.size} 条检查点比对")
        self._compare_roots(binding)

    def _unaccepted(self) -> None:
        """Name every act upon the signer that stands in the log alone."""
        verdict = self.verdicts["history"]
        for index in self.restores:
            verdict.bad("恢复记录没有两人具名的签署器历史", index, self._id_at(index))
        for index in self.key_acts:
            verdict.bad("更换或撤销密钥的记录没有进入签署器历史", index, self._id_at(index))

    def _key_act(self, number: int, line: dict[str, Any]) -> None:
        """Compare a change of keys in the signer's history with its entry in the log and with the policy."""
        if line["kind"] not in ("rotate", "revoke"):
            return
        verdict, index = self.verdicts["history"], line["entry"]["index"]
        told, accounts = self.key_acts.pop(index, None), [each["account"] for each in line["persons"]]
        agrees = told == {"old": line["old"], "new": line["new"], "above": line["above"], "persons": accounts}
        if not agrees or len(set(accounts)) != 2 or not line["reason"]:
            verdict.bad(f"第 {number} 行更换或撤销密钥与日志中的记录不符", index, self._id_at(index))
            return
        if self.hashes[index].hex() != line["entry"]["hash"]:
            verdict.bad(f"第 {number} 行引用的密钥记录不同", index, self._id_at(index))
        names = "、".join(each["name"] for each in line["persons"])
        old = Key.parse(line["old"])
        if line["kind"] == "rotate":
            self._follows(number, line, Key.parse(line["new"]))
            verdict.notes.append(f"{line['at']} 由{names}更换密钥：{line['reason']}")
            return
        verdict.notes.append(f"{line['at']} 由{names}撤销密钥（{line['above']} 条以后）：{line['reason']}")
        trusted = self.policy.keys.get(old.key_id)
        if trusted is not None and (trusted.until is None or trusted.until > line["above"]):
            told_cure = f"# pingji key {old.key_id.hex()} until {line['above']}"
            verdict.bad(f"密钥 {old.key_id.hex()} 已撤销，所给的策略没有写明：应有一行 {told_cure}", index)

    def _follows(self, number: int, line: dict[str, Any], fresh: Key) -> None:
        """Demand that whoever held the new key agreed to follow."""
        rest = {name: value for name, value in line.items() if name not in ("seal", "proof")}
        if not ed25519_verifies(fresh.public, history_text(rest), strict_base64(line["proof"])):
            self.verdicts["history"].bad(f"第 {number} 行的新密钥没有自证")

    def _seal(self, number: int, line: dict[str, Any], size: int) -> None:
        """Demand the signer's seal over everything else the line says."""
        rest = {name: value for name, value in line.items() if name != "seal"}
        if not self.policy.signed(size, history_text(rest), strict_base64(line["seal"])):
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

    def _given(self) -> None:
        verdict = self.verdicts["files"]
        if self.given is None:
            return
        verdict.checked += 1
        if self.registered:
            verdict.notes.append(self.registered)
        else:
            verdict.bad(self.given.unknown)


# --- one proof in a file ------------------------------------------------------------------------

INCLUSION = "c2sp.org/tlog-proof@v1"
MOST_PROOF = 256 * 1024
MOST_HASHES = 63


@dataclass(frozen=True)
class Proof:
    """A proof as its file holds it.

    `entry` is the entry itself, if enclosed; `number` is its index, or for growth the earlier size.
    """

    growth: bool
    number: int
    hashes: tuple[bytes, ...]
    note: bytes
    entry: bytes | None = None

    @classmethod
    def read(cls, data: bytes) -> Proof:
        """Return the proof of inclusion (C2SP tlog-proof) or growth (C2SP tlog-witness request).

        Raises:
            Refused: naming what is not as it must be.
        """
        head, gap, note = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Refused("证明的开头不是 ASCII 文字") from None
        growth = lines[0].startswith("old ")
        if not gap or len(data) > MOST_PROOF or not (growth or lines[0] == INCLUSION):
            raise Refused("不是证明文件，或超出长度")
        entry = None
        if not growth and len(lines) > 1 and lines[1].startswith("extra "):
            entry = strict_base64(lines[1][6:])
            del lines[1]
        first = 0 if growth else 1
        word, _, number = (lines[first] if len(lines) > first else "").partition(" ")
        if word != ("old" if growth else "index") or not SIZE.match(number):
            raise Refused("证明没有写明序号或条数，或写法不对")
        hashes = tuple(strict_base64(line) for line in lines[first + 1 :])
        if len(hashes) > MOST_HASHES or any(len(each) != 32 for each in hashes):
            raise Refused("证明中的散列长度或个数不对")
        return cls(growth, int(number), hashes, note, entry)


class ProofCheck(Outcome):
    """The verdicts over one proof file, gathered by `run`."""

    def __init__(
        self, data: bytes, policy: Policy, leaf: bytes | None = None, kept: bytes | None = None,
        given: Given | None = None,
    ) -> None:  # fmt: skip
        super().__init__(policy, PROOF_TITLES)
        self.data, self.leaf, self.kept, self.given = data, leaf, kept, given

    def run(self) -> ProofCheck:
        """Examine everything and return self."""
        try:
            proof = Proof.read(self.data)
        except Refused as error:
            self.verdicts["proof"].bad(str(error))
            return self
        try:
            checkpoint = open_note(proof.note, self.policy)
        except Refused as error:
            self.verdicts["signature"].bad(str(error))
            return self
        self._signed(checkpoint)
        self._growth(proof, checkpoint) if proof.growth else self._inclusion(proof, checkpoint)
        return self

    def _growth(self, proof: Proof, checkpoint: Checkpoint) -> None:
        verdict = self.verdicts["proof"]
        old = self._kept()
        if old is None:
            verdict.bad("须用 --checkpoint 给出核验人早先保存的检查点")
        elif old.size != proof.number:
            verdict.bad(f"证明从 {proof.number} 条算起，核验人保存的检查点是 {old.size} 条")
        elif not grows_into(old, checkpoint, proof.hashes):
            verdict.bad(f"现在的 {checkpoint.size} 条不是当时 {old.size} 条的延续")
        else:
            verdict.checked = 1
            verdict.notes.append(f"当时的 {old.size} 条原样仍在，此后增加 {checkpoint.size - old.size} 条")
        if self.given is not None:
            verdict.bad("只增不改的证明里没有记录，不能与所给的文件核对")

    def _inclusion(self, proof: Proof, checkpoint: Checkpoint) -> None:
        verdict, leaf = self.verdicts["proof"], self.leaf
        if proof.entry is not None:
            leaf = hashlib.sha256(b"\x00" + proof.entry).digest()
            self._entry(proof.number, proof.entry)
        elif self.given is not None:
            verdict.bad("证明没有附上记录，不能与所给的文件核对")
        if leaf is None:
            verdict.bad("证明没有附上记录，须用 --leaf 给出回执上的散列")
        elif self.leaf is not None and self.leaf != leaf:
            verdict.bad("所附的记录不是回执上的那一条", proof.number)
        elif not contains(checkpoint, proof.number, leaf, proof.hashes):
            verdict.bad("记录不在检查点的树中", proof.number)
        else:
            verdict.checked = 1
            verdict.notes.append(f"记录在 {checkpoint.size} 条之中，序号 {proof.number}")
        old = self._kept()
        if old is not None and old.size == checkpoint.size and old.root != checkpoint.root:
            verdict.bad("与核验人保存的同一条数的检查点不同")
        elif old is not None and old.size != checkpoint.size:
            verdict.notes.append(f"核验人保存的检查点是 {old.size} 条，须另以只增不改的证明比对")

    def _entry(self, index: int, data: bytes) -> None:
        verdict = self.verdicts["entries"]
        try:
            leaf = read_json(data)
            for fault in leaf_faults(leaf, self.policy.name):
                verdict.bad(fault, index)
        except (Refused, LookupError, TypeError, ValueError, AttributeError) as error:
            verdict.bad(str(error) if isinstance(error, Refused) else "成员的类型不对", index)
            return
        verdict.checked = 1
        if verdict.ok:
            done = "已完成" if leaf["outcome"] == "done" else "被拒绝"
            verdict.notes.append(f"编号 {leaf['id']}，时间 {leaf['at']}，事项 {leaf['action']}，{done}")
        if verdict.ok and self.given is not None:
            if any(file["sha256"] == self.given.sha256 for file in leaf["files"]):
                verdict.notes.append(self.given.known(index, leaf))
            else:
                verdict.bad(self.given.unknown, index)

    def _kept(self) -> Checkpoint | None:
        try:
            return None if self.kept is None else open_note(self.kept, self.policy)
        except Refused as error:
            raise Refused(wrong("核验人保存的检查点", str(error), cure=KEPT_CURE)) from error


def is_proof(path: Path) -> bool:
    """Say whether `path` is a proof file rather than a bundle."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(len(INCLUSION))
    return head == INCLUSION.encode() or head.startswith(b"old ")


def verify_proof(
    path: Path, vkey: str | Policy, leaf: str | None = None, kept: bytes | None = None,
    given: Given | None = None,
) -> ProofCheck:  # fmt: skip
    """Return the verdicts over the proof file at `path` under a key or policy from elsewhere.

    Raises:
        Refused: key, leaf hash or kept checkpoint are malformed, or the file cannot be read.
    """
    policy = trusted(vkey)
    if leaf is not None and not re.fullmatch("[0-9a-f]{64}", leaf):
        raise Refused(wrong("--leaf", "写法不对", leaf, allowed="64 位十六进制数", cure="照回执抄录"))
    with path.open("rb") as file:
        data = file.read(MOST_PROOF + 1)
    return ProofCheck(data, policy, None if leaf is None else bytes.fromhex(leaf), kept, given).run()


def trusted(vkey: str | Policy) -> Policy:
    """Return the policy that trusts one key, or the policy given."""
    return vkey if isinstance(vkey, Policy) else Policy([Key.parse(vkey)])


def verify_bundle(
    path: Path,
    vkey: str | Policy,
    kept: bytes | None = None,
    printed: Printed | None = None,
    given: Given | None = None,
) -> Verification:
    """Return the verification of the bundle at `path` under a key or policy from elsewhere.

    Raises:
        Refused: the key is malformed or the bundle cannot be read at all.
    """
    policy = trusted(vkey)
    if not path.exists():
        raise Refused(wrong("BUNDLE", "没有这个目录或文件", str(path), allowed="导出的目录或 zip"))
    try:
        bundle = Bundle(path)
    except OSError as error:
        raise Refused(wrong("BUNDLE", _unreadable(error), str(path))) from error
    return Verification(bundle, policy, kept, printed, given).run()


# --- the command --------------------------------------------------------------------------------

USAGE = (
    "用法：python verifier.py BUNDLE|PROOF --vkey KEY|--policy FILE"
    " [--leaf HASH] [--checkpoint FILE] [--printed TEXT] [--file FILE] [--json]"
)
HELP = f"""{USAGE}

离线核验评迹导出的留痕包和证明。

  BUNDLE             导出的目录或 zip
  PROOF              一条记录在留痕之中的证明（.tlog-proof），或留痕只增不改的证明（.tlog-growth）
  --vkey KEY         公钥，或存有公钥的文件；须另行得到，不得取自留痕包
  --policy FILE      代替 --vkey：写明各个公钥、见证人和见证要求的文件；同样须另行得到
  --leaf HASH        回执上的记录散列；证明没有附上记录时必须给出
  --checkpoint FILE  核验人自己早先保存的检查点，或见证文件；核验只增不改时必须给出
  --printed TEXT     审批单上印的条数和根，如 "128 1a2b 3c4d …"
  --file FILE        手头的一个文件（如签发的报告）；核对它是不是留痕登记的那一个
  --json             输出一份 JSON
  -h, --help         显示本说明

退出码：0 核验通过，1 发现问题，2 用法有误。"""
VALUED = {
    "--vkey": "公钥，或存有公钥的文件",
    "--policy": "写明公钥与见证要求的文件",
    "--leaf": "回执上的记录散列",
    "--checkpoint": "早先保存的检查点文件，或见证文件",
    "--printed": "审批单上印的条数和根",
    "--file": "手头的一个文件，如签发的报告",
}
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
        given = {"--vkey", "--policy"} & self.values.keys()
        if len(given) == 2:
            self.faults.append(
                wrong("--vkey、--policy", "只能给出其中一个", cure="公钥已写在策略里，删去 --vkey")
            )
        elif not given and not any(f.startswith(("--vkey", "--policy")) for f in self.faults):
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
    return _words("--vkey", text, bundle)


def _words(option: str, text: str, bundle: Path) -> str:
    """Return the words of a file that must not lie in the bundle."""
    path = Path(text)
    if bundle.resolve() in (path.resolve(), *path.resolve().parents):
        raise Refused("公钥取自留痕包之内，不能证明任何事；请用另行得到的公钥")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused(wrong(option, "文件里不是文字", text, allowed=KEY_FORM, cure=KEY_CURE)) from error
    except (OSError, ValueError) as error:
        said = _unreadable(error) if isinstance(error, OSError) else "不是文件名"
        raise Refused(wrong(option, said, text, allowed=VALUED[option])) from error


def _kept(text: str | None) -> bytes | None:
    """Return the bytes of the auditor's own checkpoint, None if none was given."""
    try:
        return None if text is None else Path(text).read_bytes()
    except (OSError, ValueError) as error:
        said = _unreadable(error) if isinstance(error, OSError) else "不是文件名"
        cure = "写明当时另存的检查点文件；没有就不要写 --checkpoint"
        raise Refused(wrong("--checkpoint", said, text, cure=cure)) from error


def _given(text: str | None) -> Given | None:
    """Return name and digest of the file at hand, None if none was given."""
    digest = hashlib.sha256()
    try:
        if text is None:
            return None
        with Path(text).open("rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
    except (OSError, ValueError) as error:
        said = _unreadable(error) if isinstance(error, OSError) else "不是文件名"
        raise Refused(wrong("--file", said, text, cure="写明手头的那个文件；没有就不要写 --file")) from error
    return Given(Path(text).name, digest.hexdigest())


def _judged(path: Path, values: dict[str, str]) -> Outcome:
    """Return the verdicts over what `path` holds."""
    kept, leaf = _kept(values.get("--checkpoint")), values.get("--leaf")
    given = _given(values.get("--file"))
    if "--policy" in values:
        vkey = Policy.parse(_words("--policy", values["--policy"], path))
    else:
        vkey = trusted(_outside(values["--vkey"], path))
    printed = Printed.parse(values["--printed"]) if "--printed" in values else None
    if is_proof(path) and printed is not None:
        raise Refused(wrong("--printed", "只用于留痕包", cure="删去，或改为给出留痕包"))
    if is_proof(path):
        return verify_proof(path, vkey, leaf, kept, given)
    if leaf is not None:
        raise Refused(wrong("--leaf", "只用于一条记录的证明", leaf, cure="删去，或改为给出 .tlog-proof 文件"))
    return verify_bundle(path, vkey, kept, printed, given)


def _legible() -> None:
    """Speak UTF-8 where the console has no Chinese, and let no single character stop the answer."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            try:
                "核验×·—–".encode(stream.encoding or "ascii")
                stream.reconfigure(errors="backslashreplace")
            except (LookupError, UnicodeEncodeError):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the outcome and return the exit code."""
    _legible()
    call = Call.read(sys.argv[1:] if arguments is None else arguments)
    if call.flags & {"-h", "--help"}:
        print(HELP)
        return 0
    if call.faults:
        print("\n".join((USAGE, *(f"用法有误：{fault}" for fault in call.faults))), file=sys.stderr)
        return 2
    try:
        outcome = _judged(Path(call.words[0]), call.values)
    except Refused as error:
        print(f"不能核验：{error}", file=sys.stderr)
        return 2
    print(json.dumps(outcome.plain(), ensure_ascii=False) if "--json" in call.flags else outcome.text())
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.exit(main())
