"""Conversion: faces, outline, isolation, time-out, and the reason when it is impossible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import UnavailableError
from service.report import office
from service.report.pdf import FONT_MAP, Converter, outline

ROOT = Path(__file__).resolve().parents[3]
FETCH = FONT_MAP.with_name("fetch-fandol.sh")
NAP = f"311.{os.getpid():08d}"
"""So many seconds nobody else on this machine sleeps, no other run of these tests either."""


def processes_naming(text: str) -> list[str]:
    """Return the command lines of all living processes that contain `text`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if text in line:
                found.append(line)
    return found


def test_the_export_is_a_tagged_pdf_a_3b(plain_pdf: bytes) -> None:
    assert plain_pdf.startswith(b"%PDF-")
    assert b"<pdfaid:part>3</pdfaid:part>" in plain_pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in plain_pdf
    assert b"/StructTreeRoot" in plain_pdf


def test_every_face_is_embedded_and_none_is_a_latin_stopgap(
    plain_pdf: bytes, written: Callable[[str, bytes], Path]
) -> None:
    listed = subprocess.run(
        ["pdffonts", str(written("a.pdf", plain_pdf))], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert len(listed) >= 3
    for line in listed:
        embedded = re.search(r"\s(yes|no)\s+(yes|no)\s+(yes|no)\s+\d+\s+0$", line)
        assert embedded is not None, line
        assert embedded.group(1) == "yes", line
        assert "DejaVu" not in line


def test_the_office_faces_become_fandol_where_it_is_installed(
    plain_pdf: bytes, converter: Converter, written: Callable[[str, bytes], Path]
) -> None:
    listed = subprocess.run(
        ["pdffonts", str(written("a.pdf", plain_pdf))], capture_output=True, text=True, check=True
    ).stdout
    if (converter.fonts / "FandolFang-Regular.otf").is_file():
        for face in ("FandolFang-Regular", "FandolKai-Regular", "FandolHei-Regular", "FandolSong-Bold"):
            assert face in listed
        assert "FandolHei-Bold" not in listed
    else:
        assert "Noto" in listed


def test_conversion_works_without_fandol(tmp_path: Path, docx: bytes) -> None:
    pdf = Converter(fonts=tmp_path / "no-such-folder").convert(docx)
    assert next(h.text for h in outline(pdf)) == "一、基本情况"


def test_the_outline_gives_text_page_and_level(plain_pdf: bytes) -> None:
    assert [(h.text, h.page, h.level) for h in outline(plain_pdf)] == [
        ("一、基本情况", 1, 1),
        ("（一）项目概况", 1, 2),
        ("二、评价结论", 2, 1),
        ("1.综合得分", 2, 2),
    ]


def test_paginate_keeps_the_order_of_the_headings(
    converter: Converter, make_docx: Callable[..., bytes]
) -> None:
    pages = converter.paginate(make_docx(pages=3))
    assert list(pages.items()) == [
        ("一、基本情况", 1), ("（一）项目概况", 1), ("二、评价结论", 3), ("1.综合得分", 3),
    ]  # fmt: skip


def test_a_time_out_leaves_no_process_and_no_profile(docx: bytes, converter: Converter) -> None:
    impatient = Converter(soffice=converter.soffice, fonts=converter.fonts)
    with pytest.raises(UnavailableError, match="终止"):
        impatient.convert(docx, seconds=0.25)
    assert impatient._home is not None
    assert processes_naming(str(impatient._home)) == []
    assert list(impatient._home.iterdir()) == []
    assert impatient.convert(docx).startswith(b"%PDF-")


def test_children_of_a_hanging_program_die_with_it(tmp_path: Path) -> None:
    script = f"sleep {NAP} & sleep {NAP} & sleep {NAP}"
    with pytest.raises(UnavailableError):
        office.run(["/bin/sh", "-c", script], cwd=tmp_path, environ={"PATH": "/usr/bin:/bin"}, seconds=0.5)
    assert processes_naming(NAP) == []


def test_children_left_behind_by_a_finished_program_die_too(tmp_path: Path) -> None:
    script = f"sleep {NAP} >/dev/null & exit 7"
    ended = office.run(
        ["/bin/sh", "-c", script], cwd=tmp_path, environ={"PATH": "/usr/bin:/bin"}, seconds=120
    )
    assert ended.code == 7
    assert processes_naming(NAP) == []


def test_the_child_dies_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from service.report import office\n"
        "office.run(['/bin/sleep', sys.argv[2]], cwd=Path(sys.argv[1]), environ={}, seconds=600)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), NAP], cwd=ROOT)
    deadline = time.monotonic() + 120
    while not any(line.startswith("/bin/sleep") for line in processes_naming(NAP)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    while time.monotonic() < deadline and processes_naming(NAP):
        time.sleep(0.05)
    assert processes_naming(NAP) == []


def test_the_child_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGJI_DATABASE", "postgresql://secret")
    ended = office.run(["/usr/bin/env"], cwd=tmp_path, environ={"PATH": "/usr/bin:/bin"}, seconds=120)
    assert "secret" not in ended.printed
    assert "PATH=" in ended.printed


def test_the_child_has_no_network_where_the_machine_allows_it(tmp_path: Path) -> None:
    program = shutil.which("cat")
    assert program is not None
    ended = office.run(
        [program, "/proc/net/dev"], cwd=tmp_path, environ={"PATH": "/usr/bin:/bin"}, seconds=120
    )
    devices = re.findall(r"^\s*(\S+):", ended.printed, re.MULTILINE)
    assert devices == ["lo"] or office.cage(10)[0].endswith(("prlimit", "setpriv"))


def test_two_conversions_at_once_do_not_disturb_each_other(
    docx: bytes, converter: Converter, make_docx: Callable[..., bytes]
) -> None:
    sources = [docx, make_docx(pages=3, total="91.25")]
    results: dict[int, bytes] = {}

    def work(number: int) -> None:
        results[number] = converter.convert(sources[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(h.page for h in outline(results[0])) == 2
    assert max(h.page for h in outline(results[1])) == 3


def test_a_missing_program_is_named_with_its_cure(docx: bytes) -> None:
    bare = Converter(soffice="no-such-soffice")
    assert "LibreOffice" in (bare.available() or "")
    with pytest.raises(UnavailableError) as caught:
        bare.convert(docx)
    assert "apt-get install" in caught.value.problems[0].cure


def test_something_that_is_no_document_is_refused_in_words(converter: Converter) -> None:
    with pytest.raises(UnavailableError, match="没有给出 PDF"):
        converter.convert(b"PK\x03\x04 not a document")


def test_fetching_fonts_again_changes_nothing(tmp_path: Path) -> None:
    faces = (
        "FandolFang-Regular",
        "FandolHei-Regular",
        "FandolKai-Regular",
        "FandolSong-Bold",
        "FandolSong-Regular",
    )
    for face in faces:
        (tmp_path / f"{face}.otf").write_bytes(b"kept")
    done = subprocess.run(["sh", str(FETCH), str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"kept"}


def test_fetching_fonts_without_apt_says_so_and_exits_3(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", str(FETCH), str(tmp_path / "fonts")], env={"PATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "apt-get" in done.stderr
