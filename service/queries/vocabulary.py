"""The closed sets of stored words, for callers that do not touch models."""

from __future__ import annotations

from service.models.consultation import DispositionVerdict
from service.models.evaluation import StageMode
from service.models.fieldwork import Verdict

__all__ = ["DispositionVerdict", "StageMode", "Verdict"]
