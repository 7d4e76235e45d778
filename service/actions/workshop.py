"""The tools of one instance that acts and jobs work with: evidence store, converter, keys, signer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.audit.signer_client import Signing, signer_at
from service.evidence.store import EvidenceStore
from service.report.keys import DemoKeys
from service.report.pdf import Converter
from service.report.snapshot import CaseSnapshot
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything besides the database that a case is made with.

    Args:
        store: where evidence and reports lie by digest.
        converter: makes PDF out of .docx, or says why it cannot.
        keys: signing keys of the parts of a report.
        signer_dir: state of the checkpoint signer.
        reports: folder finished reports are copied to under readable names.
        checks: folder of what was found on the drafts as they stand.
        fonts: additional faces for visible marks.
        demo: whether everything must say 演示.
    """

    store: EvidenceStore
    converter: Converter
    keys: DemoKeys
    signer_dir: Path
    reports: Path
    checks: Path
    fonts: Path
    demo: bool

    def own_template(self, snapshot: CaseSnapshot) -> bytes | None:
        """Return the organisation's template the snapshot is to be set with, None for the profile's own."""
        return None if snapshot.template is None else self.store.read(snapshot.template.sha256)

    @property
    def signer(self) -> Signing:
        """Return the checkpoint signer: its process if one serves, else opened here and checked."""
        return signer_at(self.signer_dir)


def workshop_of(settings: Settings) -> Workshop:
    """Return the tools of the instance these settings describe."""
    instance = settings.instance
    return Workshop(
        store=EvidenceStore(settings.evidence_url),
        converter=Converter(soffice=settings.soffice, fonts=settings.fonts),
        keys=DemoKeys(instance.keys),
        signer_dir=instance.signer,
        reports=instance.reports,
        checks=instance.checks,
        fonts=settings.fonts,
        demo=settings.demo,
    )
