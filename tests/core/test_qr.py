from __future__ import annotations

import io

import segno
from PIL import Image

from medianest_bot.core._qr import qr_png

RIM = 4


def test_a_link_becomes_a_picture_that_cameras_read() -> None:
    link = f"https://nest.example.org/our/nest/link/{'S' * 43}"
    shown = Image.open(io.BytesIO(qr_png(link))).convert("L")

    code = segno.make(link, error="m", micro=False)
    modules = len(code.matrix) + 2 * RIM
    scale, rest = divmod(shown.width, modules)
    assert (shown.height, rest) == (shown.width, 0)
    assert 380 <= shown.width <= 480
    middle = [scale * at + scale // 2 for at in range(modules)]
    read = [
        [int(shown.getpixel((x, y)) == 0) for x in middle[RIM:-RIM]]
        for y in middle[RIM:-RIM]
    ]
    assert read == [list(row) for row in code.matrix]
    rim = {shown.getpixel((x, y)) for x in range(RIM * scale) for y in range(modules)}
    assert rim == {255}


def test_a_link_without_end_is_still_a_picture() -> None:
    shown = Image.open(io.BytesIO(qr_png("https://nest.example/" + "x" * 1500)))

    assert shown.width > 100
