"""The rendered .docx opens cleanly, says what the model says, and is the same for the same input."""

from __future__ import annotations

import hashlib
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import docx
import docx_integrity
import openxml_audit
import pytest
from docx.oxml.ns import qn
from PIL import Image

from service.errors import InvalidError, UnavailableError
from service.report import builder, package, profile, render
from service.report.facts import Facts
from service.report.figures import pct
from service.report.ratechart import rate_chart
from service.report.snapshot import ImageView, LineView, NodeView

S3 = "zhongshan-fiscal-2022"


@pytest.fixture
def draw(tmp_path: Path):
    """Return a function that renders a snapshot and gives the result with its bytes."""

    def run(snapshot, **options):
        out = tmp_path / "report.docx"
        result = render.render(snapshot, profile.load(snapshot.profile), out, **options)
        return result, out.read_bytes()

    return run


def member(content: bytes, name: str) -> str:
    return package.read(content)[name].decode()


@pytest.mark.parametrize("code", profile.bundled())
def test_word_is_expected_to_open_every_profile_cleanly(makers, draw, tmp_path: Path, code: str) -> None:
    result, _ = draw(makers[code]())
    audit = openxml_audit.OpenXmlValidator().validate(str(result.path))
    assert audit.is_valid, audit.errors
    assert not [
        f for f in docx_integrity.check(result.path) if str(f.severity).upper().endswith(("ERROR", "WARN"))
    ]


@pytest.mark.parametrize("code", profile.bundled())
def test_committed_template_is_what_the_builder_builds_twice(code: str) -> None:
    chosen = profile.load(code)
    first = builder.build(chosen)
    assert first == builder.build(chosen)
    assert first == builder.path(chosen).read_bytes(), "templates are out of date: run builder.write_all()"


def test_same_snapshot_gives_the_same_bytes(s3, draw) -> None:
    assert draw(s3)[1] == draw(s3)[1]
    assert draw(s3)[0].sha256 == hashlib.sha256(draw(s3)[1]).hexdigest()


def test_parallel_renders_do_not_mix(makers, tmp_path: Path) -> None:
    codes = [*profile.bundled()] * 2

    def one(place: int) -> str:
        code = codes[place]
        return render.render(makers[code](), profile.load(code), tmp_path / f"{place}.docx").sha256

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(one, range(len(codes))))
    assert together == [one(place) for place in range(len(codes))]


def test_no_part_keeps_anything_of_the_template(s3, draw) -> None:
    _, content = draw(s3)
    for name, data in package.read(content).items():
        if name.endswith((".xml", ".rels")):
            text = data.decode()
            assert not re.search(r"\{\{|\{%|\[\[|\bNone\b|Undefined|[\ufdd0-\ufdef]", text), name


def test_headings_cover_and_contents_are_read_back_in_order(s3, draw) -> None:
    result, content = draw(s3)
    document = docx.Document(result.path)
    styles = ("heading 1", "heading 2", "heading 3")
    shown = [p.text for p in document.paragraphs if p.style.name.lower() in styles]
    wanted = [h.text for h in result.headings if not h.text.startswith("附件")]
    assert shown == wanted
    cover = [[c.text for c in row.cells] for row in document.tables[0].rows]
    assert [row[0] for row in cover] == ["项目名称", "评价类型", "评价机构", "报告日期"]
    assert cover[3][2] == "2023年9月"
    assert document.core_properties.title == "中山市财政支出绩效评价报告"
    assert 'TOC \\o "1-2"' in member(content, "word/document.xml")


def test_pages_are_those_of_gb_t_9704(s3, draw) -> None:
    result, content = draw(s3)
    sections = docx.Document(result.path).sections
    sizes = [(round(s.page_width.mm), round(s.page_height.mm)) for s in sections]
    assert sizes == [(210, 297)] * 3 + [(297, 210)]
    margins = [
        tuple(round(m.mm) for m in (s.top_margin, s.left_margin, s.bottom_margin, s.right_margin))
        for s in sections
    ]
    assert margins == [(37, 28, 35, 26)] * 3 + [(28, 25, 26, 25)]
    xml = member(content, "word/document.xml")
    assert "docGrid" not in xml
    footers = [
        data.decode()
        for name, data in package.read(content).items()
        if "footer" in name and name.endswith(".xml")
    ]
    assert sum(" PAGE " in f for f in footers) == 6
    assert [f.count("— ") for f in footers if " PAGE " in f] == [1] * 6


def test_every_contents_line_gets_its_printed_page(s3, draw) -> None:
    asked: list[bytes] = []

    def paginate(content: bytes) -> dict[str, int]:
        asked.append(content)
        headings = draw(s3)[0].headings
        return {
            "为检验项目资金的使用绩效，总结经验，分析问题，开展本次评价。": 4,
            **{h.text: 4 + n for n, h in enumerate(headings)},
        }

    result, content = draw(s3, paginate=paginate)
    assert len(asked) == 1
    xml = member(content, "word/document.xml")
    shown = re.findall(r"PAGEREF _Toc(h\d+) .*?separate\"/></w:r><w:r><w:t>(\d+)</w:t>", xml)
    order = [h.anchor for h in result.headings]
    assert shown == [(h.anchor, str(order.index(h.anchor) + 1)) for h in result.headings if h.level <= 2]
    assert all(f'w:name="_Toc{anchor}"' in xml for anchor, _ in shown)


