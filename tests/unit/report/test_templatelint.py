"""Our templates pass the lint; each kind of spoiled or hostile template is named with place and cure."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest

from service.actions.templatelook import look_at
from service.errors import InvalidError
from service.report import apart, builder, package, profile, templatefixture
from service.report.blocks import Block, Cover, Report, plain_line
from service.report.render import document
from service.report.templatelint import Linted, lint

BASE = "qingdao-fiscal-2020"
HEADING = b"{{ cover.heading }}"
DOCUMENT, RELS = "word/document.xml", "word/_rels/document.xml.rels"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
Change = Callable[[dict[str, bytes]], None]


def template(code: str = BASE) -> bytes:
    return builder.path(profile.load(code)).read_bytes()


def looked(content: bytes) -> Linted:
    return lint(content, lambda report, own: document(report, own, files=None, pages={}))


def spoiled(change: Change) -> bytes:
    parts = package.read(template())
    change(parts)
    return package.write(parts)


def replaced(part: str, old: bytes, new: bytes) -> Change:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new, 1)

    return change


def said(tag: str) -> Change:
    return replaced(DOCUMENT, HEADING, tag.encode())


def put(text: str) -> Change:
    """A change that puts XML at the beginning of the text."""
    return replaced(DOCUMENT, b"<w:body>", f"<w:body>{text}".encode())


def related(kind: str, target: str, mode: str = "External") -> Change:
    line = f'<Relationship Id="rX" TargetMode=\'{mode}\' Target="{target}" Type="http://x/relationships/{kind}"/>'
    return replaced(RELS, b"</Relationships>", f"{line}</Relationships>".encode())


def added(name: str, content: bytes = b"x") -> Change:
    return lambda parts: parts.update({name: content})


def field(*codes: str) -> str:
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>' for code in codes)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return f"<w:p>{begin}{runs}{end}</w:p>"


@pytest.mark.parametrize("code", profile.bundled())
def test_our_templates_have_no_problem_and_print_everything(code: str) -> None:
    found = looked(template(code))
    assert found.problems == ()
    assert {"banner", "body", "appendix"} <= found.used
    layout = profile.load(code)
    assert ("abstract" in found.used, "contents" in found.used) == (
        bool(layout.abstract),
        bool(layout.contents),
    )


TAGS = [
    ("{{ ''.__class__.__mro__ }}", "没有这个字段"),
    ("{{ cover.__init__.__globals__ }}", "没有这个字段"),
    ("{{ cover['heading'] }}", "方括号"),
    ("{{ cover|attr('__class__') }}", "过滤"),
    ("{{ cover.heading|safe }}", "过滤"),
    ("{{ cover.heading|replace('a', 'b') }}", "过滤"),
    ("{{ cover.heading.format(1) }}", "调用"),
    ("{{ lipsum.__globals__['os'].popen('id').read() }}", "调用"),
    ("{{ range(999999999) }}", "调用"),
    ("{{ cycler('a') }}", "调用"),
    ("{{ self._TemplateReference__context }}", "没有这个字段"),
    ("{{ secret }}", "没有这个字段"),
    ("{{ 'a' * 1000000000 }}", "算式"),
    ("{{ 9 ** 99999 }}", "算式"),
    ("{{ 'a' ~ 'b' }}", "拼接"),
    ("{{ [1, 2] }}", "这种写法"),
    ("{{ {'a': 1} }}", "这种写法"),
    ("{% set x = 1 %}", "赋值"),
    ("{% macro m() %}{% endmacro %}", "宏"),
    ("{% include 'x' %}", "引入"),
    ("{% import 'x' as y %}", "引入"),
    ("{% extends 'x' %}", "继承"),
    ("{% block x %}{% endblock %}", "块"),
    ("{% with a = 1 %}{% endwith %}", "局部变量"),
    ("{% filter upper %}{% endfilter %}", "过滤块"),
    ("{% for a in body %}{% for b in body %}{% endfor %}{% endfor %}", "不受限"),
    ("{% for a in body %}{% for b in a.rows %}{% for c in a.rows %}{% endfor %}{% endfor %}{% endfor %}", "不受限"),
    ("{% for a in body %}{% for c in a.text %}{% endfor %}{% endfor %}", "不受限"),
    ("{% for a in 'abc' %}{% endfor %}", "不受限"),
    ("{% for body in body %}{% endfor %}", "循环变量"),
    ("{% for a, b in body %}{% endfor %}", "循环变量"),
    ("{% for a in body recursive %}{% endfor %}", "递归"),
    ("{% for a in body if a %}{% endfor %}", "筛选"),
    ("{% for a in body %}{{ loop.cycle }}{% endfor %}", "没有这个字段"),
    ("{% for a in body %}{{ loop.__class__ }}{% endfor %}", "没有这个字段"),
    ("{% for a in cover.upper %}{% endfor %}" * 61, "循环过多"),
    ("{% if cover %}", "写法有误"),
    ("{% popen %}", "写法有误"),
    ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "标签"),
    ("{{r cover.heading }}", "不接受"),
    ("{%- if cover -%}{%- endif -%}", "不接受"),
    ("{% colspan 3 %}", "不接受"),
    ("{% if cover.heading == “甲” %}{% endif %}", "中文引号"),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "message"), TAGS)
def test_a_tag_that_reaches_further_is_named_where_it_stands(tag: str, message: str) -> None:
    found = looked(spoiled(said(tag))).problems
    assert any(message in problem.message for problem in found), [str(problem) for problem in found]
    assert all(problem.path and (problem.cure or problem.allowed) for problem in found)
    if message not in ("写法有误", "标签", "循环过多"):
        assert any(p.path.startswith("正文第") and (p.value or "-") in tag for p in found), list(
            map(str, found)
        )


PACKAGES: list[tuple[str, Change, str]] = [
    ("macro", added("word/vbaProject.bin"), "宏"),
    ("macro sheet", added("word/macrosheets/a.xml", b"<a/>"), "宏"),
    ("ribbon", added("customUI/customUI.xml", b"<a/>"), "加载项"),
    ("add-in", added("word/webextensions/t.xml", b"<a/>"), "加载项"),
    ("control", added("word/activeX/activeX1.xml", b"<a/>"), "控件"),
    ("embedded", added("word/embeddings/oleObject1.bin"), "嵌入对象"),
    ("workbook", added("word/embeddings/a.xlsx"), "嵌入对象"),
    ("html", added("word/a.html", b"<html/>"), "不接受的部件"),
    ("metafile", added("word/media/image9.emf"), "不接受的部件"),
    ("font", added("word/fonts/font1.odttf"), "字体"),
    ("no picture", added("word/media/image9.png", b"GIF89a"), "扩展名不符"),
    ("outside picture", related("image", "http://example.invalid/a.png"), "外部内容"),
    ("single quotes", related("image", "file:///etc/passwd", "external"), "外部内容"),
    ("share", related("image", "\\\\host\\share\\a.png", "Internal"), "外部内容"),
    ("template", related("attachedTemplate", "http://example.invalid/a.dotm"), "外部内容"),
    ("hyperlink", related("hyperlink", "http://example.invalid/"), "外部内容"),
    ("macro type", replaced("[Content_Types].xml", b"wordprocessingml.document.main", b"ms-word.document.macroEnabled.main"), "启用宏"),
    ("object", put("<w:p><w:r><w:object/></w:r></w:p>"), "嵌入对象"),
    ("chunk", put('<w:altChunk r:id="r1"/>'), "嵌入的文件"),
    ("tracked", put("<w:p><w:ins w:id='1' w:author='a'><w:r><w:t>x</w:t></w:r></w:ins></w:p>"), "修订"),
    ("comment", put("<w:p><w:r><w:commentReference w:id='1'/></w:r></w:p>"), "批注"),
    ("hidden", put("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r></w:p>"), "隐藏"),
    ("picture field", put(field("INCLUDEPICTURE http://example.invalid/a.png")), "域"),
    ("dde in pieces", put(field("DD", "EAUTO c:\\\\x")), "域"),
    ("simple field", put('<w:p><w:fldSimple w:instr="MACROBUTTON x"/></w:p>'), "域"),
    ("clock", put(field(" DATE ")), "域"),
    ("loose field", put("<w:p><w:r><w:instrText>PRINT x</w:instrText></w:r></w:p>"), "域"),
    ("tag in field", put(field("PAGE {{ banner }}")), "域"),
    ("attribute", put('<w:p><w:bookmarkStart w:id="7" w:name="{{ cover.heading }}"/></w:p>'), "属性"),
    ("title", replaced("docProps/core.xml", b"<dc:title>", b"<dc:title>{{ x }}"), "文档属性"),
    ("footnote", added("word/footnotes.xml", f"<w:footnotes {W}><w:p><w:r><w:t>{{{{ banner }}}}</w:t></w:r></w:p></w:footnotes>".encode()), "不能写标签"),
    ("bomb", replaced(DOCUMENT, b"<w:document", b'<!DOCTYPE d [<!ENTITY a "b">]><w:document'), "文档类型"),
    ("utf-16", lambda parts: parts.update({DOCUMENT: "<a/>".encode("utf-16")}), "别的编码"),
    ("broken", lambda parts: parts.update({DOCUMENT: b"<w:document"}), "损坏"),
    ("large", lambda parts: parts.update({DOCUMENT: b"<a>" + b" " * 8_000_001 + b"</a>"}), "过大"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"), [(c, m) for _, c, m in PACKAGES], ids=[n for n, _, _ in PACKAGES]
)
def test_a_package_with_more_than_a_layout_is_refused_with_its_place(change: Change, message: str) -> None:
    found = looked(spoiled(change)).problems
    assert any(message in problem.message for problem in found), [str(problem) for problem in found]
    assert all(problem.path and problem.cure for problem in found)


LOST = [
    (b"block.kind == 'caption'", b"block.kind == 'nothing'", "没有印出表题"),
    (b"block.kind == 'table'", b"block.kind == 'nothing'", "没有印出表格"),
    (b"block.kind == 'chart'", b"block.kind == 'nothing'", "没有印出统计图"),
    (b"for block in appendix", b"for block in body", "缺少必需的标签"),
    (b"{{ cover.heading }}", b"{{ cover.date }}", "没有印出封面标题"),
]


@pytest.mark.parametrize(("old", "new", "message"), LOST)
def test_a_template_that_loses_part_of_a_report_is_told_which(old: bytes, new: bytes, message: str) -> None:
    found = looked(spoiled(replaced(DOCUMENT, old, new))).problems
    assert any(message in problem.message for problem in found), [str(problem) for problem in found]


def test_a_header_without_the_banner_and_a_missing_style_are_named() -> None:
    header = next(name for name in package.read(template()) if "word/header" in name)
    found = looked(spoiled(replaced(header, b"{{ banner }}", b"")))
    assert any("没有 {{ banner }}" in problem.message for problem in found.problems)
    styles = replaced("word/styles.xml", "表头".encode(), "别名".encode())

    def change(parts: dict[str, bytes]) -> None:
        styles(parts)
        parts["word/styles.xml"] = parts["word/styles.xml"].replace(b'"a5head"', b'"other"')

    assert [(p.message, p.value) for p in looked(spoiled(change)).problems] == [("缺少样式", "表头")]


def test_a_tag_in_odd_runs_is_read_as_word_shows_it() -> None:
    """Word cuts a tag into runs wherever its spelling or somebody's cursor was."""
    cut = b'{</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>{ cover</w:t></w:r><w:r><w:t>.head</w:t></w:r><w:r><w:t>ing }</w:t></w:r><w:r><w:t>}'  # fmt: skip
    assert looked(spoiled(replaced(DOCUMENT, HEADING, cut))).problems == ()
    bad = cut.replace(b".head", b".__cl").replace(b"ing }", b"ass__ }")
    found = looked(spoiled(replaced(DOCUMENT, HEADING, bad))).problems
    assert [(p.message, p.value) for p in found] == [("没有这个字段", "{{ cover.__class__ }}")]


