"""Every act on a case, as one POST each: the form, the access and the function of its page.

- ``If-Match`` names the state of the case the program read (its ``ETag``); another act since: 412.
- ``Idempotency-Key`` makes a request count once; sent again it gets the first answer, byte for byte,
  because the answer is read from the entry the act left in the log.
- An act that needs a fresh proof of identity takes ``proof``: password and, if used, one-time code.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response, request, url_for
from werkzeug.datastructures import FileStorage

from service import clock
from service.actions.actor import Actor
from service.actions.logins import prove
from service.actions.workshop import workshop_of
from service.errors import (
    InvalidError,
    NotPermittedError,
    Problem,
    RepeatedError,
    StaleError,
    VersionMissingError,
)
from service.extensions import db
from service.queries.jobs import job_asked
from service.queries.logins import Login
from service.queries.reader import OpenCase
from service.queries.receipts import ActReceipt, entry_of_key, receipt_of, state_of
from service.web.access import Doing, login_now
from service.web.api.formshape import Shape, read_body, shape_of, takes_files
from service.web.api.root import JSON, answered, body_now, of_case, operation, shapes
from service.web.cases import settings
from service.web.doing import form_of
from service.web.forms import load_acts
from service.web.forms.act import ACTS, Act, Asking, Done, from_page, read
from service.web.identity import house
from service.web.work import once_key, start_job

KEY_LIMIT = 120
PROOF: Shape = {
    "type": "object",
    "description": "本人口令；启用动态口令的，并附动态口令",
    "properties": {
        "password": {"type": "string", "maxLength": 200},
        "code": {"type": "string", "maxLength": 40},
    },
    "required": ["password"],
    "additionalProperties": False,
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": '读到案卷时的 ETag，如 "01a2…"；案卷此后有新的改动则不办理（412）',
    "schema": {"type": "string", "maxLength": 200},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "本次请求的唯一编号（建议 UUID）；同一编号重发，得到第一次的答复，不会办第二次",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LIMIT, "pattern": "^[!-~]+$"},
}
JOB: Shape = {
    "type": "object",
    "properties": {"job": {"type": "string"}, "kind": {"type": "string"}, "address": {"type": "string"}},
    "required": ["job", "kind", "address"],
}


def key_now() -> str:
    """Return the key of this request; one of our own if the program sent none.

    Raises:
        InvalidError: too long, or with characters a header cannot carry safely.
    """
    sent = request.headers.get("Idempotency-Key")
    if sent is None:
        return secrets.token_urlsafe(18)
    if not 0 < len(sent) <= KEY_LIMIT or not all("!" <= sign <= "~" for sign in sent):
        raise InvalidError(
            Problem("幂等键不合规", path="Idempotency-Key", value=sent[:40], allowed="1–120 个可见字符")
        )
    return sent


def digest_now() -> str:
    """Return the SHA-256 of what this request asks for; a proof of identity is no part of that."""
    if request.mimetype == JSON or (not request.form and not request.files):
        body: Any = {name: value for name, value in body_now().items() if name != "proof"}
    else:
        files = sorted((name, *_printed(file)) for name, file in request.files.items(multi=True))
        body = [sorted(each for each in request.form.items(multi=True) if each[0] != "proof"), files]
    content = orjson.dumps([request.method, request.path, body], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _printed(file: FileStorage) -> tuple[str, str]:
    """Return name and SHA-256 of a file sent; it is read from its beginning afterwards."""
    digest = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    file.stream.seek(0)
    return file.filename or "", digest


def seen_now() -> str:
    """Return the state of the case the program says it read.

    Raises:
        VersionMissingError: it does not say.
    """
    tags = request.if_match
    found = sorted(tags.as_set())
    if len(found) != 1 or tags.star_tag:
        raise VersionMissingError(
            Problem(
                "缺少 If-Match",
                path="If-Match",
                allowed="读取案卷时的 ETag",
                cure="先读取案卷，再连同它的 ETag 办理",
            )
        )
    return str(found[0])


def owner() -> Login:
    """Return whose token this request bears."""
    login = login_now()
    if login is None:
        raise NotPermittedError("令牌已失效")
    return login


def proven(act_fresh: bool, proof: Any) -> bool:
    """Return whether the owner has proven himself with this request.

    Raises:
        InvalidError: the proof is malformed.
        NotPermittedError: password or code is wrong.
        LockedError: too many wrong ones.
    """
    if proof is None or not act_fresh:
        return False
    known = isinstance(proof, dict) and proof.keys() <= {"password", "code"}
    if not known or not all(isinstance(each, str) for each in proof.values()):
        raise InvalidError(Problem("身份证明的写法不对", path="proof", allowed="password、code"))
    prove(owner().account, proof.get("password", ""), proof.get("code", ""), house(), at=clock.now())
    return True


def actor_of(case: OpenCase, key: str) -> Actor:
    """Return the token's owner as the acts know him, with the state of the case he saw."""
    login = owner()
    return Actor(
        account=login.account,
        name=login.name,
        roles=case.roles,
        ip=request.remote_addr,
        request_key=key,
        request_digest=digest_now(),
        seen=seen_now(),
    )


def told(entry: str) -> Response:
    """Return what an entry of the log says was done; the same bytes every time."""
    return answered(receipt_of(db.session(), entry), ETag=f'"{entry}"')


