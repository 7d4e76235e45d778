"""Style sheets and scripts travel packed; over a slow line they are most of what a first visit waits for.

Only files that are the same for everybody: packing a page that holds both a secret and words from outside
would let an onlooker guess the secret from its length (BREACH).
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

from service.web.access import STATIC

TEXTS = frozenset({"text/css", "text/javascript", "image/svg+xml"})


def init_app(app: Flask) -> None:
    """Pack the files every page needs for whoever can unpack them."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if request.endpoint not in STATIC or response.status_code != 200 or response.mimetype not in TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0:
        return response
    response.direct_passthrough = False
    close = getattr(response.response, "close", None)
    content = response.get_data()
    # Read to its end: not left to whether the visitor stays to the end of the answer.
    if close is not None:
        close()
    response.set_data(_packed(content))
    response.headers["Content-Encoding"] = "gzip"
    tag, _ = response.get_etag()
    if tag is not None:
        response.set_etag(tag, weak=True)
    return response


@lru_cache(maxsize=64)
def _packed(content: bytes) -> bytes:
    """Return the content packed, made once per process for each file."""
    return gzip.compress(content, mtime=0)
