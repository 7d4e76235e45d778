"""The ways in which a checkpoint leaves the database, as attestations name them."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """How a checkpoint leaves the database."""

    FILE = "file"
    MAIL = "mail"
    TSA = "tsa"
    WITNESS = "witness"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {
            Way.FILE: "见证文件", Way.MAIL: "邮件抄送", Way.TSA: "时间戳", Way.WITNESS: "见证人",
        }[self]  # fmt: skip
