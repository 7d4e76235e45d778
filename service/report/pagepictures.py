"""One page of a PDF as a picture, made in the cage by pdftoppm and kept under the digest of the PDF.

The folder is private to the instance; a picture is written whole or not at all, and never changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from service.errors import IntegrityFailureError, NotFoundError, Problem, UnavailableError
from service.report import office

RESOLUTION = 96
SECONDS = 30.0
MOST_PAGES = 2000


def available() -> bool:
    """Return whether pages can be pictured on this machine."""
    return shutil.which("pdftoppm") is not None


def page_picture(content: bytes, sha256: str, page: int, folder: Path) -> bytes:
    """Return page `page` (from 1) of the PDF `content` as PNG.

    Raises:
        IntegrityFailureError: `content` is not the file of that SHA-256.
        NotFoundError: it has no such page.
        UnavailableError: pdftoppm is missing, or did not end in time.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise IntegrityFailureError(Problem("不是这份冻结文件", value=sha256))
    if not 1 <= page <= MOST_PAGES:
        raise NotFoundError("没有这一页")
    kept = folder / sha256 / f"{page}.png"
    if not kept.is_file():
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        _draw(content, page, kept)
    return kept.read_bytes()


def _draw(content: bytes, page: int, target: Path) -> None:
    program = shutil.which("pdftoppm")
    if program is None:
        raise UnavailableError(
            Problem("本机没有安装 pdftoppm", cure="安装 poppler-utils；可下载冻结文件查看")
        )
    with tempfile.TemporaryDirectory(prefix="page-", dir=target.parent) as made:
        work = Path(made)
        (work / "in.pdf").write_bytes(content)
        one = ["-f", str(page), "-l", str(page), "-singlefile", "-r", str(RESOLUTION), "-png"]
        environ = {"PATH": "/usr/bin:/bin", "HOME": made, "LANG": "C.UTF-8"}
        ended = office.run([program, *one, "in.pdf", "page"], cwd=work, environ=environ, seconds=SECONDS)
        drawn = work / "page.png"
        if ended.code != 0 or not drawn.is_file():
            raise NotFoundError(Problem("没有这一页", value=str(page)))
        os.replace(drawn, target)
