"""Print what replaying S3 to 定稿 costs, without rendering, against as many bare commits."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from argon2 import PasswordHasher
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from service import clock, create_app
from service.actions import accounts
from service.actions.workshop import Workshop, workshop_of
from service.cases import reader
from service.cases.replay import replay
from service.cases.source import CaseFile
from service.extensions import WRITING, db
from service.instance import InstanceKind, create_instance
from service.models.audit import AuditEntry
from service.models.base import new_id
from service.settings import Settings
from service.setup import prepare
from service.workflow.stages import Stage
from tests.bench.rounds import Options, heading, interleave, options, show

EXAMPLES = Path(reader.__file__).parent / "examples"
BARE, REPLAY, CHEAP = "同数的裸提交", "重放到定稿", "重放，口令散列取最低强度"


class Bare(DeclarativeBase):
    """The baseline's tables."""


class Case(Bare):
    """A row that every commit changes."""

    __tablename__ = "bare_case"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column()
    title: Mapped[str]
    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": version}


class Reason(Bare):
    """A row that every commit adds."""

    __tablename__ = "bare_reason"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("bare_case.id"), index=True)
    reason: Mapped[str]


def _bare(file: Path, count: int) -> Callable[[], None]:
    """Return a run of `count` commits: one row read and changed, one added."""
    engine = create_engine(f"sqlite:///{file}")
    Bare.metadata.create_all(engine)

    def run() -> None:
        with Session(engine) as session:
            key = new_id()
            session.connection(execution_options={WRITING: True})
            session.add(Case(id=key, title=""))
            session.commit()
            for number in range(1, count):
                session.connection(execution_options={WRITING: True})
                row = session.scalars(select(Case).where(Case.id == key)).one()
                row.title = str(number)
                session.add(Reason(case_id=key, reason="缺一项制度"))
                session.commit()

    return run


def _replayed(file: CaseFile, workshop: Workshop, *, hasher: PasswordHasher) -> Callable[[], None]:
    def run() -> None:
        accounts.HASHER = hasher
        result = replay(file, workshop, until=Stage.FINALISATION)
        if not result.ok:
            raise SystemExit("重放的结果与案例的期望不符，比值没有意义")

    return run


def _entries() -> int:
    found = db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    db.session.rollback()
    return found


def main() -> None:
    """Prepare an instance, run the rounds, print the ratios."""
    chosen = options("重放")
    name = "s2-shanghai-platform-2018" if chosen.quick else "s3-zhongshan-cloud-2022"
    file = reader.load(EXAMPLES / f"{name}.yaml")
    with tempfile.TemporaryDirectory() as folder:
        instance = create_instance(Path(folder) / "instance", InstanceKind.DEMO, at=clock.now())
        settings = Settings.from_env({"PINGJI_INSTANCE": str(instance.path)})
        with create_app(settings).app_context():
            prepare(instance)
            _compare(chosen, file, workshop_of(settings), Path(folder) / "bare.db")
            db.session.remove()
            db.engine.dispose()


def _compare(chosen: Options, file: CaseFile, workshop: Workshop, bare: Path) -> None:
    real, cheap = accounts.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    _replayed(file, workshop, hasher=cheap)()
    count = _entries()
    heading(
        f"重放：{file.case.case} 到定稿，不生成报告，{count} 笔有留痕的提交，SQLite（synchronous FULL）",
        f"同一文件系统上 {count} 次裸 SQLAlchemy 提交，每次读一行、改一行、加一行",
        "重放的每一笔都收集事实、过规则表、写多行、留痕；另含评分、核对公布数字、建账户的口令散列",
    )
    times = interleave(
        {
            BARE: _bare(bare, count),
            REPLAY: _replayed(file, workshop, hasher=real),
            CHEAP: _replayed(file, workshop, hasher=cheap),
        },
        rounds=chosen.rounds,
    )
    show(times, baseline=BARE)


if __name__ == "__main__":
    main()
