"""One turn of a walk: who acts, what he sees, and chance that picks his arguments."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from service.actions.actor import Actor
from service.extensions import db
from service.models.evaluation import Evaluation
from service.queries.content import content_digest, present_snapshot
from service.queries.sheet import current_sheet
from service.scoring.quantities import exact_text
from tests.db.office import Look, Walk


@dataclass
class Turn:
    """One step of a walk: who acts, what he sees, and chance."""

    walk: Walk
    look: Look
    login: str

    @property
    def random(self) -> Random:
        """The chance of this walk."""
        return self.walk.random

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.walk.actor(self.login)

    @property
    def case(self) -> str:
        """Id of the case."""
        return self.walk.case_id

    def rarely(self) -> bool:
        """Whether something unusual happens."""
        return self.random.random() < 0.07

    def words(self, text: str) -> str:
        """Return `text`, rarely nothing."""
        return "" if self.rarely() else text

    def code(self, table: str, *states: str) -> str:
        """Return the code of a row of the case, preferably in one of `states`; rarely of none."""
        rows = self.look.rows(table)
        fitting = [row for row in rows if getattr(row, "state", None) in states]
        if not rows or self.rarely():
            return "X99"
        return str(self.random.choice(fitting or rows).code)

    def digest(self) -> str:
        """Return the digest of what the report would say now; rarely another."""
        return "0" * 64 if self.rarely() else digest_of(self.look)

    def seen(self) -> str:
        """Return the digest of the frozen file as its reader saw it; rarely another."""
        report = self.look.report()
        return "0" * 64 if report is None or self.rarely() else str(report.frozen_sha256)

    def fresh(self) -> dict[str, Any]:
        """Return how fresh the log-in is."""
        return {"reauth_fresh": not self.rarely()}


def digest_of(look: Look) -> str:
    """Return the digest of the content of the case as it stands."""
    if "digest" not in look.derived:
        case = db.session.get(Evaluation, look.case_id)
        assert case is not None
        look.derived["digest"] = content_digest(present_snapshot(db.session(), case))
        db.session.rollback()
    return str(look.derived["digest"])


def points_of(look: Look) -> dict[str, str]:
    """Return `present_points` of the case as it stands."""
    if "points" not in look.derived:
        look.derived["points"] = present_points(look.case_id)
    found: dict[str, str] = look.derived["points"]
    return found


def present_points(case_id: str) -> dict[str, str]:
    """Return the points of every scored line as text by code, the total under ""; empty if there is none."""
    case = db.session.get(Evaluation, case_id)
    assert case is not None
    found = current_sheet(db.session(), case)
    db.session.rollback()
    if found is None or found.total is None:
        return {}
    lines = {line.code: exact_text(line.awarded) for line in found.sheet.lines if line.awarded is not None}
    return {**lines, "": exact_text(found.total)}
