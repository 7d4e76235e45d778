"""Forms as data: which act takes what, in which words, and how it is done. Pages and the API share them."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "commissioning",
    "planning",
    "self_assessment",
    "review",
    "visit",
    "scoring",
    "consultation",
    "report",
    "evidence",
    "paper",
    "archive",
)


def load_acts() -> None:
    """Every act is declared and can be found in `ACTS`."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
