"""Secrets kept in the database, readable only with the key of the instance.

AES-256-GCM with a key derived (HKDF-SHA256) from the session key; the owner's id is authenticated with the
text, so that a row copied to another account opens nothing.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.errors import Problem, UnavailableError

NONCE = 12
INFO = b"pingji second factor"


class Box:
    """Seals and opens small secrets with one instance's key."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=INFO).derive(secret.encode()))

    def seal(self, text: str, owner: str) -> str:
        """Return `text` so that only this instance can read it, and only for `owner`."""
        nonce = secrets.token_bytes(NONCE)
        return b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())).decode()

    def open(self, sealed: str, owner: str) -> str:
        """Return what was sealed for `owner`.

        Raises:
            UnavailableError: it was sealed with another key or for somebody else.
        """
        raw = b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:NONCE], raw[NONCE:], owner.encode()).decode()
        except InvalidTag as error:
            raise UnavailableError(
                Problem("动态口令的密钥读不出来", cure="会话密钥换过的，请安全管理员清除后重新设置")
            ) from error
