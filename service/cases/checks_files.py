"""Check that every file a case names can be read and kept, before anything is stored.

What the evidence store accepts is asked of the store's own inspection, so a file that passes here passes
there; the words of a case (`text`) are kept as a text file and pass the same inspection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from service import frameworks
from service.cases.source import CaseFile
from service.errors import InvalidError, Problem
from service.evidence.inspect import inspect, inspect_bytes
from service.evidence.kinds import ENDINGS
from service.scoring.framework import Framework
from service.yamltext import Place, YamlText

ALLOWED = f"案卷所在文件夹里的文件，扩展名 {'、'.join(f'.{ending}' for ending in ENDINGS)}"
CURE = "放到案卷旁边再写相对路径；没有原件的删去 file，只登记清单"


def check_files(file: CaseFile) -> list[Problem]:
    """Return every reason why a file or text of the case could not be kept as evidence."""
    problems: list[Problem] = []
    parts: list[tuple[Place, Any, str]] = [
        (("evidence", n), item, item.code) for n, item in enumerate(file.case.evidence)
    ]
    parts += [(("paper", n), item, f"paper-{item.code}") for n, item in enumerate(file.case.paper)]
    for place, item, code in parts:
        if item.file and item.text:
            problems.append(
                file.document.problem((*place, "file"), "text 和 file 只能写一个", cure="保留一个")
            )
        if item.file:
            problems += _file(file, (*place, "file"), item.file)
        else:
            problems += _text(file, place, f"{code}.txt", item.text)
    return problems


def _file(file: CaseFile, place: Place, name: str) -> Iterator[Problem]:
    """Yield what keeps the named file from being evidence."""
    where = file.beside(name)
    fault = _unreachable(file, where)
    if fault or where is None:
        yield file.document.problem(place, fault, allowed=ALLOWED, cure=CURE)
        return
    try:
        inspect(where.name, where)
    except InvalidError as error:
        for found in error.problems:
            yield _refused(file.document.problem(place, found.message, allowed=ALLOWED, cure=CURE), found)
    except OSError as error:
        yield file.document.problem(
            place, f"文件读不了：{error.strerror}", allowed=ALLOWED, cure="核对文件的读取权限"
        )


def _unreachable(file: CaseFile, where: Path | None) -> str:
    if where is None or file.path is None:
        return "路径必须相对案卷文件"
    if not where.is_relative_to(file.path.parent.resolve()):
        return "文件在案卷的文件夹之外"
    if is_folder(where):
        return "这是文件夹，不是文件"
    return "" if is_file(where) else "佐证文件不存在"


def _text(file: CaseFile, place: Place, name: str, text: str) -> Iterator[Problem]:
    """Yield what keeps the words from being a text file; the file is named after the code."""
    try:
        inspect_bytes(name, (text or "-").encode())
    except InvalidError as error:
        for found in error.problems:
            at = "code" if found.value == name else "text"
            cure = "换一个编号" if at == "code" else "长的原文存成文件，改写 file"
            yield replace(_refused(file.document.problem((*place, at), "", cure=cure), found), cure=cure)


def _refused(here: Problem, found: Problem) -> Problem:
    """Return the store's refusal at the place of the case; what the file holds is told in the message."""
    held = found.value is not None and found.value.startswith(("内容", "缺少"))
    message = f"{found.message}（{found.value}）" if held else found.message
    return replace(here, message=message, cure=found.cure.replace("上传", "写入案卷") or here.cure)


def is_file(where: Path) -> bool:
    """Return whether a file stands there; a name no file can have is none."""
    try:
        return where.is_file()
    except (OSError, ValueError):
        return False


def is_folder(where: Path) -> bool:
    """Return whether a folder stands there; a name no folder can have is none."""
    try:
        return where.is_dir()
    except (OSError, ValueError):
        return False


def framework_at(file: CaseFile) -> Framework:
    """Return the framework at `framework.path`, relative to the case.

    Raises:
        InvalidError: no such file, a folder, or every fault of the framework.
    """
    where = file.beside(file.case.framework.path)
    if where is None or not is_file(where):
        folder = where is not None and is_folder(where)
        raise InvalidError(
            file.document.problem(
                ("framework", "path"),
                "这是文件夹，不是指标体系文件" if folder else "找不到指标体系文件",
                allowed="相对本文件的路径",
                cure="写到文件名，如 体系.yaml" if folder else "核对路径和文件名",
            )
        )
    return frameworks.load(where)


def told_apart(document: YamlText) -> list[Problem]:
    """Return that the document is a framework, where a case is wanted; nothing for anything else."""
    if not (document.value(("format",)) or "").startswith("pingji-framework/"):
        return []
    return [
        document.problem(
            ("format",),
            "这是指标体系文件，不是案卷文件",
            allowed="format: pingji-case/1 的文件",
            cure="检查体系用 pingji framework check；算分要另写案卷，在 framework.path 里写本文件",
        )
    ]
