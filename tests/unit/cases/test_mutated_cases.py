"""A sound case with one thing spoilt either loads and scores, or is refused with place and cure; nothing else."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service import yamltext
from service.cases import reader
from service.cases.score import score_case
from service.errors import InvalidError
from tests.conftest import ROOT, Depth

FOLDERS = (ROOT / "service" / "cases" / "examples", ROOT / "tests" / "cases")
SOUND = [path for folder in FOLDERS for path in sorted(folder.glob("*.yaml")) if path.stem != "framework"]
SPOILT = (
    "", " ", "无", "-5", "-0", "0", "1e9", "1,5", "５", "9" * 5000, "9" * 40, "0." + "3" * 300, "1/0", "1/3",
    "50%", "3000%", "-5%", "1.5", "not_stated", "none", "yes", "来源未载", "2024-02-30", "0001-01-01",
    "9999-12-31", "２０２４-05-01", "2024-5-1", "x" * 3000, "汉" * 400, "[[", "[[x]]", "[[node.|num]]", "{{x}}",
    ".", "..", "/", "~", "*", "#0", "#-1", "a.b.c", "node..awarded", "node.A.awarded.", "block.", "money.",
    "table.", "table.t1.*.*", "table.summary.*.得分", "total.x", "grade", "framework.level.x", "1~", "20~1",
    "count=", "<", "^", "&#0;", "a\u200bb", "con", "../x", "/etc/hosts", "\U0001f600",
)  # fmt: skip
Place = tuple[Any, ...]


def below(node: Any, place: Place = ()) -> Iterator[Place]:
    """Yield every place of a tree, the root first."""
    yield place
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, member in members:
        yield from below(member, (*place, key))


def at(tree: Any, place: Place) -> Any:
    for step in place:
        tree = tree[step]
    return tree


def spoil_value(tree: Any, place: Place, luck: random.Random) -> None:
    at(tree, place[:-1])[place[-1]] = luck.choice(SPOILT)


def reshape(tree: Any, place: Place, luck: random.Random) -> None:
    old = at(tree, place)
    at(tree, place[:-1])[place[-1]] = luck.choice([[], {}, [old], {"x": old}, {"code": old}, [[]], [{}]])


def borrow(tree: Any, place: Place, luck: random.Random) -> None:
    other = at(tree, luck.choice(list(below(tree))))
    at(tree, place[:-1])[place[-1]] = copy.deepcopy(other)


def drop(tree: Any, place: Place, luck: random.Random) -> None:
    del at(tree, place[:-1])[place[-1]]


def repeat(tree: Any, place: Place, luck: random.Random) -> None:
    parent = at(tree, place[:-1])
    member = copy.deepcopy(parent[place[-1]])
    if isinstance(parent, list):
        parent.insert(place[-1], member)
    else:
        parent[f"{place[-1]}__twice"] = member


def rename(tree: Any, place: Place, luck: random.Random) -> None:
    parent = at(tree, place[:-1])
    if isinstance(parent, dict):
        parent[f"{place[-1]}x"] = parent.pop(place[-1])


KINDS: tuple[Callable[[Any, Place, random.Random], None], ...] = (
    spoil_value, spoil_value, spoil_value, spoil_value, reshape, borrow, drop, repeat, rename,
)  # fmt: skip


def mutant(path: Path, luck: random.Random) -> str:
    """Return the text of the case at `path` with one thing spoilt."""
    tree: Any = copy.deepcopy(yamltext.read_file(path).root)
    kind = luck.choice(KINDS)
    places = [p for p in below(tree) if p]
    scalars = [p for p in places if isinstance(at(tree, p), str)]
    kind(tree, luck.choice(scalars if kind in (spoil_value, reshape) else places), luck)
    return yamltext.write(tree).replace("__twice:", ":")


def verdict(path: Path) -> list[str]:
    """Return what a refusal leaves unsaid; the case at `path` is loaded and scored."""
    try:
        score_case(reader.load(path))
    except InvalidError as error:
        return [
            f"{p!r}"
            for p in error.problems
            if not (p.message and p.file and p.line and p.cure) or not (p.path or p.line == 1)
        ]
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the small cases name beside them."""
    framework = ROOT / "tests" / "cases" / "framework.yaml"
    (tmp_path / "framework.yaml").write_bytes(framework.read_bytes())
    return tmp_path


def test_one_spoilt_thing_is_harmless_or_named_with_place_and_cure(folder: Path, deep: Depth) -> None:
    case = folder / "case.yaml"
    for seed in deep.numbers(60, 2400):
        luck = random.Random(seed)
        case.write_text(mutant(luck.choice(SOUND), luck), encoding="utf-8")
        unsaid = verdict(case)
        assert unsaid == [], f"{seed}: {unsaid[:3]}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rounds: '0'", "rounds: '~'"),
        ("rounds: '0'", "rounds: 1/00"),
        ("count: '1'", "count: [x]"),
        ("rounds: '0'", "rounds: {x: '1'}"),
    ],
)
def test_what_once_went_unnamed_is_named(folder: Path, old: str, new: str) -> None:
    case = folder / "case.yaml"
    text = yamltext.write(yamltext.read_file(ROOT / "tests" / "cases" / "corrected.yaml").root)
    assert old in text
    case.write_text(text.replace(old, new), encoding="utf-8")
    assert verdict(case) == []
    with pytest.raises(InvalidError):
        reader.load(case)


def test_endless_printed_figures_are_only_quoted(folder: Path) -> None:
    case = folder / "case.yaml"
    text = yamltext.write(yamltext.read_file(ROOT / "tests" / "cases" / "corrected.yaml").root)
    tail = "published:\n  - {path: 长, value: '%s', place: 一, computed: total}\n"
    case.write_text(text + tail % ("9" * 5000), encoding="utf-8")
    assert score_case(reader.load(case)).comparison.differ
