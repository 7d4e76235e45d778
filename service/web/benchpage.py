"""试算: one leaf of a framework, what its rule reads, what typed values give, and what every edge gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.errors import InvalidError
from service.queries.resultwords import result_lines
from service.queries.workdays import work_calendar
from service.scoring.bench import Trial, try_edges, try_out
from service.scoring.entry import EntryKind, entry_fields
from service.scoring.entryform import typed
from service.scoring.framework import Framework

LEAD = "v:"


def bench(framework: Framework, code: str, sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what the test bench shows of one leaf; `result` is None until values were typed."""
    node = framework.node(code)
    values = {name.removeprefix(LEAD): text for name, text in sent.items() if name.startswith(LEAD)}
    fields = entry_fields(node)
    problems: tuple[Any, ...] = ()
    line = None
    if any(text.strip() for text in values.values()):
        try:
            plain = typed(fields, values, {})
            line = try_out(framework, {code: plain}, calendar=work_calendar()).line(code)
        except InvalidError as error:
            problems = error.problems
    trials, untried = try_edges(framework, code)
    return {
        "node": node,
        "fields": [_drawn(field, values) for field in fields],
        "result": line,
        "problems": problems,
        "trials": [_trial(one) for one in trials],
        "untried": untried,
    }


def _drawn(field: Any, values: Mapping[str, str]) -> dict[str, Any]:
    options = (("1", "是"),) if field.kind is EntryKind.TICK else field.options
    hint = "；".join(part for part in (field.hint, f"单位 {field.unit}" if field.unit else "") if part)
    return {
        "name": f"{LEAD}{field.name}",
        "label": field.label,
        "hint": hint,
        "options": options,
        "typed": field.kind is EntryKind.ELEMENT,
        "value": values.get(field.name, ""),
    }


def _trial(one: Trial) -> dict[str, Any]:
    return {
        "label": one.sample.label,
        "result": result_lines(one.sample.result),
        "points": one.line.rule_points,
        "note": one.line.note,
        "steps": one.line.steps,
    }
