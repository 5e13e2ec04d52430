"""Which components a card has: the richest way of showing its rows that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import chain, islice

from medianest_bot.chats import _discord_card as card
from medianest_bot.chats._discord_buttons import (
    Ids,
    buttons,
    in_rows,
    links,
    menu_row,
    of_item,
    width,
)
from medianest_bot.chats._discord_parts import (
    COMPONENTS,
    IN_A_ROW,
    TEXT,
    Attached,
    Button,
    Gallery,
    Line,
    Part,
    Row,
    Section,
    Text,
    components,
    texts,
)
from medianest_bot.chats._discord_pictures import POSTERS, Shots, files
from medianest_bot.chats._discord_text import shortened_all, units
from medianest_bot.core.reply import Item, Reply

_MENUS = 4
_BUTTONS = 15
_LEAST_TEXT = 120
"""Units of a text that are worth their place."""


class Rows(Enum):
    """How the rows of a list are shown."""

    POSTERS = 1
    """Each with its picture, its buttons below."""
    BESIDE = 2
    """Each with its button at its right."""
    NUMBERED = 3
    """As one text, with numbered buttons below it."""
    SHORT = 4
    """The same, and of everything only the beginning."""


@dataclass(slots=True)
class Draft:
    """A card on trial."""

    reply: Reply
    rows: Rows
    ids: Ids
    shots: Shots
    text_most: int = TEXT
    parts: tuple[Part, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        above, below = tuple(self._above()), tuple(self._below())
        room = COMPONENTS - components((*above, *below)) - 1
        rows = tuple(self._rows(room))
        line = (Line(),) if above and rows else ()
        self.parts = (*above, *line, *rows, *below)

    @property
    def size(self) -> int:
        return sum(units(text.markdown) for text in texts(self.parts))

    def fits(self) -> bool:
        return components(self.parts) <= COMPONENTS and self.size <= TEXT

    @property
    def _is_short(self) -> bool:
        return self.rows is Rows.SHORT

    def _above(self) -> Iterator[Part]:
        """The words, with a poster at their right or what is drawn below them."""
        words = card.head(self.reply, self.text_most, is_short=self._is_short)
        picture = self.reply.picture
        shot = self.shots.shot(picture)
        if shot and words and picture and not picture.data:
            yield Section(words, shot)
            return
        yield from words
        if shot:
            yield Gallery((shot,))

    def _rows(self, room: int) -> Iterator[Part]:
        items = self.reply.items[: card.MOST_ITEMS]
        has_buttons = any(item.choices for item in items)
        match self.rows:
            case Rows.POSTERS:
                for item in items:
                    yield from self._with_poster(item)
            case Rows.BESIDE if has_buttons:
                for item in items:
                    yield from self._with_button(item)
            case _:
                yield from self._listed(items, room)

    def _with_poster(self, item: Item) -> Iterator[Part]:
        words = card.item(item)
        shot = self.shots.shot(item.picture)
        if words:
            yield Section((Text(words),), shot) if shot else Text(words)
        yield from in_rows(self._of(item))

    def _with_button(self, item: Item) -> Iterator[Part]:
        words = card.item(item)
        found = self._of(item)
        if words and len(found) == 1:
            yield Section((Text(words),), found[0])
            return
        if words:
            yield Text(words)
        yield from in_rows(found)

    def _of(self, item: Item) -> tuple[Button, ...]:
        if len(self.reply.items) == 1:
            return tuple(buttons(item.choices, self.ids))
        return of_item(item, self.ids)

    def _listed(self, items: tuple[Item, ...], room: int) -> Iterator[Part]:
        is_numbered = len(items) > 1 and any(item.choices for item in items)
        words = card.listed(items, is_numbered=is_numbered, is_short=self._is_short)
        if words:
            yield Text(words)
        found = (
            button
            for number, item in enumerate(items, 1)
            for button in of_item(item, self.ids, f"{number} · " if is_numbered else "")
        )
        wide = width(items)
        # A row counts too, and so do the words.
        most = max(0, room - 1) * wide // (wide + 1)
        yield from in_rows(islice(found, most), wide)

    def _below(self) -> Iterator[Part]:
        reply = self.reply
        sent, rest = files(reply.files)
        if copied := card.copied(reply.copy):
            yield Text(copied)
        if said := card.beyond_buttons(reply.links, rest):
            yield Text(said)
        for menu in reply.menus[:_MENUS]:
            yield from menu_row(menu, self.ids)
        pressed = chain(
            links(one for one in reply.links if one.leads),
            buttons(reply.choices, self.ids),
            links(one for one in reply.links if not one.leads),
        )
        yield from in_rows(islice(pressed, _BUTTONS))
        for file in sent:
            yield Attached(f"attachment://{file.name}")


def laid_out(
    reply: Reply, asker: str | None, *, can_upload: bool
) -> tuple[tuple[Part, ...], Shots]:
    """The parts of a card within all limits, and what is uploaded with it."""

    def draft(rows: Rows, text_most: int, of: Reply = reply) -> Draft:
        return Draft(of, rows, Ids(asker), Shots(can_upload), text_most)

    for rows in _ways(reply):
        found = draft(rows, TEXT)
        if found.fits():
            return _whole(found)
        # Its text gives way before its rows do.
        rest = draft(rows, TEXT, replace(reply, text=""))
        room = TEXT - rest.size - IN_A_ROW
        if room >= _LEAST_TEXT and (found := draft(rows, room)).fits():
            return _whole(found)
    found = draft(Rows.SHORT, _LEAST_TEXT)
    found.parts = _cut(found.parts)
    return _whole(found)


def _ways(reply: Reply) -> Iterator[Rows]:
    pictured = any(item.picture for item in reply.items)
    if pictured and len(reply.items) <= POSTERS:
        yield Rows.POSTERS
    if sum(3 if item.choices else 1 for item in reply.items) < COMPONENTS:
        yield Rows.BESIDE
    yield from (Rows.NUMBERED, Rows.SHORT)


def _whole(found: Draft) -> tuple[tuple[Part, ...], Shots]:
    """Never without anything to read."""
    if any(texts(found.parts)):
        return found.parts, found.shots
    return (Text(card.nothing(found.reply)), *found.parts), found.shots


def _cut(found: tuple[Part, ...]) -> tuple[Part, ...]:
    """Whole lines of each text, as long as there is room; the last resort."""
    short = shortened_all([text.markdown for text in texts(found)], TEXT)
    rest = iter([Text(one) for one in short])
    kept: list[Part] = []
    for part in found:
        match part:
            case Text():
                kept.append(next(rest))
            case Section(words, beside):
                kept.append(Section(tuple(next(rest) for _one in words), beside))
            case Row() | Gallery() | Line() | Attached():
                kept.append(part)
    return tuple(kept)
