"""A batch of 自评表 taken in: every workbook read, checked and registered, each by itself.

- First all are read, then numbers are held against each other and the list, then each good one becomes a case
  or goes into the one that waits for it. What cannot be taken in is told with its cells; nothing else stops.
- What came of a workbook is kept at once, and each act carries a key of batch and number: a worker that dies
  is followed by one that goes on, and no case is made twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from sqlalchemy import select

from service import frameworks
from service.actions.commissioning import CreateEvaluation, Money, create_evaluation
from service.actions.intakes import Outcome, note_items, refused
from service.actions.selfjudging import codes_judged, judged, norm_of
from service.actions.selfregister import RegisterSelf, register_self
from service.actions.transaction import Actor
from service.errors import InvalidError, Problem, RepeatedError, ServiceError, UnavailableError
from service.evidence.store import EvidenceStore
from service.evidence.unpack import Archive, Member
from service.extensions import db
from service.frameworks.fromclaims import framework_text, results_of, unusable
from service.models.evaluation import Evaluation
from service.models.operational import ItemState
from service.queries.intakes import (
    IntakeShown,
    Item,
    form_of,
    intake_of,
    items_in_order,
    organisations_named,
)
from service.queries.receipts import key_used
from service.scoring.claimchecks import number
from service.scoring.claims import ClaimForm
from service.workbooks.book import Book, read_books
from service.workbooks.claimform import read_form
from service.workbooks.kept import KeptBooks
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status

CHUNK = 20
"""So many workbooks are read by one child."""
KEPT_AS = "intake"
BORN = "intake"
"""Fact of a case: the batch its 自评表 first came with; only such a case takes another form from a batch."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class IntakeOrder:
    """Who has which intake carried out: account, its login name, address."""

    account: str
    name: str
    intake: str
    ip: str = ""

    def actor(self, step: str, role: Role = Role.FO) -> Actor:
        """Return the person; `step` makes an act count once."""
        key = f"intake/{self.intake}/{step}"
        return Actor(
            account=self.account,
            name=self.name,
            roles=frozenset({role}),
            ip=self.ip or None,
            request_key=key,
            request_digest=hashlib.sha256(key.encode()).hexdigest(),
        )


@dataclass(frozen=True)
class Batch:
    """One batch in work: what it is, its open archive, its files by number, where evidence goes."""

    order: IntakeOrder
    intake: IntakeShown
    archive: Archive
    files: Mapping[int, Member]
    store: EvidenceStore
    tell: Tell

    def items(self, state: ItemState) -> list[Item]:
        """Return the items that have come so far, in order."""
        every = items_in_order(db.session(), self.intake.id)
        return [item for item in every if item.state == state.value]

    def content(self, number: int) -> bytes:
        """Return the bytes of one workbook."""
        return self.archive.content(self.files[number])


def take_in_forms(order: IntakeOrder, kept: KeptBooks, store: EvidenceStore, tell: Tell) -> dict[str, int]:
    """Return how many workbooks were registered and how many not; `tell` hears how far it is.

    Raises:
        UnavailableError: the database does not answer; what was done so far stays.
        NotFoundError: the batch or its archive is no longer there.
    """
    intake = intake_of(db.session(), order.account, order.intake)
    archive = Archive(BytesIO(kept.open(order.account, KEPT_AS, order.intake)[1]))
    files = dict(enumerate(archive.members(), 1))
    batch = Batch(order, intake, archive, files, store, tell)
    _read_all(batch)
    note_items(intake.id, codes_judged(items_in_order(db.session(), intake.id), intake.data))
    _register_all(batch)
    done = intake_of(db.session(), order.account, order.intake).counts
    return {"done": done.get("done", 0), "refused": done.get("refused", 0)}


def _read_all(batch: Batch) -> None:
    waiting = batch.items(ItemState.WAITING)
    size = batch.intake.size
    for start in range(0, len(waiting), CHUNK):
        batch.tell(f"已读取 {size - len(waiting) + start} 份，共 {size} 份")
        _read_some(batch, waiting[start : start + CHUNK])


def _read_some(batch: Batch, items: Sequence[Item]) -> None:
    outcomes: list[Outcome] = []
    good: list[tuple[Item, bytes]] = []
    for item in items:
        try:
            good.append((item, batch.content(item.number)))
        except InvalidError as broken:
            outcomes.append(refused(item.number, broken.problems))
    books = read_books([(batch.files[item.number].name, content) for item, content in good])
    for (item, content), book in zip(good, books, strict=True):
        outcomes.append(_read(batch.intake, item, content, book))
    note_items(batch.intake.id, outcomes)


def _read(intake: IntakeShown, item: Item, content: bytes, book: Book | InvalidError) -> Outcome:
    """Return what one workbook says and what its checks find, or everything that keeps it out."""
    sha256 = hashlib.sha256(content).hexdigest()
    if isinstance(book, InvalidError):
        return refused(item.number, book.problems, sha256=sha256)
    found = read_form(book)
    form = found.form
    named = {"sha256": sha256, "code": form.code[:80], "title": form.title[:300], "unit": form.unit[:300]}
    problems = [fault.problem for fault in found.faults] or unusable(form)
    if problems:
        return refused(item.number, problems, **named)
    try:
        made = judged(form, intake.data)
    except InvalidError as error:
        return refused(item.number, error.problems, **named)
    columns = {"state": ItemState.READ.value, **named, **made.columns}
    return Outcome(item.number, columns, {**made.data, "form": form.to_plain()})


