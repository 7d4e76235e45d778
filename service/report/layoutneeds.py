"""What a report profile needs a template to have places for. Pure."""

from __future__ import annotations

from collections.abc import Collection

from service.report.profile import Profile

WORDS = {
    "cover": "封面",
    "abstract": "摘要",
    "contents": "目录",
    "body": "正文",
    "appendix": "附件",
    "banner": "页眉标记",
}
"""The parts of a report in words, in the order of the document."""


def lacking(profile: Profile, prints: Collection[str]) -> tuple[str, ...]:
    """Return the parts, in words, that the profile prints and a template with these places would lose."""
    needed = {"body", "appendix", "banner"}
    needed |= {"abstract"} if profile.abstract else set()
    needed |= {"contents"} if profile.contents else set()
    needed |= {"cover"} if profile.cover.layout in ("page", "title") else set()
    return tuple(word for name, word in WORDS.items() if name in needed and name not in prints)


def printed(prints: Collection[str]) -> str:
    """Return the parts a template has places for, in words."""
    return "、".join(word for name, word in WORDS.items() if name in prints)
