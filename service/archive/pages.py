"""The pages of an archive package: plain HTML without script or outside parts, readable for decades."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.archive.check import Item
    from service.archive.package import About, LeftOut, Listed
    from service.queries.printout import Printout

STYLE = (
    "body{font:16px/1.7 serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{border:1px solid #777;padding:.3rem .5rem;text-align:left;vertical-align:top}"
    "td{overflow-wrap:anywhere}"
    "th{background:#eee}.hash{font-family:monospace;font-size:.75rem}.bad{font-weight:bold}"
)
NATURES = {
    "真实": "来源可靠、内容未被改动",
    "完整": "应有的都在，没有缺漏和多余",
    "可用": "能打开、能读懂",
    "安全": "没有隐患，没有越界",
}
NO_CERTIFICATE = "本报告只记录由程序做过的检查及其结果，供归档、移交时参考，不是任何机构的认证或检测结论。"


def page(title: str, *parts: str) -> str:
    """Return a whole page; `parts` are HTML already."""
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, hashed: int | None = None) -> str:
    """Return a table of texts; the column `hashed` is set small."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    lines = (
        "<tr>"
        + "".join(
            f'<td class="hash">{escape(cell)}</td>' if number == hashed else f"<td>{escape(cell)}</td>"
            for number, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def facts_of(about: About) -> str:
    """Return what the package is of."""
    told = (
        ("案卷编号", about.case), ("名称", about.title), ("评价类型", f"{about.kind} · {about.year}年度"),
        ("保管期限", about.retention), ("归档日期", about.on),
        ("留痕", f"{about.origin}，检查点覆盖 {about.size} 条"), ("检查点的根", about.root),
    )  # fmt: skip
    return table(("项目", "内容"), told)


def index_page(about: About, rows: Sequence[Listed], left_out: Sequence[LeftOut]) -> str:
    """Return the index."""
    parts = [facts_of(about)]
    for group in dict.fromkeys(each.group for each in rows):
        mine = [each for each in rows if each.group == group]
        lines = [
            (str(number), each.title, each.path, str(each.size), each.sha256, each.note)
            for number, each in enumerate(mine, 1)
        ]
        parts.append(f"<h2>{escape(group)}（{len(mine)} 件）</h2>")
        parts.append(table(("序号", "名称", "文件", "字节数", "SHA-256", "说明"), lines, hashed=4))
    if left_out:
        missing = [(each.title, each.why, each.sha256) for each in left_out]
        parts.append(f"<h2>未收入的文件（{len(left_out)} 件）</h2>")
        parts.append(table(("名称", "原因", "SHA-256"), missing, hashed=2))
    parts.append(
        "<h2>怎样核验</h2><p>文件散列：在解开的目录里运行 sha256sum -c SHA256SUMS。"
        "整包：pingji case archive --check 本文件。逐条留痕：python verifier.py 留痕文件 --vkey 公钥；"
        "核验程序和公钥须另行取得，不在包内。</p>"
    )
    return page(f"{about.title}归档目录", *parts)


def report_page(about: About, items: Sequence[Item]) -> str:
    """Return the report of what was checked."""
    parts = [f"<p>{escape(NO_CERTIFICATE)}</p>", facts_of(about)]
    for nature, meaning in NATURES.items():
        rows = [(each.title, each.result, each.evidence) for each in items if each.nature == nature]
        parts.append(f"<h2>{nature}性：{meaning}</h2>")
        parts.append(table(("检查项目", "结果", "依据"), rows))
    return page(f"{about.title}四性检查报告", *parts)


def form_page(form: Printout) -> str:
    """Return a printed form as a page of the archive; how far the log was when printed is left out."""
    parts = [f"<p>编号：{escape(form.case)}　短码：{escape(form.code)}</p>"]
    if form.to:
        parts.append(f"<p>{escape(form.to)}：</p>")
    parts.append(table(("项目", "内容"), form.facts))
    for block in form.blocks:
        if block.title:
            parts.append(f"<h2>{escape(block.title)}</h2>")
        parts += [f"<p>{escape(text)}</p>" for text in block.words]
        if block.columns:
            parts.append(table([each.label for each in block.columns], block.rows))
    return page(form.title, *parts)
