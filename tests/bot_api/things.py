"""What people send besides text, as the Bot API shows it."""

from __future__ import annotations

from typing import Any


def _file(name: str, **more: Any) -> dict[str, Any]:
    return {"file_id": f"CAACAgQ-{name}", "file_unique_id": f"Agad-{name}"} | more


_PHOTO = [
    _file("photo-s", width=60, height=90, file_size=1_200),
    _file("photo", width=533, height=800, file_size=48_000),
]
_STICKER = _file("sticker", type="regular", width=512, height=512)
_STICKER |= {"is_animated": False, "is_video": False, "emoji": "👍"}

THINGS: dict[str, Any] = {
    "photo": _PHOTO,
    "sticker": _STICKER,
    "voice": _file("voice", duration=3, mime_type="audio/ogg", file_size=9_000),
    "audio": _file("audio", duration=180, title="A song"),
    "video": _file("video", width=640, height=360, duration=12),
    "video_note": _file("video-note", length=240, duration=5),
    "animation": _file("animation", width=320, height=240, duration=2),
    "document": _file("document", file_name="list.pdf", file_size=120_000),
    "location": {"latitude": 52.52, "longitude": 13.4},
    "contact": {"phone_number": "+490000", "first_name": "Somebody"},
    "dice": {"emoji": "🎲", "value": 4},
}
