"""The relation of a published item as a case file field."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from service.cases.fields import Fault
from service.errors import InvalidError
from service.quotations.relations import Relation, read_relation


def check_relation(value: Any) -> Relation:
    """Return the relation read from plain text.

    Raises:
        ValidationError: it has another form than the manual lists.
    """
    try:
        return read_relation(value)
    except InvalidError as error:
        faults = [Fault(p.message, allowed=p.allowed, cure=p.cure) for p in error.problems]
        raise ValidationError(list(faults)) from None
