"""A finding of a visit together with its photos: one act each, safe to send again from a phone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from service.actions.evidence import AddEvidence, add_evidence
from service.actions.site_verification import RecordFinding, record_finding
from service.actions.transaction import Actor
from service.errors import InvalidError, Problem, RepeatedError
from service.evidence.inspect import inspect_bytes
from service.evidence.store import EvidenceStore


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as taken: the name the camera gave it and its bytes."""

    filename: str
    content: bytes


def record_with_photos(
    actor: Actor, evaluation: str, command: RecordFinding, photos: tuple[Photo, ...], *, store: EvidenceStore
) -> str:
    """Return the code of the finding, recorded with its photos as evidence linked to it and its indicators.

    Finding and photos are one act each. Sent again under the same key, what was done is not done twice
    and what was broken off is finished.

    Raises:
        InvalidError: a photo is no file we take; every such one is named and nothing was recorded.
    """
    _demand_photos(photos)
    try:
        code = record_finding(actor, evaluation, command)
    except RepeatedError as repeated:
        code = str(repeated.result)
    add_photos(actor, evaluation, code=code, nodes=command.nodes, photos=photos, store=store)
    return code


def _demand_photos(photos: tuple[Photo, ...]) -> None:
    problems: list[Problem] = []
    for photo in photos:
        try:
            inspect_bytes(photo.filename, photo.content)
        except InvalidError as error:
            problems += error.problems
    if problems:
        raise InvalidError(problems)


def add_photos(
    actor: Actor,
    evaluation: str,
    *,
    code: str,
    nodes: tuple[str, ...],
    photos: tuple[Photo, ...],
    store: EvidenceStore,
) -> None:
    """The photos are evidence for the finding of this code and its indicators, numbered in their order.

    Raises:
        InvalidError: one of them is no file we take; none was added.
    """
    _demand_photos(photos)
    links = (("finding", code), *(("node", node) for node in nodes))
    for number, photo in enumerate(photos, 1):
        key = f"{actor.request_key}.{number}" if actor.request_key else None
        piece = AddEvidence(
            name=f"{code} 照片 {number}",
            filename=photo.filename,
            content=photo.content,
            klass="原始凭证",
            source="现场核查拍摄",
            proves=f"现场发现 {code}",
            links=links,
        )
        with suppress(RepeatedError):
            add_evidence(replace(actor, request_key=key), evaluation, piece, store=store)
