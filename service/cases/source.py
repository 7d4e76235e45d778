"""A case together with the document it was read from and the framework it names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from service.cases.model import Case
from service.quotations.printed import exact_spelling
from service.scoring.framework import Framework
from service.yamltext import YamlText


@dataclass(slots=True)
class CaseFile:
    """What `load` returns.

    Args:
        case: the converted content.
        document: the text tree with lines, for messages.
        path: where the file lies; None for text without a place.
        framework: filled by the checks.
    """

    case: Case
    document: YamlText
    path: Path | None
    _framework: Framework | None = field(default=None)

    @property
    def framework(self) -> Framework:
        """The framework the case names; present once the case was checked."""
        assert self._framework is not None
        return self._framework

    def accept(self, framework: Framework) -> None:
        """Keep the framework found by the checks."""
        self._framework = framework

    def beside(self, relative: str) -> Path | None:
        """Return the path of a file named in the case; None if it leaves the folder or there is no folder."""
        if self.path is None or Path(relative).is_absolute():
            return None
        return (self.path.parent / relative).resolve()

    @property
    def sha256(self) -> str:
        """The hex digest of the file's bytes; of nothing when the text has no file."""
        data = self.path.read_bytes() if self.path and self.path.exists() else b""
        return hashlib.sha256(data).hexdigest()

    @staticmethod
    def subtract(limit: Fraction | None, awarded: str) -> str:
        """Return full marks minus awarded points as exact text."""
        return exact_spelling((limit or Fraction(0)) - Fraction(awarded))
