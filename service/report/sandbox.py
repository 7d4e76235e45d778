"""Where templates are rendered: nothing is called, nothing is looked into but what a report shows.

A template, ours too, may name the views of `context`, their fields and the counters of its loops. The
names a sandbox usually offers (``range``, ``dict``, ``cycler``) are not there; neither are filters that
would turn our marked text into plain text.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.report import marks
from service.report.context import BlockView, CoverView, Entry, RowView

VIEWS = (BlockView, CoverView, Entry, RowView)
FIELDS = frozenset(each.name for view in VIEWS for each in fields(view))
"""What may be named behind a dot."""
COUNTERS = frozenset({"index", "index0", "revindex", "first", "last", "length"})
"""What may be asked of ``loop``."""
FILTERS = frozenset({"length", "count"})
TESTS = frozenset({"defined", "none", "odd", "even"})


class Sandbox(ImmutableSandboxedEnvironment):
    """Renders a template under the limits of this module; what is forbidden raises `SecurityError`."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, finalize=marks.finalize)
        self.globals = {}
        self.filters = {name: each for name, each in self.filters.items() if name in FILTERS}
        self.tests = {name: each for name, each in self.tests.items() if name in TESTS}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow fields of the views and counters of loops alone."""
        if isinstance(obj, LoopContext):
            return attr in COUNTERS
        return isinstance(obj, VIEWS) and attr in FIELDS

    def is_safe_callable(self, obj: Any) -> bool:
        """Allow no call."""
        return False

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Refuse brackets: what is allowed has a name.

        Raises:
            SecurityError: always.
        """
        raise SecurityError("templates do not use brackets")


def environment() -> Sandbox:
    """Return a fresh sandbox in which templates are rendered."""
    return Sandbox()
