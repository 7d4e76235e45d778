"""The slices of a full count are together the whole count, and none of them is empty."""

from __future__ import annotations

import pytest

from tests.conftest import Depth


@pytest.mark.parametrize("full", [1, 7, 30, 60, 61, 2400])
@pytest.mark.parametrize("parts", [1, 6, 60])
def test_every_round_is_done_in_some_slice_and_every_slice_does_some(full: int, parts: int) -> None:
    slices = [Depth(full=True, part=part, parts=parts).numbers(1, full) for part in range(1, parts + 1)]
    assert set().union(*slices) == set(range(full))
    assert all(slices)
    assert sum(map(len, slices)) <= full + parts


def test_nothing_has_no_rounds_and_the_usual_count_is_not_sliced() -> None:
    assert list(Depth(full=True, part=2, parts=6).numbers(3, 0)) == []
    assert list(Depth(full=False).numbers(3, 100)) == [0, 1, 2]
