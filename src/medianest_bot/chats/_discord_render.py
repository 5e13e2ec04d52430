"""A Reply as a Discord message: one pure function, within all of its limits.

┃ ### ✅ Dune (2021)        [poster]   sign and title, colour at the edge
┃ It can be watched now.              text
┃ **Seasons** 1-2                     fields
┃ ▓▓▓▓░░░░░░ 42 %                     progress
┃ ────────
┃ **Dune (1984)**       [Ask for it]  rows, each with its own button
┃ film · can be requested
┃ [Seasons                        ▾]  menus: several may be picked at once
┃ [Cancel] [Watch ↗]                  what else can be done
"""

from __future__ import annotations

from dataclasses import replace

from medianest_bot.chats import _discord_card as card
from medianest_bot.chats._discord_ids import PATTERN, Carried, Kind, packed, unpacked
from medianest_bot.chats._discord_layout import laid_out
from medianest_bot.chats._discord_parts import CONTENT, TEXT, Card, Message
from medianest_bot.chats._discord_pictures import files
from medianest_bot.chats._discord_text import is_visible, units
from medianest_bot.core.reply import Reply, Show, Tone

__all__ = [
    "PATTERN",
    "Carried",
    "Kind",
    "Message",
    "bare",
    "packed",
    "render",
    "unpacked",
]

COLOURS = {
    Tone.PLAIN: None,
    Tone.GOOD: 0x23A55A,
    Tone.BUSY: 0x5865F2,
    Tone.WARN: 0xF0B232,
    Tone.BAD: 0xF23F43,
}


def render(
    reply: Reply,
    *,
    asker: str | None = None,
    was_card: bool = False,
    can_upload: bool = True,
) -> Message:
    """The message of a reply.

    `asker` is the account that may press the buttons of a reply which is `only` its.
    `was_card` says that the message which is to be edited is one, and so remains it.
    Without `can_upload`, pictures that Discord cannot fetch are left out.
    """
    is_private = reply.show is Show.NOTE
    if not was_card and _is_plain(reply):
        content = card.heading(reply, TEXT) or card.nothing(reply)
        if units(content) <= CONTENT:
            summary = card.summary(reply)
            return Message(content, summary=summary, is_private=is_private)
    asker = asker if reply.only else None
    parts, shots = laid_out(reply, asker, can_upload=can_upload)
    return Message(
        card=Card(parts, COLOURS[reply.tone]),
        uploads=tuple(shots.uploads),
        files=files(reply.files)[0],
        summary=card.summary(reply),
        is_private=is_private,
    )


def bare(reply: Reply) -> Reply:
    """Its words and buttons, for a server that does not take all the rest."""
    rows = tuple(replace(row, picture=None) for row in reply.items)
    return replace(reply, picture=None, items=rows, files=(), links=())


def _is_plain(reply: Reply) -> bool:
    """True for a sentence with nothing around it."""
    more = (
        reply.fields,
        reply.items,
        reply.picture,
        reply.files,
        reply.progress,
        reply.choices,
        reply.menus,
        reply.links,
        reply.copy,
    )
    return not is_visible(reply.title) and not any(more)
