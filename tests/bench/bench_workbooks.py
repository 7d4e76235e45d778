"""Print what reading a 自评表 costs against openpyxl reading the same file bare."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from service.workbooks.book import read_book
from service.workbooks.compare import Standing, compare
from service.workbooks.official import SELF
from service.workbooks.table import read_table
from service.workbooks.write import Block, workbook_bytes
from tests.bench.rounds import heading, interleave, options, show

BARE, CHILD = "openpyxl，本进程内", "openpyxl，同样另开进程"
PROGRAM = (
    "import sys, openpyxl\n"
    "for sheet in openpyxl.load_workbook(sys.argv[1], data_only=True):\n"
    "    for row in sheet.iter_rows(values_only=True): list(row)\n"
)


def main() -> None:
    """Run the rounds for a table of an office and one at the limit."""
    chosen = options("工作簿", rounds=5)
    for count in (chosen.count(200, 20), chosen.count(4_990, 40)):
        _compare(count, chosen.rounds)


def _compare(count: int, rounds: int) -> None:
    rows = [
        {
            "level1": "产出", "level2": "数量", "name": f"指标{n}", "target": "≥95%", "actual": f"{n % 100}.5%",
            "max": "1", "points": "0.5", "deviation": f"第 {n} 项推迟", "code": f"N{n}",
        }
        for n in range(count)
    ]  # fmt: skip
    standing = [Standing(row["code"], row["name"], {"target": "≥95%"}) for row in rows]
    content = workbook_bytes("自评表", [Block(SELF, rows)], {"kind": "self"})
    heading(
        f"导入自评表：{count} 行，{len(content) >> 10} KB",
        "openpyxl 在本进程内读出全部单元格",
        "导入含容器检查、受限子进程、认表头、逐格取值、与案卷逐格比较",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        path.write_bytes(content)
        times = interleave(
            {
                BARE: lambda: _bare(content),
                CHILD: lambda: subprocess.run([sys.executable, "-I", "-c", PROGRAM, str(path)], check=True),
                "导入预览": lambda: compare(read_table(read_book("自评表.xlsx", content), SELF), standing),
            },
            rounds=rounds,
        )
    show(times, baseline=BARE)


def _bare(content: bytes) -> int:
    return sum(
        len(list(row))
        for sheet in load_workbook(BytesIO(content), data_only=True)
        for row in sheet.iter_rows(values_only=True)
    )


if __name__ == "__main__":
    main()
