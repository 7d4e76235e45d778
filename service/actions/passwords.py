"""What a new password must be: long and not guessable; no rule about kinds of characters.

Refused are runs of a row of keys or of the alphabet, few different characters, one piece repeated, and
what anybody knows of the account (OWASP ASVS 5 V6.2).
"""

from __future__ import annotations

from service.errors import InvalidError, Problem

MIN_PASSWORD = 12
MAX_PASSWORD = 200
DIFFERENT = 6
KNOWN_LENGTH = 4
ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv")
COMMON = ("password", "passw0rd", "pingji", "admin", "iloveyou", "letmein", "welcome")
CURE = "可用几个不相干的词连成一句"


def demand_good(password: str, known: tuple[str, ...]) -> None:
    """Accept only a password nobody guesses from a list or from what is `known` of the account.

    Raises:
        InvalidError: saying why it is refused.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        allowed = f"{MIN_PASSWORD}–{MAX_PASSWORD} 个字符"
        raise InvalidError(Problem("新密码长度不合要求", path="new", allowed=allowed))
    why = _weakness(password.casefold(), known)
    if why:
        raise InvalidError(Problem(f"新密码容易猜到：{why}", path="new", cure=CURE))


def _weakness(text: str, known: tuple[str, ...]) -> str:
    if len(set(text)) < DIFFERENT:
        return "不同的字符太少"
    if text in (text + text)[1:-1]:
        return "同一段重复"
    rest = _without_rows(text)
    words = [word.casefold() for word in (*COMMON, *known) if len(word) >= KNOWN_LENGTH]
    for word in words:
        rest = rest.replace(word, "")
    return "" if len(rest) >= MIN_PASSWORD // 2 else "由常见的词、连续的键或账户名称组成"


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
