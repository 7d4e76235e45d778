"""Our templates pass the lint; each kind of spoiled template is named."""

from __future__ import annotations

import pytest

from service.report import builder, package, profile
from service.report.templatelint import lint

S3 = "zhongshan-fiscal-2022"


@pytest.mark.parametrize("code", profile.bundled())
def test_our_templates_have_no_problem(code: str) -> None:
    assert lint(builder.path(profile.load(code)).read_bytes()) == ()


@pytest.mark.parametrize(
    ("part", "old", "new", "message"),
    [
        ("word/document.xml", b"{{ cover.heading }}", b"{{ secret }}", "没有这个字段"),
        ("word/document.xml", b"{{ cover.heading }}", b"{{ cover.heading|safe }}", "标签里有不许用的写法"),
        ("word/document.xml", b"{{ cover.heading }}", b"{{ cover.__class__ }}", "标签里有不许用的写法"),
        ("word/document.xml", b"{{ cover.heading }}", b"{{ cover.items }}", "标签里有不许用的写法"),
        ("word/document.xml", b"{{ cover.heading }}", b"{% if cover %}", "标签写法有误"),
        ("word/document.xml", b"for block in appendix", b"for block in body", "缺少必需的标签"),
        ("word/document.xml", b"block.kind == 'h1'", "block.kind == “h1”".encode(), "标签里有中文引号"),
        ("word/styles.xml", b'w:styleId="a5head"', b'w:styleId="other"', "缺少样式"),
        ("docProps/core.xml", b"<dc:title>", b"<dc:title>{{ x }}", "文档属性里有标签"),
    ],
)
def test_a_spoiled_template_is_named(part: str, old: bytes, new: bytes, message: str) -> None:
    content = package.read(builder.path(profile.load(S3)).read_bytes())
    assert old in content[part]
    content[part] = content[part].replace(old, new, 1)
    assert message in {p.message for p in lint(package.write(content))}


def test_macros_and_outside_links_are_named() -> None:
    content = package.read(builder.path(profile.load(S3)).read_bytes())
    content["word/vbaProject.bin"] = b"x"
    rels = content["word/_rels/document.xml.rels"]
    content["word/_rels/document.xml.rels"] = rels.replace(
        b"</Relationships>",
        b'<Relationship Id="rX" TargetMode="External" Target="http://example.invalid/" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"/></Relationships>',
    )
    assert {"模板含宏或嵌入对象", "模板含外部链接"} <= {p.message for p in lint(package.write(content))}


def test_something_else_than_word_is_said_to_be_so() -> None:
    assert lint(b"not a zip")[0].message == "不是 Word 文档"
