"""What a Discord message is made of: plain values, one for each kind of component."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from medianest_bot.core.reply import File, Picture

COMPONENTS = 40
"""Of one message, all that are inside others counted."""
TEXT = 4000
"""Units of all its texts together."""
CONTENT = 2000
IN_A_ROW = 5
OPTIONS = 25
LABEL = 80
ID = 100
OPTION = 100
PLACEHOLDER = 150
URL = 512
ALT = 1024
FILES = 10


@dataclass(frozen=True, slots=True)
class Text:
    markdown: str


@dataclass(frozen=True, slots=True)
class Button:
    """Has either an `id` or a `url`.

    `style` is "secondary", "success", "danger" or "primary"; of a link "link".
    """

    label: str
    id: str = ""
    url: str = ""
    style: str = "secondary"


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    value: str
    description: str = ""
    picked: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """Any number of its options may be picked, and none."""

    id: str
    options: tuple[Option, ...]
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture in its place: a public address, or "attachment://" and a name."""

    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Up to three texts with a button or a small picture at their right."""

    texts: tuple[Text, ...]
    beside: Button | Shot


@dataclass(frozen=True, slots=True)
class Gallery:
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Sets apart what is above it from what is below."""


@dataclass(frozen=True, slots=True)
class Row:
    """Up to five buttons, or one menu."""

    parts: tuple[Button, ...] | tuple[Menu]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file to be opened: "attachment://" and its name."""

    url: str


Part = Text | Section | Gallery | Line | Row | Attached


@dataclass(frozen=True, slots=True)
class Card:
    """The one container of a message; `colour` is that of its edge."""

    parts: tuple[Part, ...]
    colour: int | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that Discord cannot fetch, and what it is called in the message."""

    name: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: a card, or Markdown of a few words as `content`.

    A message that was a card stays one: Discord takes no `content` for it again.
    """

    content: str = ""
    card: Card | None = None
    uploads: tuple[Upload, ...] = ()
    files: tuple[File, ...] = ()
    summary: str = ""
    """The first of its words without any markup."""
    is_private: bool = False
    """True where nobody but the person who asked may see it."""


def inside(part: Part) -> Iterator[Text | Button | Menu | Shot]:
    """What is counted inside a part."""
    match part:
        case Section():
            yield from part.texts
            yield part.beside
        case Row():
            yield from part.parts
        case _:
            pass


def components(parts: tuple[Part, ...]) -> int:
    """How many a card of these parts has, itself included."""
    return 1 + sum(1 + sum(1 for _one in inside(part)) for part in parts)


def texts(parts: tuple[Part, ...]) -> Iterator[Text]:
    for part in parts:
        if isinstance(part, Text):
            yield part
        elif isinstance(part, Section):
            yield from part.texts
