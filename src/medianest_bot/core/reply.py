"""What a command answers: plain text and data, dressed by each chat in its own way.

Nothing here is escaped, cut or marked up. A chat shows what it can and degrades
the rest: items become a list with buttons, a picture that fails becomes text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How something is meant; chats turn it into a colour or a sign."""

    PLAIN = "plain"
    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"


class Show(StrEnum):
    """Where a reply goes."""

    NEW = "new"
    HERE = "here"
    """Redraws the card that was pressed."""
    NOTE = "note"
    """Only the person who pressed or typed sees it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. Pressing it runs `line` as the person who pressed.

    With `ask`, the chat asks that question first and appends the answer to the
    line.
    """

    label: str
    line: str
    tone: Tone = Tone.PLAIN
    ask: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a menu; `line` is what toggling or choosing it alone runs."""

    label: str
    value: str
    line: str
    picked: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """Several things of which any may be picked.

    A chat with multi-select menus sends `line` with the picked values, comma
    separated, in place of `{}`; one without runs the option's own line, which
    toggles it and redraws.
    """

    label: str
    options: tuple[Option, ...]
    line: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: bytes, or where it is.

    `source` is a public https address, or `plex:/path` for one that only the house
    may fetch (with `house.pictures.read`).
    """

    alt: str
    source: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """`leads`: it is what to press first, so it stands before the choices."""

    label: str
    url: str
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` from 0 to 1, or None while it cannot be told."""

    fraction: float | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list."""

    title: str
    text: str = ""
    picture: Picture | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `follows` names the subject whose changes redraw this card.

    `busy` says that more will happen by itself, without anybody doing anything.
    `only`: nobody but the person who asked may press its choices.
    """

    title: str = ""
    text: str = ""
    fields: tuple[Field, ...] = ()
    items: tuple[Item, ...] = ()
    picture: Picture | None = None
    files: tuple[File, ...] = ()
    progress: Progress | None = None
    choices: tuple[Choice, ...] = ()
    menus: tuple[Menu, ...] = ()
    links: tuple[Link, ...] = ()
    copy: str = ""
    tone: Tone = Tone.PLAIN
    follows: str | None = None
    busy: bool = False
    show: Show = Show.NEW
    only: bool = False
    failed: bool = False
    """True where something broke that should not have; the record is in the log."""

    def every_choice(self) -> tuple[Choice, ...]:
        """All buttons in the order a chat numbers them: items first."""
        of_items = (choice for item in self.items for choice in item.choices)
        return (*of_items, *self.choices)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An autocomplete entry: what is shown and what is filled in."""

    label: str
    value: str
