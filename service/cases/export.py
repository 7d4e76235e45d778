"""Write a case of the database as a case file that replays to the same score sheet.

- What counts is written: results, deductions and adjustments in force, with their reasons; what was
  withdrawn or replaced stays in the audit log of the instance it came from.
- Evidence is listed by name, withdrawn pieces with reason, day and stage; text evidence is not
  copied. People are named by duty, 主评人 with their papers.
- Returns are written as they were made, so a replay goes the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from service import yamltext
from service.cases.export_parts import (
    consultation,
    evidence,
    material_review,
    on_site,
    people,
    stages,
    tables,
)
from service.cases.export_past import Past
from service.cases.model import FORMAT
from service.queries.figures import as_text, figures_of
from service.queries.pastacts import first_stages
from service.queries.published import quoted_items
from service.queries.sheet import framework_of, scoring_facts
from service.queries.snapshot import take_snapshot
from service.quotations.quoted import Quoted
from service.report.snapshot import CaseSnapshot
from service.scoring.facts import ScoringFacts
from service.workflow.stages import Stage
from service.yamltext import Tree

if TYPE_CHECKING:
    from service.models.evaluation import Evaluation

MONEY = re.compile(r"(-?\d+(?:\.\d+)?)(亿元|万元|元)")


def export_case(session: Session, case: Evaluation) -> str:
    """Return the YAML text of the case."""
    snapshot = take_snapshot(session, case, demo=False, today=None)
    facts = scoring_facts(session, case)
    named = people(snapshot)
    past = Past(session, case, named["people"], snapshot)
    papers = past.papers()
    parts = {name: scoring_facts(session, case, sheet=name) for name in case.facts.get("sheets", ())}
    tree: dict[str, Any] = {
        "format": FORMAT,
        "case": case.code,
        "title": case.title,
        "kind": case.kind.value,
        "year": case.year,
        "profile": case.profile,
        "layout": _layout(snapshot),
        "subject": {"name": case.subject_name, "kind": case.subject_kind},
        "secrecy": case.secrecy,
        "publicity": case.publicity,
        "report_on": case.facts.get("report_on") or "",
        "settings": {"policy": case.policy},
        "framework": {
            "inline": _plain(framework_of(session, case).plain),
            "sheets": case.facts.get("sheets"),
            "aggregate": case.facts.get("aggregate"),
        },
        "organisations": named["organisations"],
        "people": [{**person, "papers": papers.get(person["code"])} for person in named["people"]],
        "money": [_money(m.code, m.name, m.kind, m.printed, m.source) for m in snapshot.money],
        "stages": stages(snapshot),
        "self_assessment": {
            "due_on": case.self_due_on.isoformat() if case.self_due_on else "",
            "points": dict(facts.claims),
        },
        "evidence": [*evidence(snapshot), *past.voided()],
        "material_review": material_review(snapshot),
        "on_site": on_site(snapshot),
        "results": _results(facts),
        "sheet_results": {name: _results(given) for name, given in parts.items()},
        **_reasons({"": facts, **parts}, first_stages(session, case)),
        "consultation": consultation(snapshot),
        "waivers": past.waivers(),
        "returns": past.returns(),
        "events": [{"code": code, "happened": "yes"} for code in facts.flags],
        "ruling": dict(facts.rulings),
        "narrative": dict(snapshot.narrative),
        "notes": dict(snapshot.notes),
        "problems": [_item(item) for item in snapshot.problems],
        "suggestions": [_item(item) for item in snapshot.suggestions],
        **tables(snapshot),
        "published": [_quoted(item) for item in quoted_items(session, case)],
        "expect": _expected(snapshot),
    }
    return yamltext.write(_filled(tree))


def _layout(snapshot: CaseSnapshot) -> dict[str, str]:
    """Return the organisation's template of the report, empty for the profile's own."""
    own = snapshot.template
    return {} if own is None else {"name": own.name, "number": str(own.number), "sha256": own.sha256}


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    return [_plain(value) for value in tree] if isinstance(tree, (list, tuple)) else tree


def _filled(tree: Any) -> Tree:
    """Return the tree without empty members, which the format does not want."""
    if isinstance(tree, dict):
        return {str(k): _filled(v) for k, v in tree.items() if v not in ("", None, (), [], {})}
    if isinstance(tree, (list, tuple)):
        return [_filled(value) for value in tree]
    return str(tree)


def _money(code: str, name: str, kind: str, printed: str, place: str) -> dict[str, Any]:
    found = MONEY.fullmatch(printed)
    amount, unit = (found[1], found[2]) if found else ("not_stated", "万元")
    return {"code": code, "name": name, "kind": kind, "amount": amount, "unit": unit, "place": place}


def _results(facts: ScoringFacts) -> dict[str, Any]:
    return {node: given.to_plain() for node, given in facts.inputs.items()}


def _reasons(sheets: Mapping[str, ScoringFacts], first: Mapping[str, Stage]) -> dict[str, Any]:
    """Return deductions and adjustments of every sheet; the main one has no name.

    What a deduction came to in the end stands from the stage it was `first` made in, so that the replay
    lowers no points behind the unit's back.
    """
    return {
        "deductions": [
            {
                "code": d.id,
                "sheet": name,
                "node": d.node,
                "amount": "not_stated" if d.amount is None else d.amount,
                "reason": d.reason,
                "clause": d.clause,
                "stage": first[d.id].value,
                "evidence": list(d.evidence),
            }
            for name, facts in sheets.items()
            for d in facts.deductions
        ],
        "adjustments": [
            {
                "code": a.id,
                "sheet": name,
                "node": a.place[0] or "total",
                "target": "element" if a.place[1] else a.target if a.place[0] else "total",
                "element": a.place[1],
                "awarded": a.awarded,
                "reason": a.reason,
                "clause": a.clause,
            }
            for name, facts in sheets.items()
            for a in facts.adjustments
        ],
    }


def _item(item: Any) -> dict[str, Any]:
    return {
        "title": item.title,
        "body": item.body,
        "nodes": list(item.nodes),
        "parts": [{"title": p.title, "body": p.body, "nodes": list(p.nodes)} for p in item.parts],
    }


def _quoted(item: Quoted) -> dict[str, Any]:
    return {"path": item.path, "value": item.value, "place": item.place or "来源未载", **item.to_plain()}


def _expected(snapshot: CaseSnapshot) -> dict[str, str]:
    """Return total, grade and every awarded line as exact decimals; a fraction is left to the total."""
    figures = figures_of(snapshot)
    found = {"total": as_text(figures.total) or "none", "grade": figures.grade or "none"}
    for code, line in figures.nodes.items():
        awarded = as_text(line["awarded"])
        if awarded is None or "/" not in awarded:
            found[f"node.{code}.awarded"] = awarded or "none"
    return {path: text for path, text in found.items() if "/" not in text}
