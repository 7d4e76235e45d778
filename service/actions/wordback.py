"""From a returned working copy to the pieces `write_report` stores: texts taken and remarks kept. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from service.actions.finalisation import Words
from service.queries.wordtrip import Copy
from service.queries.writing import Written
from service.report.workback import CHANGED, Comparison, Remark
from service.report.workcopy import Place

MOST_KEPT = 500
Key = tuple[str, str]


def conflicts(copy: Copy, stored: Mapping[Key, Written]) -> frozenset[Key]:
    """Return the pieces somebody changed since the copy was taken."""
    keys = {(place.kind, place.section) for place in copy.places}
    return frozenset(k for k in keys if _version(stored, k) != copy.versions.get(k, 0))


def words_back(
    told: Comparison, copy: Copy, stored: Mapping[Key, Written], *, taken: Collection[int], remarks: bool
) -> tuple[tuple[Words, ...], dict[Key, int]]:
    """Return the pieces to store and the version each must have.

    Args:
        taken: places whose text is taken; what did not change there changes nothing.
        remarks: comments and tracked changes are kept with their pieces.
    """
    texts = {n: each for n, each in enumerate(told.places) if n in taken and each.state == CHANGED}
    notes = _notes(told, copy) if remarks else {}
    keys = dict.fromkeys([(each.place.kind, each.place.section) for each in texts.values()])
    expected = {key: copy.versions.get(key, 0) for key in keys}
    words = []
    for key in dict.fromkeys([*keys, *notes]):
        before = stored.get(key, Written(*key))
        data, body = dict(before.data or {}), before.body
        for each in texts.values():
            if (each.place.kind, each.place.section) != key:
                continue
            if each.place.title:
                data["title"] = each.text
            else:
                body = each.text
        kept = [note for note in data.get("remarks", ()) if isinstance(note, dict)]
        added = [note for note in notes.get(key, ()) if note not in kept]
        if not added and key not in keys:
            continue
        if added:
            data["remarks"] = [*kept, *added][:MOST_KEPT]
        expected.setdefault(key, before.version)
        words.append(Words(key[0], key[1], body, before.position, data))
    return tuple(words), expected


def _notes(told: Comparison, copy: Copy) -> dict[Key, list[dict[str, Any]]]:
    """Return the remarks by piece; one that hangs on none stands with the first."""
    found: dict[Key, list[dict[str, Any]]] = {}
    for remark in told.remarks:
        place = _home(copy, remark)
        note = {name: value for name, value in asdict(remark).items() if name != "place"}
        found.setdefault((place.kind, place.section), []).append({**note, "copy": copy.short})
    return found


def _home(copy: Copy, remark: Remark) -> Place:
    return copy.places[remark.place] if 0 <= remark.place < len(copy.places) else copy.places[0]


def _version(stored: Mapping[Key, Written], key: Key) -> int:
    return stored[key].version if key in stored else 0
