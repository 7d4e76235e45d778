"""The parts beside the text of a document: charts with their workbooks, and pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from docx.image.image import Image
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part

from service.errors import Problem, UnavailableError
from service.report import charts, marks
from service.report.blocks import Chart, Picture, Report
from service.report.boxes import box_elements

Files = Callable[[str], bytes]
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Parts:
    """Adds the chart and picture parts of one document as they are asked for."""

    def __init__(self, part: Any, report: Report, files: Files | None) -> None:
        self._part = part
        self._files = files
        blocks = (*report.abstract, *report.body, *report.appendix)
        self._charts: dict[str, Chart] = {marks.clean(b.chart.id): b.chart for b in blocks if b.chart}
        self._pictures: dict[str, Picture] = {
            marks.clean(b.picture.id): b.picture for b in blocks if b.picture
        }

    def chart(self, name: str, number: int) -> str:
        """Add the chart part and its workbook; return the drawing."""
        chart = self._charts[name]
        package = self._part.package
        book = Part(
            PackURI(f"/word/embeddings/chart{number}.xlsx"), XLSX_TYPE, charts.workbook(chart), package
        )
        part = Part(PackURI(f"/word/charts/chart{number}.xml"), CHART_TYPE, b"", package)
        part._blob = charts.chart_xml(chart, data=part.relate_to(book, RT.PACKAGE))
        relation = self._part.relate_to(part, RT.CHART)
        return charts.drawing(
            charts.chart_graphic(relation), number=number, name=f"图{number}", alt=charts.alt_text(chart)
        )

    def image(self, name: str, number: int) -> list[Any] | str:
        """Return boxes as tables, or add the picture part and return its drawing."""
        picture = self._pictures[name]
        if not picture.sha256:
            return box_elements(picture.boxes)
        if self._files is None:
            raise UnavailableError(
                Problem("报告要用的图片取不到", path=f"images.{name}", value=picture.sha256[:16])
            )
        content = self._files(picture.sha256)
        relation, _ = self._part.get_or_add_image(io.BytesIO(content))
        image = Image.from_blob(content)
        width = min(150 * charts.EMU, int(image.width))
        height = int(Fraction(width, int(image.width)) * int(image.height))
        graphic = charts.picture_graphic(relation, number=number, width=width, height=height)
        return charts.drawing(
            graphic, number=number, name=f"图{number}", alt=picture.alt, width=width, height=height
        )
