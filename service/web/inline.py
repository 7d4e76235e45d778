"""Forms of acts inside other pages: filled in beforehand, and only for who may do the act here."""

from __future__ import annotations

from typing import Any

from flask import request


def inline(
    form: dict[str, Any], *, keep: tuple[str, ...] = (), back: str = "", **preset: str
) -> dict[str, Any]:
    """Return the form as part of this page: it leads back here, what is preset is not asked again.

    Fields named in `keep` stay visible though they have a value.
    """
    form["back"] = back or request.full_path.rstrip("?")
    for field in form["fields"]:
        if field["name"] in preset and preset[field["name"]]:
            field["value"] = preset[field["name"]]
            field["values"] = [preset[field["name"]]]
            if field["name"] not in keep:
                field["widget"] = "hidden"
    form["embedded"] = True
    return form
