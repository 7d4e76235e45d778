"""A diagonal mark behind the text of every page of a Word file, for copies that travel before they count.

Only copies are stamped, after they were rendered: what `render` makes is not touched by a byte. The mark
is WordArt in VML as Word itself puts it into headers; every header of the file gets one, so no page is
without it whatever its section, side or orientation.
"""

from __future__ import annotations

import re
from typing import Any
from unicodedata import east_asian_width

from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml import etree

from service.errors import InvalidError, Problem
from service.report import marks
from service.report.package import read, write

HEADER = re.compile(r"word/header\d*\.xml")
FONT = "黑体"
SIZE, HIGH = 36.0, 1.25
LONGEST = 720.0
"""Points: on the diagonal of an A4 page, upright or lying, this much stays clear of the edges."""
SHAPE = """<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
 xmlns:w10="urn:schemas-microsoft-com:office:word"><w:rPr><w:noProof/></w:rPr><w:pict>
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
 path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>
<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>
<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/>
<v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>
<v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800"
 o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/></v:shapetype>
<v:shape type="#_x0000_t136" o:allowincell="f" fillcolor="#7f8a96" stroked="f">
<v:fill opacity=".45"/><v:textpath/><w10:wrap anchorx="page" anchory="page"/></v:shape></w:pict></w:r>"""
STYLE = (
    "position:absolute;margin-left:0;margin-top:0;width:{width:.0f}pt;height:{height:.0f}pt;rotation:315;"
    "z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:page;"
    "mso-position-vertical:center;mso-position-vertical-relative:page"
)
V = "{urn:schemas-microsoft-com:vml}"
O_SPID = "{urn:schemas-microsoft-com:office:office}spid"


def stamped(docx: bytes, line: str) -> bytes:
    """Return the same Word file with `line` across every page; equal content gives equal bytes.

    Raises:
        InvalidError: a section of the file has no header to carry the mark.
    """
    members = read(docx)
    heads = sorted(name for name in members if HEADER.fullmatch(name))
    if not heads:
        raise InvalidError(Problem("文件没有页眉，不能加水印", cure="使用由 pingji 生成的模板"))
    words = marks.ANY.sub("", marks.clean(line))
    for number, name in enumerate(heads, 1):
        members[name] = _with_mark(members[name], words, number)
    return write(members)


def _with_mark(header: bytes, line: str, number: int) -> bytes:
    root: Any = parse_xml(header)
    paragraph = root.find(qn("w:p"))
    run: Any = parse_xml(SHAPE)
    shape = run.find(f".//{V}shape")
    ems = _ems(line)
    width = min(LONGEST, ems * SIZE)
    height = HIGH * width / ems
    shape.set("id", f"PingjiWaterMark{number}")
    shape.set(O_SPID, f"_x0000_s{2048 + number}")
    shape.set("style", STYLE.format(width=width, height=height))
    text = shape.find(f"{V}textpath")
    text.set("style", f'font-family:"{FONT}";font-size:1pt')
    text.set("string", line)
    paragraph.append(run)
    found: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return found


def _ems(line: str) -> float:
    """Return how wide a line is in characters of full width."""
    return sum(1.0 if east_asian_width(sign) in "WFA" else 0.55 for sign in line)
