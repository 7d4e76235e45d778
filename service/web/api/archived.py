"""归档包 for programs: what it would hold now, and the file once the job that makes it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response

from service.extensions import db
from service.queries.archivefiles import PackageTaken, foreseen, packages_taken
from service.queries.reader import OpenCase
from service.web.api.root import of_case, operation
from service.web.archived import TAKING, bars_of, package_file
from service.web.downloads import store_now

TAG = "归档"


@dataclass(frozen=True, slots=True)
class FileForeseen:
    """One file a package would hold: title, and bytes before it is packed."""

    title: str
    size: int


@dataclass(frozen=True, slots=True)
class GroupForeseen:
    """One group of a package and its files."""

    name: str
    files: tuple[FileForeseen, ...]


@dataclass(frozen=True, slots=True)
class FileLeftOut:
    """A file of the log the package does not enclose, by which act it was registered and why it is not."""

    sha256: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class ArchiveForeseen:
    """A package as it would be now: `missing` says why none can be made, `remarks` what it lacks yet."""

    files: int
    size: int
    groups: tuple[GroupForeseen, ...]
    entries: int
    left_out: tuple[FileLeftOut, ...]
    missing: tuple[str, ...]
    remarks: tuple[str, ...]
    taken: tuple[PackageTaken, ...]


@operation(
    "GET", "/cases/<case>/archive", TAKING, "archive",
    summary="归档包会有什么、尚缺什么、谁取得过；生成见办理 archive.take", tag=TAG, answer=ArchiveForeseen,
)  # fmt: skip
def show(case: OpenCase) -> Response:
    """Answer what a package taken now would hold."""
    return of_case(case, lambda: _foreseen(case), fresh=True)


def _foreseen(case: OpenCase) -> ArchiveForeseen:
    found = foreseen(db.session(), case.row, store_now())
    return ArchiveForeseen(
        files=found.files,
        size=found.size,
        groups=tuple(
            GroupForeseen(lot.name, tuple(FileForeseen(*each) for each in lot.files)) for lot in found.lots
        ),
        entries=found.entries,
        left_out=tuple(FileLeftOut(each.sha256, each.title, each.why) for each in found.left_out),
        missing=bars_of(case, found),
        remarks=found.remarks,
        taken=packages_taken(db.session(), case.row),
    )


@operation(
    "GET", "/cases/<case>/archive/<job>.zip", TAKING, "archive.file",
    summary="本人生成的归档包（zip），保留一天", tag=TAG,
)  # fmt: skip
def file(case: OpenCase, job: str) -> Any:
    """Hand out the package the token's owner had made."""
    return package_file(case, job)
