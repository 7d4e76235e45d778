"""An imported indicator table while its rules are decided: shared by the pages and by programs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service import frameworks
from service.actions.actor import Actor
from service.actions.ruledeciding import FORM, Decided, DecideRules, decide_rules
from service.actions.workingcopies import keep_copy
from service.errors import InvalidError, Problem
from service.extensions import db
from service.frameworks import imported
from service.frameworks.imported import LeafWords
from service.frameworks.rulewords import rule_words
from service.frameworks.tree import Plain, plain_nodes
from service.queries.resultwords import result_lines
from service.queries.workingcopies import WorkingCopy, copy_of
from service.scoring.bench import try_edges
from service.scoring.methods import LABELS
from service.web import treeedit
from service.workbooks.values import Fault
from service.yamltext import write

GRADES = {"stated": "原文写明", "judged": "原文留给裁量", "open": "原文没有写明"}
MOST_TRIALS = 12


@dataclass(frozen=True, slots=True)
class Trial:
    """One sample value tried on a proposed rule: what went in, the points, the arithmetic."""

    label: str
    given: tuple[str, ...]
    points: str | None
    note: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggested:
    """One leaf of the table beside its proposal, as people and programs read it.

    Args:
        state: waiting, confirmed or replaced; `words` the proposed rule in sentences.
        standing: the rule the draft holds, in sentences, () while none does.
    """

    code: str
    name: str
    place: str
    wording: str
    explanation: str
    state: str
    grade: str
    kind: str
    words: tuple[str, ...]
    standing: tuple[str, ...]
    extras: tuple[str, ...]
    why: tuple[str, ...]
    left: tuple[str, ...]
    rule: Plain | None
    trials: tuple[Trial, ...]
    untried: tuple[str, ...]


def begin_import(account: str, target: str, organisation: str, name: str, content: bytes) -> None:
    """The account's draft `target` is the indicator table, every rule of it waiting.

    Raises:
        InvalidError: the file is refused, or cells cannot be read.
    """
    made = imported.from_table(name, content)
    data = {
        "text": made.text,
        "imported": {
            "organisation": organisation,
            "book": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "sheet": made.sheet,
            "remarks": [_remark(one) for one in made.remarks],
            "leaves": {code: leaf.to_plain() for code, leaf in made.leaves.items()},
        },
    }
    stale = copy_of(db.session(), account, FORM, target)
    keep_copy(account, FORM, target, data, stamp=stale.stamp if stale else "")


def _remark(one: Fault) -> dict[str, str]:
    return {name: getattr(one, name) for name in ("place", "message", "value", "allowed", "cure")}


def leaves_of(copy: WorkingCopy) -> dict[str, LeafWords]:
    """Return the leaves of the table a draft came from by code, none for a draft written here."""
    kept = copy.data.get("imported", {}).get("leaves", {})
    return {code: LeafWords.of(leaf) for code, leaf in kept.items()}


def remarks_of(copy: WorkingCopy) -> tuple[Problem, ...]:
    """Return what did not agree in the table."""
    rows = copy.data.get("imported", {}).get("remarks", [])
    return tuple(
        Problem(r["message"], path=r["place"], value=r["value"], allowed=r["allowed"], cure=r["cure"])
        for r in rows
    )


def kept_data(copy: WorkingCopy, text: str) -> dict[str, Any]:
    """Return what the draft holds with another text."""
    return {**copy.data, "text": text}


def rules_in(text: str, leaves: Mapping[str, LeafWords]) -> dict[str, Plain | None]:
    """Return the rule each leaf of the table has in a text, None where it has none or is gone."""
    try:
        nodes = plain_nodes(treeedit.plain_of(text))
    except InvalidError:
        return {}
    return {code: nodes[code].get("rule") if code in nodes else None for code in leaves}


def keep_changed(actor: Actor, target: str, copy: WorkingCopy, text: str, stamp: str) -> None:
    """The draft holds `text`; where the rule of an imported leaf changed, that is a decision in the log.

    Raises:
        StaleError: the draft has moved on.
    """
    leaves = leaves_of(copy)
    before, after = rules_in(copy.data["text"], leaves), rules_in(text, leaves)
    changed = [code for code in leaves if before.get(code) != after.get(code)] if after else []
    if not changed:
        keep_copy(actor.account, FORM, target, kept_data(copy, text), stamp=stamp)
        return
    origin = copy.data["imported"]
    command = DecideRules(
        organisation=origin["organisation"],
        target=target,
        data=kept_data(copy, text),
        stamp=stamp,
        book=origin["book"],
        book_sha256=origin["sha256"],
        decided=[_decided(leaves[code], after.get(code)) for code in changed],
    )
    decide_rules(actor, command)


def _decided(leaf: LeafWords, adopted: Plain | None) -> Decided:
    return Decided(leaf.code, leaf.name, leaf.place, leaf.source, leaf.rule, adopted)


def confirmed_text(copy: WorkingCopy, code: str) -> str:
    """Return the draft's text with the proposed rule of one leaf in it.

    Raises:
        InvalidError: there is no such leaf, no proposal, or the leaf has its rule already.
    """
    leaf = leaves_of(copy).get(code)
    plain = treeedit.plain_of(copy.data["text"])
    if leaf is None or plain_nodes(plain).get(code, {}).get("rule") is not None:
        words = "这一项没有等待确认的规则"
        raise InvalidError(Problem(words, path="node", value=code, cure="刷新页面，看现在的规则"))
    return write(imported.confirmed(plain, leaf))


def replaced_text(text: str, leaf: LeafWords | None) -> str:
    """Return a text in which the leaf also has the inputs and measures its new rule reads."""
    plain = treeedit.plain_of(text)
    node = plain_nodes(plain).get(leaf.code) if leaf is not None else None
    if leaf is None or node is None or "rule" not in node:
        return text
    names = [*leaf.node.get("measures", {}), *leaf.node.get("inputs", {})]
    if not any(name in str(node["rule"]) for name in names):
        return text
    node |= {key: leaf.node[key] for key in ("inputs", "measures") if key in leaf.node and key not in node}
    return write(plain)


def state_of(code: str, leaf: LeafWords, nodes: Mapping[str, Plain]) -> str:
    """Return waiting, confirmed or replaced; gone where the draft has no such leaf any more."""
    node = nodes.get(code)
    if node is None or node.get("children") or "share_of" in node:
        return "gone"
    rule = node.get("rule")
    return "waiting" if rule is None else "confirmed" if rule == leaf.rule else "replaced"


def waiting_in(copy: WorkingCopy) -> dict[str, str]:
    """Return by code what is proposed for every leaf that waits, in a few words."""
    leaves = leaves_of(copy)
    try:
        nodes = plain_nodes(treeedit.plain_of(copy.data["text"]))
    except InvalidError:
        return {}
    return {
        code: f"待确认：建议{_kind(leaf)}" if leaf.rule else "待确认：没有建议，请按原文填写"
        for code, leaf in leaves.items()
        if state_of(code, leaf, nodes) == "waiting"
    }


def _kind(leaf: LeafWords) -> str:
    return LABELS.get(str(leaf.rule["kind"]), "") if leaf.rule else ""


def suggested(copy: WorkingCopy, code: str) -> Suggested | None:
    """Return one leaf of the table beside its proposal with the arithmetic tried; None without one."""
    leaf = leaves_of(copy).get(code)
    nodes = plain_nodes(treeedit.plain_of(copy.data["text"]))
    node = nodes.get(code)
    if leaf is None or node is None:
        return None
    standing = node.get("rule")
    trials, untried = _trials(leaf, str(node.get("max", "")))
    return Suggested(
        code=code,
        name=leaf.name,
        place=leaf.place,
        wording=leaf.source,
        explanation=leaf.explanation,
        state=state_of(code, leaf, nodes),
        grade=GRADES[leaf.grade],
        kind=_kind(leaf),
        words=rule_words(leaf.rule) if leaf.rule else (),
        standing=rule_words(standing)
        if isinstance(standing, dict) and standing.get("kind") in LABELS
        else (),
        extras=tuple(_extras(leaf)),
        why=leaf.why,
        left=leaf.left,
        rule=leaf.rule,
        trials=trials,
        untried=untried,
    )


def _extras(leaf: LeafWords) -> list[str]:
    """Return in words what a confirmed proposal brings besides the rule."""
    rows = [f"{name} = {formula}" for name, formula in leaf.node.get("measures", {}).items()]
    rows += [f"没有佐证：{one['ground']}" for one in leaf.node.get("missing", {}).values()]
    rows += [
        f"修正：{one['name']}（{one.get('share') or one.get('when', '')}）"
        for one in leaf.node.get("modifiers", [])
    ]
    rows += [
        f"事项：{one['name']}（{'降一档' if one['effect'] == 'downgrade' else '不高于' + one['grade']}）"
        for one in leaf.events
    ]
    return rows


def _trials(leaf: LeafWords, full: str) -> tuple[tuple[Trial, ...], tuple[str, ...]]:
    """Return sample values tried on the proposed rule."""
    if leaf.rule is None or leaf.rule["kind"] == "not_stated":
        return (), ()
    try:
        framework = frameworks.parse(imported.alone(leaf, full or None), name="")
    except InvalidError as error:
        return (), tuple(one.message for one in error.problems)
    found, untried = try_edges(framework, leaf.code)
    rows = tuple(
        Trial(
            one.sample.label,
            tuple(f"{label} {text}" for label, text in result_lines(one.sample.result)),
            one.line.rule_points,
            one.line.note,
            one.line.steps,
        )
        for one in found[:MOST_TRIALS]
    )
    return rows, untried
