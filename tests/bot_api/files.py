"""What the bot sends along: uploads, files known already, and addresses."""

from __future__ import annotations

import io
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError
from tests.bot_api.markup import wrong_url
from tests.bot_api.refused import Raw, Refused, bad
from tests.bot_api.world import File, World

MOST_BYTES = 50_000_000
MOST_PHOTO_BYTES = 10_000_000


@dataclass(frozen=True)
class Upload:
    name: str
    data: bytes


Uploads = dict[str, Upload]


def given(world: World, value: object, uploads: Uploads, kind: str) -> File:
    """The file under a parameter, whichever way it came."""
    if isinstance(value, str) and value.startswith("attach://"):
        name = value.removeprefix("attach://")
        if name not in uploads:
            raise bad("can't parse InputMedia: file not found in the request")
        return keep(world, uploads[name], kind)
    if isinstance(value, Upload):
        return keep(world, value, kind)
    if not isinstance(value, str) or not value:
        raise bad(f"there is no {kind} in the request")
    if value in world.files:
        if world.files[value].kind != kind:
            raise bad(f"can't use file of type {world.files[value].kind} as {kind}")
        return world.files[value]
    if "://" not in value:
        raise bad("wrong file identifier/HTTP URL specified")
    return from_url(world, value, kind)


def keep(world: World, upload: Upload, kind: str, url: str = "") -> File:
    if not upload.data and not url:
        raise bad("file must be non-empty")
    if len(upload.data) > MOST_BYTES:
        raise Refused(413, "")
    width, height = (500, 750) if url else (0, 0)
    if kind == "photo" and not url:
        width, height = size_of(upload.data)
    number = world.number()
    file = File(
        f"AgACAgQAAx0-{kind}-{number:06}",
        f"AQAD{number:06}",
        upload.name,
        upload.data,
        kind,
        url,
        width,
        height,
    )
    world.files[file.id] = file
    return file


def size_of(data: bytes) -> tuple[int, int]:
    if len(data) > MOST_PHOTO_BYTES:
        raise bad("file is too big for a photo; the maximum size is 10485760 bytes")
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError) as error:
        raise bad("IMAGE_PROCESS_FAILED") from error
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("PHOTO_INVALID_DIMENSIONS")
    return width, height


def from_url(world: World, url: str, kind: str) -> File:
    """Nothing is fetched: an address of the open internet is taken to work."""
    if wrong_url(url) or urlsplit(url).scheme not in ("http", "https"):
        raise bad(f"invalid file HTTP URL specified: {wrong_url(url)}")
    if url in world.bad_urls:
        raise bad(world.bad_urls[url])
    if not is_public(urlsplit(url).hostname or ""):
        raise bad("failed to get HTTP URL content")
    return keep(world, Upload("file", b""), kind, url)


def is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".lan", ".home.arpa"))


def photo_sizes(file: File) -> list[Raw]:
    small = 90 / max(file.width, file.height, 1)
    return [
        {
            "file_id": file.id if part == 1 else f"{file.id}-s",
            "file_unique_id": file.unique_id if part == 1 else f"{file.unique_id}s",
            "width": max(1, round(file.width * part)),
            "height": max(1, round(file.height * part)),
            "file_size": max(1, round(len(file.data) * part)),
        }
        for part in ((small, 1) if small < 1 else (1,))
    ]


def document(file: File) -> Raw:
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_name": file.name,
        "file_size": len(file.data),
    }
