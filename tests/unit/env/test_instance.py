"""An instance is made once, private, and of one kind for ever."""

from __future__ import annotations

import json
import stat
from datetime import datetime
from pathlib import Path

import pytest

from service.errors import InvalidError, UnavailableError
from service.instance import FOLDERS, Instance, InstanceKind, create_instance, open_instance


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_is_private_and_every_secret_is_its_owners(instance: Instance) -> None:
    assert {mode(instance.path / name) for name in ("", *FOLDERS)} == {0o700}
    assert {mode(instance.session_secret), mode(instance.path / "instance.json")} == {0o600}


def test_an_instance_opens_as_it_was_made(instance: Instance) -> None:
    assert open_instance(instance.path) == instance
    assert instance.origin.startswith("pingji/demo/")


def test_two_instances_never_share_an_origin_or_a_secret(instance: Instance, tmp_path: Path) -> None:
    other = create_instance(tmp_path / "other", InstanceKind.DEMO, at=_moment(instance))
    assert other.origin != instance.origin
    assert other.session_secret.read_text() != instance.session_secret.read_text()


def test_a_folder_in_use_is_not_made_again(instance: Instance) -> None:
    before = sorted(p.name for p in instance.path.iterdir())
    with pytest.raises(InvalidError, match="目录已有内容"):
        create_instance(instance.path, InstanceKind.LIVE, at=_moment(instance))
    assert sorted(p.name for p in instance.path.iterdir()) == before


def test_a_missing_instance_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="pingji init"):
        open_instance(tmp_path)


def test_a_demo_instance_cannot_be_turned_live(instance: Instance) -> None:
    marker = instance.path / "instance.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"kind": "live"}))
    with pytest.raises(InvalidError, match="源名不一致"):
        open_instance(instance.path)


@pytest.mark.parametrize("damage", ["{", "[]", '{"kind": "other"}', "{}"])
def test_a_damaged_marker_is_refused(instance: Instance, damage: str) -> None:
    (instance.path / "instance.json").write_text(damage)
    with pytest.raises(InvalidError, match="无法读取"):
        open_instance(instance.path)


@pytest.mark.parametrize("part", ["", "keys", "broker", "keys/session.key"])
def test_what_others_can_read_is_refused_with_the_command_that_cures_it(
    instance: Instance, part: str
) -> None:
    (instance.path / part).chmod(0o755)
    with pytest.raises(InvalidError, match="chmod") as refused:
        open_instance(instance.path)
    assert [p.file for p in refused.value.problems] == [str(instance.path / part)]


def _moment(instance: Instance) -> datetime:
    return datetime.fromisoformat(instance.created)
