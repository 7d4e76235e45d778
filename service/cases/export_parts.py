"""Sections of an exported case that come from the snapshot: people, stages, evidence, visits, opinions."""

from __future__ import annotations

from datetime import date
from typing import Any

from service.cases.model import PARTS, ROLES
from service.cases.model_stages import DISPOSITIONS, VERDICTS
from service.report.snapshot import CaseSnapshot, Org

WORDS = {label: value for value, label in {**PARTS, **VERDICTS, **DISPOSITIONS}.items()}
CONSULTATION = "consultation"


def day(value: date | None) -> str:
    """Return the day as the format writes it, empty for None."""
    return value.isoformat() if value else ""


def short(code: str) -> str:
    """Return an organisation's code without the case it was made for."""
    return code.rpartition(".")[2]


def people(snapshot: CaseSnapshot) -> dict[str, Any]:
    """Return organisations with all their parts, and the people by duty."""
    parties: dict[str, list[Org]] = {}
    for organisation in snapshot.organisations:
        parties.setdefault(short(organisation.code), []).append(organisation)
    duties = _duties(snapshot)
    codes = {orgs[0].name: code for code, orgs in parties.items()}
    return {
        "organisations": [
            {"code": code, "name": orgs[0].name, "parts": [WORDS.get(o.part, "other") for o in orgs]}
            for code, orgs in parties.items()
        ],
        "people": [
            {"code": code, "duty": held[0], "roles": duties[held], "organisation": codes[held[1]]}
            for held, code in person_codes(snapshot).items()
        ],
    }


def person_codes(snapshot: CaseSnapshot) -> dict[tuple[str, str], str]:
    """Return the code every person has in the file, by duty and name of the organisation."""
    return {held: f"p{number}" for number, held in enumerate(_duties(snapshot), 1)}


def _duties(snapshot: CaseSnapshot) -> dict[tuple[str, str], list[str]]:
    names = {organisation.name for organisation in snapshot.organisations}
    duties: dict[tuple[str, str], list[str]] = {}
    for person in snapshot.people:
        if person.role in ROLES and person.organisation in names:
            duties.setdefault((person.duty, person.organisation), []).append(person.role)
    return duties


def stages(snapshot: CaseSnapshot) -> list[dict[str, str]]:
    """Return each stage with its first and last day, and mode and ground of its last passage."""
    latest = {track.stage: track for track in snapshot.stages if track.stage != "signed"}
    first = {track.stage: track.entered_on for track in reversed(snapshot.stages)}
    return [
        {
            "stage": track.stage,
            "mode": track.mode,
            "ground": track.ground,
            "entered_on": day(first[track.stage]),
            "left_on": day(track.left_on),
        }
        for track in latest.values()
    ]


def evidence(snapshot: CaseSnapshot) -> list[dict[str, Any]]:
    """Return the evidence as a list of names; the bytes stay where they are."""
    return [
        {"code": e.code, "name": e.name, "obtained": e.source, "proves": e.proves, "nodes": list(e.nodes)}
        for e in snapshot.evidence
    ]


def material_review(snapshot: CaseSnapshot) -> dict[str, Any]:
    """Return the verdicts and the requests for correction."""
    return {
        "verdicts": [
            {"subject": r.item, "verdict": WORDS[r.verdict], "note": r.note, "round": str(r.round)}
            for r in snapshot.reviews
        ],
        "supplements": [
            {
                "code": s.code,
                "items": list(s.items),
                "on": day(s.asked_on),
                "due_on": day(s.due_on),
                "answered_on": day(s.answered_on),
            }
            for s in snapshot.supplements
        ],
    }


def on_site(snapshot: CaseSnapshot) -> dict[str, Any]:
    """Return visits and findings; a finding that was not plainly confirmed or objected is not stated."""
    return {
        "visits": [
            {
                "code": v.code,
                "on": day(v.on),
                "place": v.place,
                "method": v.method,
                "people": "、".join(v.people),
                "content": v.note,
            }
            for v in snapshot.visits
        ],
        "findings": [
            {
                "code": f.code,
                "nodes": [n for n in f.node.split("、") if n],
                "text": f.text,
                "on": day(f.on),
                "confirmation": f.state if f.state in ("confirmed", "objected") else "not_stated",
            }
            for f in snapshot.findings
        ],
    }


def consultation(snapshot: CaseSnapshot) -> dict[str, Any]:
    """Return the opinions with their dispositions; nothing if the stage was not held."""
    track = next((t for t in reversed(snapshot.stages) if t.stage == CONSULTATION), None)
    if track is None or track.mode == "not_held":
        return {}
    names = {o.name: short(o.code) for o in snapshot.organisations}
    return {
        "issued_on": day(next(t for t in snapshot.stages if t.stage == CONSULTATION).entered_on),
        "closed_on": day(track.left_on),
        "opinions": [
            {
                "code": o.code,
                "organisation": names.get(o.organisation, ""),
                "text": o.text,
                "place": o.place,
                "on": day(o.on),
                "agrees": "" if o.disposition else "yes",
                "disposition": {"result": WORDS[o.disposition], "reason": o.reason, "effect": o.effect}
                if o.disposition
                else {},
            }
            for o in snapshot.opinions
        ],
    }


def tables(snapshot: CaseSnapshot) -> dict[str, Any]:
    """Return free tables and structures drawn as boxes."""

    def rows(table: Any) -> list[Any]:
        return [
            {"band": row[0]} if i in table.bands else {"total": list(row)} if i in table.totals else list(row)
            for i, row in enumerate(table.rows)
        ]

    return {
        "tables": [
            {
                "id": t.id,
                "caption": t.caption,
                "section": t.section,
                "columns": list(t.columns),
                "rows": rows(t),
                "widths": [str(w) for w in t.widths],
                "align": list(t.align),
                "note": t.note,
            }
            for t in snapshot.tables
        ],
        "figures": [
            {
                "id": f.id,
                "caption": f.caption,
                "section": f.section,
                "alt": f.alt,
                "boxes": [list(row) for row in f.boxes],
            }
            for f in snapshot.images
            if f.boxes
        ],
    }
