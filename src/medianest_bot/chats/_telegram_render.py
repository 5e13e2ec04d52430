"""A Reply as a Telegram message: one pure function, within all of its limits.

✅ Dune (2021)                      sign and title
It can be watched now.             text; long paragraphs fold

Seasons 1-2                        fields
▓▓▓▓░░░░░░ 42 %                    progress
1. Dune (1984)                     rows, numbered where they have buttons
film · can be requested
[1 · Ask for it] [2 · Ask for it]  their buttons
[☐ Season 3] [☑ Season 4]          toggles
[Cancel] [Watch ↗] [Copy 1234]     what else can be done
"""

from __future__ import annotations

from dataclasses import dataclass

from medianest_bot.chats._addresses import is_public
from medianest_bot.chats._telegram_buttons import (
    Button,
    Row,
    is_of_row,
    packed,
    rows,
    unpacked,
)
from medianest_bot.chats._telegram_card import card, has_room
from medianest_bot.core.reply import File, Picture, Reply

__all__ = [
    "TEXT",
    "Button",
    "Message",
    "is_of_row",
    "is_public",
    "packed",
    "render",
    "unpacked",
]

TEXT = 4096
CAPTION = 1024


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: a photo with a caption where there is a photo, else a text.

    `preview` is an address that Telegram shows as a picture above a text.
    """

    html: str
    rows: tuple[Row, ...] = ()
    photo: Picture | None = None
    preview: str = ""
    files: tuple[File, ...] = ()


def render(
    reply: Reply, *, as_photo: bool | None = None, asker: str | None = None
) -> Message:
    """The message of a reply.

    `as_photo` says what the message that is to be edited is; None: choose.
    `asker` is the account that may press the buttons of a reply which is `only` its.
    """
    picture = _picture(reply)
    photo = picture if picture and _is_ours(picture) else None
    if as_photo is None:
        # A long list says more than its picture.
        as_photo = photo is not None and has_room(reply, CAPTION)
    is_shown = picture is not None and not as_photo and is_public(picture.source)
    return Message(
        html=card(reply, CAPTION if as_photo else TEXT),
        rows=rows(reply, asker if reply.only else None),
        photo=photo if as_photo else None,
        preview=picture.source if picture and is_shown else "",
        files=tuple(file for file in reply.files if file.data),
    )


def _picture(reply: Reply) -> Picture | None:
    """The picture of a reply, or that of its only row."""
    if reply.picture is None and len(reply.items) == 1:
        return reply.items[0].picture
    return reply.picture


def _is_ours(picture: Picture) -> bool:
    """True where Telegram cannot fetch it."""
    return bool(picture.data) or picture.source.startswith("plex:")
