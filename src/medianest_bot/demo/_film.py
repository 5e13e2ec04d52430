"""A small film to hand out: real, playable, and padded to any size.

clips/clip.mp4 is four seconds of drifting colours with a tone, made for this
project with ffmpeg and given to the public domain. It is a fragmented MP4
(ISO/IEC 14496-12, section 8.8), so that its parts also make an HLS stream
(RFC 8216, section 3.3).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

SECONDS = 4


@dataclass(frozen=True, slots=True)
class Stream:
    """The same film as HLS: what comes first, then the segments in order."""

    start: bytes
    segments: tuple[bytes, ...]


def clip() -> bytes:
    """The film itself."""
    return files(__package__).joinpath("clips", "clip.mp4").read_bytes()


def film(name: str, size: int) -> bytes:
    """The film with a `free` box behind it that players skip.

    The box holds the name, so that no two films are the same file. It is `size`
    bytes, or a little more where that is too small for the film.
    """
    content = clip() + struct.pack(">I4s", max(size - len(clip()), 200), b"free")
    return (content + name.encode()[:100]).ljust(max(size, len(clip()) + 200), b"\0")


def stream() -> Stream:
    """The film cut at its fragments."""
    boxes = list(_boxes(clip()))
    start = b"".join(box for kind, box in boxes if kind in (b"ftyp", b"moov"))
    heads = [box for kind, box in boxes if kind == b"moof"]
    bodies = [box for kind, box in boxes if kind == b"mdat"]
    pairs = zip(heads, bodies, strict=True)
    return Stream(start, tuple(head + body for head, body in pairs))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    while data:
        size, kind = struct.unpack(">I4s", data[:8])
        yield kind, data[:size]
        data = data[size:]
