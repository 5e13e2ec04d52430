"""The words of a Reply as texts of a Discord card, made for phones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from medianest_bot.chats._discord_buttons import is_pressed
from medianest_bot.chats._discord_parts import Text
from medianest_bot.chats._discord_text import (
    bold,
    code,
    is_visible,
    lines,
    markdown,
    one_line,
    plain,
    units,
)
from medianest_bot.chats._signs import SIGNS
from medianest_bot.core.reply import Field, File, Item, Link, Progress, Reply
from medianest_bot.core.words import _

MOST_ITEMS = 60
"""Rows that are looked at; no card has room for more."""
_SUMMARY = 150
_TITLE = 256
_FIELDS = 25
_NAME = 80
_VALUE = 600
_SHORT_VALUE = 120
_ITEM = 160
_NOTE = 300
_SHORT_NOTE = 40
_BESIDE = 40
"""Units that a phone shows in one line."""
_AIRY = 8
"""Rows of a list that have an empty line between them."""
_COPY = 1000
_BAR = 10


def head(reply: Reply, text_most: int, *, is_short: bool = False) -> tuple[Text, ...]:
    """Title and text, fields, progress: up to three texts."""
    found = (
        heading(reply, text_most),
        _fields(reply.fields[:_FIELDS], is_short=is_short),
        _progress(reply.progress),
    )
    return tuple(Text(one) for one in found if is_visible(one))


def heading(reply: Reply, text_most: int) -> str:
    """Title and text; the sign of the tone stands before whichever comes first."""
    sign = f"{SIGNS[reply.tone]} " if SIGNS[reply.tone] else ""
    title = markdown(one_line(reply.title), _TITLE)
    text = markdown("\n".join(lines(reply.text)), text_most)
    if is_visible(title):
        return f"### {sign}{title}\n{text}".rstrip()
    return f"{sign}{text}" if is_visible(text) else ""


def nothing(reply: Reply) -> str:
    """What stands for a reply without words."""
    alt = reply.picture.alt if reply.picture else ""
    names = (one_line(name) for name in (alt, *(file.name for file in reply.files)))
    return next(filter(is_visible, names), SIGNS[reply.tone] or "…")


def summary(reply: Reply) -> str:
    """What a phone shows of it while it is locked: sign, title, first line."""
    titles = (reply.title, *(item.title for item in reply.items[:3]))
    title = next(filter(is_visible, map(one_line, titles)), "")
    text = next(iter(lines(reply.text, _VALUE)), "")
    said = ": ".join(filter(is_visible, (title, text))) or nothing(reply)
    sign = SIGNS[reply.tone]
    said = said if said.startswith(sign) else f"{sign} {said}"
    return plain(said, _SUMMARY)


def item(found: Item, before: str = "", *, is_short: bool = False) -> str:
    title = bold(one_line(found.title), _NAME if is_short else _ITEM)
    notes = lines(found.text, 2 * _NOTE)
    if is_short:
        notes = [_first_parts(note) for note in notes[:1]]
    note = markdown("\n".join(notes), _NOTE)
    said = "\n".join(filter(is_visible, (title, note)))
    return f"{before}{said}" if said else before


def listed(
    items: Iterable[Item], *, is_numbered: bool = False, is_short: bool = False
) -> str:
    """Rows without buttons of their own beside them, as one text."""
    rows = [
        item(one, f"{number}\\. " if is_numbered else "", is_short=is_short)
        for number, one in enumerate(items, 1)
    ]
    rows = [row for row in rows if row]
    if all(row.count("\n") < 2 and units(row) <= _BESIDE for row in rows):
        return "\n".join(row.replace("\n", " · ") for row in rows)
    between = "\n\n" if len(rows) <= _AIRY and not is_short else "\n"
    return between.join(rows)


def beyond_buttons(links: Iterable[Link], too_large: Iterable[File]) -> str:
    """Addresses that Discord takes under no button, and files it does not take."""
    said = (*_addresses(links), *_left_out(too_large))
    return "\n".join(said[:_FIELDS])


def copied(text: str) -> str:
    return code(text, _COPY)


def _addresses(links: Iterable[Link]) -> Iterator[str]:
    for link in links:
        url = markdown(one_line(link.url), _VALUE)
        if is_visible(url) and not is_pressed(link):
            yield f"{bold(one_line(link.label), _NAME)} {url}".strip()


def _left_out(files: Iterable[File]) -> Iterator[str]:
    for file in files:
        name = markdown(one_line(file.name), _NAME)
        yield _("{name} is too large to be sent here.", name=name)


def _fields(fields: Iterable[Field], *, is_short: bool) -> str:
    most = _SHORT_VALUE if is_short else _VALUE
    rows = (
        (bold(one_line(field.name), _NAME), "\n".join(lines(field.value, 2 * _VALUE)))
        for field in fields
    )
    said = (f"{name} {markdown(value, most)}".strip() for name, value in rows)
    return "\n".join(filter(None, said))


def _progress(progress: Progress | None) -> str:
    if progress is None:
        return ""
    text = markdown(one_line(progress.text), _ITEM)
    share = progress.fraction
    if share is None or math.isnan(share):
        return f"⏳ {text}".rstrip()
    share = min(1.0, max(0.0, share))
    full = int(share * _BAR)
    bar = f"{'▓' * full}{'░' * (_BAR - full)} {math.floor(share * 100)} %"
    return f"{bar}\n{text}".rstrip()


def _first_parts(note: str) -> str:
    """As many parts of "up · since 11:23 · 33 ms" as fit into a line."""
    shown, *more = note.split(" · ")
    for part in more:
        if units(f"{shown} · {part}") > _SHORT_NOTE:
            break
        shown = f"{shown} · {part}"
    return plain(shown, _SHORT_NOTE)
