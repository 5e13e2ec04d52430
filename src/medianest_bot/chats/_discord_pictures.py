"""Pictures and files of a Reply: by address where Discord can fetch them, else sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from medianest_bot.chats._addresses import is_public
from medianest_bot.chats._discord_parts import ALT, FILES, Shot, Upload
from medianest_bot.chats._discord_text import is_visible, one_line, plain
from medianest_bot.core.reply import File, Picture, Reply

POSTERS = 5
"""Rows that are shown with their pictures: more would be a long way down."""
FILE_BYTES = 10 * 1024 * 1024
"""What Discord takes in a message where nobody pays for more."""
MOST_FILES = 4
_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_NAME_LENGTH = 60
_ENDING = 8
FROM_PLEX = "plex:"
_PNG = b"\x89PNG"


@dataclass(slots=True)
class Shots:
    """What of one message is uploaded; `can_upload` says whether anything may be."""

    can_upload: bool = True
    uploads: list[Upload] = field(default_factory=list)

    def shot(self, picture: Picture | None) -> Shot | None:
        """A picture in its place; None where it cannot be shown."""
        if picture is None:
            return None
        alt = plain(one_line(picture.alt), ALT)
        alt = alt if is_visible(alt) else ""
        if not picture.data and is_public(picture.source):
            return Shot(picture.source, alt)
        name = self._uploaded(picture)
        return Shot(f"attachment://{name}", alt) if name else None

    def _uploaded(self, picture: Picture) -> str:
        """What it is called in the message; the same picture goes there once."""
        is_ours = picture.data or _is_to_read(picture)
        if not self.can_upload or not is_ours or len(picture.data) > FILE_BYTES:
            return ""
        for one in self.uploads:
            if (one.picture.source, one.picture.data) == (picture.source, picture.data):
                return one.name
        if len(self.uploads) == FILES - MOST_FILES:
            return ""
        ending = "png" if picture.data.startswith(_PNG) else "jpg"
        name = f"picture-{len(self.uploads) + 1}.{ending}"
        self.uploads.append(Upload(name, picture))
        return name


def to_read(reply: Reply) -> frozenset[str]:
    """The sources of pictures that a message of this reply may have uploaded."""
    rows = reply.items if len(reply.items) <= POSTERS else ()
    shown = (reply.picture, *(row.picture for row in rows))
    return frozenset(one.source for one in shown if one and _is_to_read(one))


def without(reply: Reply, sources: Collection[str]) -> Reply:
    """The same without the pictures of these sources."""

    def kept(one: Picture | None) -> Picture | None:
        return one if one is None or one.data or one.source not in sources else None

    rows = tuple(replace(row, picture=kept(row.picture)) for row in reply.items)
    return replace(reply, picture=kept(reply.picture), items=rows)


def _is_to_read(picture: Picture) -> bool:
    return not picture.data and picture.source.startswith(FROM_PLEX)


def files(found: Iterable[File]) -> tuple[tuple[File, ...], tuple[File, ...]]:
    """Those that can be sent, under names that Discord leaves as they are; the rest."""
    sent: list[File] = []
    rest: list[File] = []
    left = FILE_BYTES
    for one in found:
        if not one.data:
            continue
        if len(one.data) > left or len(sent) == MOST_FILES:
            rest.append(one)
            continue
        left -= len(one.data)
        sent.append(replace(one, name=_named(one.name, {o.name for o in sent})))
    return tuple(sent), tuple(rest)


def _named(name: str, used: set[str]) -> str:
    stem, _dot, ending = name.rpartition(".")
    if not stem:
        stem, ending = ending, ""
    stem = _NAME.sub("_", stem).strip("_-")[:_NAME_LENGTH] or "file"
    ending = _NAME.sub("", ending)[:_ENDING]
    # Of pictures, which have names of their own.
    stem = f"_{stem}" if stem.startswith("picture-") else stem
    found, number = stem, 1
    while (shown := f"{found}.{ending}" if ending else found) in used:
        number += 1
        found = f"{stem}-{number}"
    return shown
