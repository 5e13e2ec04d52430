"""Posters of the demo's Plex: a title on coloured ground, drawn when asked for."""

from __future__ import annotations

import io
import textwrap
from colorsys import hsv_to_rgb
from functools import lru_cache
from hashlib import sha256

from PIL import Image, ImageDraw, ImageFont

_LARGEST = 2000


@lru_cache(maxsize=128)
def poster(title: str, note: str, width: int, height: int, form: str) -> bytes:
    """A picture in the form JPEG or PNG; the same title has always the same one."""
    size = min(max(width, 1), _LARGEST), min(max(height, 1), _LARGEST)
    hue = sha256(title.encode()).digest()[0] / 256
    image = Image.new("RGB", size, _colour(hue, 0.35))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, size[1] * 0.75, *size), fill=_colour(hue, 0.22))
    _write(draw, title, size, at=0.4, letters=size[0] / 9)
    _write(draw, note, size, at=0.87, letters=size[0] / 12)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def _write(
    draw: ImageDraw.ImageDraw,
    words: str,
    size: tuple[int, int],
    *,
    at: float,
    letters: float,
) -> None:
    font = ImageFont.load_default(max(1.0, letters))
    draw.multiline_text(
        (size[0] / 2, size[1] * at),
        textwrap.fill(words, 14),
        font=font,
        fill="white",
        anchor="mm",
        align="center",
    )


def _colour(hue: float, value: float) -> tuple[int, int, int]:
    red, green, blue = hsv_to_rgb(hue, 0.6, value)
    return round(red * 255), round(green * 255), round(blue * 255)
