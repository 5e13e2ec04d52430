"""Pictures: those drawn here (how the last day went), those only we may fetch."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from medianest_bot.services.errors import Missing
from medianest_bot.services.plex import Plex

WIDTH, ROW, GAP, LEFT, MARGIN = 720, 26, 8, 190, 14
_GROUND = (24, 26, 31)
_TEXT = (226, 229, 235)


_FROM_PLEX = "plex:"
_KEPT_BYTES = 16 * 2**20


class Pictures:
    """Reads what `Picture.source` names and no chat may fetch by itself."""

    def __init__(self, plex: Plex | None, most: int = _KEPT_BYTES) -> None:
        self._plex = plex
        self._most = most
        self._kept: dict[str, bytes] = {}

    async def read(self, source: str) -> bytes:
        """The picture at `plex:/path`. Raises ServiceError; Missing for other sources.

        What was read lately is kept in memory.
        """
        if not source.startswith(_FROM_PLEX) or self._plex is None:
            raise Missing("plex")
        found = self._kept.pop(source, None)
        if found is None:
            found = await self._plex.poster(source.removeprefix(_FROM_PLEX))
        self._kept[source] = found
        self._forget_oldest()
        return found

    def _forget_oldest(self) -> None:
        size = sum(map(len, self._kept.values()))
        while size > self._most:
            size -= len(self._kept.pop(next(iter(self._kept))))


class Shade(StrEnum):
    """How one stretch of time went."""

    GOOD = "good"
    POOR = "poor"
    BAD = "bad"
    MENDING = "mending"
    NOTHING = "nothing"


_COLOURS = {
    # Told apart by brightness too, for people who see colours differently.
    Shade.GOOD: (46, 160, 103),
    Shade.POOR: (234, 190, 80),
    Shade.BAD: (190, 48, 56),
    Shade.MENDING: (120, 150, 235),
    Shade.NOTHING: (52, 56, 64),
}


@dataclass(frozen=True, slots=True)
class Strip:
    """One row: a name and its stretches of time, oldest first."""

    name: str
    shades: tuple[Shade, ...]


def day(strips: tuple[Strip, ...]) -> bytes:
    """A PNG with one row a strip. Blocking: call it in a thread."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - seldom needed

    height = 2 * MARGIN + len(strips) * (ROW + GAP) - GAP
    image = Image.new("RGB", (WIDTH, height), _GROUND)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=15)
    for number, strip in enumerate(strips):
        top = MARGIN + number * (ROW + GAP)
        name = _fitting(strip.name)
        draw.text((MARGIN, top + 4), name, fill=_TEXT, font=font)
        _draw_strip(draw, strip, top)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_strip(draw: Any, strip: Strip, top: int) -> None:
    step = (WIDTH - LEFT - MARGIN) / max(1, len(strip.shades))
    for number, shade in enumerate(strip.shades):
        left = LEFT + number * step
        box = (left, top, max(left, left + step - 2), top + ROW)
        draw.rectangle(box, fill=_COLOURS[shade])


def _fitting(name: str, most: int = 22) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
