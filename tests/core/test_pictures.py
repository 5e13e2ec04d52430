from __future__ import annotations

import io
from itertools import pairwise

import pytest
from PIL import Image
from tests.household import Talk

from medianest_bot.core import pictures
from medianest_bot.core.pictures import Pictures, Shade, Strip
from medianest_bot.services.errors import Missing

ALL = tuple(Shade)


def drawn(*strips: Strip) -> Image.Image:
    return Image.open(io.BytesIO(pictures.day(strips)))


def middle(image: Image.Image, row: int, column: int, columns: int) -> object:
    """The colour in the middle of one stretch of one row."""
    step = (pictures.WIDTH - pictures.LEFT - pictures.MARGIN) / columns
    left = pictures.LEFT + (column + 0.5) * step
    top = pictures.MARGIN + row * (pictures.ROW + pictures.GAP) + pictures.ROW / 2
    return image.getpixel((int(left), int(top)))


def test_a_row_for_each_strip() -> None:
    sizes = [drawn(*[Strip("Plex", ALL)] * rows).size for rows in (1, 2, 10)]
    assert sizes == [(720, 54), (720, 88), (720, 360)]


def test_each_stretch_has_the_colour_of_its_shade() -> None:
    image = drawn(Strip("Plex", ALL), Strip("Seerr", ALL[::-1]))
    colours = [middle(image, 0, column, len(ALL)) for column in range(len(ALL))]
    assert colours == [pictures._COLOURS[shade] for shade in ALL]
    assert [middle(image, 1, column, len(ALL)) for column in range(len(ALL))] == (
        colours[::-1]
    )


def test_shades_differ_in_brightness_too() -> None:
    # ITU-R 601-2 luma, as Pillow's own "L" mode
    grey = sorted(
        (299 * red + 587 * green + 114 * blue) / 1000
        for red, green, blue in pictures._COLOURS.values()
    )
    assert all(two - one >= 25 for one, two in pairwise(grey))


@pytest.mark.parametrize(
    "name", ["", "x" * 500, "Ψ فیلم 映画", "👩‍👩‍👧", "a\nb", "\x00", "\ud83d"]
)
def test_any_name_can_be_drawn(name: str) -> None:
    image = drawn(Strip(name, ALL), Strip("", ()))
    assert image.size == (720, 88)
    assert image.getpixel((5, 5)) == pictures._GROUND


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn().size == (720, 20)


def test_a_picture_is_small() -> None:
    day = Strip("Home internet", (Shade.GOOD,) * 24)
    assert len(pictures.day((day,) * 12)) < 20_000


def test_names_are_readable_beside_their_row() -> None:
    image = drawn(Strip("Plex", ALL))
    row = image.crop((pictures.MARGIN, pictures.MARGIN, pictures.LEFT, 40))
    assert len(set(row.get_flattened_data())) > 5


async def test_a_poster_of_plex_is_read_once(say: Talk) -> None:
    plex = say.demo.app.house.plex
    assert plex is not None
    film = (await plex.search("metropolis")).value[0]
    source = f"plex:{film.thumb}"
    read = await say.demo.app.house.pictures.read(source)
    assert Image.open(io.BytesIO(read)).format == "JPEG"
    assert await say.demo.app.house.pictures.read(source) is read
    forgetful = Pictures(plex, most=0)
    assert await forgetful.read(source) is not await forgetful.read(source)


@pytest.mark.parametrize(
    "source", ["https://elsewhere.example/x.jpg", "plex:/identity", "plex:", ""]
)
async def test_only_pictures_of_plex_are_read(say: Talk, source: str) -> None:
    for read in (say.demo.app.house.pictures.read, Pictures(None).read):
        with pytest.raises(Missing):
            await read(source)
