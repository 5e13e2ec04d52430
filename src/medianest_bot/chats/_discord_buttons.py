"""The buttons and menus of a Reply for Discord, and how they stand in rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from medianest_bot.chats import _discord_parts as parts
from medianest_bot.chats._addresses import is_button
from medianest_bot.chats._discord_ids import Kind, packed
from medianest_bot.chats._discord_parts import Button, Row
from medianest_bot.chats._discord_text import is_visible, one_line, plain
from medianest_bot.core.reply import Choice, Item, Link, Menu, Option, Tone

_GREEN = "success"
_BLUE = "primary"
_STYLES = {Tone.GOOD: _GREEN, Tone.BAD: "danger"}
_LABEL = 40
"""Units of a label; a phone shows no more of it."""
_MOST_NTH = 99


@dataclass(slots=True)
class Ids:
    """The ids of one message, of which Discord wants no two to be equal."""

    asker: str | None
    _used: set[str] = field(default_factory=set)

    def another(self, line: str, kind: Kind = Kind.LINE) -> str:
        """Empty where there can be none."""
        for nth in range(1, _MOST_NTH):
            found = packed(line, self.asker, kind, nth)
            if found not in self._used:
                if found:
                    self._used.add(found)
                return found
        return ""


def buttons(
    choices: Iterable[Choice], ids: Ids, kind: Kind = Kind.LINE
) -> Iterator[Button]:
    """The first good one is green; more green would say nothing."""
    is_green = True
    for choice in choices:
        found = ids.another(choice.line, kind if choice.ask is None else Kind.ASKS)
        if found:
            label = _label(choice.label, "" if choice.ask is None else "…")
            style = _STYLES.get(choice.tone, "secondary")
            if style == _GREEN and not is_green:
                style = _BLUE
            is_green = is_green and style != _GREEN
            yield Button(label, id=found, style=style)


def of_item(item: Item, ids: Ids, before: str = "") -> tuple[Button, ...]:
    """Those of one row among several, where too much green would shout."""
    return tuple(
        Button(
            f"{before}{one.label}",
            id=one.id,
            style=_BLUE if one.style == _GREEN else one.style,
        )
        for one in buttons(item.choices, ids, Kind.ROW)
    )


def links(found: Iterable[Link]) -> Iterator[Button]:
    for link in found:
        if is_pressed(link):
            host = urlsplit(link.url).hostname or ""
            shown = link.label if is_visible(one_line(link.label)) else host
            yield Button(_label(shown), url=link.url, style="link")


def is_pressed(link: Link) -> bool:
    """True where Discord takes it under a button."""
    return len(link.url) <= parts.URL and is_button(link.url)


def in_rows(found: Iterable[Button], width: int = parts.IN_A_ROW) -> Iterator[Row]:
    rest = tuple(found)
    while rest:
        yield Row(rest[:width])
        rest = rest[width:]


def width(items: Iterable[Item]) -> int:
    """How many buttons stand in a row so that none is apart from those of its item."""
    most = max((len(item.choices) for item in items), default=1)
    most = min(max(most, 1), parts.IN_A_ROW)
    return parts.IN_A_ROW - parts.IN_A_ROW % most


def menu_row(menu: Menu, ids: Ids) -> Iterator[Row]:
    options = tuple(_options(menu.options))
    found = ids.another(menu.line, Kind.MENU) if options else ""
    if found:
        placeholder = plain(one_line(menu.label), parts.PLACEHOLDER)
        yield Row((parts.Menu(found, options, placeholder),))


def _options(options: Iterable[Option]) -> Iterator[parts.Option]:
    """Those that Discord takes, which wants no value twice."""
    used: set[str] = set()
    for option in options:
        value = option.value
        is_new = plain(value, parts.OPTION) == value and value not in used
        if not is_new or not value.strip() or len(used) == parts.OPTIONS:
            continue
        used.add(value)
        label, _between, more = one_line(option.label).partition(" · ")
        yield parts.Option(
            _label(label, most=parts.OPTION),
            value,
            plain(more, parts.OPTION) if is_visible(more) else "",
            option.picked,
        )


def _label(text: str, more: str = "", most: int = _LABEL) -> str:
    label = plain(one_line(text), most)
    if not is_visible(label):
        return "…"
    return label if label.endswith("…") else label + more
