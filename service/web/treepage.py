"""The page on which a framework is edited, whatever it is for: what it shows, and what one press changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from service.errors import InvalidError, Problem, ServiceError
from service.frameworks.form_values import rule_values
from service.frameworks.tree import plain_blocks, plain_nodes
from service.web import treeedit, treeview
from service.web.outside import wrong_of

VIEWS = {"tree": "逐项编辑", "text": "原文"}


@dataclass(frozen=True, slots=True)
class Refused:
    """An operation that was refused, and what was typed for it."""

    error: ServiceError
    sent: Mapping[str, str]


def is_redraw() -> bool:
    """Return whether the press only asks for the rule form to be drawn again."""
    return request.form.get("op") == "redraw"


def drawn(text: str, *, refused: Refused | None = None, proposed: Any = None) -> dict[str, Any]:
    """Return what the template needs of a framework text: tree, totals, problems, the node chosen.

    Args:
        proposed: what an imported table suggests for the node chosen; it fills an empty rule form.
    """
    sent = request.form if request.method == "POST" and (refused is not None or is_redraw()) else None
    wrong = wrong_of(refused.error.problems) if refused is not None else {}
    common = {
        "text": sent.get("text", text) if sent is not None and sent.get("op") == "text" else text,
        "refusal": refused.error.problems if refused is not None else (),
        "wrong": wrong,
        "op": sent.get("op", "") if sent is not None else "",
        "sent": sent or {},
        "proposed": proposed,
        "waits": {},
        "origin": None,
        "remarks": (),
    }
    try:
        plain = treeedit.plain_of(text)
    except InvalidError as error:
        return {**common, "view": "text", "plain": None, "problems": error.problems, "rows": (), "node": None}
    problems = treeedit.problems_of(text)
    code = request.values.get("node", "")
    node = treeview.node_values(plain, code, sent)
    return {
        **common,
        "view": _view(sent),
        "plain": plain,
        "problems": problems,
        "places": [(one, treeview.code_of(one)) for one in problems],
        "rows": treeview.tree_rows(plain, problems),
        "total": treeview.total_of(plain),
        "head": treeview.head_of(plain, sent if sent is not None and sent.get("op") == "head" else None),
        "node": node,
        "rule": _rule(plain, node, sent, wrong, getattr(proposed, "rule", None)),
        "places_to_move": _places(plain, code) if node else (),
        "natures": treeview.NATURES,
        "directions": treeview.DIRECTIONS,
    }


def _view(sent: Mapping[str, str] | None) -> str:
    asked = (
        "text"
        if sent is not None and sent.get("op") in ("text", "upload")
        else request.args.get("view", "tree")
    )
    return asked if asked in VIEWS else "tree"


def _rule(
    plain: dict[str, Any],
    node: dict[str, Any] | None,
    sent: Mapping[str, str] | None,
    wrong: Mapping[str, Problem],
    suggested: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    if node is None or not node["leaf"] or node["shared"]:
        return None
    typed = sent is not None and sent.get("op") in ("rule", "redraw")
    texts = treeedit.rule_texts(sent) if typed and sent is not None else None
    if texts is None and not node["kind"] and suggested:
        texts = rule_values(suggested)
    return treeview.rule_drawn(plain, node["code"], texts, wrong)


def _places(plain: dict[str, Any], code: str) -> tuple[tuple[str, str], ...]:
    """Return where a node may be moved: the first level, blocks, and nodes not below it."""
    nodes = plain_nodes(plain)
    below = {str(one.get("code", "")) for one in treeedit.below(nodes[code])} | {code}
    found = [("", "第一级")] + [(c, f"{c} {b.get('name', '')}") for c, b in plain_blocks(plain).items()]
    return (*found, *((c, f"{c} {n.get('name', '')}") for c, n in nodes.items() if c not in below))
