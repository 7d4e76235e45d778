"""What a section can contain: a closed set of writers, named by the `kind` of a content line.

narrative, text, indicators, leaves, conclusion, composite, score_table, indicator_table, problems,
suggestions,
deductions, adjustments, waterfall, quotations, opinions, evidence, interviews, approvals, reasons,
stand_ins, self_table. Each writer takes the draft, its options and the place (section and level).
"""

from __future__ import annotations

from collections.abc import Callable

from service.report import lists, selftable
from service.report.blocks import Picture, Table
from service.report.draft import Draft, Where, Writer
from service.report.profile import Content
from service.report.ratechart import rate_chart
from service.report.resolve import quoted
from service.report.scoretables import indicator_table, score_table
from service.report.snapshot import Item, NodeView
from service.report.tables import free


def place_thing(draft: Draft, kind: str, name: str, place: str) -> None:
    """Put a free table, a chart of a node's children or a picture where the narrative asks for it."""
    draft.placed.add(f"{kind}:{name}")
    for table in draft.snapshot.tables:
        if kind == "table" and table.id == name:
            draft.table(free(draft, table), table.caption)
            draft.add("note", draft.line(table.note))
            return
    for image in draft.snapshot.images:
        if kind == "image" and image.id == name:
            draft.picture(
                Picture(image.id, image.sha256, image.alt or image.caption, image.boxes), image.caption
            )
            return
    chart = rate_chart(draft.facts, name) if kind == "chart" else None
    if chart is not None:
        draft.chart(chart, draft.sentence("chart_caption", name=_name(draft, name)))
        return
    draft.resolver.line(f"[[{kind}:{name}", place=place)


def narrative(draft: Draft, content: Content, where: Where) -> None:
    """Write the evaluator's text of this section and the tables and pictures that belong to it."""
    text = draft.snapshot.narrative.get(where.id, "")
    draft.narrative(text, level=where.level, place=f"narrative.{where.id}")
    for table in draft.snapshot.tables:
        if table.section == where.id and f"table:{table.id}" not in draft.placed:
            place_thing(draft, "table", table.id, where.id)
    for image in draft.snapshot.images:
        if image.section == where.id and f"image:{image.id}" not in draft.placed:
            place_thing(draft, "image", image.id, where.id)


def text(draft: Draft, content: Content, where: Where) -> None:
    """Write the profile's own sentence, with tokens."""
    draft.para(content.text, place=where.id)


def roots(draft: Draft, content: Content) -> list[NodeView]:
    """Return the chosen nodes: by code, by place among the roots (``#1``), or every root.

    Roots of ± blocks only with `blocks`; ``#block`` means these alone.
    """
    nodes = draft.snapshot.framework.nodes
    tops = [n for n in nodes if not n.parent and (content.blocks or not n.block)]
    if not content.nodes:
        return tops
    chosen: list[NodeView] = []
    for name in content.nodes:
        if name == "#block":
            chosen += [n for n in tops if n.block]
        elif name.startswith("#"):
            chosen += tops[int(name[1:]) - 1 : int(name[1:])]
        else:
            chosen += [n for n in nodes if n.code == name]
    return chosen


def leaves_of(draft: Draft, root: NodeView) -> list[NodeView]:
    """Return the leaves under `root` in document order; a leaf is its own only leaf."""
    if root.leaf:
        return [root]
    return [
        leaf for n in draft.snapshot.framework.nodes if n.parent == root.code for leaf in leaves_of(draft, n)
    ]


