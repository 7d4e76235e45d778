"""Read a case file: strict YAML, conversion, then references and dates; every problem at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from service import yamltext
from service.cases.checks import check
from service.cases.checks_claims import check_claims
from service.cases.checks_files import told_apart
from service.cases.checks_people import check_people, check_stand_ins
from service.cases.checks_words import check_words
from service.cases.declare import convert
from service.cases.fields import Fault, closest
from service.cases.model import Case
from service.cases.source import CaseFile
from service.errors import InvalidError, Problem
from service.yamltext import Place, YamlText


def load(path: str | Path) -> CaseFile:
    """Return the checked case stored at `path`, with its framework.

    Raises:
        InvalidError: every problem with file, line, path, value, allowed and cure.
    """
    where = Path(path)
    return _case(yamltext.read_file(where), where)


def parse(text: str, *, name: str, folder: Path | None = None) -> CaseFile:
    """Return the checked case written in `text`; relative paths start at `folder` (none: refused).

    Raises:
        InvalidError: as `load`.
    """
    return _case(yamltext.read(text, file=name), (folder / name) if folder else None)


def _case(document: YamlText, path: Path | None) -> CaseFile:
    mistaken = told_apart(document)
    if mistaken:
        raise InvalidError(mistaken)
    try:
        case = convert(Case, document.root)
    except ValidationError as error:
        raise InvalidError(list(_problems(document, error.messages, ()))) from None
    file = CaseFile(case, document, path)
    problems = check(file) or [
        *check_claims(file),
        *check_people(file),
        *check_stand_ins(file),
        *check_words(file),
    ]
    if problems:
        raise InvalidError(problems)
    return file


def _problems(document: YamlText, messages: Any, place: Place) -> Iterator[Problem]:
    if isinstance(messages, dict):
        for key, below in messages.items():
            yield from _problems(document, below, (*place, key))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        if isinstance(message, dict):
            yield from _problems(document, message, place)
        elif isinstance(message, Fault):
            cure = message.cure
            if message.startswith("没有这个字段") and place:
                cure = closest(str(place[-1]), message.allowed.split("、")) or cure
            yield document.problem(place, str(message), allowed=message.allowed, cure=cure)
        else:
            yield document.problem(place, str(message), cure="对照手册修改")
