"""Strangers' text cannot become structure or program; strangers' templates cannot leave the sandbox."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import docx
import openxml_audit
import pytest
from jinja2.exceptions import SecurityError, TemplateAssertionError, UndefinedError

from service.report import builder, marks, package, profile, render
from service.report.snapshot import CaseSnapshot, Org

S3 = "zhongshan-fiscal-2022"
HOSTILE = (
    "<select>&amp;",
    "a & b < c > d",
    "]]>",
    "{{7*7}}",
    "{%raw%}",
    "{_{7*7}_}",
    "{_%x%_}",
    "甲\x00乙",
    "甲\x0b乙",
    "甲\x0c乙",
    "甲\x07乙",
    "甲\ud800乙",
    "甲\uffff乙",
    "甲\ufdd1乙\ufdd3",
    "“引号”",
    "\U0001f600",
    "𠮷",
    "a\tb",
)
EXPECTED = {
    "甲\x00乙": "甲乙",
    "甲\x0b乙": "甲乙",
    "甲\x0c乙": "甲乙",
    "甲\x07乙": "甲乙",
    "甲\ud800乙": "甲乙",
    "甲\uffff乙": "甲乙",
    "甲\ufdd1乙\ufdd3": "甲乙",
}


def poison(snapshot: CaseSnapshot, text: str) -> CaseSnapshot:
    """Return the snapshot with `text` in every free text a person could have typed."""
    return replace(
        snapshot,
        subject_name=f"前{text}后",
        organisations=(Org("o1", f"前{text}后", "评价机构"),),
        deductions=tuple(replace(d, reason=f"前{text}后") for d in snapshot.deductions),
        adjustments=tuple(replace(a, reason=f"前{text}后") for a in snapshot.adjustments),
        problems=tuple(replace(p, title=f"前{text}后", body=f"前{text}后") for p in snapshot.problems),
        narrative={**snapshot.narrative, "abstract": f"前{text}后", "lead": f"前{text}后"},
        framework=replace(
            snapshot.framework,
            nodes=tuple(
                replace(
                    n,
                    name=f"前{text}后" if n.code == "A1" else n.name,
                    criteria=f"前{text}后" if n.leaf else "",
                )
                for n in snapshot.framework.nodes
            ),
        ),
        quotations=tuple(replace(q, cause=f"前{text}后") for q in snapshot.quotations),
    )


def all_text(path: Path) -> str:
    document = docx.Document(str(path))
    body = document.element.body
    return "".join(
        e.text or "" if e.tag.endswith("}t") else "\t"
        for e in body.iter(
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t",
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}tab",
        )
    )


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(t) for t in HOSTILE])
def test_hostile_text_stays_text_and_its_neighbours_stay_whole(
    s3, clean: str, tmp_path: Path, text: str
) -> None:
    out = tmp_path / "x.docx"
    render.render(poison(s3, text), profile.load(S3), out)
    shown = all_text(out)
    wanted = f"前{EXPECTED.get(text, text)}后"
    assert shown.count(wanted) >= 60
    assert shown.count("附件") == clean.count("附件")
    assert shown.endswith(clean[-40:])


@pytest.fixture(scope="module")
def clean(makers, tmp_path_factory) -> str:
    """Return the text of the report without any hostile word."""
    out = tmp_path_factory.mktemp("clean") / "x.docx"
    render.render(makers["zhongshan-fiscal-2022"](), profile.load(S3), out)
    return all_text(out)


def test_all_hostile_text_at_once_still_opens_cleanly(s3, tmp_path: Path) -> None:
    out = tmp_path / "x.docx"
    render.render(poison(s3, "".join(HOSTILE) + "长" * 10_000), profile.load(S3), out)
    audit = openxml_audit.OpenXmlValidator().validate(str(out))
    assert audit.is_valid, audit.errors[:5]


def test_a_double_bracket_in_recorded_text_is_printed_not_read_as_token(s3, tmp_path: Path) -> None:
    poisoned = replace(s3, deductions=tuple(replace(d, reason="见[[附注|x]]") for d in s3.deductions))
    out = tmp_path / "x.docx"
    render.render(poisoned, profile.load(S3), out)
    assert "见[[附注|x]]" in all_text(out)


def spoiled(part: str, old: bytes, new: bytes) -> bytes:
    """Return the S3 template with `old` replaced by `new` in one part."""
    content = package.read(builder.path(profile.load(S3)).read_bytes())
    name = next(n for n in sorted(content) if n.startswith(part) and old in content[n])
    content[name] = content[name].replace(old, new, 1)
    return package.write(content)


ATTACK = b"{{ cover.__class__.__mro__[1].__subclasses__() }}"


@pytest.mark.parametrize(
    ("part", "old"),
    [("word/document", b"{{ cover.heading }}"), ("word/header", b"{{ banner }}")],
)
def test_a_template_that_reaches_for_classes_is_stopped(s3, tmp_path: Path, part: str, old: bytes) -> None:
    with pytest.raises(SecurityError):
        render.render(s3, profile.load(S3), tmp_path / "x.docx", template=spoiled(part, old, ATTACK))


def test_a_title_property_that_reaches_for_classes_is_stopped(s3, tmp_path: Path) -> None:
    template = spoiled("docProps/core", b"<dc:title>", b"<dc:title>{{ ''.__class__.__mro__ }}")
    with pytest.raises(SecurityError):
        render.render(s3, profile.load(S3), tmp_path / "x.docx", template=template)


@pytest.mark.parametrize(
    ("tag", "error"),
    [
        (b"{{ cover|attr('__class__') }}", TemplateAssertionError),
        (b"{{ range(9) }}", SecurityError),
        (b"{{ nothing_of_this_name }}", UndefinedError),
        (b"{{ lipsum.__globals__ }}", UndefinedError),
        (b"{{ cover.heading.upper() }}", SecurityError),
        (b"{{ cover['heading'] }}", SecurityError),
        (b"{{ cover.heading|safe }}", TemplateAssertionError),
    ],
)
def test_template_tricks_fail(s3, tmp_path: Path, tag: bytes, error) -> None:
    with pytest.raises(error):
        render.render(
            s3,
            profile.load(S3),
            tmp_path / "x.docx",
            template=spoiled("word/document", b"{{ cover.heading }}", tag),
        )


def test_finalize_keeps_line_breaks_and_tabs_and_prints_none_as_nothing() -> None:
    assert marks.finalize("a\nb\tc\r\nd") == "a\nb\tc\nd"
    assert marks.finalize(None) == ""
    assert marks.finalize(3) == 3
