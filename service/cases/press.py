"""How a replay has its report rendered: here and now, or by somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.actions.actor import Actor
from service.actions.reporting import FrozenReport, freeze_now, stamp_now
from service.actions.workshop import Workshop


class Press(Protocol):
    """Makes frozen and signed files."""

    def freeze(self, actor: Actor, evaluation: str) -> FrozenReport:
        """Return the frozen report of the case as it stands."""

    def stamp(self, account: str, report: str) -> str:
        """Return the path of the signed file of a 签发 report."""

    def finish(self) -> None:
        """Have done what the acts so far caused: checkpoints at stage gates."""


@dataclass(frozen=True, slots=True)
class PressHere:
    """Renders inside the calling process."""

    workshop: Workshop

    def freeze(self, actor: Actor, evaluation: str) -> FrozenReport:
        """Return the frozen report; what is found on it must have been signed off before."""
        return freeze_now(actor, evaluation, self.workshop)

    def stamp(self, account: str, report: str) -> str:
        """Return the path of the signed file."""
        return stamp_now(account, report, self.workshop)

    def finish(self) -> None:
        """Leave what the acts caused to the job table."""
