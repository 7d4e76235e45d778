"""What a new password must be: long, not on a list, not guessable from the account; more where a site asks.

Refused are the ten thousand commonest passwords, alone or with something short beside them, runs of a row
of keys or of the alphabet, few different characters, one piece repeated, and what anybody knows of the
account (OWASP ASVS 5 V6.2). Several unrelated words in a row are welcome, whatever list each is on.

A site bound to rules of 等级保护 may ask for kinds of characters, change by days and no return to earlier
passwords. The profile helps to meet such rules; it is no certificate of anything.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cache

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from service.errors import InvalidError, Problem

MIN_PASSWORD = 12
MAX_PASSWORD = 200
DIFFERENT = 6
REST = 5
KNOWN_LENGTH = 4
LISTED = 10_000
RANDOM_BYTES = 12
ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv")
COMMON = ("password", "passw0rd", "pingji", "admin", "iloveyou", "letmein", "welcome")
CURE = "可用几个不相干的词连成一句"
LOOKALIKE = str.maketrans("@0135$!", "aolessi")
YEAR = re.compile(r"(?:19|20)\d\d")
KINDS = {
    "小写字母": re.compile("[a-z]"),
    "大写字母": re.compile("[A-Z]"),
    "数字": re.compile(r"\d"),
    "其他字符": re.compile(r"[^a-zA-Z\d]"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """What one site asks of passwords beside that nobody guesses them.

    Args:
        length: least number of characters.
        classes: how many of the four kinds of characters must be there; 0 asks for none.
        days: after how many days the owner must change it, an initial one at his first login; 0 is never.
        history: how many earlier passwords do not come back.
    """

    length: int = MIN_PASSWORD
    classes: int = 0
    days: int = 0
    history: int = 0

    @property
    def words(self) -> str:
        """Say in one sentence what is asked."""
        kinds = f"，须含{'、'.join(KINDS)}中的 {self.classes} 种" if self.classes else "，不限种类"
        days = f"；每 {self.days} 天更换" if self.days else ""
        history = f"；不能与最近 {self.history} 个相同" if self.history else ""
        return f"至少 {self.length} 个字符{kinds}{days}{history}；{CURE}。"


STANDARD = PasswordPolicy()
STRICT = PasswordPolicy(classes=3, days=90, history=5)
PROFILES = {"standard": STANDARD, "strict": STRICT}
BOUNDS = {"length": (MIN_PASSWORD, 64), "classes": (0, 4), "days": (0, 365), "history": (0, 24)}
WRITTEN = "standard、strict，或 length=12 classes=3 days=90 history=5 这样写明的几项"


def policy_of(text: str) -> PasswordPolicy:
    """Return the policy written as the name of a profile or as ``length=14 classes=3 days=90 history=5``.

    Raises:
        InvalidError: it is neither, or a number lies outside its bounds.
    """
    if text in PROFILES:
        return PROFILES[text]
    found: dict[str, int] = {}
    for part in text.split():
        name, mark, number = part.partition("=")
        low, high = BOUNDS.get(name, (1, 0))
        if (
            not mark
            or name in found
            or not re.fullmatch("[0-9]{1,4}", number)
            or not low <= int(number) <= high
        ):
            bounds = "，".join(f"{each} {least}–{most}" for each, (least, most) in BOUNDS.items())
            raise InvalidError(Problem("口令规定写得不对", value=part, allowed=f"{WRITTEN}（{bounds}）"))
        found[name] = int(number)
    return PasswordPolicy(**found)


def random_password(policy: PasswordPolicy = STRICT) -> str:
    """Return a password nobody chose, good under `policy`."""
    size = max(RANDOM_BYTES, policy.length)
    while True:
        made = secrets.token_urlsafe(size)
        if _kinds(made) >= len(KINDS) and not _weakness(made.casefold(), ()):
            return made


def demand_good(
    password: str, known: tuple[str, ...], policy: PasswordPolicy = STANDARD, *, path: str = "new"
) -> None:
    """Accept only a password nobody guesses from a list or from what is `known` of the account.

    Raises:
        InvalidError: saying why it is refused.
    """
    if not policy.length <= len(password) <= MAX_PASSWORD:
        allowed = f"{policy.length}–{MAX_PASSWORD} 个字符"
        raise InvalidError(Problem("新密码长度不合要求", path=path, allowed=allowed))
    if _kinds(password) < policy.classes:
        allowed = f"{'、'.join(KINDS)}中的至少 {policy.classes} 种"
        raise InvalidError(Problem("新密码的字符种类不够", path=path, allowed=allowed))
    why = _weakness(password.casefold(), known)
    if why:
        raise InvalidError(Problem(f"新密码容易猜到：{why}", path=path, cure=CURE))


def _kinds(password: str) -> int:
    return sum(1 for kind in KINDS.values() if kind.search(password))


@cache
def listed() -> frozenset[str]:
    """Return the commonest passwords, in small letters."""
    return frozenset(FREQUENCY_LISTS["passwords"][:LISTED])


def _weakness(text: str, known: tuple[str, ...]) -> str:
    if text in listed():
        return "在常用密码之列"
    if len(set(text)) < DIFFERENT:
        return "不同的字符太少"
    if text in (text + text)[1:-1]:
        return "同一段重复"
    rest = _without_rows(text)
    for word in (word.casefold() for word in (*COMMON, *known) if len(word) >= KNOWN_LENGTH):
        rest = rest.replace(word, "")
    if len(rest) < MIN_PASSWORD // 2:
        return "由常见的词、连续的键或账户名称组成"
    if min(_beside_longest(each) for each in (text, rest, text.translate(LOOKALIKE))) < REST:
        return "一个常用密码加上几个字符"
    return ""


def _beside_longest(text: str) -> int:
    """Return how many different characters stand beside the longest listed password in `text` and a year."""
    longest = max((word for word in _listed_in(text)), key=len, default="")
    return len(set(YEAR.sub("", text.replace(longest, "") if longest else text)))


def _listed_in(text: str) -> list[str]:
    known = listed()
    ends = range(KNOWN_LENGTH, len(text) + 1)
    return [
        text[start:end]
        for end in ends
        for start in range(max(0, end - 20), end - KNOWN_LENGTH + 1)
        if text[start:end] in known
    ]


def _without_rows(text: str) -> str:
    """Return the text without runs of four and more neighbours of one row, forwards or backwards."""
    kept, at = "", 0
    while at < len(text):
        run = _run(text[at:])
        kept += text[at] if run < KNOWN_LENGTH else ""
        at += run if run >= KNOWN_LENGTH else 1
    return kept


def _run(text: str) -> int:
    """Return how many characters at the beginning follow one another in a row of keys."""
    longest = 1
    for row in (*ROWS, *(row[::-1] for row in ROWS)):
        length = 1
        while length < len(text) and text[: length + 1] in row:
            length += 1
        longest = max(longest, length)
    return longest
