"""Stored rows, one module per aggregate; `load_models` makes the metadata complete."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import MetaData


def load_models() -> MetaData:
    """Return the metadata with every table of every module of this package in it."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    metadata: MetaData = import_module(f"{__name__}.base").Base.metadata
    return metadata
