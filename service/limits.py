"""How often who may ask: everything a program asks, and everybody's costly requests more strictly.

- Each kind of request has a number per window; a window begins with its first request.
- The costly ones are bounded so that one account alone cannot keep a processor busy for the whole hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from service.errors import InvalidError, Problem, ServiceError

MINUTE, HOUR = 60, 3600
WINDOWS = {"m": MINUTE, "h": HOUR}
MOST = 1_000_000
WRITTEN = "token=600/m account=1200/m import=60/h 这样写明的几项；没有写的照默认"


class Kind(StrEnum):
    """What is counted; the first three are a program's requests of any sort."""

    TOKEN = "token"  # noqa: S105 - the name of a kind
    ACCOUNT = "account"
    ADDRESS = "address"
    SEARCH = "search"
    IMPORT = "import"
    EXPORT = "export"
    UPLOAD = "upload"
    RENDER = "render"
    VERIFY = "verify"

    @property
    def label(self) -> str:
        """Return what is too much, in words."""
        return _LABELS[self]


_LABELS = {
    Kind.TOKEN: "同一令牌的请求",
    Kind.ACCOUNT: "同一账户名下令牌的请求",
    Kind.ADDRESS: "没有有效令牌的请求",
    Kind.SEARCH: "查询和统计",
    Kind.IMPORT: "导入",
    Kind.EXPORT: "导出",
    Kind.UPLOAD: "上传材料",
    Kind.RENDER: "排版",
    Kind.VERIFY: "核验签章",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    most: int
    seconds: int

    def __str__(self) -> str:
        return f"每{'小时' if self.seconds == HOUR else '分钟'}最多 {self.most} 次"


STANDARD: Mapping[Kind, Limit] = MappingProxyType(
    {
        Kind.TOKEN: Limit(600, MINUTE),
        Kind.ACCOUNT: Limit(1200, MINUTE),
        Kind.ADDRESS: Limit(120, MINUTE),
        Kind.SEARCH: Limit(60, MINUTE),
        Kind.IMPORT: Limit(60, HOUR),
        Kind.EXPORT: Limit(300, HOUR),
        Kind.UPLOAD: Limit(600, HOUR),
        Kind.RENDER: Limit(60, HOUR),
        Kind.VERIFY: Limit(60, HOUR),
    }
)


class TooOftenError(ServiceError):
    """A limit is reached; `seconds` until the next request is looked at."""

    code = "too_many"
    title = "请求过于频繁"

    def __init__(self, kind: Kind, limit: Limit, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            Problem(f"{kind.label}过于频繁，这一次没有办理", allowed=str(limit), cure=f"{seconds} 秒后再试")
        )


def limits_of(text: str) -> Mapping[Kind, Limit]:
    """Return the limits written as ``token=600/m import=60/h``; what is not named stays standard.

    Raises:
        InvalidError: a part is written otherwise, named twice or out of bounds.
    """
    found: dict[Kind, Limit] = {}
    for part in text.split():
        name, _, rest = part.partition("=")
        number = re.fullmatch("([0-9]{1,7})/([mh])", rest)
        known = name in set(Kind) and name not in found
        if not known or number is None or not 1 <= int(number[1]) <= MOST:
            names = "、".join(Kind)
            allowed = f"{WRITTEN}（{names}；1–{MOST}，每分钟 m 或每小时 h）"
            raise InvalidError(Problem("请求次数的限制写得不对", value=part, allowed=allowed))
        found[Kind(name)] = Limit(int(number[1]), WINDOWS[number[2]])
    return MappingProxyType({**STANDARD, **found})
