"""报告模板 for programs: listed, handed out, proposed, decided on, tried out with a case."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request, url_for

from service import clock
from service.actions import templates as do
from service.actions.templatelook import LARGEST
from service.extensions import db
from service.queries.receipts import ActReceipt
from service.queries.templates import TemplateLine, template_lines, template_version
from service.web.access import Entry
from service.web.api.acts import JOB, KEY, digest_now, key_now, once, owner
from service.web.api.formshape import read_body, shape_of
from service.web.api.instance import actor_here
from service.web.api.root import JSON, answered, body_now, operation
from service.web.downloads import TYPES, handed_out, store_now
from service.web.forms.act import from_page, read
from service.web.forms.fields import Form
from service.web.forms.library import Decision
from service.web.forms.templates import PreviewForm, TemplateForm
from service.web.outside import demand_role
from service.web.reporttemplates import PREVIEW, start_preview
from service.workflow.roles import Role

TAG = "报告模板"


@dataclass(frozen=True, slots=True)
class Templates:
    """Every template version the token's owner may see."""

    lines: tuple[TemplateLine, ...]


def _today() -> Any:
    return clock.local_date(clock.now())


@operation(
    "GET", "/templates", Entry.LOGGED_IN, "template.list", summary="报告模板", tag=TAG, answer=Templates
)
def index() -> Response:
    """List the versions of templates."""
    return answered(Templates(template_lines(db.session(), owner().account, today=_today())))


@operation(
    "GET",
    "/templates/<ref>",
    Entry.LOGGED_IN,
    "template.version",
    summary="一版报告模板",
    tag=TAG,
    answer=TemplateLine,
)
def version(ref: str) -> Response:
    """Answer one version."""
    return answered(template_version(db.session(), owner().account, ref, today=_today()))


@operation(
    "GET",
    "/templates/<ref>/file",
    Entry.LOGGED_IN,
    "template.file",
    summary="一版报告模板的文件，逐字节",
    tag=TAG,
)
def file(ref: str) -> Any:
    """Hand out the file of one version."""
    line = template_version(db.session(), owner().account, ref, today=_today())
    return handed_out(store_now().open(line.sha256), f"{line.name}-第{line.number}版.docx", TYPES["docx"])


@operation(
    "POST", "/templates", Entry.LOGGED_IN, "template.propose", summary="查验并提出报告模板", tag=TAG,
    answer=ActReceipt, body={"multipart/form-data": shape_of(TemplateForm)}, parameters=(KEY,),
)  # fmt: skip
def propose() -> Response:
    """Look at a file and keep it as a version; everything against it is answered at once."""
    demand_role(Role.FO, act="提出报告模板")
    key = key_now()
    data = read(TemplateForm, from_page(TemplateForm, request.form, request.files))
    sent = data.pop("file")
    content = sent.read(LARGEST + 1)
    asked = hashlib.sha256(digest_now().encode() + content).hexdigest()
    actor = replace(actor_here(key), request_digest=asked)
    command = do.ProposeTemplate(filename=sent.filename or "", content=content, **data)
    return once(actor, key, lambda: do.propose_template(actor, command, store_now()))


class _Nothing(Form):
    """Nothing but the wish."""


def _deciding(name: str, summary: str, form: type[Form], run: Any) -> None:
    @operation(
        "POST", f"/templates/<ref>/{name}", Entry.LOGGED_IN, f"template.{name}", summary=summary, tag=TAG,
        answer=ActReceipt, body={JSON: shape_of(form)}, parameters=(KEY,),
    )  # fmt: skip
    def decide(ref: str) -> Response:
        key = key_now()
        actor, data = actor_here(key), read_body(form, body_now())
        return once(actor, key, lambda: run(actor, ref, **data))


_deciding("approve", "批准报告模板", _Nothing, do.approve_template)
_deciding("return", "退回报告模板", Decision, do.return_template)
_deciding("retire", "停用报告模板", Decision, do.retire_template)


@operation(
    "POST", "/templates/<ref>/preview", Entry.LOGGED_IN, "template.preview",
    summary="用一个评价的数据试排，与自带版式各一份", tag=TAG, answer=JOB, body={JSON: shape_of(PreviewForm)},
    parameters=(KEY,), success=("202",),
)  # fmt: skip
def preview(ref: str) -> Response:
    """Start the trial; the job's result names both files, which the pages hand out."""
    data, key = read_body(PreviewForm, body_now()), key_now()
    template_version(db.session(), owner().account, ref, today=_today())
    job = start_preview(ref, data["case"], key=key)
    address = url_for("api.job", job=job)
    return answered({"job": job, "kind": PREVIEW, "address": address}, 202, Location=address)
