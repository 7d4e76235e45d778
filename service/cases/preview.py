"""A checked case as the report sees it, without a database: its sheets, figures and words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from service.cases.facts import scoring_facts
from service.cases.joint import aggregate_of
from service.cases.model_report import Item as CaseItem
from service.cases.source import CaseFile
from service.cases.words import free_tables, money_facts, picture
from service.queries.sheet import CurrentSheet
from service.queries.views import sheet_view, view_of
from service.report.snapshot import CaseSnapshot, Item, Org, SheetView
from service.scoring.joint import declared, joined
from service.scoring.sheet import ScoreSheet, score


@dataclass(frozen=True, slots=True)
class Preview:
    """The sheet the case is judged by, its sheets by name, and the snapshot with both and all words."""

    sheet: ScoreSheet
    sheets: dict[str, ScoreSheet]
    snapshot: CaseSnapshot


def preview(file: CaseFile) -> Preview:
    """Return the scored case with its words; what only a run of the process knows is left out."""
    case, framework, facts = file.case, file.framework, scoring_facts(file)
    sheets = {name: score(framework, scoring_facts(file, name)) for name in case.framework.sheets}
    how = aggregate_of(case)
    sheet = score(framework, facts)
    sheet = joined(sheet, sheets, framework, declared(how), rulings=facts.rulings) if how else sheet
    snapshot = CaseSnapshot(
        code=case.case,
        title=case.title,
        kind=case.kind,
        year=case.year,
        subject_name=case.subject.name,
        profile=case.profile,
        report_on=case.report_on,
        organisations=tuple(Org(o.code, o.name, part) for o in case.organisations for part in o.parts),
        framework=view_of(framework),
        sheet=sheet_view(CurrentSheet(sheet, framework, facts.inputs)),
        sheets=tuple(_sub_sheet(file, name, sheets[name]) for name in sheets),
        money=money_facts(case),
        narrative=dict(case.narrative),
        notes=dict(case.notes),
        problems=tuple(map(_item, case.problems)),
        suggestions=tuple(map(_item, case.suggestions)),
        tables=free_tables(case),
        images=tuple(map(picture, case.figures)),
    )
    return Preview(sheet, sheets, snapshot)


def _sub_sheet(file: CaseFile, name: str, sheet: ScoreSheet) -> SheetView:
    return sheet_view(CurrentSheet(sheet, file.framework, scoring_facts(file, name).inputs), code=name)


def _item(item: CaseItem) -> Item:
    parts = tuple(Item(part.title, part.body, part.nodes) for part in item.parts)
    return Item(item.title, item.body, item.nodes, parts)