def indicators(draft: Draft, content: Content, where: Where) -> None:
    """Write one sub-section per root: summary sentence, chart, then its leaves."""
    for root in roots(draft, content):
        draft.heading(
            where.level + 1, content.title.format(name=quoted(root.name), code=root.code), place=where.id
        )
        chart = rate_chart(draft.facts, root.code) if content.chart and not root.block else None
        words = {"code": root.code, "name": root.name, "figure": draft.figure_label() if chart else ""}
        scored = draft.facts.get(f"node.{root.code}.awarded").number is not None
        name = "block_summary" if root.block else "summary" if scored else "summary_unscored"
        note = draft.snapshot.notes.get(root.code, "")
        draft.para(
            draft.sentence(name, **words) + note + (draft.sentence("see_figure", **words) if chart else "")
        )
        if chart is not None:
            draft.chart(chart, draft.sentence("chart_caption", **words))
        leaves(
            draft,
            Content("leaves", nodes=(root.code,), groups=content.groups),
            Where(where.id, where.level + 1),
        )


def leaves(draft: Draft, content: Content, where: Where) -> None:
    """Write one numbered paragraph per leaf of the chosen nodes, grouped by second level if asked."""
    for root in roots(draft, content) if content.nodes else []:
        groups = [n for n in draft.snapshot.framework.nodes if n.parent == root.code and not n.leaf]
        if content.groups and groups:
            for group in groups:
                draft.heading(where.level + 1, draft.sentence("group", name=group.name) or quoted(group.name))
                draft.para(draft.snapshot.notes.get(group.code, ""))
                _leaf_run(draft, leaves_of(draft, group))
        else:
            draft.numbers.restart(4)
            _leaf_run(draft, leaves_of(draft, root))


def _leaf_run(draft: Draft, nodes: list[NodeView]) -> None:
    for leaf in nodes:
        _leaf(draft, leaf)


def _leaf(draft: Draft, leaf: NodeView) -> None:
    """Write one leaf: sentence, note and closing words; reasons in a paragraph of their own if so styled."""
    words = {"code": leaf.code, "name": leaf.name}
    lead = draft.sentence("leaf_lead", **words) or f"{quoted(leaf.name)}。"
    first, end, whole = _leaf_words(draft, leaf)
    first += draft.snapshot.notes.get(leaf.code, "")
    reasons = [d.reason for d in draft.snapshot.deductions if d.node == leaf.code]
    listed = "" if whole else quoted(lists.spoken(reasons)) + _adjusted(draft, leaf)
    problems = draft.sentence("leaf_problems")
    if not listed or not problems:
        draft.item(4, lead, first + listed + end, place=f"notes.{leaf.code}")
        return
    draft.item(4, lead, first, place=f"notes.{leaf.code}")
    draft.para(problems + listed + end, place=f"deductions.{leaf.code}")


def _leaf_words(draft: Draft, leaf: NodeView) -> tuple[str, str, bool]:
    """Return the sentence of a leaf, its closing words, and whether it lost nothing."""
    words = {"code": leaf.code, "name": leaf.name}
    awarded = draft.facts.get(f"node.{leaf.code}.awarded").number
    lost = draft.facts.get(f"node.{leaf.code}.lost").number
    first = draft.sentence("leaf" if awarded is not None else "leaf_unscored", **words)
    reasons = [d for d in draft.snapshot.deductions if d.node == leaf.code]
    if leaf.block:
        first, lost = draft.sentence("block_leaf", **words), -awarded if awarded is not None else None
    if lost is None:
        return first, draft.sentence("loss_unstated", **words) if reasons else "", False
    adjusted = any(a.node == leaf.code for a in draft.snapshot.adjustments)
    free_hand = adjusted or any("酌情" in d.clause + d.reason for d in reasons)
    if leaf.block and lost < 0:
        return first, draft.sentence("block_gain", **words), False
    key = "no_loss" if lost == 0 else "loss" if leaf.block or not free_hand else "loss_free"
    return first, draft.sentence(f"block_{key}" if leaf.block else key, **words), lost == 0 and not adjusted


