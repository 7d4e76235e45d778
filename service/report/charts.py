"""Native Word charts: the chart part, the workbook behind it, and the drawing that shows it.

The caches in the chart part hold the very values of the workbook, because viewers draw from the
caches; the alternative text lists every value.
"""

from __future__ import annotations

import io
from datetime import datetime
from fractions import Fraction
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

from service.report.blocks import Chart
from service.report.figures import fixed, pct
from service.report.marks import clean
from service.report.package import canonical

EMU = 36000
WIDTH, HEIGHT = 140 * EMU, 70 * EMU
FONT = "仿宋_GB2312"
COLOUR = "1F4E79"
PLACES = 6

C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"


def alt_text(chart: Chart) -> str:
    """Return the description of a chart with every label and value."""
    parts = "；".join(f"{n} {pct(v)}" for n, v in zip(chart.labels, chart.values, strict=True))
    return f"柱形图，得分率：{parts}"


def cached(value: Fraction) -> str:
    """Return the number as the chart and its workbook hold it: six decimals, half-up."""
    return f"{fixed(value, PLACES).normalize():f}"


def workbook(chart: Chart) -> bytes:
    """Return the editable data of a chart as .xlsx, the same bytes for the same chart."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2020, 1, 1)})  # noqa: DTZ001 - the format stores no zone
        sheet = book.add_worksheet("得分率")
        style = book.add_format({"num_format": "0.00%"})
        sheet.write_string(0, 0, "指标")
        sheet.write_string(0, 1, "得分率")
        for row, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True), 1):
            sheet.write_string(row, 0, clean(label))
            sheet.write_number(row, 1, float(cached(value)), style)
    return canonical(buffer.getvalue())


def chart_xml(chart: Chart, *, data: str) -> bytes:
    """Return the chart part; `data` is the relation id of its workbook."""
    labels = "".join(
        f'<c:pt idx="{n}"><c:v>{escape(clean(t))}</c:v></c:pt>' for n, t in enumerate(chart.labels)
    )
    values = "".join(f'<c:pt idx="{n}"><c:v>{cached(v)}</c:v></c:pt>' for n, v in enumerate(chart.values))
    count, last = len(chart.labels), len(chart.labels) + 1
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<c:chartSpace xmlns:c="{C}" xmlns:a="{A}" xmlns:r="{R}"><c:roundedCorners val="0"/>'
        '<c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>'
        '<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>'
        '<c:ser><c:idx val="0"/><c:order val="0"/>'
        "<c:tx><c:strRef><c:f>得分率!$B$1</c:f><c:strCache>"
        '<c:ptCount val="1"/><c:pt idx="0"><c:v>得分率</c:v></c:pt></c:strCache></c:strRef></c:tx>'
        f'<c:spPr><a:solidFill><a:srgbClr val="{COLOUR}"/></a:solidFill></c:spPr>'
        f'<c:invertIfNegative val="0"/>{_labels()}'
        f"<c:cat><c:strRef><c:f>得分率!$A$2:$A${last}</c:f><c:strCache>"
        f'<c:ptCount val="{count}"/>{labels}</c:strCache></c:strRef></c:cat>'
        f"<c:val><c:numRef><c:f>得分率!$B$2:$B${last}</c:f><c:numCache>"
        "<c:formatCode>0.00%</c:formatCode>"
        f'<c:ptCount val="{count}"/>{values}</c:numCache></c:numRef></c:val></c:ser>'
        '<c:gapWidth val="120"/><c:axId val="101"/><c:axId val="102"/></c:barChart>'
        f'{_axes()}</c:plotArea><c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
        "<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>"
        f'{_type(1050)}<c:externalData r:id="{data}"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    ).encode()


def _points(texts: list[str]) -> str:
    return "".join(f'<c:pt idx="{n}"><c:v>{text}</c:v></c:pt>' for n, text in enumerate(texts))


def _type(size: int) -> str:
    return (
        f'<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="{size}">'
        f'<a:latin typeface="Times New Roman"/><a:ea typeface="{FONT}"/></a:defRPr></a:pPr>'
        '<a:endParaRPr lang="zh-CN"/></a:p></c:txPr>'
    )


def _flags(**values: object) -> str:
    return "".join(f'<c:{name} val="{value}"/>' for name, value in values.items())


def _labels() -> str:
    return (
        '<c:dLbls><c:numFmt formatCode="0.00%" sourceLinked="0"/>'
        "<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>"
        f'{_type(1000)}<c:dLblPos val="outEnd"/>'
        f"{_flags(showLegendKey=0, showVal=1, showCatName=0, showSerName=0, showPercent=0, showBubbleSize=0)}"
        "</c:dLbls>"
    )


def _axes() -> str:
    ticks = _flags(majorTickMark="none", minorTickMark="none", tickLblPos="nextTo")
    return (
        '<c:catAx><c:axId val="101"/><c:scaling><c:orientation val="minMax"/></c:scaling>'
        f'{_flags(delete=0, axPos="b")}<c:numFmt formatCode="General" sourceLinked="0"/>'
        f"{ticks}{_stroke('7F7F7F')}{_type(1050)}{_flags(crossAx=102, crosses='autoZero')}</c:catAx>"
        '<c:valAx><c:axId val="102"/><c:scaling><c:orientation val="minMax"/>'
        f"{_flags(max='1.2', min=0)}</c:scaling>{_flags(delete=0, axPos='l')}"
        f"<c:majorGridlines>{_stroke('D9D9D9')}</c:majorGridlines>"
        f'<c:numFmt formatCode="0%" sourceLinked="0"/>{ticks}{_stroke("7F7F7F")}{_type(1000)}'
        f"{_flags(crossAx=101, crosses='autoZero', crossBetween='between', majorUnit='0.2')}</c:valAx>"
    )


def _stroke(colour: str) -> str:
    return f'<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></a:ln></c:spPr>'


def drawing(
    graphic: str, *, number: int, name: str, alt: str, width: int = WIDTH, height: int = HEIGHT
) -> str:
    """Return an inline w:drawing around `graphic`; `number` must be unique in the document, sizes in EMU."""
    return (
        f'<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:wp="{WP}" '
        f'xmlns:a="{A}" xmlns:r="{R}"><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{width}" cy="{height}"/><wp:effectExtent l="0" t="0" r="0" b="0"/>'
        f'<wp:docPr id="{number}" name={quoteattr(name)} descr={quoteattr(clean(alt))}/>'
        f"<wp:cNvGraphicFramePr/>{graphic}</wp:inline></w:drawing>"
    )


def chart_graphic(relation: str) -> str:
    """Return the a:graphic that points at a chart part."""
    inner = f'<c:chart xmlns:c="{C}" r:id="{relation}"/>'
    return f'<a:graphic><a:graphicData uri="{C}">{inner}</a:graphicData></a:graphic>'


def picture_graphic(relation: str, *, number: int, width: int, height: int) -> str:
    """Return the a:graphic that points at a picture part, sizes in EMU."""
    pic = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    return (
        f'<a:graphic><a:graphicData uri="{pic}"><pic:pic xmlns:pic="{pic}"><pic:nvPicPr>'
        f'<pic:cNvPr id="{number}" name="picture{number}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
    )
