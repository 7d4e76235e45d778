"""The visible marks: grey rectangles for demo keys, a site's own picture for real ones.

- A demo mark is a grey rectangle saying 演示 无效 with part, party and date; never round, never red,
  and callers name the party by its role (评价机构), not by the name of a real organ.
- A real key without a picture gives the same rectangle saying 电子签章.
- A mark is a picture only: no font of it enters the PDF.
- The same mark gives the same pixels on one machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from service.errors import InvalidError, Problem
from service.report.signatories import Part

GREY = (112, 112, 112)
PALE = (236, 236, 236)
PIXELS_PER_MM = 12
MAX_SEAL_BYTES = 4 * 1024 * 1024
MAX_SEAL_SIDE = 2400
_NOTO = Path("/usr/share/fonts/opentype/noto")
# Path inside the font folder or absolute, and the index of the Simplified Chinese face in a collection.
_FACES = (
    ("FandolHei-Regular.otf", 0),
    (str(_NOTO / "NotoSansCJK-Regular.ttc"), 2),
    (str(_NOTO / "NotoSerifCJK-Regular.ttc"), 2),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/usr/share/fonts/truetype/arphic/ukai.ttc", 0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a mark says.

    Args:
        part: whose mark.
        party: the signing side by its role, e.g. 评价机构; not repeated if it is the part's own
            name, and "" prints none.
        on: business date printed.
    """

    part: Part
    party: str
    on: date


def rectangle(mark: Mark, *, demo: bool, width: float, height: float, fonts: Path) -> Image.Image:
    """Return the grey rectangle of `mark` as an opaque RGB picture.

    Args:
        demo: whether it says 演示 无效; True for every demo key.
        width, height: of the field's box in millimetres.
        fonts: folder of additional faces.
    """
    size = (round(width * PIXELS_PER_MM), round(height * PIXELS_PER_MM))
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    edge = PIXELS_PER_MM // 3
    inset = edge * 2
    pen.rectangle((0, 0, size[0] - 1, size[1] - 1), fill=PALE, outline=GREY, width=edge)
    side = " ".join(dict.fromkeys(text for text in (mark.part.label, mark.party) if text))
    day = f"{mark.on.year}年{mark.on.month}月{mark.on.day}日"
    title = "演示 无效" if demo else "电子签章"
    rows = ((title, 0.36), (side, 0.24), (day, 0.20))
    top = float(inset)
    for text, share in rows:
        room = share * (size[1] - 2 * inset) / sum(share for _, share in rows)
        _centred(pen, text, top=top, room=room, width=size[0] - 4 * inset, left=2 * inset, fonts=fonts)
        top += room
    return picture


def _centred(
    pen: ImageDraw.ImageDraw, text: str, *, top: float, room: float, width: int, left: int, fonts: Path
) -> None:
    """Draw `text` in the middle of its row, as large as row and width allow."""
    size = max(8, round(room * 0.78))
    face = _face(fonts, size)
    while size > 8 and pen.textlength(text, font=face) > width:
        size -= 1
        face = _face(fonts, size)
    pen.text((left + width / 2, top + room / 2), text, fill=GREY, font=face, anchor="mm")


@cache
def _face(fonts: Path, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the first Chinese face this machine has; Pillow's own without Chinese if there is none."""
    for name, index in _FACES:
        path = fonts / name
        if path.is_file():
            return ImageFont.truetype(str(path), size=size, index=index)
    return ImageFont.load_default(size)


def own_seal(path: Path) -> Image.Image:
    """Return a site's own seal picture, re-encoded, with transparency kept.

    Raises:
        InvalidError: not a PNG of at most 4 MB and 2400 pixels a side, or unreadable.
    """
    problems: list[str | Problem] = list(_seal_problems(path))
    if problems:
        raise InvalidError(problems)
    with Image.open(BytesIO(path.read_bytes()), formats=("PNG",)) as picture:
        return picture.convert("RGBA")


def _seal_problems(path: Path) -> Iterable[Problem]:
    allowed = "PNG，不超过 4 MB、每边 2400 像素"
    if not path.is_file() or path.stat().st_size > MAX_SEAL_BYTES:
        return [Problem("印章图片缺失或过大", file=str(path), allowed=allowed)]
    try:
        with Image.open(BytesIO(path.read_bytes()), formats=("PNG",)) as picture:
            if max(picture.size) > MAX_SEAL_SIDE:
                return [Problem("印章图片尺寸过大", file=str(path), value=str(picture.size), allowed=allowed)]
            picture.load()
    except (UnidentifiedImageError, OSError, ValueError) as error:
        return [Problem("印章图片无法读取", file=str(path), value=str(error), allowed=allowed)]
    return []