def test_a_row_of_long_text_may_break_and_brings_no_empty_element(s3, draw) -> None:
    name = "很长的名称" * 40
    lines = tuple(replace(each, name=name) if each.code == "C206" else each for each in s3.sheet.lines)
    result, _ = draw(replace(s3, sheet=replace(s3.sheet, lines=lines)))
    rows = list(docx.Document(result.path).element.body.iter(qn("w:tr")))
    long = [row for row in rows if name in "".join(t.text or "" for t in row.iter(qn("w:t")))]
    assert long
    assert [each for row in long for each in row.iter(qn("w:cantSplit"))] == []
    assert all(len(each) for row in rows for each in row.iterfind(qn("w:trPr")))


def test_merges_in_word_are_those_of_the_model(s3, draw) -> None:
    result, _ = draw(s3)
    table = docx.Document(result.path).tables[2]
    element = table._tbl
    rows = element.findall(qn("w:tr"))
    assert [bool(r.find(qn("w:trPr")).findall(qn("w:tblHeader"))) for r in rows[:4]] == [
        True,
        True,
        True,
        False,
    ]
    values = [m.get(qn("w:val")) for r in rows for m in r.iter(qn("w:vMerge"))]
    assert values.count("restart") == 5 + 8 + 5
    widths = [int(g.get(qn("w:w"))) for g in element.find(qn("w:tblGrid"))]
    for row in rows:
        assert sum(
            int(c.find(qn("w:tcPr")).find(qn("w:tcW")).get(qn("w:w"))) for c in row.findall(qn("w:tc"))
        ) == sum(widths)


def test_every_figure_sits_in_a_locked_control_with_its_key(s3, draw) -> None:
    result, content = draw(s3)
    xml = member(content, "word/document.xml")
    tags = re.findall(r'<w:tag w:val="f:([^"]+):([a-z0-9]+)"/><w:lock w:val="sdtContentLocked"/>', xml)
    assert tags == [(key, form) for key, form, _ in result.figures]
    assert ("total.awarded", "score") in tags
    assert ("money.arrears/budget", "pct") in tags


def test_charts_hold_model_values_in_cache_workbook_and_description(s3, draw) -> None:
    _, content = draw(s3)
    parts = package.read(content)
    names = sorted(n for n in parts if n.startswith("word/charts/") and n.endswith(".xml"))
    assert len(names) == 4
    for code, name in zip("ABCD", names, strict=True):
        chart = rate_chart(Facts(s3), code)
        assert chart is not None
        for label, value in zip(chart.labels, chart.values, strict=True):
            assert f"{label} {pct(value)}" in member(content, "word/document.xml")
            assert f"<c:v>{label}</c:v>" in parts[name].decode()
        book = package.read(parts[name.replace("charts", "embeddings").replace(".xml", ".xlsx")])
        cells = re.findall(r'<c r="B\d+" s="1"><v>([^<]+)</v>', book["xl/worksheets/sheet1.xml"].decode())
        cache = re.findall(r"<c:v>([\d.]+)</c:v>", parts[name].decode().split("<c:val>")[1])
        assert cells == cache
        assert [float(c) for c in cells] == pytest.approx([float(v) for v in chart.values], abs=1e-6)


def test_demo_and_draft_are_said_on_every_page(s3, draw) -> None:
    _, content = draw(replace(s3, draft=True, version=2))
    headers = [d.decode() for n, d in package.read(content).items() if "header" in n and n.endswith(".xml")]
    assert headers
    assert all("演示　无效　征求意见稿（第2稿）" in h for h in headers)


def test_a_picture_is_embedded_with_its_description(s3, draw) -> None:
    buffer = BytesIO()
    Image.new("RGB", (40, 20), "white").save(buffer, "PNG")
    image = ImageView("p", "现场照片", alt="机房", sha256="ab", section="basics.overview")
    shown = replace(s3, images=(image,))
    with pytest.raises(UnavailableError):
        draw(shown)
    _, content = draw(shown, files=lambda sha: buffer.getvalue())
    assert 'descr="机房"' in member(content, "word/document.xml")
    assert [n for n in package.read(content) if n.startswith("word/media/")]


def test_a_template_with_broken_output_fails_instead_of_losing_text(s3, tmp_path: Path) -> None:
    content = package.read(builder.path(profile.load(S3)).read_bytes())
    # A tag that takes the paragraph before it along tears the table apart that ends there.
    torn = (
        b"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        b"<w:p><w:r><w:t>{%- if banner %}B{% endif %}</w:t></w:r></w:p>"
    )
    content["word/document.xml"] = content["word/document.xml"].replace(b"<w:body>", b"<w:body>" + torn)
    with pytest.raises(InvalidError):
        render.render(s3, profile.load(S3), tmp_path / "x.docx", template=package.write(content))


def test_four_thousand_rows_render(s3, draw) -> None:
    nodes = [NodeView("R", "根", 1, max="4000")]
    nodes += [
        NodeView(f"R{n}", f"指标{n}", 2, "R", max="1", leaf=True, criteria="达到得满分") for n in range(4000)
    ]
    lines = tuple(
        LineView(n.code, n.name, n.level, n.parent, max=n.max, awarded=n.max, rate="1") for n in nodes
    )
    big = replace(
        s3,
        profile="unit-self",
        framework=replace(s3.framework, nodes=tuple(nodes)),
        deductions=(),
        adjustments=(),
        sheet=replace(s3.sheet, lines=lines, blocks=()),
        notes={},
        narrative={},
        problems=(),
        suggestions=(),
    )
    _, content = draw(big)
    assert member(content, "word/document.xml").count("指标3999") >= 1


def test_zip_members_carry_no_time(s3, draw) -> None:
    result, _ = draw(s3)
    with zipfile.ZipFile(result.path) as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
