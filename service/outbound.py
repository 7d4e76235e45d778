"""The one way out to other machines by HTTP: only to an address the operator has written into the settings.

No redirect is followed, no proxy of the environment is used, and an answer has a largest size and a longest
time. Addresses of the house network are normal here, so they are allowed by being written down, not by rule.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from service.errors import InvalidError, Problem, UnavailableError

SECONDS = 20.0
MOST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, content type without parameters, body."""

    status: int
    kind: str
    body: bytes


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        """Follow nobody; the redirect itself is the answer."""


def demand_address(text: str) -> str:
    """Return `text` if it is an address to be called.

    Raises:
        InvalidError: it is not ``http(s)://host[:port]/path``.
    """
    try:
        parts = urlsplit(text)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or "@" in parts.netloc or parts.fragment or any(c.isspace() for c in text):
        raise InvalidError(Problem("网络地址写法不对", value=text, allowed="https://主机[:端口]/路径"))
    return text


def post(address: str, body: bytes, *, kind: str) -> Answer:
    """Send `body` of content type `kind` and return the answer, whatever its status.

    Raises:
        UnavailableError: nobody answers, too late or too much.
    """
    call = urllib.request.Request(address, data=body, headers={"Content-Type": kind}, method="POST")  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    try:
        with opener.open(call, timeout=SECONDS) as answer:
            return _read(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return _read(refusal)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise UnavailableError(Problem(f"没有应答（{type(reason).__name__}）", value=address)) from error


def _read(answer: Any) -> Answer:
    body = answer.read(MOST + 1)
    if len(body) > MOST:
        raise UnavailableError(Problem("答复过长", value=answer.geturl(), allowed=f"{MOST} 字节"))
    return Answer(answer.status, answer.headers.get_content_type(), body)