def test_styles_are_found_by_name_where_word_numbered_their_ids_anew() -> None:
    def renumber(parts: dict[str, bytes]) -> None:
        for name in parts:
            if re.fullmatch(r"word/(document|styles|header\d*|footer\d*)\.xml", name):
                for number, held in enumerate((b"a5head", b"a3body", b"Heading1", b"TOC1")):
                    parts[name] = parts[name].replace(b'"%s"' % held, b'"%d"' % number)

    assert looked(spoiled(renumber)).problems == ()


def test_something_else_than_word_is_said_to_be_so() -> None:
    assert looked(b"not a zip").problems[0].message == "不是 Word 文档"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as box:
        box.writestr("a.txt", "x")
    assert looked(other.getvalue()).problems[0].message == "不是 Word 文档"


def test_the_shut_in_child_looks_sets_and_refuses_alike() -> None:
    """Once through the real child: a good template, a bad one, a bomb, and a report set with the good one."""
    good = look_at("模板.docx", template())
    assert good.problems == () and "body" in good.used
    bad = look_at("模板.docx", spoiled(said("{{ ''.__class__ }}")))
    assert [p.message for p in bad.problems] == ["没有这个字段"]
    assert look_at("模板.docm", template()).problems[0].message == "模板只收 .docx"
    bomb = package.write({**package.read(template()), "word/x.xml": b"<a>" + b" " * 60_000_000 + b"</a>"})
    assert any("压缩" in p.message for p in look_at("模板.docx", bomb).problems)
    report = Report(
        "", "标题", templatefixture.BANNER, Cover(("标题",)), body=(Block("para", plain_line("一段 & <话>")),)
    )
    made = package.read(apart.typeset(report, template(), pictures={}, pages={}))
    here = package.read(document(report, template(), files=None, pages={}))
    assert made.keys() == here.keys()
    # Who made the template, and with what, does not get into reports.
    said_by_word = {"docProps/app.xml", "docProps/core.xml"}
    assert {name for name in made if made[name] != here[name]} <= said_by_word
    with pytest.raises(InvalidError, match="排不出报告"):
        apart.typeset(report, spoiled(said("{{ secret }}")), pictures={}, pages={})


def test_a_template_that_runs_without_end_is_stopped_by_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no lint saw still meets the limits: here a loop in a loop, a thousand rows each."""
    monkeypatch.setattr(apart, "CPU_SECONDS", 3)
    inner = "{% for a in body %}" * 4 + "x" + "{% endfor %}" * 4
    rows = tuple(Block("para", plain_line(f"段{n}")) for n in range(1000))
    with pytest.raises(InvalidError, match="限定的时间"):
        apart.typeset(
            Report("", "标题", "", Cover(("标题",)), body=rows), spoiled(said(inner)), pictures={}, pages={}
        )
