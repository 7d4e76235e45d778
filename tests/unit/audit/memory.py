"""Bundles in memory, so that ten thousands of alterations can be judged."""

from __future__ import annotations

from collections.abc import Mapping

from service.audit import verifier


class MemoryBundle(verifier.Bundle):
    """A bundle whose files are given by name."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files, self.archive = dict(files), None
        self.names = frozenset(files)

    def read(self, name: str) -> bytes:
        if name not in self.names:
            raise verifier.Refused(f"缺少文件 {name}")
        return self.files[name]

    def altered(self, name: str, at: int, value: int) -> MemoryBundle:
        """The same bundle with one byte of one file changed."""
        data = bytearray(self.files[name])
        data[at] = value
        return MemoryBundle({**self.files, name: bytes(data)})


def files_of(bundle: verifier.Bundle) -> dict[str, bytes]:
    """Everything a bundle holds."""
    return {name: bundle.read(name) for name in sorted(bundle.names)}
