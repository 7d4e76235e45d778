"""Random walks through the real acts on both databases: no walk reaches a state the design forbids.

Every step is one act by one person with chance arguments. The pure table and rules read off the rows are
the oracle; at the end of a walk the log must verify and its replay must be the rows.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import make_url, select

from service.actions import steps
from service.audit.findings import Anchor
from service.audit.online import verify
from service.audit.signer import Signer
from service.audit.stored import anchor
from service.errors import ActionRefusedError, NotFoundError, NotPermittedError, ServiceError
from service.evidence.store import EvidenceStore
from service.extensions import WRITING, db
from service.models.audit import AuditHead
from service.workflow import machine
from service.workflow.actions import Action as A
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import Role
from service.workflow.stages import Status
from tests.cluster import Cluster
from tests.conftest import Depth
from tests.db import walk_hats as hats
from tests.db import walk_rules as rules
from tests.db.conftest import ORIGIN
from tests.db.office import Look, Office, Walk, found, opened, read
from tests.db.walk_acts import ACTS
from tests.db.walk_agenda import next_act, onward
from tests.db.walk_turn import Turn

WALKS, DEEP_WALKS, STEPS = 12, 500, 90
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
UNBOUND = {A.REPORT_FINISH}  # the worker's act: no role has it


@dataclass
class Tally:
    """What the walks came to."""

    walks: int = 0
    accepted: Counter[A] = field(default_factory=Counter)
    refused: int = 0
    invalid: int = 0
    returns: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    illegal: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        """Return the count for people."""
        ends = " ".join(f"{end}={count}" for end, count in sorted(self.ends.items()))
        return (
            f"{name}: walks={self.walks} steps={self.accepted.total()} refused={self.refused} invalid={self.invalid} "
            f"returns={self.returns} acts={len(self.accepted)}/{len(ACTS)} illegal={len(self.illegal)} {ends}"
        )


@dataclass
class Ground:
    """Where walks of one database happen: `fresh` gives the address of a copy of the founded office."""

    name: str
    office: Office
    cluster: Cluster | None
    template: str
    folder: Path

    def fresh(self, number: int) -> str:
        """Return the address of a new copy."""
        if self.cluster is None:
            file = self.folder / f"{number}.db"
            shutil.copy(self.template, file)
            return f"sqlite:///{file}"
        return self.cluster.url(self.cluster.create(self.template))

    def drop(self, url: str) -> None:
        """Remove the copy."""
        if self.cluster is None:
            for file in self.folder.glob(f"{Path(url).name}*"):
                file.unlink()
        else:
            self.cluster.drop(str(make_url(url).database))


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """A founded office on each kind of database."""
    if request.param == "sqlite":
        template = tmp_path / "office.db"
        shutil.copy(request.getfixturevalue("template_sqlite"), template)
        with opened(f"sqlite:///{template}"):
            office = found()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return Ground("sqlite", office, None, str(template), tmp_path)
    cluster: Cluster = request.getfixturevalue("cluster")
    name = cluster.create(request.getfixturevalue("template_postgresql"))
    with opened(cluster.url(name)):
        office = found()
    return Ground("postgresql", office, cluster, name, tmp_path)


class Walker:
    """Takes one walk, step by step, and judges each."""

    def __init__(self, walk: Walk, tally: Tally) -> None:
        self.walk, self.tally, self.history = walk, tally, rules.History()
        self.random, self.now = walk.random, walk.look()

    def go(self) -> None:
        """Take `STEPS` steps, or until a while after the case has come to its end."""
        for number in range(STEPS):
            self.step()
            over = self.history.signed or self.now.status is Status.TERMINATED
            if over and number > STEPS // 2 and self.random.random() < 0.15:
                return

    def step(self) -> None:
        """Let somebody try something."""
        self._time_passes()
        before = self.now
        action, login = self._wish(before)
        turn = Turn(self.walk, before, login)
        roles = self.walk.roles(login, before)
        allowed = action in UNBOUND or permits(before.kind, before.stage, before.status, action, roles)
        rows, size = rules.business_rows(), self.size()
        try:
            ACTS[action](turn)
        except ServiceError as error:
            self._refused(action, error, stranger=not roles and action not in UNBOUND, rows=rows, size=size)
            self.tally.refused += isinstance(error, (ActionRefusedError, NotPermittedError))
            self.tally.invalid += not isinstance(error, (ActionRefusedError, NotPermittedError))
        except Exception as error:
            db.session.rollback()
            self.now = self.walk.look()
            self._illegal(action, f"crashed: {error!r}")
        else:
            if not allowed:
                self._illegal(action, f"done by {login} with {sorted(r.value for r in roles)}")
            if hats.clash(roles, before) and action not in UNBOUND:
                self._illegal(action, f"{login} acts with {sorted(r.value for r in roles)} together")
            self._accepted(action, turn, size)

    def _illegal(self, action: A, what: str) -> None:
        self.tally.illegal.append(f"{self.walk.case_id} {action.value}: {what}")

    def size(self) -> int:
        """Return how many entries the log holds."""
        return int(read(select(AuditHead.size))[0].size)

    def _refused(
        self, action: A, error: ServiceError, *, stranger: bool, rows: rules.Rows, size: int
    ) -> None:
        if rules.business_rows() != rows:
            self._illegal(action, f"refused and yet rows changed: {error}")
        told = isinstance(error, (ActionRefusedError, NotPermittedError))
        added = rules.entries_after(size)
        if [row.outcome for row in added] != ["refused"] * told:
            self._illegal(action, f"{type(error).__name__} left {[row.outcome for row in added]}")
        if stranger and not isinstance(error, NotFoundError) and told:
            self._illegal(action, "a stranger was told more than that there is nothing")

    def _accepted(self, action: A, turn: Turn, size: int) -> None:
        after = self.now = self.walk.look()
        before = turn.look
        added = rules.entries_after(size)
        if [(row.action, row.outcome) for row in added] != [(action.value, "done")]:
            self._illegal(action, f"left {[(row.action, row.outcome) for row in added]}")
            return
        act = rules.effective(action, rules.leaf_of(added[0]))
        self.tally.accepted[action] += 1
        self.history.record(turn.login, action)
        if rules.frozen_in(before, act):
            self._illegal(action, f"while {before.status} in {before.stage}")
        for wrong in (
            *rules.moved(self.history, before, after, act),
            *rules.signature(self.walk, before, after, act),
            *rules.signed_bytes(self.walk, self.history, after),
            *(
                rules.ledger(after)
                if act.subject in ("score", "deduction", "adjustment", "plan", "stage")
                else ()
            ),
        ):
            self._illegal(action, wrong)

    def _time_passes(self) -> None:
        chance = self.random.random()
        self.walk.on += timedelta(
            days=12 if chance < 0.02 else self.random.randint(1, 3) if chance < 0.15 else 0
        )

    def _wish(self, look: Look) -> tuple[A, str]:
        chance, person = self.random.random(), None
        if chance < 0.72:
            action, person = next_act(self.walk, look)
        elif chance < 0.77:
            action = onward(look)
        else:
            action = self._any(look)
        if (
            action in (A.EVALUATION_TERMINATE, A.EVALUATION_CONFIRM_TERMINATION)
            and self.random.random() < 0.7
        ):
            action = onward(look)
        return action, person or self._somebody(look, action)

    def _somebody(self, look: Look, action: A) -> str:
        """Return who tries it: often one who must not, after what he did or for what he is; rarely just anybody."""
        people = sorted(self.walk.office.accounts)
        able = [login for login in people if self._may(login, look, action)]
        barred = [who for who in able if action in hats.forbidden(self.history.did(who), look)]
        clashing = [who for who in able if hats.clash(self.walk.roles(who, look), look)]
        for tempted, chance in ((barred, 0.4), (clashing, 0.15)):
            if tempted and self.random.random() < chance:
                return self.random.choice(tempted)
        if self.random.random() < 0.06 or not able:
            return self.random.choice(people)
        return self.random.choice([who for who in able if who not in barred + clashing] or able)

    def _any(self, look: Look) -> A:
        acts = sorted(ACTS, key=lambda act: act.value)
        if self.random.random() < 0.3:
            return self.random.choice(acts)
        people = sorted(self.walk.office.accounts)
        return self.random.choice([a for a in acts if any(self._may(who, look, a) for who in people)] or acts)

    def _may(self, login: str, look: Look, action: A) -> bool:
        roles = self.walk.roles(login, look) - {Role.SA, Role.SE}
        return permits(look.kind, look.stage, look.status, action, roles)

    def finish(self, signer: Signer) -> None:
        """Judge the walk as a whole: exclusive duties, the log, the files."""
        look = self.walk.look()
        self.tally.illegal += rules.two_hats(self.walk, self.history, look)
        self.tally.illegal += rules.ledger(look)
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            anchor(connection, signer, at=AT)
        report = verify(db.session(), Anchor.of(signer), check_file=self._file)
        self.tally.illegal += [finding.message for finding in report.findings]
        self.tally.returns += self.history.returns
        self.tally.ends[f"{look.kind.value}:{look.stage.value}"] += 1
        self.tally.walks += 1

    def _file(self, sha256: str, size: int) -> str | None:
        found_ = self.walk.store.fsck({sha256: size})
        return str(found_[0]) if found_ else None


def _walks(ground: Ground, numbers: range, *, seed: int) -> Iterator[Walker]:
    tally = Tally()
    for number in numbers:
        url = ground.fresh(number)
        with opened(url):
            store = EvidenceStore(f"file://{ground.folder}/store-{number}")
            walk = Walk(ground.office, Random(f"{seed}-{number}"), store)
            walk.create(list(Kind)[number % len(Kind)], number)
            walker = Walker(walk, tally)
            walker.go()
            walker.finish(Signer.create(ground.folder / f"signer-{number}", ORIGIN))
        ground.drop(url)
        shutil.rmtree(ground.folder / f"store-{number}", ignore_errors=True)
        yield walker


def test_no_walk_on_a_real_database_reaches_an_illegal_state(ground: Ground, deep: Depth) -> None:
    numbers = deep.numbers(WALKS, DEEP_WALKS)
    *_, last = _walks(ground, numbers, seed=20210730)
    tally = last.tally
    print(tally.line(ground.name))  # noqa: T201 - the count is the report
    assert tally.walks == len(numbers)
    assert tally.illegal == []
    assert tally.accepted.total() > tally.walks * 25
    assert tally.refused > tally.walks * 5
    assert tally.returns > tally.walks / 6
    signed = {end.split(":")[0] for end in tally.ends if end.endswith(":signed")}
    assert len(signed) >= (len(Kind) if deep.whole else 3), tally.ends
    floor = len(ACTS) if deep.whole else len(ACTS) * 3 // 4
    assert len(tally.accepted) >= floor, set(ACTS) - set(tally.accepted)


def _noticed(ground: Ground, numbers: range, *words: str) -> list[str]:
    """Return which of `words` the walks never told; they end as soon as all were."""
    left = set(words)
    for walker in _walks(ground, numbers, seed=3):
        left -= {word for word in left if any(word in told for told in walker.tally.illegal)}
        if not left:
            break
    return sorted(left)


@pytest.mark.deep
def test_the_walks_notice_when_no_guard_is_asked(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_failing", lambda rule, facts: [])
    assert _noticed(ground, range(10), "unready", "signed without", "signed what was not frozen") == []


@pytest.mark.deep
def test_the_walks_notice_when_duties_are_not_kept_apart(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "exclusive", lambda policy, earlier, action, **more: ())
    assert _noticed(ground, range(10), " then ", "} and {") == []


@pytest.mark.deep
def test_the_walks_notice_when_one_person_acts_with_duties_that_clash(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "clashes", lambda policy, roles: ())
    assert _noticed(ground, range(20), " together") == []
