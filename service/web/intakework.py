"""What pages and programs share of intakes: a file becomes one, its job, its findings as a return."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from service import clock
from service.actions.intakes import NewIntake, NewItem, confirm_intake, open_intake
from service.actions.selections import freeze_selection
from service.actions.selfintake import KEPT_AS
from service.errors import InvalidError, NotFoundError, Problem
from service.evidence.unpack import Archive
from service.extensions import db
from service.queries.bulk import BulkAct
from service.queries.commission import desks_of
from service.queries.intakes import PROJECTS, SELF, IntakeShown, Item, ItemFilter, ranked, sampled
from service.queries.jobs import JobShown, job_for
from service.scoring.claimchecks import Check
from service.web.access import login_now
from service.web.exchange import kept_now
from service.web.forms.act import read
from service.web.forms.intake import ProjectList, SelfBatch
from service.web.outside import account_now
from service.web.projectrows import codes_listed, project_items, project_table
from service.web.work import once_key, retry_job, start_job

LARGEST = 24 << 20
MOST_RETURNED = 500
MOST_SAMPLED = 500
FORMS = {SELF: SelfBatch, PROJECTS: ProjectList}
TITLES = {SELF: "登记一批自评表", PROJECTS: "按清单建立评价"}
JOBS = {SELF: "intake.self", PROJECTS: "intake.projects"}
_COMMON = ("year", "organiser", "secrecy", "publicity", "policy")
STATES = {"": "全部", "hard": "有问题", "doubts": "只有疑点", "clean": "没有发现", "refused": "没有登记"}


def kind_of(kind: str) -> str:
    """Return the kind an address names.

    Raises:
        NotFoundError: there is no such kind.
    """
    if kind not in FORMS:
        raise NotFoundError("没有这一页")
    return kind


def received(kind: str, plain: Mapping[str, Any]) -> str:
    """Return the id of the intake made of what a form sent; it waits for its confirmation.

    Raises:
        InvalidError: with every fault of form and file.
    """
    data = read(FORMS[kind], plain)
    _demand_consistent(data)
    name, content = _file(data["file"], "file")
    common: dict[str, Any] = {field: data[field] for field in _COMMON}
    if kind == PROJECTS:
        items = tuple(project_items(project_table(name, content), common))
    else:
        items = tuple(NewItem(member.path) for member in Archive(BytesIO(content)).members())
        common["caps"] = [list(pair) for pair in data["caps"]]
        if data["listed"]:
            common["listed"] = codes_listed(project_table(*_file(data["listed"], "listed")))
    if not items:
        raise InvalidError(Problem("文件里没有可登记的内容", path="file", value=name, cure="核对后重新上传"))
    sha256 = hashlib.sha256(content).hexdigest()
    key = open_intake(account_now(), NewIntake(kind, name, sha256, common, items), at=clock.now())
    kept_now().keep(account_now(), KEPT_AS, key, name=name, content=content)
    return key


def _demand_consistent(data: Mapping[str, Any]) -> None:
    problems = []
    if data["organiser"] not in desks_of(db.session(), account_now(), today=clock.local_date(clock.now())):
        problems.append(Problem("组织方须是本人担任经办的单位", path="organiser", cure="重新选择"))
    if data["secrecy"] == "公开" and not data["publicity"]:
        problems.append(Problem("密级为公开的，须写明公开属性", path="publicity", cure="选一种公开方式"))
    if problems:
        raise InvalidError(problems)


def _file(sent: FileStorage, field: str) -> tuple[str, bytes]:
    name, content = sent.filename or "", sent.stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        allowed = f"不超过 {LARGEST >> 20} MB"
        raise InvalidError(
            Problem("文件过大", path=field, value=name, allowed=allowed, cure="分成几个文件上传")
        )
    return name, content


def confirmed(intake: IntakeShown) -> bool:
    """Return whether this confirmation counts; the worker is told either way, and does it once."""
    login = login_now()
    account = account_now()
    counts = confirm_intake(account, intake.id)
    job = job_of_intake(intake)
    if job is not None and job.state == "parked":
        retry_job(job.id)
    args = {
        "account": account,
        "name": login.name if login else "",
        "intake": intake.id,
        "ip": request.remote_addr,
    }
    start_job(JOBS[intake.kind], args, key=_once(intake.id))
    return counts


def job_of_intake(intake: IntakeShown) -> JobShown | None:
    """Return the job that carries the intake out, None before it was confirmed."""
    account = account_now()
    return job_for(db.session(), once_key(account, _once(intake.id)), account=account)


def _once(key: str) -> str:
    return f"intake/{key}"


def filter_of(sent: Mapping[str, str]) -> ItemFilter:
    """Return what the address asks for; unknown words ask for nothing."""
    check, state = sent.get("check", ""), sent.get("state", "")
    return ItemFilter(
        check=check if check in {each.value for each in Check} else "",
        state=state if state in STATES else "",
        text="".join(sign for sign in sent.get("text", "").strip() if sign.isprintable())[:80],
    )


def page_of(sent: Mapping[str, str], count: int, size: int) -> int:
    """Return the page asked for, within what there is."""
    asked = sent.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    return min(max(1, number), max(1, -(-count // size)))


def drawn(intake: IntakeShown, sent: Mapping[str, str]) -> tuple[str, int, list[Item]]:
    """Return seed, size and items of the sample the address names.

    Raises:
        InvalidError: seed or size are none.
    """
    seed = "".join(sign for sign in sent.get("seed", "").strip() if sign.isprintable())[:60]
    size = sent.get("size", "").strip()
    problems = []
    if not seed:
        problems.append(Problem("没有种子", path="seed", cure="填写任意文字或数字，或由系统生成"))
    if not (size.isascii() and size.isdigit() and 1 <= int(size[:6]) <= MOST_SAMPLED):
        allowed = f"1 至 {MOST_SAMPLED} 的整数"
        problems.append(Problem("抽取数量不对", path="size", value=size[:20], allowed=allowed))
    if problems:
        raise InvalidError(problems)
    found = sampled(db.session(), intake.id, seed=seed, size=int(size), asked=filter_of(sent))
    return seed, int(size), found


def items_of_return(item: Item, *, doubts: bool) -> list[str]:
    """Return what a return asks the unit to put right: a line per finding, with its cell."""
    return [finding.sentence for finding in item.findings if finding.check.hard or doubts]


def return_selection(intake: IntakeShown, sent: Any, *, doubts: bool) -> str:
    """Return the name of the selection that returns what was picked, each with its own findings.

    Args:
        sent: `pick` numbers of items; or `all` for everything the filter finds.

    Raises:
        InvalidError: nothing was picked that can be returned, or too much.
    """
    every, _ = ranked(db.session(), intake.id, filter_of(sent), size=None)
    picked = set(sent.getlist("pick"))
    chosen = [item for item in every if item.evaluation and (sent.get("all") or str(item.number) in picked)]
    own = {item.evaluation: items_of_return(item, doubts=doubts) for item in chosen}
    own = {case: lines for case, lines in own.items() if lines}
    if not own or len(own) > MOST_RETURNED:
        words = "所选各项没有可以退回的问题" if not own else f"一次最多退回 {MOST_RETURNED} 项"
        raise InvalidError(Problem(words, path="pick", value=f"{len(own)} 项", cure="调整筛选或选择"))
    versions = {item.evaluation: item.version for item in chosen if item.evaluation in own}
    return freeze_selection(account_now(), BulkAct.SELF_RETURN, versions, at=clock.now(), own=own)
