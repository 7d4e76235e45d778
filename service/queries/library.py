"""The library of indicator frameworks as an account may see it: lists, one version, differences, use.

- Bundled frameworks are seen by everybody, read-only, without a row; their reference is ``bundled:CODE``.
- An organisation's own versions are seen by its people in every state, and once approved (or retired)
  also by the teams of cases that it organises: they draft plans from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service import frameworks
from service.errors import NotFoundError, Problem
from service.frameworks.difference import Difference, difference
from service.frameworks.rulewords import rule_words
from service.frameworks.tree import plain_nodes
from service.models.evaluation import Evaluation, Party
from service.models.library import LibraryFramework, LibraryState
from service.models.organisation import Account
from service.models.plan import FrameworkVersion
from service.models.template import ReportTemplate
from service.queries.people import live_grants
from service.queries.sheet import parsed_text
from service.queries.views import view_of
from service.report.snapshot import FrameworkView, NodeView
from service.scoring.framework import Framework
from service.scoring.quantities import exact_text

BUNDLED = "bundled:"
_SETTLED = (LibraryState.APPROVED, LibraryState.RETIRED)

_STORED = select(LibraryFramework, FrameworkVersion.label, FrameworkVersion.sha256).join(
    FrameworkVersion, FrameworkVersion.id == LibraryFramework.framework_id
)


@dataclass(frozen=True, slots=True)
class LibraryLine:
    """One version in a list; `state` is its Chinese word, `number` None for a bundled one.

    Args:
        ref: what `library_version` takes.
        usage: cases of the account's own organisations whose framework in force has this SHA-256.
        offered: whether a new plan may start from it.
    """

    ref: str
    code: str
    name: str
    label: str
    number: int | None
    state: str
    year: str
    area: str
    kind: str
    note: str
    proposed_by: str
    decided_by: str
    decision: str
    organisation: str
    sha256: str
    max: str | None
    leaves: int
    usage: int
    offered: bool
    mine: bool

    @property
    def bundled(self) -> bool:
        """Return whether it comes with the program and cannot be changed."""
        return self.number is None


@dataclass(frozen=True, slots=True)
class LibraryNode:
    """One indicator as printed, its rule in words, and where the rule is taken from."""

    node: NodeView
    kind: str
    words: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class LibraryVersion:
    """One version with its tree; `text` is the YAML a draft starts from."""

    line: LibraryLine
    view: FrameworkView
    nodes: tuple[LibraryNode, ...]
    text: str
    framework: Framework


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose library an account sees: `own` in every state, `through` cases only what was approved."""

    account: str
    own: frozenset[str]
    through: frozenset[str]

    def shows(self, row: LibraryFramework | ReportTemplate) -> bool:
        """Return whether the account sees this version."""
        settled = row.state in _SETTLED and row.organisation_id in self.through
        return row.organisation_id in self.own or settled


def library_lines(session: Session, account: str, *, today: date) -> tuple[LibraryLine, ...]:
    """Return the bundled frameworks by code, then what the account sees by code, newest version first."""
    seen = seen_by(session, account, today)
    rows = session.execute(
        _STORED.where(LibraryFramework.organisation_id.in_(seen.own | seen.through)).order_by(
            LibraryFramework.code, LibraryFramework.number.desc()
        )
    )
    used, duties = _usage(session, seen.own), _duties(session)
    stored = (_stored_line(*found, seen, used, duties) for found in rows if seen.shows(found[0]))
    return (*(_bundled_line(code, used) for code in frameworks.bundled()), *stored)


def library_version(session: Session, account: str, ref: str, *, today: date) -> LibraryVersion:
    """Return one version with its tree.

    Raises:
        NotFoundError: there is none, or the account may not know that there is.
    """
    seen = seen_by(session, account, today)
    used = _usage(session, seen.own)
    if ref.startswith(BUNDLED):
        code = _bundled_code(ref)
        return _version(_bundled_line(code, used), frameworks.load(code), frameworks.text_of(code))
    found = session.execute(_STORED.where(LibraryFramework.id == ref)).first()
    if found is None or not seen.shows(found[0]):
        raise NotFoundError("没有这个指标体系")
    body = session.get_one(FrameworkVersion, found[0].framework_id).body
    line = _stored_line(*found, seen, used, _duties(session))
    return _version(line, parsed_text(line.sha256, body), body)


