"""The buttons of a Reply: what each says and carries, and how they stand in rows.

Telegram's buttons stand below the message, apart from the rows of a list, so that
each says by a number which row it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from medianest_bot.chats._addresses import is_button
from medianest_bot.chats._owned import disowned, owned
from medianest_bot.chats._telegram_text import (
    cut,
    is_visible,
    legible,
    one_line,
    units,
)
from medianest_bot.core.reply import Choice, Item, Link, Menu, Option, Reply, Tone
from medianest_bot.core.words import _

MOST_BUTTONS = 100
DATA_BYTES = 64
COPY = 256
"""What a button can put on the clipboard."""

_STYLES = {Tone.GOOD: "success", Tone.BAD: "danger"}
_LABEL = 48
_HALF = 22
"""Units of a label that a phone shows on a button of half its width."""
_COLUMNS = ((6, 4), (12, 3), (_HALF, 2))
"""Units of the longest toggle, and how many of them stand side by side."""
_TOGGLE = 12
_COPIED = 16

Row = tuple["Button", ...]


@dataclass(frozen=True, slots=True)
class Button:
    """Has exactly one of `data`, `url` and `copy`.

    `style` is "success", "danger", "primary" or nothing.
    """

    text: str
    data: str = ""
    url: str = ""
    copy: str = ""
    style: str = ""


def packed(line: str, asker: str | None) -> str:
    """What a button carries: `line`, and the account whose card it is.

    Empty where Telegram could not take it.
    """
    data = owned(line, asker)
    try:
        fits = len(data.encode()) <= DATA_BYTES
    except UnicodeEncodeError:
        return ""
    return data if line and fits else ""


def unpacked(data: str) -> tuple[str, str | None]:
    """The line and the account that `packed` put together; never fails."""
    return disowned(data)


def rows(reply: Reply, asker: str | None) -> tuple[Row, ...]:
    """All buttons of a reply, in the order a thumb looks for them."""
    own = [
        *(row for menu in reply.menus for row in _menu(menu, asker)),
        *_side_by_side(_links(one for one in reply.links if one.leads)),
        *_first_apart(list(_choices(reply.choices, asker))),
        *_side_by_side(_links(one for one in reply.links if not one.leads)),
        *_copy(reply.copy),
    ]
    own = _at_most(own, MOST_BUTTONS)
    left = MOST_BUTTONS - sum(map(len, own))
    return (*_at_most(_items(reply.items, asker), left), *own)


def is_numbered(items: tuple[Item, ...]) -> bool:
    """True where buttons must say which row they belong to."""
    return len(items) > 1 and any(item.choices for item in items)


def is_of_row(label: str) -> bool:
    """True for the button of one row among several."""
    number, between, _said = label.partition(" · ")
    return bool(between) and number.isdigit()


def toggles(menu: Menu) -> tuple[str, ...]:
    """What the options are called: their first words alone where those tell enough."""
    whole = tuple(one_line(option.label) for option in menu.options)
    if max(map(units, whole), default=0) <= _TOGGLE:
        return whole
    short = tuple(label.partition(" · ")[0] for label in whole)
    return short if all(short) and len(set(short)) == len(short) else whole


def box(option: Option) -> str:
    return "☑" if option.picked else "☐"


def _items(items: tuple[Item, ...], asker: str | None) -> Iterator[Row]:
    """Items with one button share rows; those with more have rows of their own."""
    single: list[Button] = []
    numbered = is_numbered(items)
    for number, item in enumerate(items, 1):
        before = f"{number} · " if numbered else ""
        found = list(_choices(item.choices, asker, before))
        if len(found) == 1:
            single += found
            continue
        if found:
            yield from _side_by_side(single)
            single = []
            yield from _side_by_side(found)
    yield from _side_by_side(single)


def _choices(
    choices: Iterable[Choice], asker: str | None, before: str = ""
) -> Iterator[Button]:
    for choice in choices:
        data = packed(choice.line, asker)
        if data:
            more = "…" if choice.ask else ""
            label = _label(choice.label, more)
            style = _STYLES.get(choice.tone, "")
            yield Button(f"{before}{label}", data=data, style=style)


def _label(text: str, more: str = "") -> str:
    label = cut(one_line(text), _LABEL)
    if not is_visible(label):
        return "…"
    return label if label.endswith("…") else label + more


def _side_by_side(buttons: Iterable[Button]) -> Iterator[Row]:
    """Two to a row; a long label has a row of its own."""
    row: Row = ()
    for button in buttons:
        if units(button.text) > _HALF:
            yield from filter(None, (row, (button,)))
            row = ()
            continue
        row = (*row, button)
        if len(row) == 2:
            yield row
            row = ()
    if row:
        yield row


def _first_apart(buttons: list[Button]) -> Iterator[Row]:
    """What is most likely wanted has a row of its own where there is a choice."""
    if len(buttons) > 2 and buttons[0].style == _STYLES[Tone.GOOD]:
        yield (buttons.pop(0),)
    yield from _side_by_side(buttons)


def _menu(menu: Menu, asker: str | None) -> Iterator[Row]:
    pairs = zip(menu.options, toggles(menu), strict=True)
    found = [
        Button(f"{box(option)} {_label(label)}", data=data)
        for option, label in pairs
        if (data := packed(option.line, asker))
    ]
    if not found:
        return
    longest = max(units(one.text) for one in found)
    columns = next((many for most, many in _COLUMNS if longest <= most), 1)
    # Four in rows of three would be three and one; two and two look better.
    columns = ceil(len(found) / ceil(len(found) / columns))
    for start in range(0, len(found), columns):
        yield tuple(found[start : start + columns])


def _links(links: Iterable[Link]) -> Iterator[Button]:
    for link in links:
        if is_button(link.url):
            shown = link.label if is_visible(link.label) else link.url.split("/")[2]
            yield Button(_label(shown), url=link.url)


def _copy(text: str) -> Iterator[Row]:
    text = legible(text)
    if is_visible(text) and units(text) <= COPY:
        short = units(text) <= _COPIED and "\n" not in text
        label = _("Copy {text}", text=text) if short else _("Copy")
        yield (Button(_label(label), copy=text),)


def _at_most(rows: Iterable[Row], most: int) -> list[Row]:
    kept: list[Row] = []
    for row in rows:
        row = row[:most]  # noqa: PLW2901 - what there is room for
        if row:
            kept.append(row)
        most -= len(row)
    return kept
