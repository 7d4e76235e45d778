"""One act of a person on a case as pages and the API know it: what it takes and how it is done.

- `Act` binds a row of the rule table (`action`) to a form and to the function of `service.actions`.
- An act is declared once, in the module of its stage, and found through `ACTS` by its name in addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from service.actions.transaction import Actor
from service.actions.workshop import Workshop
from service.errors import InvalidError, Problem
from service.queries.reader import OpenCase
from service.web.forms.fields import Flag, Form, Several
from service.workflow.actions import Action

MISSING = "没有填写"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for an act, on which case, with which tools; `fresh`: he has just proved himself again."""

    actor: Actor
    case: OpenCase
    workshop: Workshop
    fresh: bool = False

    @property
    def evaluation(self) -> str:
        """Return the id of the case."""
        return self.case.row.id

    @property
    def freshness(self) -> dict[str, bool]:
        """Return the fact the guards ask for where a fresh proof of identity is needed."""
        return {"reauth_fresh": self.fresh}


@dataclass(frozen=True, slots=True)
class Done:
    """What to tell the person; `job` names background work, kind and arguments, that now has to run."""

    text: str = ""
    job: tuple[str, dict[str, Any]] | None = None


Run = Callable[[Asking, dict[str, Any]], Done | str | None]


class Nothing(Form):
    """An act that takes nothing but the wish."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    Args:
        run: does it; returns a sentence for the receipt, or None.
        form: what it takes.
        name: its name in addresses, the action's value unless several acts share one row.
        button: what the button says: the effect, never just 提交.
        consequence: what follows and whether it can be undone, said before it is done.
        fresh: whether the person must prove himself again in the same form.
        at: name of the tab it belongs to.
        queued: done by a background job, which the answer names.
        hidden: left out of the list of things to do (done inside another page only).
    """

    action: Action
    run: Run
    form: type[Form] = Nothing
    name: str = ""
    button: str = ""
    consequence: str = ""
    fresh: bool = False
    at: str = ""
    queued: bool = False
    hidden: bool = False

    @property
    def path(self) -> str:
        """Return the name in addresses."""
        return self.name or self.action.value

    @property
    def label(self) -> str:
        """Return what the button says."""
        return self.button or self.action.label


ACTS: dict[str, Act] = {}


def declare(*acts: Act) -> None:
    """Make these acts known under their names; a name taken twice is a bug."""
    for act in acts:
        if act.path in ACTS:
            raise ValueError(f"操作重复：{act.path}")
        ACTS[act.path] = act


def acts_of(action: Action) -> list[Act]:
    """Return the acts that stand for this row of the rule table, in the order declared."""
    return [act for act in ACTS.values() if act.action is action]


def from_page(form: type[Form], sent: MultiDict[str, str], files: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page sent, by field; fields left empty are left out, boxes not ticked are False."""
    plain: dict[str, Any] = {}
    for name, field in form().fields.items():
        if field.metadata.get("widget") == "upload":
            found: Any = files.get(name)
        elif isinstance(field, Several):
            found = sent.getlist(name)
        elif isinstance(field, Flag):
            found = sent.get(name, "")
        else:
            found = sent.get(name, "").strip() and sent.get(name)
        if found or isinstance(field, Flag):
            plain[name] = found
    return plain


def read(form: type[Form], plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a form.

    Raises:
        InvalidError: naming every field that is missing, malformed or unknown.
    """
    try:
        loaded: dict[str, Any] = form().load(plain)
    except ValidationError as error:
        raise InvalidError(list(_problems(form, error.messages_dict, plain))) from error
    return loaded


def _problems(form: type[Form], found: Mapping[str, Any], plain: Mapping[str, Any]) -> list[Problem]:
    fields = form().fields
    problems = []
    for name, messages in found.items():
        field = fields.get(name)
        label = field.metadata.get("label", name) if field is not None else name
        said = messages if isinstance(messages, list) else [str(messages)]
        words = "；".join(_translated(text) for text in said)
        value = plain.get(name)
        problems.append(
            Problem(f"{label}：{words}", path=name, value=value if isinstance(value, str) else None)
        )
    return problems


def _translated(message: str) -> str:
    return {
        "Missing data for required field.": MISSING,
        "Unknown field.": "没有这一项",
        "Field may not be null.": MISSING,
    }.get(message, message)
