"""A Reply as lines for a terminal: one pure function for plain and coloured text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import count

from medianest_bot.chats._console_text import (
    cut,
    padded,
    paragraphs,
    printable,
    width_of,
    wrapped,
)
from medianest_bot.core.reply import (
    Choice,
    Field,
    File,
    Item,
    Link,
    Menu,
    Option,
    Progress,
    Reply,
    Tone,
)
from medianest_bot.core.words import _, size

Span = tuple[str, str]
"""A style by name ("class:title"; "" for none) and the text that wears it."""
Line = tuple[Span, ...]

SIGNS = {
    Tone.PLAIN: "",
    Tone.GOOD: "✓",
    Tone.BUSY: "…",
    Tone.WARN: "!",
    Tone.BAD: "✗",
}
_NARROWEST = 24
_BAR = 20
_NAME = 24
_LABEL = 48
_TEXT_LINES = 200
_TITLE_LINES = 3
_VALUE_LINES = 6
_ITEM_LINES = 4


def render(reply: Reply, width: int = 80, mark: str = "") -> tuple[Line, ...]:
    """The lines of a reply, each at most `width` cells wide; only links are longer.

    What can be pressed is numbered: the choices of items, those of the card, then
    the options of menus, each number after `mark`.
    """
    width = max(width, _NARROWEST)
    numbers = (f"[{mark}{number}]" for number in count(1))
    return (
        *_heading(reply, width),
        *_fields(reply.fields, width),
        *_progress(reply.progress, width),
        *_picture(reply, width),
        *_items(reply.items, numbers, width),
        *_buttons(reply.choices, numbers, width, "  "),
        *_menus(reply.menus, numbers, width),
        *_links(reply.links),
        *_copy(reply.copy),
        *_files(reply.files, width),
    )


def plain(lines: Iterable[Line]) -> str:
    """Rendered lines without styles."""
    return "\n".join("".join(text for _style, text in line).rstrip() for line in lines)


def _heading(reply: Reply, width: int) -> Iterator[Line]:
    """Title and text; the sign of the tone stands before whichever comes first."""
    sign = f"{SIGNS[reply.tone]} " if SIGNS[reply.tone] else ""
    tone = f"class:{reply.tone.value}"
    room = width - len(sign)
    lines = [
        ("class:title", line)
        for line in wrapped(printable(reply.title), room, _TITLE_LINES)
        if line
    ]
    lines += [("", line) for line in _flowing(reply.text, room, _TEXT_LINES)]
    for index, line in enumerate(lines):
        before = sign if index == 0 else " " * len(sign)
        yield ((tone, before), line) if before else (line,)


def _flowing(text: str, width: int, most: int) -> list[str]:
    """Paragraphs in lines; empty ones are kept between others only."""
    lines = [
        line
        for paragraph in paragraphs(text.strip())
        for line in wrapped(paragraph, width, most)
    ]
    if len(lines) > most:
        lines = [*lines[: most - 1], "…"]
    return lines if any(lines) else []


def _fields(fields: tuple[Field, ...], width: int) -> Iterator[Line]:
    longest = min(_NAME, width // 2)
    names = [cut(printable(field.name), longest) for field in fields]
    widest = max(map(width_of, names), default=0)
    room = max(width - widest - 4, 8)
    for name, field in zip(names, fields, strict=True):
        values = _flowing(field.value, room, _VALUE_LINES) or [""]
        for index, value in enumerate(values):
            shown = padded(name if index == 0 else "", widest)
            yield ("class:name", f"  {shown}  "), ("", value)


def _progress(progress: Progress | None, width: int) -> Iterator[Line]:
    if progress is None:
        return
    share = progress.fraction
    text = printable(progress.text)
    if share is None or math.isnan(share):
        yield (("class:busy", cut(f"  … {text}", width)),)
        return
    share = min(1.0, max(0.0, share))
    full = int(share * _BAR)
    bar = "█" * full + "░" * (_BAR - full)
    said = cut(f" {math.floor(share * 100):3d}%  {text}", width - _BAR - 2)
    yield ("", "  "), ("class:bar", bar), ("", said)


def _picture(reply: Reply, width: int) -> Iterator[Line]:
    """What a picture shows, unless the title says the same."""
    alt = printable(reply.picture.alt) if reply.picture else ""
    if alt and alt.casefold() not in printable(reply.title).casefold():
        yield (("class:faint", cut(f"  ({alt})", width)),)


def _items(
    items: tuple[Item, ...], numbers: Iterator[str], width: int
) -> Iterator[Line]:
    for item in items:
        yield from _item(item, numbers, width)


def _item(item: Item, numbers: Iterator[str], width: int) -> Iterator[Line]:
    """Title, text and buttons; a lone button stands beside the title."""
    title = printable(item.title)
    beside: Line = ()
    if len(item.choices) == 1:
        beside = (("", "  "), *_button(item.choices[0], next(numbers), width))
    room = width - 4 - sum(width_of(text) for _style, text in beside)
    is_tight = room < min(width_of(title), width // 2)
    title = cut(title, width - 4 if is_tight else room)
    yield ("", "  • "), ("class:item", title), *(() if is_tight else beside)
    if is_tight:
        yield ("", "  "), *beside
    for line in _flowing(item.text, width - 4, _ITEM_LINES):
        yield (("class:faint", f"    {line}"),)
    if len(item.choices) > 1:
        yield from _buttons(item.choices, numbers, width, "    ")


def _buttons(
    choices: Iterable[Choice], numbers: Iterator[str], width: int, indent: str
) -> Iterator[Line]:
    """Buttons side by side, as many to a line as fit."""
    row: list[Span] = []
    used = 0
    for choice in choices:
        button = _button(choice, next(numbers), width)
        wide = 2 + sum(width_of(text) for _style, text in button)
        if row and used + wide > width - len(indent):
            yield ("", indent), *row
            row, used = [], 0
        row += [*([("", "  ")] if row else []), *button]
        used += wide
    if row:
        yield ("", indent), *row


def _button(choice: Choice, number: str, width: int) -> Line:
    more = "…" if choice.ask else ""
    longest = min(_LABEL, width - len(number) - len(more) - 5)
    label = cut(printable(choice.label), longest) or "…"
    if not label.endswith("…"):
        label += more
    return ("class:number", number), (f"class:{choice.tone.value}", f" {label}")


def _menus(
    menus: tuple[Menu, ...], numbers: Iterator[str], width: int
) -> Iterator[Line]:
    for menu in menus:
        if menu.label:
            yield (("class:name", cut(f"  {printable(menu.label)}", width)),)
        yield from _buttons(map(_toggle, menu.options), numbers, width, "  ")


def _toggle(option: Option) -> Choice:
    box = "☑" if option.picked else "☐"
    return Choice(f"{box} {option.label}", option.line)


def _links(links: tuple[Link, ...]) -> Iterator[Line]:
    """Never cut: half an address leads nowhere."""
    for link in links:
        label = cut(printable(link.label), _LABEL)
        url = printable(link.url).replace(" ", "%20")
        name: Line = (("class:name", f"  {label}: "),) if label else (("", "  "),)
        yield *name, ("class:link", url)


def _copy(text: str) -> Iterator[Line]:
    if text:
        label = _("To copy")
        yield ("class:name", f"  {label}: "), ("class:link", printable(text))


def _files(files: tuple[File, ...], width: int) -> Iterator[Line]:
    for file in files:
        said = f"  {printable(file.name)} ({size(len(file.data))})"
        yield (("class:faint", cut(said, width)),)
