"""Bundled indicator frameworks (YAML data) and their strict reader; the syntax is in ``FORMAT.md``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from service.errors import InvalidError, Problem
from service.frameworks.build import build
from service.frameworks.check import check
from service.frameworks.draft import read_draft
from service.frameworks.jsonschema import json_schema
from service.scoring.framework import Framework
from service.yamltext import YamlText, read, read_file, write

FOLDER = Path(__file__).parent


def bundled() -> tuple[str, ...]:
    """Return the codes of all bundled frameworks, sorted; each is the name of its file."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load(source: str | Path) -> Framework:
    """Return a bundled framework by its code, or the one in a file.

    Raises:
        InvalidError: no such code or file, or every fault of the file with line, path, value, allowed, cure.
    """
    if isinstance(source, str) and source in bundled():
        return _bundled(source)
    path = Path(source)
    if isinstance(source, str) and not path.suffix and not path.exists():
        raise InvalidError(
            Problem(
                "没有这个指标体系",
                value=source,
                allowed="、".join(bundled()),
                cure="写自带体系的编号，或文件路径",
            )
        )
    return _from(read_file(path))


def text_of(code: str) -> str:
    """Return the YAML text of a bundled framework, as it stands in its file; comments kept."""
    return (FOLDER / f"{code}.yaml").read_text("utf-8")


@lru_cache
def _bundled(code: str) -> Framework:
    return _from(read_file(FOLDER / f"{code}.yaml"))


def parse(text: str, *, name: str) -> Framework:
    """Return the framework a text writes; `name` stands for the file in messages.

    Raises:
        InvalidError: every fault, each with line, path, value, what is allowed and the cure.
    """
    return _parsed(text, name)


@lru_cache(maxsize=16)
def _parsed(text: str, name: str) -> Framework:
    # One case is created, judged and scored in a row: its framework is read once for that.
    return _from(read(text, file=name))


def parse_document(document: YamlText) -> Framework:
    """Return the framework of an already read document (e.g. the inline section of a case file).

    Raises:
        InvalidError: as `parse`.
    """
    return _from(document)


def dump(framework: Framework) -> str:
    """Return YAML text that `parse` turns into an equal framework."""
    return write(dict(framework.plain))


def _from(document: YamlText) -> Framework:
    if (document.value(("format",)) or "").startswith("pingji-case/"):
        raise InvalidError(
            document.problem(
                ("format",),
                "这是案卷文件，不是指标体系文件",
                allowed="format: pingji-framework/1 的文件",
                cure="算分用 pingji score；体系写在案卷的 framework 里，或另存一个文件",
            )
        )
    reading = read_draft(document)
    check(reading)
    if reading.problems:
        ordered: list[Problem] = sorted(reading.problems, key=lambda problem: problem.line or 0)
        raise InvalidError(ordered)
    return build(reading)


__all__ = ["bundled", "dump", "json_schema", "load", "parse", "parse_document", "text_of"]
