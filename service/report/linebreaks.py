"""Titles broken into lines of nearly equal length, never inside brackets, numbers or words."""

from __future__ import annotations

OPENING, CLOSING = "（《“〔【(", "）》”〕】)，。、：；"


def width(text: str) -> float:
    """Return the width of `text` in full-width characters; Latin letters and digits count half."""
    return sum(1.0 if ord(letter) > 0x2000 else 0.5 for letter in text)


def balanced(text: str, room: int) -> list[str]:
    """Return `text` as lines of at most `room` full-width characters, as equal as the breaks allow.

    Without a good place for a break the line stays as it is, for the word processor to wrap.
    """
    if width(text) <= room:
        return [text]
    count = -(-int(width(text) * 2) // (room * 2))
    target = width(text) / count
    places = [p for p in breaks(text) if width(text[:p].rstrip()) <= room]
    if not places:
        return [text]
    place = min(places, key=lambda p: abs(width(text[:p].rstrip()) - target))
    return [text[:place].rstrip(), *balanced(text[place:].lstrip(), room)]


def breaks(text: str) -> list[int]:
    """Return the places where a line may end: outside brackets, not inside Latin words or numbers."""
    found: list[int] = []
    depth = 0
    for place, letter in enumerate(text):
        if place and not depth and letter not in CLOSING and text[place - 1] not in OPENING:
            joined = (
                ord(letter) < 0x2000
                and ord(text[place - 1]) < 0x2000
                and " " not in (letter, text[place - 1])
            )
            dated = text[:place].rstrip()[-1:].isdigit() and letter in "年月日 "
            if not joined and not dated:
                found.append(place)
        depth += (letter in OPENING) - (letter in "）》”〕】)")
    return found
