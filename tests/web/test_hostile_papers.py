"""The hostile strings in the printed report: letter by letter in the .docx and, but for its line ends, the PDF."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from service import clock
from service.actions.draftcopy import draft_copy
from service.actions.finalisation import Words, write_report
from service.actions.workshop import Workshop, workshop_of
from service.errors import InvalidError
from service.extensions import db
from service.settings import Settings
from service.workflow.roles import Role
from tests.web.conftest import Site
from tests.web.hostile import SHOWN, kept

NAMING = tuple(text for text in SHOWN if "[[" in text)
"""In a report these name a figure or table, here one there is none of; the page says so."""
PLAIN = tuple(text for text in SHOWN if text not in NAMING)
ITEM = "- "
"""What begins an item of a list in the words of a report; a bullet stands for it in print."""
JOINED = frozenset("👩👧👦🏳🌈🇨🇳")
"""Signs that are drawn together as one where a face has it."""
MOST = 40
"""Problems the texts are spread over."""
UNSEEN = {"Cc", "Cf", "Co", "Mn", "Me", "Zs", "Zl", "Zp"}


def squeezed(text: str) -> str:
    """The text without what no page shows: blanks, marks of direction, joiners."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in UNSEEN)


def printed(site: Site, workshop: Workshop, texts: tuple[str, ...]) -> tuple[bytes, bytes]:
    """The report with every text as a problem of its own, as .docx and PDF."""
    case = site.world.cases["final"]
    with site.app.app_context():
        words = tuple(
            Words("problem", f"{n:02d}", "\n".join(texts[n::MOST]), n, {"title": f"第 {n} 项"})
            for n in range(min(MOST, len(texts)))
        )
        write_report(site.world.people.actor(Role.EL), case, words=words)
        made = draft_copy(
            db.session(), case, workshop, today=clock.local_date(clock.now()), reader="某局经办"
        )
        return workshop.store.read(made.docx), workshop.store.read(made.pdf) if made.pdf else b""


def words_of(content: bytes) -> str:
    """Every word of a document, line breaks and tabs as typed."""
    body = docx.Document(BytesIO(content)).element.body
    letters = {qn("w:t"): None, qn("w:br"): "\n", qn("w:tab"): "\t", qn("w:p"): "\n"}
    return "".join(letters[e.tag] or e.text or "" for e in body.iter() if e.tag in letters)


def real_workshop(site: Site) -> Workshop:
    """The workshop with whatever converter this machine has."""
    return workshop_of(Settings.from_env({"PINGJI_INSTANCE": str(site.instance.path)}))


def test_a_report_prints_hostile_words_as_words(site: Site) -> None:
    content, _ = printed(site, workshop_of(site.app.config["PINGJI"]), tuple(map(kept, PLAIN)))
    told = words_of(content)
    missing = [
        line for text in PLAIN for line in kept(text).split("\n") if line.removeprefix(ITEM) not in told
    ]
    fields = re.findall(rb"instrText[^<]*<|w:fldSimple[^>]*>", content)
    print(f"docx strings={len(PLAIN)} missing={len(missing)}")  # noqa: T201 - the count is the report
    assert missing == []
    assert fields == []


@pytest.mark.parametrize("text", NAMING)
def test_words_that_name_what_is_not_there_are_told(site: Site, text: str) -> None:
    with pytest.raises(InvalidError):
        printed(site, workshop_of(site.app.config["PINGJI"]), (text,))


@pytest.mark.deep
def test_the_pdf_shows_the_same_words(site: Site, tmp_path: Path) -> None:
    _, pdf = printed(site, real_workshop(site), tuple(map(kept, PLAIN)))
    file = tmp_path / "x.pdf"
    file.write_bytes(pdf)
    told = squeezed(
        subprocess.run(
            ["pdftotext", "-raw", str(file), "-"], capture_output=True, check=True, text=True
        ).stdout
    )
    moved = [text for text in PLAIN if squeezed(kept(text)) not in told]
    absent = {letter for text in moved for letter in squeezed(kept(text)) if letter not in told}
    print(f"pdf strings={len(PLAIN)} in_other_order={len(moved)} letters_absent={len(absent - JOINED)}")  # noqa: T201
    assert pdf.startswith(b"%PDF")
    # Right-to-left words come out as they stand on the page, long ones with the end of a page between.
    assert len(moved) <= 12
    assert absent <= JOINED
