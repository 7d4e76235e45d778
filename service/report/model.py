"""A snapshot and a profile become the neutral report. Pure: same input, equal report."""

from __future__ import annotations

from collections.abc import Sequence

from service.errors import InvalidError, Problem
from service.report.blocks import Block, Cover, CoverItem, Report, plain_line, text_of
from service.report.draft import Draft, Where
from service.report.linebreaks import balanced
from service.report.profile import Profile, Section
from service.report.sections import WRITERS, place_thing
from service.report.snapshot import CaseSnapshot

DEMO = "演示　无效"
DRAFT = "征求意见稿"
COPY = "导入副本　未签发"
PAGE_ROOM, TITLE_ROOM = 17, 20


def build(snapshot: CaseSnapshot, profile: Profile) -> Report:
    """Return the report of `snapshot` as `profile` lays it out.

    Raises:
        InvalidError: with every token, table or writer that does not exist.
    """
    draft = Draft(snapshot, profile)
    draft.placer = lambda kind, name, place: place_thing(draft, kind, name, place)
    _check_writers(draft, (*profile.sections, *profile.appendices))
    abstract = _abstract(draft)
    for section in profile.sections:
        _section(draft, section, 1)
    if profile.signature == "end":
        _signature(draft)
    body, draft.blocks = draft.blocks, []
    kept = 0
    for section in profile.appendices:
        kept += _appendix(draft, section, number=kept + 1)
    appendix = draft.blocks
    cover = _cover(draft)
    if draft.resolver.problems:
        raise InvalidError(draft.resolver.problems)
    marks = (DEMO if snapshot.demo else "", COPY if snapshot.imported else "", _version(snapshot))
    banner = "　".join(mark for mark in marks if mark)
    title = text_of(draft.line(profile.cover.title)).replace("\n", "")
    return Report(
        profile.code,
        title,
        banner,
        cover,
        tuple(abstract),
        tuple(draft.headings),
        tuple(body),
        tuple(appendix),
    )


def _version(snapshot: CaseSnapshot) -> str:
    return f"{DRAFT}（第{snapshot.version}稿）" if snapshot.draft else ""


def _check_writers(draft: Draft, sections: Sequence[Section]) -> None:
    for section in sections:
        for content in section.content:
            if content.kind not in WRITERS:
                draft.resolver.problems.append(
                    Problem(
                        "没有这种内容",
                        path=f"sections.{section.id}",
                        value=content.kind,
                        allowed="、".join(WRITERS),
                    )
                )
        _check_writers(draft, section.parts)


def _abstract(draft: Draft) -> list[Block]:
    if not draft.profile.abstract:
        return []
    draft.blocks = []
    draft.narrative(draft.snapshot.narrative.get("abstract", ""), level=3, place="narrative.abstract")
    if not draft.blocks:
        draft.para(draft.sentence("empty"))
    blocks, draft.blocks = draft.blocks, []
    return blocks


def _section(draft: Draft, section: Section, level: int) -> None:
    before, headings = len(draft.blocks), len(draft.headings)
    counts = draft.numbers.save()
    if section.title:
        draft.heading(level, section.title, place=section.id)
    start = len(draft.blocks)
    for content in section.content:
        if content.kind in WRITERS:
            WRITERS[content.kind](draft, content, Where(section.id, level if section.title else level - 1))
    for part in section.parts:
        _section(draft, part, level + 1)
    if len(draft.blocks) > start:
        return
    if section.optional or not section.title:
        del draft.blocks[before:], draft.headings[headings:]
        draft.numbers.restore(counts)
    else:
        draft.para(draft.sentence("empty"))


def _appendix(draft: Draft, section: Section, *, number: int) -> bool:
    """Write one appendix; return whether it was kept."""
    before, headings = len(draft.blocks), len(draft.headings)
    if draft.blocks and section.page:
        draft.blocks.append(Block("pagebreak"))
    draft.title(section.title.format(n=number))
    start = len(draft.blocks)
    for content in section.content:
        if content.kind in WRITERS:
            WRITERS[content.kind](draft, content, Where(section.id, 0))
    keep = not section.optional or any(b.table for b in draft.blocks[start:])
    if not keep:
        del draft.blocks[before:], draft.headings[headings:]
    return keep


def _cover(draft: Draft) -> Cover:
    spec = draft.profile.cover
    lines = text_of(draft.line(spec.title, place="cover.title")).split("\n")
    items = tuple(CoverItem(i.label, text_of(draft.line(i.value, place="cover.items"))) for i in spec.items)
    organisation = text_of(draft.line(spec.organisation, place="cover.organisation"))
    room = PAGE_ROOM if spec.layout == "page" else TITLE_ROOM
    lines = [part for text in lines for part in balanced(text, room)]
    return Cover(tuple(lines), items, organisation, _date(draft, spec.date))


def _date(draft: Draft, pattern: str) -> str:
    on = draft.snapshot.report_on
    return pattern.format(y=on.year, m=on.month, d=on.day) if on and pattern else ""


def _signature(draft: Draft) -> None:
    organisation = draft.sentence("signature")
    date = _date(draft, draft.sentence_raw("signature_date"))
    if organisation:
        draft.add("right", plain_line("　"))
        draft.add("right", draft.line(organisation, place="signature"))
        draft.add("right", draft.line(date, place="signature"))