def _register_all(batch: Batch) -> None:
    numbers = [item.number for item in batch.items(ItemState.READ)]
    units = organisations_named(db.session())
    for done, at in enumerate(numbers):
        if done % 10 == 0:
            batch.tell(f"已登记 {done} 项，共 {len(numbers)} 项")
        note_items(batch.intake.id, [_registered(batch, at, units)])


def _registered(batch: Batch, at: int, units: Mapping[str, tuple[str, ...]]) -> Outcome:
    """Return what came of registering one form; only a database out of reach stops the whole."""
    try:
        case = _register(batch, at, form_of(db.session(), batch.intake.id, at), units)
    except UnavailableError:
        raise
    except ServiceError as no:
        db.session.rollback()
        return refused(at, no.problems or [Problem(no.title)])
    return Outcome(at, {"state": ItemState.DONE.value, "evaluation_id": case}, {"form": None})


def _register(batch: Batch, at: int, form: ClaimForm, units: Mapping[str, tuple[str, ...]]) -> str:
    text = framework_text(form, norm_of(batch.intake.data))
    case = _standing(batch, at, form) or _created(batch, at, form, text, units)
    command = RegisterSelf(
        filename=batch.files[at].name,
        content=batch.content(at),
        framework=frameworks.parse(text, name="framework"),
        text=text,
        claims={
            line.code: {
                "points": line.points if number(line.points) is not None else "",
                "target": line.target,
                "actual": line.actual,
                "deviation": line.deviation,
            }
            for line in form.lines
        },
        results=results_of(form),
        money=_money(form, batch.files[at].name),
        total=form.total or None,
        source=f"自评表汇总 {batch.intake.name}",
    )
    try:
        register_self(batch.order.actor(f"{at}/register"), case, command, store=batch.store)
    except RepeatedError:
        # The worker died after the commit and before it was noted.
        db.session.rollback()
    return case


def _standing(batch: Batch, at: int, form: ClaimForm) -> str | None:
    """Return the case of this number, None if there is none.

    Raises:
        InvalidError: there is one, and it does not wait for a form of a batch.
    """
    case = db.session().scalar(select(Evaluation).where(Evaluation.code == form.code))
    if case is None:
        return None
    waits = case.stage is Stage.SELF_ASSESSMENT and case.status in (Status.DRAFT, Status.ACTIVE)
    if case.kind is Kind.UNIT_SELF and BORN in case.facts and (waits or _was_registered(batch, at)):
        return case.id
    words = "编号已经用过，且不是等待登记自评表的单位自评"
    cure = "核对编号；已在系统内填报的项目，由单位在案卷中上传自评表"
    raise InvalidError(Problem(words, path=form.places.get("code", ""), value=form.code, cure=cure))


def _was_registered(batch: Batch, at: int) -> bool:
    """Return whether a worker registered this form and died before it was noted."""
    actor = batch.order.actor(f"{at}/register")
    return key_used(db.session(), actor.account, actor.request_key or "", actor.request_digest)


def _created(batch: Batch, at: int, form: ClaimForm, text: str, units: Mapping[str, tuple[str, ...]]) -> str:
    data = batch.intake.data
    unit = _one(units, form.unit, form.places.get("unit", ""))
    above = units.get(form.department, ())
    parties = {"evaluated": (unit,), "organiser": (data["organiser"],)}
    if len(above) == 1:
        parties["supervisor"] = above
    command = CreateEvaluation(
        code=form.code,
        title=f"{data['year']}年度{form.title}绩效自评",
        kind=Kind.UNIT_SELF,
        year=data["year"],
        subject_name=form.title,
        profile="unit-self",
        parties=parties,
        secrecy=data["secrecy"],
        publicity=data["publicity"],
        policy=data["policy"],
        facts={BORN: batch.intake.id},
        money=_money(form, batch.files[at].name),
        framework=text,
    )
    return create_evaluation(batch.order.actor(f"{at}/create"), command)


def _one(units: Mapping[str, tuple[str, ...]], name: str, place: str) -> str:
    found = units.get(name, ())
    if len(found) == 1:
        return found[0]
    words = "有几个单位都叫这个名称" if found else "系统里没有这个单位"
    cure = "写单位代码以示区别" if found else "核对单位名称，或请系统管理员登记这个单位"
    raise InvalidError(Problem(words, path=place, value=name, allowed="已登记单位的名称或代码", cure=cure))


def _money(form: ClaimForm, source: str) -> tuple[Money, ...]:
    whole = form.whole
    if whole is None:
        return ()
    columns = (("initial", "年初预算"), ("adjusted", "全年预算"), ("paid", "全年执行"))
    return tuple(
        Money(code, name, code, fen, source=f"{source} {form.places.get(code, '')}".strip())
        for code, name in columns
        if (fen := getattr(whole, code)) is not None
    )
