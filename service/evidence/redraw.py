"""Draws a picture anew, small and upright, without anything it carried besides pixels.

Run in a child of its own: ``python -I redraw.py SOURCE TARGET EDGE``. Exit code 0: TARGET is a JPEG no
larger than EDGE pixels; anything else: no preview.
"""

from __future__ import annotations

import sys

from PIL import Image, ImageOps

MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "TIFF")
WHITE = (255, 255, 255)


def redraw(source: str, target: str, edge: int) -> None:
    """`target` is a JPEG of the first picture in `source`, at most `edge` pixels wide and high.

    Raises:
        ValueError: it has more than 50 million pixels.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(source, formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (edge, edge))
        picture.thumbnail((edge, edge))
        upright = ImageOps.exif_transpose(picture)
        if upright.mode not in ("RGB", "L"):
            layer = upright.convert("RGBA")
            upright = Image.new("RGB", layer.size, WHITE)
            upright.paste(layer, mask=layer.getchannel("A"))
        # A fresh picture: no EXIF, no profile, no comment goes along.
        clean = Image.new(upright.mode, upright.size)
        clean.paste(upright)
        clean.save(target, "JPEG", quality=82)


if __name__ == "__main__":
    redraw(sys.argv[1], sys.argv[2], int(sys.argv[3]))
