"""Print what reading an evaluation as of a moment costs at 2,000 changes, against reading its live rows."""

from __future__ import annotations

from sqlalchemy import Connection, select

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.audit.history import asof, blame
from service.extensions import db
from service.models.base import new_id
from service.models.evaluation import Evaluation
from service.models.organisation import Account
from service.models.score import LeafResult
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.bench.fresh import fresh_database
from tests.bench.rounds import heading, interleave, options, show

LEAVES, FULL, QUICK = 60, 2_000, 120
LIVE, THEN, HALF, BLAME = "读现存行", "重放到最后一笔", "重放到一半", "一个字段的全部改动"


def _filled(count: int) -> tuple[str, str]:
    """Store an evaluation of sixty results changed `count` times in all; return the ids of it and of one."""
    actor = Actor(account=new_id(), name="评价员", roles=frozenset({Role.EV}), organisation=new_id())
    case = Evaluation(code="c", title="t", kind=Kind.DEPARTMENT, year="y", subject_name="s", profile="p")
    with transaction(actor, Action.EVALUATION_CREATE) as tx:
        tx.add(case, Account(id=actor.account, login="ev", duty="评价员"))
        key = case.id
        rows = [_result(key, number, author=actor.account) for number in range(LEAVES)]
        tx.add(*rows)
        ids = [row.id for row in rows]
    for number in range(count):
        with transaction(actor, Action.SCORE_INPUT, evaluation=key, reason=f"第{number}次核对后更正") as tx:
            row = tx.get(LeafResult, ids[number % LEAVES])
            row.data = {"value": f"{number % 100}.{number % 10}%", "reason": "与凭证一致"}
    return key, ids[0]


def _result(case: str, number: int, *, author: str) -> LeafResult:
    return LeafResult(
        evaluation_id=case,
        node=f"A{number}",
        data={"value": "0%"},
        stage=Stage.MATERIAL_REVIEW,
        author=author,
    )


def _live(connection: Connection, case: str) -> int:
    """Read every row of the evaluation as it stands now."""
    own, results = Evaluation.__table__, LeafResult.__table__
    found = connection.execute(select(own).where(own.c.id == case)).all()
    return len(found) + len(connection.execute(select(results).where(results.c.evaluation_id == case)).all())


def _compare(count: int, *, rounds: int) -> None:
    case, row = _filled(count)
    session = db.session()
    if asof(session, case, index=count).index != count:
        raise SystemExit("重放没有到最后一笔，比值没有意义")
    heading(
        f"回看：一项评价 {LEAVES} 个指标结果、{count} 笔改动，SQLite",
        "直接读该评价的现存行",
        "重放时核对改动中的文字与其承诺；没有快照",
    )
    times = interleave(
        {
            LIVE: lambda: _live(session.connection(), case),
            THEN: lambda: asof(session, case, index=count),
            HALF: lambda: asof(session, case, index=count // 2),
            BLAME: lambda: blame(session, case, "leaf_result", row, "data"),
        },
        rounds=rounds,
    )
    show(times, baseline=LIVE)


def main() -> None:
    """Make the changes, run the rounds, print the ratios."""
    chosen = options("回看")
    with fresh_database():
        _compare(chosen.count(FULL, QUICK), rounds=chosen.rounds)


if __name__ == "__main__":
    main()
