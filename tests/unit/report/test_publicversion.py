"""The public version says nothing that is hidden: searched in every part, and refused where it would."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import openxml_audit
import pytest

from service.errors import InvalidError
from service.report import builder, package, profile, render
from service.report.figures import FORMATS
from service.report.profile import PublicSpec
from service.report.publicversion import MONEY, Public, demand_clean, public
from service.report.snapshot import CaseSnapshot

HIDDEN_WORDS = ("恒信达咨询", "张某")


def _with(snapshot: CaseSnapshot, **spec: tuple[str, ...]) -> Public:
    chosen = profile.load(snapshot.profile)
    return public(snapshot, replace(chosen, public=PublicSpec(**spec)))


def _drawn(found: Public, path: Path) -> bytes:
    render.render(found.snapshot, found.profile, path, files=lambda _: b"", mark="公开版")
    return path.read_bytes()


def _all_text(content: bytes) -> str:
    return "\n".join(data.decode("utf-8", "ignore") for data in package.read(content).values())


def test_every_hidden_value_is_gone_from_every_part(s3: CaseSnapshot, tmp_path: Path) -> None:
    party = s3.organisations[0]
    node = s3.deductions[0].node
    text = f"由{party.name}的{HIDDEN_WORDS[1]}经办，另见{HIDDEN_WORDS[0]}的说明。"
    whole = replace(
        s3,
        title=f"{s3.title}（{party.name}）",
        narrative={**s3.narrative, "basics.overview": text, "basics.work": "这一节的文字不对外公布。"},
    )
    spec = {
        "sections": ("basics.work", "appendix.approvals"),
        "nodes": (node,),
        "parties": (party.part,),
        "amounts": ("*",),
        "words": HIDDEN_WORDS,
    }
    found = _with(whole, **spec)
    content = _drawn(found, tmp_path / "public.docx")
    demand_clean(content, found.hidden)
    said = _all_text(content)
    plain = re.sub(r"<[^>]+>", "", said)
    for gone in (*HIDDEN_WORDS, party.name, "这一节的文字不对外公布", s3.deductions[0].reason):
        assert gone not in said and gone not in plain, gone
    for money in whole.money:
        forms = {FORMATS[form](Fraction(money.fen or 0)) for form in MONEY}
        for form in (form for form in forms if sum(c.isdigit() for c in form) >= 3):
            assert not re.search(rf"(?<![\d.,]){re.escape(form)}(?![\d.,])", plain), form
    assert f"某{party.part}" in plain
    told = openxml_audit.OpenXmlValidator().validate(str(tmp_path / "public.docx"))
    assert told.is_valid, told.errors


def test_the_full_report_does_hold_what_the_public_one_hides(s3: CaseSnapshot, tmp_path: Path) -> None:
    party = s3.organisations[0]
    found = _with(s3, parties=(party.part,), amounts=("*",))
    full = _drawn(Public(s3, profile.load(s3.profile), ()), tmp_path / "full.docx")
    with pytest.raises(InvalidError) as refused:
        demand_clean(full, found.hidden)
    assert {problem.value for problem in refused.value.problems} & {party.name}


@pytest.mark.parametrize(
    "place", ["docProps/core.xml", "word/comments.xml", "word/document.xml", "word/x.bin"]
)
def test_a_value_left_in_any_part_is_found(s3: CaseSnapshot, tmp_path: Path, place: str) -> None:
    found = _with(s3, words=HIDDEN_WORDS)
    parts = package.read(_drawn(found, tmp_path / "public.docx"))
    split = "<w:r><w:t>张</w:t></w:r><w:r><w:t>某</w:t></w:r>"
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    planted = {
        "docProps/core.xml": "<a b='张某'/>".encode(),
        "word/comments.xml": f"<w:p {space}>{split}</w:p>".encode(),
        "word/document.xml": f"<w:p {space}><!-- 张某 --></w:p>".encode(),
        "word/x.bin": "张某".encode("utf-16-le"),
    }
    demand_clean(package.write(parts), found.hidden)
    with pytest.raises(InvalidError):
        demand_clean(package.write(parts | {place: planted[place]}), found.hidden)


@pytest.mark.parametrize("code", profile.bundled())
def test_every_profile_has_a_public_version_of_its_own(
    makers: dict[str, Callable[[], CaseSnapshot]], tmp_path: Path, code: str
) -> None:
    snapshot = makers[code]()
    found = public(snapshot, profile.load(code))
    demand_clean(_drawn(found, tmp_path / "public.docx"), found.hidden)
    assert "报告审批单" not in _all_text((tmp_path / "public.docx").read_bytes())


def _own(header: str = "") -> bytes:
    """A template as an office's Word saved it: with its maker's name, and `header` in a header."""
    parts = package.read(builder.path(profile.load("zhongshan-fiscal-2022")).read_bytes())
    core = parts["docProps/core.xml"]
    parts["docProps/core.xml"] = core.replace("评迹".encode(), HIDDEN_WORDS[1].encode())
    assert parts["docProps/core.xml"] != core
    parts["docProps/app.xml"] = (
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        b"<Company>%s</Company></Properties>" % HIDDEN_WORDS[0].encode()
    )
    name = next(each for each in sorted(parts) if "word/header" in each)
    parts[name] = parts[name].replace(b"{{ banner }}", f"{{{{ banner }}}}{header}".encode())
    return package.write(parts)


def test_a_template_of_ones_own_brings_nobodys_name_into_the_public_version(
    s3: CaseSnapshot, tmp_path: Path
) -> None:
    found = _with(s3, words=HIDDEN_WORDS)
    path = tmp_path / "public.docx"
    render.render(found.snapshot, found.profile, path, files=lambda _: b"", own=_own(), mark="公开版")
    demand_clean(path.read_bytes(), found.hidden)
    assert not any(word in _all_text(path.read_bytes()) for word in HIDDEN_WORDS)
    own = _own(header=HIDDEN_WORDS[0])
    render.render(found.snapshot, found.profile, path, files=lambda _: b"", own=own, mark="公开版")
    with pytest.raises(InvalidError) as refused:
        demand_clean(path.read_bytes(), found.hidden)
    assert {p.value for p in refused.value.problems} == {HIDDEN_WORDS[0]}
    assert all(p.path.startswith("word/header") and p.cure for p in refused.value.problems)
