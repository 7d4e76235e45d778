"""Workbooks of office people: read safely, understood by headings, compared, written, given back marked.

Knows nothing of requests or the database. From below: `parse` and `mark` (programs of the child), `book` (a
stranger's file becomes cells), `kinds` and `official` (tables as data), `values` (a cell becomes a value),
`table` (a sheet becomes rows of one kind), `compare` (rows become changes), `write` (rows become a workbook
or CSV), `annotate` (the person's own workbook with marks).

    book = read_book("自评表.xlsx", content)          # one child, about 0.1 s; InvalidError: not read at all
    table = read_table(book, SELF)            # every row with its cells, every fault at once
    found = compare(SELF, table, standing)    # 新增 / 修改 / 未变 / 错误 per cell; nothing is stored
"""
