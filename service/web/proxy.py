"""What a proxy says of a visitor is believed of the configured peer alone.

Without a configured proxy nobody's word counts; with one, whoever comes past it gets no answer, unless he
comes from this machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SAYINGS = ("HTTP_FORWARDED", "HTTP_X_REAL_IP")
PREFIX = "HTTP_X_FORWARDED_"
PAST = "请从单位公布的网址进入。"


class TrustedPeer:
    """Takes address and scheme of the visitor from the proxies named; drops what others say of them."""

    def __init__(self, app: WSGIApplication, peers: tuple[str, ...]) -> None:
        self._plain = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)
        self._peers = frozenset(peers)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, or turn away who came past the proxy."""
        peer = plain_address(environ.get("REMOTE_ADDR", ""))
        if peer in self._peers:
            return self._fixed(environ, start_response)
        for name in [name for name in environ if name in SAYINGS or name.startswith(PREFIX)]:
            del environ[name]
        if self._peers and not _loopback(peer):
            return Response(PAST, 403, mimetype="text/plain")(environ, start_response)
        return self._plain(environ, start_response)


def plain_address(text: str) -> str:
    """Return an address in its usual form; IPv4 carried in IPv6 is IPv4."""
    try:
        found = ip_address(text)
    except ValueError:
        return text
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _loopback(peer: str) -> bool:
    return peer == "::1" or peer.startswith("127.")


def init_app(app: Flask) -> None:
    """Put the check before everything `app` does."""
    app.wsgi_app = TrustedPeer(app.wsgi_app, app.config["PINGJI"].trusted_proxy)  # type: ignore[method-assign]