def library_difference(session: Session, account: str, before: str, after: str, *, today: date) -> Difference:
    """Return how version `after` differs from version `before`.

    Raises:
        NotFoundError: the account does not see one of them.
    """
    old, new = (library_version(session, account, ref, today=today) for ref in (before, after))
    return difference(old.framework, new.framework)


def usage_count(session: Session, account: str, sha256: str, *, today: date) -> int:
    """Return how many cases of the account's own organisations have this text as framework in force."""
    return _usage(session, seen_by(session, account, today).own).get(sha256, 0)


def _bundled_code(ref: str) -> str:
    code = ref.removeprefix(BUNDLED)
    if code not in frameworks.bundled():
        raise NotFoundError(Problem("没有这个指标体系", value=code))
    return code


def seen_by(session: Session, account: str, today: date) -> Seen:
    """Return whose libraries the account sees."""
    grants = live_grants(session, account, today)
    person = session.get(Account, account)
    own = {grant.organisation_id for grant in grants if grant.organisation_id}
    own |= {person.organisation_id} if person and person.active and person.organisation_id else set()
    cases = {grant.evaluation_id for grant in grants if grant.evaluation_id}
    through = session.scalars(
        select(Party.organisation_id).where(Party.evaluation_id.in_(cases), Party.part == "organiser")
    )
    return Seen(account, frozenset(own), frozenset(through))


def _usage(session: Session, organisations: frozenset[str]) -> dict[str, int]:
    """Return the number of cases by SHA-256 of the framework in force, of those these organise."""
    theirs = select(Party.evaluation_id).where(
        Party.organisation_id.in_(organisations), Party.part == "organiser"
    )
    query = (
        select(FrameworkVersion.sha256, func.count())
        .join(Evaluation, Evaluation.framework_id == FrameworkVersion.id)
        .where(Evaluation.id.in_(theirs))
        .group_by(FrameworkVersion.sha256)
    )
    return dict(session.execute(query).all())


def _bundled_line(code: str, used: dict[str, int]) -> LibraryLine:
    framework = frameworks.load(code)
    digest = hashlib.sha256(frameworks.text_of(code).encode()).hexdigest()
    return LibraryLine(
        ref=f"{BUNDLED}{code}", number=None, state="自带", year="", area="", kind="", note=framework.note,
        proposed_by="", decided_by="", decision="", organisation="", usage=used.get(digest, 0), sha256=digest,
        offered=True, mine=False, code=code, name=framework.name, label=framework.version,
        max=None if framework.max is None else exact_text(framework.max), leaves=len(framework.leaves),
    )  # fmt: skip


def _stored_line(
    row: LibraryFramework, label: str, sha256: str, seen: Seen, used: dict[str, int], duties: dict[str, str]
) -> LibraryLine:
    return LibraryLine(
        ref=row.id, number=row.number, state=row.state.label, year=row.year, area=row.area, kind=row.kind,
        note=row.note, proposed_by=duties[row.proposed_by], decided_by=duties.get(row.decided_by or "", ""),
        decision=row.decision, organisation=row.organisation_id, usage=used.get(sha256, 0), sha256=sha256,
        offered=row.state is LibraryState.APPROVED, mine=row.proposed_by == seen.account,
        code=row.code, name=row.name, label=label, max=row.max, leaves=row.leaves,
    )  # fmt: skip


def _duties(session: Session) -> dict[str, str]:
    return dict(session.execute(select(Account.id, Account.duty)).all())


def library_nodes(framework: Framework) -> tuple[LibraryNode, ...]:
    """Return every indicator of a framework as printed, with its rule in words."""
    return tuple(_nodes(framework, view_of(framework)))


def _version(line: LibraryLine, framework: Framework, text: str) -> LibraryVersion:
    view = view_of(framework)
    return LibraryVersion(line, view, tuple(_nodes(framework, view)), text, framework)


def _nodes(framework: Framework, view: FrameworkView) -> Iterator[LibraryNode]:
    plain = plain_nodes(framework.plain)
    for node in view.nodes:
        rule = plain.get(node.code, {}).get("rule")
        if rule is None:
            yield LibraryNode(node, "", (), node.clause)
        else:
            yield LibraryNode(node, rule["kind"], rule_words(rule), rule.get("clause") or node.clause)
