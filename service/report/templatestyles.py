"""Styles of a template found by their names: Word numbers the ids of styles anew when it saves.

Our passes over a rendered document know styles by id (`styles.FACES`). An edited template keeps the names;
here its styles get our ids back, in the list of styles and wherever one is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from docx.oxml.ns import qn
from lxml import etree

from service.report.revisions import parsed
from service.report.styles import FACES

STYLES = "word/styles.xml"
TEXTS = re.compile(r"word/(document|styles|numbering|header\d*|footer\d*|footnotes|endnotes)\.xml")
_OPEN = "http://schemas.openxmlformats.org"
_NOBODY = (
    f'<cp:coreProperties xmlns:cp="{_OPEN}/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title></dc:title><dc:creator>评迹</dc:creator>'
    "<cp:lastModifiedBy>评迹</cp:lastModifiedBy></cp:coreProperties>"
)
PROPERTIES = {
    "docProps/core.xml": _NOBODY,
    "docProps/app.xml": f'<Properties xmlns="{_OPEN}/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": f'<Properties xmlns="{_OPEN}/officeDocument/2006/custom-properties"/>',
}
"""What stands instead of who made the template, where, for which company."""
_USES = tuple(
    qn(f"w:{tag}") for tag in ("pStyle", "rStyle", "tblStyle", "basedOn", "next", "link", "styleLink")
)


def own_ids(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the parts with the styles of `FACES` under our ids; what has them already stays as it is."""
    if STYLES not in parts:
        return dict(parts)
    renamed = _renamed(parts[STYLES])
    if not renamed:
        return dict(parts)
    return {
        name: _rewritten(data, renamed) if TEXTS.fullmatch(name) else data for name, data in parts.items()
    }


def nameless(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the parts without what Word kept about the people who made the template."""
    clean = {name: text.encode() for name, text in PROPERTIES.items() if name in parts}
    return {**parts, **clean}


def missing(parts: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the names of the styles a report needs that are in no way there."""
    ids = set(_names(parts[STYLES])) if STYLES in parts else set()
    return tuple(face.name for face in FACES if face.id not in ids)


def _names(styles: bytes) -> dict[str, str]:
    """Return the name of every paragraph style by its id."""
    found = {}
    for style in parsed(styles).iter(qn("w:style")):
        name = style.find(qn("w:name"))
        found[style.get(qn("w:styleId"), "")] = name.get(qn("w:val"), "") if name is not None else ""
    return found


def _renamed(styles: bytes) -> dict[str, str]:
    """Return our id for each id that is to be changed; a foreign style in the way steps aside."""
    names = _names(styles)
    by_name = {name.lower(): each for each, name in names.items()}
    renamed: dict[str, str] = {}
    for face in FACES:
        held = by_name.get(face.name.lower())
        if held is not None and held != face.id:
            renamed[held] = face.id
    for taken in set(renamed.values()) & set(names) - set(renamed):
        renamed[taken] = f"{taken}-{len(names)}"
    return renamed


def _rewritten(data: bytes, renamed: Mapping[str, str]) -> bytes:
    root = parsed(data)
    for node in root.iter(*_USES):
        value = node.get(qn("w:val"), "")
        if value in renamed:
            node.set(qn("w:val"), renamed[value])
    for style in root.iter(qn("w:style")):
        value = style.get(qn("w:styleId"), "")
        if value in renamed:
            style.set(qn("w:styleId"), renamed[value])
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made
