"""Print what rendering a report of 40, 400 and 4000 table rows costs against its XML floor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lxml import etree

from service.cases import reader
from service.cases.facts import scoring_facts
from service.cases.words import free_tables, money_facts
from service.queries.sheet import CurrentSheet
from service.queries.views import sheet_view, view_of
from service.report import package, profile, render
from service.report.snapshot import CaseSnapshot, FreeTable
from service.scoring.sheet import score
from tests.bench.rounds import heading, interleave, options, show

CASE = Path(reader.__file__).parent / "examples" / "s3-zhongshan-cloud-2022.yaml"
COLUMNS = ("序号", "指标", "检查内容", "应有", "实有", "说明")
FLOOR, RENDER = "lxml 解析并写出同一正文", "生成报告"


def report_of() -> CaseSnapshot:
    """Return S3 as its file states it, with the words of the file."""
    file = reader.load(CASE)
    case, framework, facts = file.case, file.framework, scoring_facts(file)
    return CaseSnapshot(
        code=case.case,
        title=case.title,
        kind=case.kind,
        year=case.year,
        profile=case.profile,
        subject_name=case.subject.name,
        demo=True,
        framework=view_of(framework),
        sheet=sheet_view(CurrentSheet(score(framework, facts), framework, facts.inputs)),
        money=money_facts(case),
        narrative={"basics.overview": "项目由两个资源池承担。\n[[table:rows]]"},
        tables=free_tables(case),
    )


def with_rows(snapshot: CaseSnapshot, count: int) -> CaseSnapshot:
    """Return the snapshot with a table of `count` rows in its first section."""
    rows = tuple(
        (
            str(n),
            f"指标{n % 40}",
            f"第{n}项材料是否齐全、口径是否一致",
            "100.00%",
            f"{n % 100}.50%",
            "见佐证材料",
        )
        for n in range(1, count + 1)
    )
    table = FreeTable(id="rows", caption="检查明细", columns=COLUMNS, rows=rows)
    return replace(snapshot, tables=(*snapshot.tables, table))


def _floor(document: bytes) -> Callable[[], object]:
    return lambda: etree.tostring(etree.fromstring(document), xml_declaration=True, encoding="UTF-8")


def main() -> None:
    """Render each size against its own floor."""
    chosen = options("生成报告")
    snapshot = report_of()
    layout = profile.load(snapshot.profile)
    heading(
        "生成报告：S3，正文中另有一张 40、400、4000 行的六栏表，docx",
        "lxml 解析并写出生成结果中的 word/document.xml",
        "不含目录页码的第二遍和 PDF 转换",
    )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.docx"
        for count in (40,) if chosen.quick else (40, 400, 4000):
            wanted = with_rows(snapshot, count)
            render.render(wanted, layout, out)
            document = package.read(out.read_bytes())["word/document.xml"]
            print(f"  {count} 行，正文 {len(document) / 1e6:.2f} MB")
            contenders = {
                FLOOR: _floor(document),
                RENDER: lambda wanted=wanted: render.render(wanted, layout, out),
            }
            show(interleave(contenders, rounds=chosen.rounds), baseline=FLOOR)


if __name__ == "__main__":
    main()