def perform(case: OpenCase, act: Act) -> Response:
    """Do the act with what the program sent."""
    key = key_now()
    actor = actor_of(case, key)
    data, proof = _sent(act)
    if act.queued:
        earlier = _waiting(actor, key)
        if earlier is not None:
            return earlier
        _demand_seen(case, actor)
    asking = Asking(actor, case, workshop_of(settings()), fresh=proven(act.fresh, proof))
    return once(actor, key, lambda: act.run(asking, data))


def once(actor: Actor, key: str, work: Callable[[], Any]) -> Response:
    """Answer with what the act left in the log, now or when this key was first used."""
    try:
        done = work()
    except RepeatedError as repeated:
        db.session.rollback()
        return told(repeated.entry_id)
    if isinstance(done, Done) and done.job is not None:
        return _queued(done.job, key, actor.request_digest)
    entry = entry_of_key(db.session(), actor.account, key)
    if entry is None:
        raise InvalidError(Problem("没有需要改动的内容"))
    return told(entry)


def _sent(act: Act) -> tuple[dict[str, Any], Any]:
    """Return the values of the form and the proof of identity, which is no part of it."""
    parts = takes_files(act.form)
    body = {} if parts else body_now()
    proof = _part(request.form.get("proof")) if parts else body.pop("proof", None)
    if proof is not None and not act.fresh:
        raise InvalidError(Problem("这项操作不需要证明身份", path="proof"))
    return _from_parts(act) if parts else read_body(act.form, body), proof


def _from_parts(act: Act) -> dict[str, Any]:
    known = {"proof", *act.form().fields}
    lost = [Problem("没有这一项", path=name) for name in (*request.form, *request.files) if name not in known]
    if lost:
        raise InvalidError(lost)
    return read(act.form, from_page(act.form, request.form, request.files))


def _part(text: str | None) -> Any:
    """Return the JSON of one part of a multipart form; what is none is refused where it is used."""
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _queued(job: tuple[str, dict[str, Any]], key: str, digest: str) -> Response:
    kind, args = job
    return _following(start_job(kind, {**args, "asked": digest}, key=key), kind)


def _following(job: str, kind: str) -> Response:
    address = url_for("api.job", job=job)
    return answered({"job": job, "kind": kind, "address": address}, 202, Location=address)


def _waiting(actor: Actor, key: str) -> Response | None:
    """Return the answer this key got before, None if it is new.

    Raises:
        InvalidError: it was used for another request.
    """
    earlier = job_asked(db.session(), once_key(actor.account, key), account=actor.account)
    if earlier is None:
        return None
    job, kind, asked = earlier
    if asked != actor.request_digest:
        raise InvalidError(Problem("同一幂等键已用于另一请求", path="Idempotency-Key", value=key))
    return _following(job, kind)


def _demand_seen(case: OpenCase, actor: Actor) -> None:
    """Accept only who saw the case as it is, also for what is done in the background."""
    now = state_of(db.session(), case.row.id)
    if actor.seen != now:
        raise StaleError(
            Problem(
                "案卷已有新的改动", path="If-Match", value=actor.seen, allowed=now, cure="重新读取案卷后再办"
            )
        )


@dataclass(frozen=True, slots=True)
class Option:
    """One value that may be chosen, and the words for it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FieldOffered:
    """One member of an act's body: its words, what stands there now, and what may be chosen on this case."""

    name: str
    label: str
    help: str
    required: bool
    value: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class ActOffered:
    """An act as it stands on a case: its effect, what is still missing, what it takes."""

    name: str
    label: str
    consequence: str
    missing: tuple[str, ...]
    fields: tuple[FieldOffered, ...]


def offered(case: OpenCase, act: Act) -> ActOffered:
    """Return the form of an act with the values that may be chosen here and now."""
    form = form_of(case, act)
    fields = [
        FieldOffered(
            name=each["name"],
            label=each["label"],
            help=each.get("help", ""),
            required=each["required"],
            value=str(each.get("value") or ""),
            options=tuple(Option(str(value), str(label)) for value, label in each.get("options", {}).items()),
        )
        for each in form["fields"]
    ]
    return ActOffered(act.path, act.label, act.consequence, tuple(form["missing"]), tuple(fields))


def _declare(act: Act) -> None:
    """Give the act its addresses and its place in the description."""

    @operation(
        "GET",
        f"/cases/<case>/acts/{act.path}",
        Doing(act.action),
        f"show_{act.path}",
        summary=f"{act.label}：要填什么、可选什么、尚缺什么",
        tag="办理",
        answer=ActOffered,
    )
    def show(case: OpenCase) -> Response:
        return of_case(case, lambda: offered(case, act))

    def run(case: OpenCase) -> Response:
        return perform(case, act)

    shape = shape_of(act.form, more={"proof": PROOF} if act.fresh else None)
    media = "multipart/form-data" if takes_files(act.form) else JSON
    operation(
        "POST",
        f"/cases/<case>/acts/{act.path}",
        Doing(act.action),
        f"do_{act.path}",
        summary=act.label,
        tag="办理",
        answer=JOB if act.queued else shapes.of(ActReceipt),
        body={media: shape},
        parameters=(IF_MATCH, KEY),
        extra={"description": act.consequence} if act.consequence else None,
        success=("202",) if act.queued else ("200",),
    )(run)


load_acts()
for _act in ACTS.values():
    _declare(_act)
