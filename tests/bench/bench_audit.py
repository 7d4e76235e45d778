"""Print what the audit costs: transactions per second against the same rows unaudited, on SQLite.

One transaction reads one row, changes four columns, inserts a row of six and commits (synchronous FULL).
Baselines, each in a process of its own, interleaved round by round: the same rows through a bare session,
and the same rows under SQLAlchemy-Continuum. Medians of the rounds; asserts nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask
from sqlalchemy import ForeignKey, Integer, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, configure_mappers, mapped_column
from sqlalchemy.pool import NullPool

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.extensions import WRITING, db, init_app
from service.models.base import new_id
from service.models.evaluation import Evaluation, MoneyFact
from service.models.migrate import begin_log, upgrade
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role

MODES = ("bare", "continuum", "audited")
ROUNDS, WARM, COUNT = 5, 50, 400


def _bare(url: str, *, versioned: bool) -> Iterator[Callable[[int], None]]:
    """Yield the transaction on plain tables; with versions if asked."""
    if versioned:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sqlalchemy_continuum import make_versioned  # noqa: PLC0415 - it changes every mapper

            make_versioned(user_cls=None)

    class Bare(DeclarativeBase):
        pass

    class Case(Bare):
        __tablename__ = "bare_case"
        __versioned__: ClassVar[dict[str, Any]] = {}
        id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
        version: Mapped[int] = mapped_column(Integer)
        title: Mapped[str] = mapped_column(String(300))
        subject_name: Mapped[str] = mapped_column(String(300))
        secrecy: Mapped[str] = mapped_column(String(20))
        publicity: Mapped[str] = mapped_column(String(40))
        __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": version}

    class Money(Bare):
        __tablename__ = "bare_money"
        __versioned__: ClassVar[dict[str, Any]] = {}
        id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
        version: Mapped[int] = mapped_column(Integer)
        case_id: Mapped[str] = mapped_column(ForeignKey("bare_case.id"), index=True)
        code: Mapped[str] = mapped_column(String(60), unique=True)
        name: Mapped[str] = mapped_column(String(120))
        kind: Mapped[str] = mapped_column(String(40))
        fen: Mapped[int] = mapped_column(Integer)
        source: Mapped[str] = mapped_column(String(300), default="")
        __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": version}

    configure_mappers()
    engine = create_engine(url)
    Bare.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Case(id="case", title="t", subject_name="s", secrecy="", publicity=""))
        session.commit()

        def one(number: int) -> None:
            session.connection(execution_options={WRITING: True})
            row = session.scalars(select(Case).where(Case.id == "case")).one()
            row.title, row.subject_name = f"t{number}", f"s{number}"
            row.secrecy, row.publicity = f"{number % 7}", f"{number}"
            session.add(Money(case_id="case", code=f"c{number}", name="预算", kind="initial", fen=number))
            session.commit()

        yield one
    engine.dispose()


def _audited(url: str) -> Iterator[Callable[[int], None]]:
    """Yield the transaction through the one door."""
    engine = create_engine(url, poolclass=NullPool)
    upgrade(engine)
    begin_log(engine, "pingji/demo/0123456789abcdef")
    app = Flask("service")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    init_app(app)
    actor = Actor(account=new_id(), name="评价员", roles=frozenset({Role.EV}), organisation=new_id())
    with app.app_context():
        with transaction(actor, Action.EVALUATION_CREATE) as tx:
            case = Evaluation(
                code="c", title="t", kind=Kind.DEPARTMENT, year="y", subject_name="s", profile="p"
            )
            tx.add(case)
        key = case.id

        def one(number: int) -> None:
            with transaction(actor, Action.SCORE_INPUT, evaluation=key, reason="调整得分的理由") as tx:
                row = tx.case
                row.title, row.subject_name = f"t{number}", f"s{number}"
                row.secrecy, row.publicity = f"{number % 7}", f"{number}"
                tx.add(
                    MoneyFact(evaluation_id=key, code=f"c{number}", name="预算", kind="initial", fen=number)
                )

        yield one
        db.session.remove()
        db.engine.dispose()


@contextmanager
def _prepared(mode: str) -> Iterator[Callable[[int], None]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        yield from _audited(url) if mode == "audited" else _bare(url, versioned=mode == "continuum")


def measure(mode: str) -> float:
    """Return transactions per second of one mode in this process."""
    with _prepared(mode) as one:
        for number in range(WARM):
            one(number)
        begun = time.perf_counter()
        for number in range(WARM, WARM + COUNT):
            one(number)
        return COUNT / (time.perf_counter() - begun)


def main() -> None:
    """Run the rounds and print rates and ratios."""
    rates: dict[str, list[float]] = {mode: [] for mode in MODES}
    for _ in range(ROUNDS):
        for mode in MODES:
            command = [sys.executable, __file__, mode]
            rates[mode].append(float(subprocess.run(command, check=True, capture_output=True).stdout))
    for mode in MODES:
        ratios = [own / bare for own, bare in zip(rates[mode], rates["bare"], strict=True)]
        spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
        print(
            f"{mode:10} {statistics.median(rates[mode]):6.0f}/s  {statistics.median(ratios):.2f} ({spread})"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(measure(sys.argv[1]))
    else:
        main()
