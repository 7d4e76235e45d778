"""Workbooks whose equal contents are equal bytes: without the moment they were written."""

from __future__ import annotations

import re

from service.report import package

PROPERTIES = "docProps/core.xml"
MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)")


def steady(workbook: bytes) -> bytes:
    """Return the workbook with a fixed moment, as a canonical zip."""
    members = package.read(workbook)
    members[PROPERTIES] = MOMENT.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", members[PROPERTIES])
    return package.write(members)
