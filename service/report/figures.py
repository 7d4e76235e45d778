"""Figures as text: exact numbers in, one rounding at the end, half away from zero.

- Points and ratios are `Fraction`; money is integer 分 of yuan; nothing here is a float.
- A rate is formatted from the exact ratio, never from a rounded one.
- `FORMATS` is the closed list of formats a token ``[[key|format]]`` may name.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

DASH = "—"
DIGITS = "零一二三四五六七八九"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def exact(text: str | None) -> Fraction | None:
    """Return the number written as ``4.5`` or ``2145/5823``; None stays None.

    Raises:
        ValueError: if `text` is no such number.
    """
    return None if text is None else _number(text)


@lru_cache(maxsize=4096)
def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def fixed(value: Fraction, places: int) -> Decimal:
    """Return `value` rounded half away from zero to `places` decimals."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    with localcontext() as context:
        context.prec = max(28, len(str(whole)) + 2)
        number = Decimal(whole).scaleb(-places)
        return -number if value < 0 and whole else number


def score(value: Fraction, places: int = 2) -> str:
    """Return points with exactly `places` decimals, e.g. ``11.00``."""
    return f"{fixed(value, places):f}"


def num(value: Fraction, places: int = 4) -> str:
    """Return a number without trailing zeros, at most `places` decimals, e.g. ``4.5`` or ``2``."""
    text = score(value, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def pct(ratio: Fraction, places: int = 2) -> str:
    """Return a ratio (0-1) as percent with `places` decimals, e.g. ``68.75%``."""
    return score(ratio * 100, places) + "%"


def rate(ratio: Fraction) -> str:
    """Return a ratio as percent with two decimals; exactly one is ``100%``, zero ``0%``."""
    return f"{int(ratio) * 100}%" if ratio in (0, 1) else pct(ratio)


def grouped(value: Fraction, places: int = 2) -> str:
    """Return `value` with thousands separators, e.g. ``5,823.00``."""
    return f"{fixed(value, places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"


def wan(fen: Fraction, places: int = 6) -> str:
    """Return 分 as 万元 without trailing zeros, e.g. ``6376.7``."""
    return num(fen / 1_000_000, places)


def cn(number: int) -> str:
    """Return the Chinese ordinal of 1..99: 一, 十, 十一, 二十一.

    Raises:
        ValueError: outside that range.
    """
    if not 1 <= number <= 99:
        raise ValueError("序号超出一至九十九")
    tens, ones = divmod(number, 10)
    head = "" if not tens else ("" if tens == 1 else DIGITS[tens]) + "十"
    return head + (DIGITS[ones] if ones or not tens else "")


def circled(number: int) -> str:
    """Return ① to ⑳, beyond that the number in brackets."""
    return CIRCLED[number - 1] if 1 <= number <= len(CIRCLED) else f"({number})"


FORMATS: dict[str, Callable[[Fraction], str]] = {
    "num": num,
    "score": score,
    "score1": lambda v: score(v, 1),
    "score3": lambda v: score(v, 3),
    "pct": pct,
    "pct1": lambda v: pct(v, 1),
    "pct0": lambda v: pct(v, 0),
    "rate": rate,
    "points": lambda v: num(v * 100),
    "wan": wan,
    "wan2": lambda v: score(v / 1_000_000),
    "wan2s": lambda v: grouped(v / 1_000_000),
    "wan6": lambda v: score(v / 1_000_000, 6),
    "yuan2s": lambda v: grouped(v / 100),
    "int": lambda v: score(v, 0),
    "cn": lambda v: cn(int(v)),
}


def show(value: Fraction | None, form: str) -> str:
    """Return `value` in the named format; None is the dash.

    Raises:
        KeyError: if `form` is not in `FORMATS`.
    """
    return DASH if value is None else FORMATS[form](value)
