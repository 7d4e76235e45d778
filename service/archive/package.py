"""What lies in an archive package, and its writing: equal contents give equal bytes.

- ``1_立项性材料/``, ``2_证明性材料/``, ``3_结论性材料/``: the three groups of 财监〔2021〕4号 article 20.
- ``4_留痕/``: a ``.tlog-proof`` per entry of the case (C2SP tlog-proof), ``disclosures.jsonl``.
- ``manifest.json``: case, retention, checkpoint, every file with SHA-256; ``SHA256SUMS`` repeats them.
- ``目录.html``, ``目录.csv``: the index for people; ``四性检查报告.html``: written last, over all the rest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from service.archive.pages import index_page
from service.audit.canonical import Plain, encode

FORMAT = "pingji-archive/1"
MANIFEST, SUMS, REPORT = "manifest.json", "SHA256SUMS", "四性检查报告.html"
INDEX, TABLE = "目录.html", "目录.csv"
LOG, DISCLOSURES = "4_留痕", "4_留痕/disclosures.jsonl"
GROUPS = {1: "立项性材料", 2: "证明性材料", 3: "结论性材料"}
RETENTIONS = ("永久", "30年", "10年", "按委托合同约定")
DATE = (1980, 1, 1, 0, 0, 0)
CHUNK = 1 << 20
LONGEST = 80
_FORBIDDEN = str.maketrans(dict.fromkeys('\\/:*?"<>|\r\n\t', "_"))


@dataclass(frozen=True, slots=True)
class Material:
    """One file: its group (1 to 3), what it is called, how its bytes are opened.

    `registered`: the log itself holds its SHA-256. `size` is what is known of it before it is opened.
    """

    group: int
    title: str
    ending: str
    opened: Callable[[], IO[bytes]]
    registered: bool = False
    size: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file the log registered that is not enclosed, and why."""

    sha256: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class About:
    """The case, how long it is to be kept, when this was made, and what checkpoint covers its entries."""

    case: str
    title: str
    kind: str
    year: str
    retention: str
    on: str
    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything to be enclosed; `entries` are index and proof file, `disclosures` canonical lines."""

    about: About
    materials: Sequence[Material]
    entries: Sequence[tuple[int, str]]
    disclosures: Sequence[bytes]
    left_out: Sequence[LeftOut] = ()


@dataclass(slots=True)
class Listed:
    """One file as the manifest names it."""

    path: str
    title: str
    group: str
    note: str = ""
    registered: bool = False
    sha256: str = ""
    size: int = 0


@dataclass(slots=True)
class _Writer:
    archive: zipfile.ZipFile
    listed: list[Listed] = field(default_factory=list)

    def add(self, entry: Listed, stream: IO[bytes]) -> None:
        """Write one file, and note its hash and size."""
        digest = hashlib.sha256()
        with stream, self.archive.open(member(entry.path), "w", force_zip64=True) as target:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                target.write(chunk)
                entry.size += len(chunk)
        entry.sha256 = digest.hexdigest()
        self.listed.append(entry)


def member(path: str) -> zipfile.ZipInfo:
    """Return how a file stands in the package: no date, no owner."""
    info = zipfile.ZipInfo(path, DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def write(target: Path, contents: Contents) -> None:
    """Write the package without its report to `target`, which must not exist."""
    with (
        target.open("xb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        writer = _Writer(archive)
        for place in _places(contents.materials):
            writer.add(place[0], place[1].opened())
        for index, proof in contents.entries:
            entry = Listed(f"{LOG}/{index:08d}.tlog-proof", f"第 {index} 号留痕", "留痕")
            writer.add(entry, io.BytesIO(proof.encode()))
        lines = b"".join(line + b"\n" for line in contents.disclosures)
        writer.add(Listed(DISCLOSURES, "留痕中只存承诺的文字", "留痕"), io.BytesIO(lines))
        rows = list(writer.listed)
        page = index_page(contents.about, rows, contents.left_out)
        writer.add(Listed(INDEX, "目录（网页）", "目录"), io.BytesIO(page.encode()))
        writer.add(Listed(TABLE, "目录（表格）", "目录"), io.BytesIO(_table(rows).encode("utf-8-sig")))
        sums = "".join(f"{each.sha256}  {each.path}\n" for each in writer.listed)
        archive.writestr(member(SUMS), sums)
        archive.writestr(member(MANIFEST), encode(_manifest(contents, writer.listed)))


def append_report(target: Path, page: str) -> None:
    """Add the report of what was checked."""
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(member(REPORT), page)


def _places(materials: Iterable[Material]) -> Iterable[tuple[Listed, Material]]:
    counts = dict.fromkeys(GROUPS, 0)
    for each in sorted(materials, key=lambda one: one.group):
        counts[each.group] += 1
        name = each.title.translate(_FORBIDDEN).strip(" .")[:LONGEST] or "文件"
        folder = f"{each.group}_{GROUPS[each.group]}"
        path = f"{folder}/{counts[each.group]:03d}_{name}.{each.ending}"
        yield Listed(path, each.title, GROUPS[each.group], each.note, each.registered), each


def _table(rows: Iterable[Listed]) -> str:
    text = io.StringIO()
    made = csv.writer(text)
    made.writerow(("序号", "类别", "名称", "文件", "字节数", "SHA-256", "说明"))
    for number, each in enumerate(rows, 1):
        # A leading quote keeps a spreadsheet from reading a title as a formula.
        title = f"'{each.title}" if each.title[:1] in "=+-@" else each.title
        made.writerow((number, each.group, title, each.path, each.size, each.sha256, each.note))
    return text.getvalue()


def _manifest(contents: Contents, listed: Sequence[Listed]) -> Plain:
    about = contents.about
    return {
        "format": FORMAT,
        "case": about.case,
        "title": about.title,
        "kind": about.kind,
        "year": about.year,
        "retention": about.retention,
        "on": about.on,
        "log": {
            "origin": about.origin, "size": about.size, "root": about.root, "entries": len(contents.entries),
        },
        "files": [
            {
                "path": each.path, "title": each.title, "group": each.group, "sha256": each.sha256,
                "size": each.size, "registered": each.registered,
            }
            for each in listed
        ],
        "left_out": [
            {"sha256": each.sha256, "title": each.title, "why": each.why} for each in contents.left_out
        ],
    }  # fmt: skip
