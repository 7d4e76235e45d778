"""One writer of `bench_audit`: a process that commits the same rows in one of three ways.

Started with a mode, a database address and ``first`` or ``next``; the first one makes the tables. It says
``ready`` and then, for every line with a number of seconds, writes that long and answers with the
milliseconds of every commit as JSON. The end of its input is its end.

One transaction reads one row, changes four columns, inserts a row of six and commits. Every writer has a
case of its own.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

BARE, AUDITED, CONTINUUM = MODES = ("bare", "audited", "continuum")
WARM = 20
Act = Callable[[int], None]


@contextmanager
def bare(url: str, *, first: bool, versioned: bool) -> Iterator[Act]:
    """Give the transaction on plain tables; with Continuum's versions if asked."""
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
        code: Mapped[str] = mapped_column(String(60))
        name: Mapped[str] = mapped_column(String(120))
        kind: Mapped[str] = mapped_column(String(40))
        fen: Mapped[int] = mapped_column(Integer)
        source: Mapped[str] = mapped_column(String(300), default="")
        __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": version}

    configure_mappers()
    engine = create_engine(url)
    if first:
        Bare.metadata.create_all(engine)
    session, key = Session(engine), new_id()
    session.connection(execution_options={WRITING: True})
    session.add(Case(id=key, title="t", subject_name="s", secrecy="", publicity=""))
    session.commit()

    def act(number: int) -> None:
        session.connection(execution_options={WRITING: True})
        row = session.scalars(select(Case).where(Case.id == key)).one()
        row.title, row.subject_name = f"t{number}", f"s{number}"
        row.secrecy, row.publicity = f"{number % 7}", f"{number}"
        session.add(Money(case_id=key, code=f"c{number}", name="预算", kind="initial", fen=number))
        session.commit()

    yield act
    session.close()
    engine.dispose()


@contextmanager
def audited(url: str, *, first: bool) -> Iterator[Act]:
    """Give the transaction through the one door, guards and all."""
    if first:
        engine = create_engine(url, poolclass=NullPool)
        upgrade(engine)
        begin_log(engine, "pingji/demo/0123456789abcdef")
        engine.dispose()
    app = Flask("service")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    init_app(app)
    app.app_context().push()
    actor = Actor(account=new_id(), name="评价员", roles=frozenset({Role.EV}), organisation=new_id())
    case = Evaluation(code=new_id(), title="t", kind=Kind.DEPARTMENT, year="y", subject_name="s", profile="p")
    with transaction(actor, Action.EVALUATION_CREATE) as tx:
        tx.add(case)
        key = case.id

    def act(number: int) -> None:
        with transaction(actor, Action.SCORE_INPUT, evaluation=key, reason="调整得分的理由") as tx:
            row = tx.case
            row.title, row.subject_name = f"t{number}", f"s{number}"
            row.secrecy, row.publicity = f"{number % 7}", f"{number}"
            tx.add(MoneyFact(evaluation_id=key, code=f"c{number}", name="预算", kind="initial", fen=number))

    yield act
    db.session.remove()
    db.engine.dispose()


def serve(act: Act) -> None:
    """Write whenever told to, until the input ends."""
    for number in range(WARM):
        act(number)
    done = WARM
    print("ready", flush=True)
    for line in sys.stdin:
        taken: list[float] = []
        begun = now = time.perf_counter()
        while now - begun < float(line):
            act(done)
            done += 1
            now, before = time.perf_counter(), now
            taken.append(round((now - before) * 1e3, 3))
        print(json.dumps({"seconds": now - begun, "taken": taken}), flush=True)


def main(mode: str, url: str, place: str) -> None:
    """Be one writer."""
    first = place == "first"
    way = (
        audited(url, first=first) if mode == AUDITED else bare(url, first=first, versioned=mode == CONTINUUM)
    )
    with way as act:
        serve(act)


if __name__ == "__main__":
    main(*sys.argv[1:])
