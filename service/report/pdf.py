"""A .docx becomes a tagged PDF/A-3b with bookmarks, or the reason why it cannot is given in Chinese.

- LibreOffice runs per call with a user profile nobody else holds at that moment, under `office.run`.
- The faces come from `fonts/fonts.conf`: the .docx keeps the office font names, only the converter
  sees stand-ins; a real face of that name in the font folder wins.
- Only files this project rendered are converted; macros, links and active content are off anyway.
- PDF/A is what the exporter says of its file; nothing here proves it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import Destination

from service.errors import IntegrityFailureError, Problem, UnavailableError
from service.report import office

DEFAULT_SECONDS = 120.0
FONT_MAP = Path(__file__).with_name("fonts") / "fonts.conf"
CURE = "安装 libreoffice-writer-nogui（apt-get install libreoffice-writer-nogui）；在此之前交付 .docx 与 .p7s"

# Exit codes by which LibreOffice asks to be started again after it set up a new profile.
_START_AGAIN = (79, 81)
_EXPORT = (
    'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"3"},'
    '"UseTaggedPDF":{"type":"boolean","value":"true"},'
    '"ExportBookmarks":{"type":"boolean","value":"true"},'
    '"ExportFormFields":{"type":"boolean","value":"false"}}'
)
_SETTINGS = (
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """One bookmark of a PDF: its text, physical page counted from 1, depth counted from 1."""

    text: str
    page: int
    level: int


@dataclass(slots=True, weakref_slot=True)
class Converter:
    """Converts with one program and one font folder; may be used by several threads at once.

    Args:
        soffice: path or name of the LibreOffice program.
        fonts: folder of additional faces (Fandol, licensed ones); need not exist.
    """

    soffice: str = "soffice"
    fonts: Path = Path(".fonts")
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _home: Path | None = field(default=None, init=False, repr=False)
    _pid: int = field(default=0, init=False, repr=False)
    _idle: list[Path] = field(default_factory=list, init=False, repr=False)

    def available(self) -> str | None:
        """Return None if conversion is possible, else the reason in Chinese."""
        if shutil.which(self.soffice) is None:
            return f"没有找到 LibreOffice（{self.soffice}），不能生成 PDF"
        return None

    def convert(self, docx: bytes | Path, *, seconds: float = DEFAULT_SECONDS) -> bytes:
        """Return the PDF of `docx`.

        Raises:
            UnavailableError: no LibreOffice, it took longer than `seconds`, or it gave no PDF.
        """
        reason = self.available()
        if reason:
            raise UnavailableError(Problem(reason, cure=CURE))
        content = docx if isinstance(docx, bytes) else docx.read_bytes()
        with self._profile() as profile, tempfile.TemporaryDirectory(dir=profile.parent) as work:
            source, target = Path(work) / "report.docx", Path(work) / "report.pdf"
            source.write_bytes(content)
            ended = self._run(source, profile=profile, seconds=seconds)
            if not target.is_file():
                raise UnavailableError(
                    Problem(
                        "LibreOffice 没有给出 PDF",
                        value=f"退出码 {ended.code} {ended.printed}".strip(),
                        cure="确认 .docx 能打开，再重试",
                    )
                )
            return target.read_bytes()

    def paginate(self, docx: bytes | Path, *, seconds: float = DEFAULT_SECONDS) -> dict[str, int]:
        """Return heading text → physical page counted from 1, in order; the first of equal headings.

        Raises:
            UnavailableError: as `convert`.
        """
        pages: dict[str, int] = {}
        for heading in outline(self.convert(docx, seconds=seconds)):
            pages.setdefault(heading.text, heading.page)
        return pages

    def _run(self, source: Path, *, profile: Path, seconds: float) -> office.Ended:
        command = [
            _program(self.soffice), f"-env:UserInstallation={profile.as_uri()}",
            "--headless", "--norestore", "--nolockcheck", "--nodefault",
            "--convert-to", _EXPORT, "--outdir", str(source.parent), str(source),
        ]  # fmt: skip
        environ = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(profile),
            "TMPDIR": str(source.parent),
            "FONTCONFIG_FILE": str(profile / "fonts.conf"),
            "SAL_USE_VCLPLUGIN": "svp",
        }
        ended = office.run(command, cwd=source.parent, environ=environ, seconds=seconds)
        if ended.code in _START_AGAIN:
            ended = office.run(command, cwd=source.parent, environ=environ, seconds=seconds)
        return ended

    @contextmanager
    def _profile(self) -> Iterator[Path]:
        """Lend a user profile nobody else holds; one that saw a failure is thrown away."""
        profile = self._take()
        try:
            yield profile
        except BaseException:
            shutil.rmtree(profile, ignore_errors=True)
            raise
        with self._lock:
            self._idle.append(profile)

    def _take(self) -> Path:
        with self._lock:
            if self._home is None or self._pid != os.getpid():
                # A forked worker must not share its parent's profiles.
                self._home, self._pid = Path(tempfile.mkdtemp(prefix="pingji-office-")), os.getpid()
                self._idle.clear()
                weakref.finalize(self, _remove, self._home, owner=self._pid)
            if self._idle:
                return self._idle.pop()
            profile = Path(tempfile.mkdtemp(prefix="profile-", dir=self._home))
        (profile / "user").mkdir()
        (profile / "user" / "registrymodifications.xcu").write_text(_registry(), encoding="utf-8")
        (profile / "fonts.conf").write_text(self._font_map(profile), encoding="utf-8")
        return profile

    def _font_map(self, profile: Path) -> str:
        text = FONT_MAP.read_text(encoding="utf-8")
        text = text.replace("@FONTS@", escape(str(self.fonts.absolute())))
        return text.replace("@CACHE@", escape(str(profile / "fontcache")))


def _remove(home: Path, *, owner: int) -> None:
    """Remove the profiles of a converter that is gone, unless they belong to a parent process."""
    if os.getpid() == owner:
        shutil.rmtree(home, ignore_errors=True)


def _registry() -> str:
    """Return the settings file of a fresh profile: no macros, no active content, no link updates."""
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{place}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>\n"
        for place, name, value in _SETTINGS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n{items}</oor:items>\n'
    )


def _program(soffice: str) -> str:
    """Return the binary behind the start script: the script would put a splash process in between."""
    found = Path(shutil.which(soffice) or soffice).resolve()
    binary = found.with_name("soffice.bin")
    return str(binary if binary.is_file() else found)


def outline(pdf: bytes) -> tuple[Heading, ...]:
    """Return all bookmarks of `pdf` in order.

    Raises:
        IntegrityFailureError: the bytes are not a readable PDF.
    """
    try:
        reader = PdfReader(BytesIO(pdf))
        return tuple(_headings(reader, reader.outline, level=1))
    except (PyPdfError, ValueError, KeyError, OSError) as error:
        raise IntegrityFailureError(Problem("PDF 无法读取", value=str(error))) from error


def _headings(reader: PdfReader, entries: Sequence[object], *, level: int) -> Iterator[Heading]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _headings(reader, entry, level=level + 1)
        elif isinstance(entry, Destination):
            number = reader.get_destination_page_number(entry)
            if number is not None and number >= 0:
                yield Heading(str(entry.title), number + 1, level)


def from_environment() -> Converter:
    """Return the converter that ``PINGJI_SOFFICE`` and ``PINGJI_FONTS`` name.

    Without ``PINGJI_FONTS`` the folder is ``fonts`` of the instance if it exists, else ``.fonts`` here.
    """
    instance = Path(os.environ.get("PINGJI_INSTANCE") or "instance") / "fonts"
    default = instance if instance.is_dir() and any(instance.glob("*.otf")) else Path(".fonts")
    return Converter(
        soffice=os.environ.get("PINGJI_SOFFICE") or "soffice",
        fonts=Path(os.environ.get("PINGJI_FONTS") or default),
    )


_default: Converter | None = None


def default() -> Converter:
    """Return the one converter of this process, made from the environment at first use."""
    global _default
    if _default is None:
        _default = from_environment()
    return _default


def available() -> str | None:
    """Return None if PDF conversion is possible on this machine, else the reason in Chinese."""
    return default().available()


def convert(docx: bytes | Path, *, seconds: float = DEFAULT_SECONDS) -> bytes:
    """Return the PDF of `docx`; see `Converter.convert`."""
    return default().convert(docx, seconds=seconds)


def paginate(docx: bytes | Path, *, seconds: float = DEFAULT_SECONDS) -> dict[str, int]:
    """Return heading → page; see `Converter.paginate`."""
    return default().paginate(docx, seconds=seconds)
