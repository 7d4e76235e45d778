"""Files of other packages a page needs, served from here: no foreign address, no copy in this project."""

from __future__ import annotations

from importlib.resources import files

from flask import Blueprint, Response

from service.web.access import Entry, access

pages = Blueprint("parts", __name__)


@pages.get("/parts/htmx.js")
@access(Entry.ANYONE)
def htmx() -> Response:
    """Hand out htmx as its package holds it."""
    script = files("js_lib_htmx").joinpath("static/htmx/htmx.min.js").read_bytes()
    return Response(script, mimetype="text/javascript")
