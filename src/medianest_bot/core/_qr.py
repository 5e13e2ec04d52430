"""Addresses as pictures, for the camera of another device."""

from __future__ import annotations

import io

_WIDE = 480


def qr_png(text: str) -> bytes:
    """A QR code as PNG, dark on white, with the quiet rim that cameras need."""
    import segno  # noqa: PLC0415 - seldom needed

    code = segno.make(text, error="m", micro=False)
    wide, _high = code.symbol_size(border=4)
    shown = io.BytesIO()
    code.save(shown, kind="png", scale=max(1, _WIDE // wide), border=4)
    return shown.getvalue()
