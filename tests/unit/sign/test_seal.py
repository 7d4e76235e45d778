"""Marks: grey, rectangular, saying what they are; own seals only as sane PNG files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from service.errors import InvalidError
from service.report.pdf import Converter
from service.report.seal import Mark, own_seal, rectangle
from service.report.signatories import Part

MARK = Mark(part=Part.AGENCY_SEAL, party="评价机构", on=date(2022, 8, 31))


def test_a_demo_mark_is_grey_and_fills_its_rectangle(converter: Converter) -> None:
    picture = rectangle(MARK, demo=True, width=48, height=21, fonts=converter.fonts)
    assert picture.mode == "RGB"
    assert picture.size == (576, 252)
    colours = picture.getcolors(1 << 16)
    assert colours is not None
    assert all(red == green == blue for _, (red, green, blue) in colours)  # type: ignore[misc]
    for corner in ((0, 0), (575, 0), (0, 251), (575, 251)):
        assert picture.getpixel(corner) == (112, 112, 112)


def test_the_mark_shows_part_party_and_date(converter: Converter) -> None:
    base = rectangle(MARK, demo=True, width=48, height=21, fonts=converter.fonts)
    assert base.tobytes() == rectangle(MARK, demo=True, width=48, height=21, fonts=converter.fonts).tobytes()
    for other in (
        Mark(part=Part.ORGANISER, party=MARK.party, on=MARK.on),
        Mark(part=MARK.part, party="委托方", on=MARK.on),
        Mark(part=MARK.part, party=MARK.party, on=date(2022, 9, 1)),
    ):
        assert (
            rectangle(other, demo=True, width=48, height=21, fonts=converter.fonts).tobytes()
            != base.tobytes()
        )


def test_a_real_key_without_a_picture_is_not_called_demo(converter: Converter) -> None:
    real = rectangle(MARK, demo=False, width=48, height=21, fonts=converter.fonts)
    assert real.tobytes() != rectangle(MARK, demo=True, width=48, height=21, fonts=converter.fonts).tobytes()


def test_a_long_party_stays_inside_the_frame(converter: Converter) -> None:
    long = Mark(part=MARK.part, party="受委托开展绩效评价的第三方专业机构联合体", on=MARK.on)
    picture = rectangle(long, demo=True, width=48, height=21, fonts=converter.fonts)
    inside = picture.crop((5, 5, 16, picture.height - 5)).getcolors()
    assert inside is not None
    assert {colour for _, colour in inside} == {(236, 236, 236)}


def test_the_mark_can_be_drawn_without_any_font_folder(tmp_path: Path) -> None:
    assert rectangle(MARK, demo=True, width=30, height=15, fonts=tmp_path).size == (360, 180)


def test_an_own_seal_keeps_its_transparency(tmp_path: Path) -> None:
    Image.new("RGBA", (60, 60), (200, 0, 0, 40)).save(tmp_path / "seal.png")
    assert own_seal(tmp_path / "seal.png").getpixel((5, 5)) == (200, 0, 0, 40)


@pytest.mark.parametrize("kind", ["missing", "jpeg", "text", "wide", "cut"])
def test_anything_but_a_sane_png_is_refused_as_a_seal(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "seal.png"
    if kind == "jpeg":
        Image.new("RGB", (60, 60)).save(path, format="JPEG")
    elif kind == "text":
        path.write_text("not a picture")
    elif kind == "wide":
        Image.new("L", (2401, 4)).save(path)
    elif kind == "cut":
        Image.effect_noise((200, 200), 90).save(path)
        path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(InvalidError) as caught:
        own_seal(path)
    assert "PNG" in caught.value.problems[0].allowed
