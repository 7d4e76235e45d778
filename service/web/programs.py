"""Where the API lives: known to login, errors and protection without importing it."""

from __future__ import annotations

from flask import request

ROOT = "/api/v1"


def for_program() -> bool:
    """Return whether this request is for the API, whatever becomes of it."""
    return request.path == ROOT or request.path.startswith(f"{ROOT}/")
