"""公开版 of a frozen report: rendered from the data it was frozen with, handed out only if proven clean.

Every time it is handed out stands in the log with all that was hidden. What the report profile hides is
always hidden; whoever takes the file may hide more, never less.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from service.actions.steps import case_action
from service.actions.transaction import Actor, StoredFile
from service.actions.workshop import Workshop
from service.errors import InvalidError, NotFoundError, Problem
from service.models.evaluation import Evaluation
from service.models.report import PublicCopy
from service.queries.publiccopies import version_row
from service.queries.reportroom import report_file
from service.report import profile as profiles
from service.report.embedded import scores_of
from service.report.profile import Profile, PublicSpec
from service.report.publicversion import demand_clean, public
from service.report.render import render
from service.report.snapshot import CaseSnapshot
from service.workflow.actions import Action

MARK = "公开版"
MOST_WORDS, LONGEST_WORD = 100, 80


@dataclass(frozen=True, slots=True)
class Hiding:
    """What is hidden beside what the profile hides: ids, parts, codes and words as in `PublicSpec`.

    Args:
        stock: the file is set with the profile's own template, not with the organisation's.
    """

    sections: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    stock: bool = False


def frozen_snapshot(session: Session, case: Evaluation, number: int, workshop: Workshop) -> CaseSnapshot:
    """Return the data one version was frozen with.

    Raises:
        NotFoundError: there is no such version, or it carries no data.
    """
    frozen = workshop.store.read(report_file(session, case, number, "frozen").sha256)
    data = scores_of(frozen)
    if data is None:
        raise NotFoundError("这一版没有内嵌数据，不能生成公开版")
    return replace(CaseSnapshot.from_plain(data), demo=workshop.demo)


def take_public(
    actor: Actor, session: Session, case: Evaluation, number: int, workshop: Workshop, hiding: Hiding
) -> bytes:
    """Return the public version of one frozen version as .docx; that it was taken stands in the log.

    Raises:
        NotFoundError: there is no such version, or it carries no data.
        InvalidError: something to be hidden does not exist, or would still stand in the file.
        RepeatedError: this request took it already.
    """
    content, whole, sha256 = public_version(session, case, number, workshop, hiding)
    evaluation = case.id

    def given(held: Session, row: Evaluation) -> Mapping[str, Any]:
        return {"target_open": version_row(held, row, number) is not None}

    with case_action(actor, Action.PUBLIC_TAKE, evaluation=evaluation, given=given) as work:
        version = version_row(work.session, work.case, number)
        assert version is not None, "the guard asks for it"
        digest = hashlib.sha256(content).hexdigest()
        work.tx.add(
            PublicCopy(
                evaluation_id=evaluation,
                report_id=version.id,
                number=number,
                sha256=digest,
                template_sha256=sha256,
                hidden_sections=list(whole.sections),
                hidden_nodes=list(whole.nodes),
                hidden_parties=list(whole.parties),
                hidden_amounts=list(whole.amounts),
                hidden_words=list(whole.words),
                taken_by=work.person,
                on=work.tx.on,
            )
        )
        work.tx.files.append(StoredFile(digest, len(content), "docx"))
    return content


def public_version(
    session: Session, case: Evaluation, number: int, workshop: Workshop, hiding: Hiding = Hiding()
) -> tuple[bytes, PublicSpec, str]:
    """Return the file, everything hidden in it, and the SHA-256 of the organisation's template or "".

    Raises:
        NotFoundError, InvalidError: as `take_public`.
    """
    snapshot = frozen_snapshot(session, case, number, workshop)
    if hiding.stock:
        snapshot = replace(snapshot, template=None)
    layout = profiles.load(snapshot.profile)
    _demand_known(hiding, snapshot, layout)
    spec = _joined(layout.public, hiding)
    found = public(snapshot, replace(layout, public=spec))
    with tempfile.TemporaryDirectory(prefix="pingji-") as folder:
        path = Path(folder) / "public.docx"
        own = workshop.own_template(snapshot)
        render(found.snapshot, found.profile, path, files=workshop.store.read, own=own, mark=MARK)
        content = path.read_bytes()
    demand_clean(content, found.hidden)
    return content, spec, snapshot.template.sha256 if snapshot.template else ""


def _joined(spec: PublicSpec, hiding: Hiding) -> PublicSpec:
    """Return the profile's choices with what was chosen besides, each once."""

    def both(first: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*first, *more)))

    return replace(
        spec,
        sections=both(spec.sections, hiding.sections),
        nodes=both(spec.nodes, hiding.nodes),
        parties=both(spec.parties, hiding.parties),
        amounts=both(spec.amounts, hiding.amounts),
        words=both(spec.words, hiding.words),
    )


def _demand_known(hiding: Hiding, snapshot: CaseSnapshot, layout: Profile) -> None:
    """Accept only what exists: a slip of the pen must not publish what was meant to be hidden.

    Raises:
        InvalidError: naming everything unknown.
    """
    known = {
        "sections": set(layout.section_ids()),
        "nodes": {node.code for node in snapshot.framework.nodes},
        "parties": {org.part for org in snapshot.organisations},
        "amounts": {"*", *(m.code for m in snapshot.money), *(m.kind for m in snapshot.money)},
    }
    problems = [
        Problem("没有这一项，不能隐去", path=name, value=each[:80], allowed="、".join(sorted(allowed))[:400])
        for name, allowed in known.items()
        for each in getattr(hiding, name)
        if each not in allowed
    ]
    problems += [
        Problem("字词过长或为空", path="words", value=word[:40], allowed=f"1–{LONGEST_WORD} 个字")
        for word in hiding.words
        if not 0 < len(word) <= LONGEST_WORD
    ]
    if len(hiding.words) > MOST_WORDS:
        problems.append(Problem("字词过多", path="words", allowed=f"不超过 {MOST_WORDS} 个"))
    if problems:
        raise InvalidError(problems)