def _adjusted(draft: Draft, leaf: NodeView) -> str:
    """Return the sentence that sets the rule's figure beside the awarded one, with the ground."""
    found = [a for a in draft.snapshot.adjustments if a.node == leaf.code]
    if not found or draft.facts.get(f"node.{leaf.code}.rule").number is None:
        return quoted(lists.spoken([a.reason for a in found]))
    ground = "；".join(a.reason.strip().rstrip("。；") for a in found)
    return draft.sentence("adjusted", code=leaf.code, ground=ground)


def conclusion(draft: Draft, content: Content, where: Where) -> None:
    """Write the sentence with total and grade; without a total the profile's sentence for that."""
    sheet = draft.snapshot.sheet
    if sheet.total is None:
        draft.para(draft.sentence("conclusion_unscored"), place=where.id)
        return
    parts = (
        "；".join(
            draft.sentence("part", code=n.code, name=n.name)
            for n in roots(draft, Content("roots"))
            if draft.facts.get(f"node.{n.code}.awarded").number is not None
        )
        if "part" in draft.profile.sentences
        else ""
    )
    name = "conclusion" if sheet.grade else "conclusion_ungraded"
    draft.para(
        draft.sentence(name) + (draft.sentence("parts").format(parts=parts) if parts else ""), place=where.id
    )


def composite(draft: Draft, content: Content, where: Where) -> None:
    """Write the sentence with the weighted dimensions, the total and the grade."""
    parts = "".join(
        f"{quoted(part.name)}评价得分[[part.{part.node}.awarded]]分（权重[[part.{part.node}.weight|pct0]]），"
        for part in draft.snapshot.sheet.composite
    )
    if draft.snapshot.sheet.total is None:
        draft.para(draft.sentence("conclusion_unscored"), place=where.id)
    else:
        draft.para(draft.sentence_raw("conclusion").format(parts=parts), place=where.id)


def items(draft: Draft, entries: tuple[Item, ...], where: Where) -> None:
    """Write titled items as headings below the section, their bodies as narrative."""
    for item in entries:
        level = where.level + 1
        if not item.title:
            draft.narrative(item.body, level=where.level, place=where.id)
        elif level <= 3 and (item.parts or level == 2):
            draft.heading(level, item.title, place=where.id)
            draft.narrative(item.body, level=level, place=where.id)
        else:
            first, _, rest = item.body.partition("\n")
            lead = item.title if item.title.endswith(("。", "：")) else f"{item.title}。"
            draft.item(level, lead, first, place=where.id)
            draft.narrative(rest, level=level, place=where.id)
        items(draft, item.parts, Where(where.id, level))


def problems(draft: Draft, content: Content, where: Where) -> None:
    """Write the problems of the evaluation."""
    items(draft, draft.snapshot.problems, where)


def suggestions(draft: Draft, content: Content, where: Where) -> None:
    """Write the suggestions of the evaluation."""
    items(draft, draft.snapshot.suggestions, where)


def listing(make: Callable[[Draft], Table | None]) -> Writer:
    """Return a writer of one generated list; an empty list is said in words."""

    def write(draft: Draft, content: Content, where: Where) -> None:
        draft.para(content.text, place=where.id)
        table = make(draft)
        if table is None:
            draft.para(draft.sentence("nothing_listed") or "无。")
            return
        draft.table(table, content.caption)

    return write


def _name(draft: Draft, code: str) -> str:
    names = [n.name for n in draft.snapshot.framework.nodes if n.code == code]
    return names[0] if names else code


def self_table(draft: Draft, content: Content, where: Where) -> None:
    """Write the 项目支出绩效自评表."""
    draft.table(selftable.table(draft), content.caption)


WRITERS: dict[str, Writer] = {
    "narrative": narrative,
    "text": text,
    "indicators": indicators,
    "leaves": leaves,
    "conclusion": conclusion,
    "composite": composite,
    "score_table": score_table,
    "indicator_table": indicator_table,
    "problems": problems,
    "suggestions": suggestions,
    "self_table": self_table,
    **{name: listing(make) for name, make in lists.LISTS.items()},
}
