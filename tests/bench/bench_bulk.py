"""A batch of 自评表 read, scored and checked, beside openpyxl that only reads the same files."""

from __future__ import annotations

from io import BytesIO

from openpyxl import load_workbook

from service.actions.selfjudging import judged
from service.errors import InvalidError
from service.workbooks.book import read_books
from service.workbooks.claimform import read_form
from tests.bench.rounds import heading, interleave, options, show
from tests.selfbooks import batch

BARE = "openpyxl 读出全部单元格"
CHUNK = 20
"""So many files are read by one child, as the worker does it."""


def main() -> None:
    """Print the ratios."""
    asked = options(__doc__ or "")
    count = asked.count(200, 12)
    contents = [content for _, content, truth in batch(5, count) if not truth.out]
    heading(
        f"成批自评表：{len(contents)} 份，共 {sum(map(len, contents)) >> 10} KB",
        "openpyxl 在本进程内读出同样各份的全部单元格",
        f"读取含容器检查和受限子进程（每 {CHUNK} 份一个）；核对含按规则计分和全部检查",
    )
    times = interleave(
        {
            BARE: lambda: bare(contents),
            "受限子进程读取": lambda: read(contents, checked=False),
            "读取、计分、核对": lambda: read(contents, checked=True),
        },
        rounds=asked.rounds,
    )
    show(times, baseline=BARE)


def bare(contents: list[bytes]) -> int:
    """Return how many cells openpyxl reads."""
    return sum(
        len(row)
        for content in contents
        for sheet in load_workbook(BytesIO(content), data_only=True)
        for row in sheet.iter_rows(values_only=True)
    )


def read(contents: list[bytes], *, checked: bool) -> int:
    """Return how many lines are read, or how much is found."""
    found = 0
    for start in range(0, len(contents), CHUNK):
        for book in read_books([("自评表.xlsx", content) for content in contents[start : start + CHUNK]]):
            assert not isinstance(book, InvalidError)
            form = read_form(book).form
            found += len(judged(form, {"year": "2025"}).data["findings"]) if checked else len(form.lines)
    return found


if __name__ == "__main__":
    main()
