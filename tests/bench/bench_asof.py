"""Print what reading an evaluation as of a moment costs after 200, 2,000 and 20,000 changes.

On both databases, against reading its live rows; and the story of one field.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from service.audit.history import asof, blame
from service.extensions import db
from service.models.evaluation import Evaluation, MoneyFact
from tests.bench.fresh import DATABASES, fresh_database
from tests.bench.longlog import SUMS, filled
from tests.bench.rounds import heading, interleave, options, show

FULL, QUICK = (200, 2_000, 20_000), (120,)
LIVE, THEN, HALF, BLAME = "读现存行", "重放到最后一笔", "重放到一半", "一个字段的全部改动"


def _live(connection: Connection, case: str) -> int:
    """Read every row of the evaluation as it stands now."""
    own, sums = Evaluation.__table__, MoneyFact.__table__
    found = connection.execute(select(own).where(own.c.id == case)).all()
    return len(found) + len(connection.execute(select(sums).where(sums.c.evaluation_id == case)).all())


def _compare(kind: str, count: int, *, rounds: int) -> None:
    with fresh_database(kind) as folder:
        log = filled(folder, count)
        session, last = db.session(), count
        if asof(session, log.case, index=last).index != last:
            raise SystemExit("重放没有到最后一笔，比值没有意义")
        touches = len(blame(session, log.case, "money_fact", log.sums[0], "fen"))
        heading(
            f"回看：一项评价 {SUMS} 行金额、{count} 笔改动，{kind}",
            "直接读该评价的现存行",
            f"重放时核对改动中的文字与其承诺；没有快照；所问字段改过 {touches} 次",
        )
        times = interleave(
            {
                LIVE: lambda: _live(session.connection(), log.case),
                THEN: lambda: asof(session, log.case, index=last),
                HALF: lambda: asof(session, log.case, index=count // 2),
                BLAME: lambda: blame(session, log.case, "money_fact", log.sums[0], "fen"),
            },
            rounds=rounds,
        )
        show(times, baseline=LIVE)


def main() -> None:
    """Make the changes, run the rounds, print the ratios."""
    chosen = options("回看")
    for kind in DATABASES:
        for count in QUICK if chosen.quick else FULL:
            _compare(kind, count, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
