"""Every sentence a person reads goes through here, in that person's language.

`_("There is no film called {title}", title=t)` looks the sentence up in the
reader's catalogue and fills it in. The reader is a context variable, so that one
process can speak to many people at once; dispatch and the outbox set it.
"""

from __future__ import annotations

import gettext
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

ENGLISH = "en"
CHATS = {"telegram": "Telegram", "discord": "Discord"}
_reader: ContextVar[str] = ContextVar("reader", default=ENGLISH)


class Sorry(Exception):
    """Says no to a person: English text plus data, worded when it is shown."""

    def __init__(self, text: str, /, **data: object) -> None:
        super().__init__(text)
        self.text = text
        self.data = data

    def worded(self) -> str:
        return _(self.text, **self.data)


@contextmanager
def reading(locale: str | None) -> Iterator[None]:
    """Word everything inside for a reader of this language ("de", "pt-BR", None)."""
    token = _reader.set(nearest(locale or ENGLISH))
    try:
        yield
    finally:
        _reader.reset(token)


def read_on(locale: str | None) -> None:
    """Go on for a reader of this language, up to the end of the `reading` around."""
    _reader.set(nearest(locale or ENGLISH))


def _(text: str, /, **data: object) -> str:
    """`text` in the reader's language, filled in with `data`."""
    worded = _catalogue(_reader.get()).gettext(text)
    return _filled(worded, text, data) if data else worded


def n_(one: str, many: str, count: int, /, **data: object) -> str:
    """The singular or plural form for `count`, which both may name as {count}."""
    worded = _catalogue(_reader.get()).ngettext(one, many, count)
    return _filled(worded, many, {"count": count, **data})


def marked(text: str) -> str:
    """Marks a sentence for translation where it stands; worded later by `_`."""
    return text


def chat_name(platform: str) -> str:
    """What people call a chat."""
    return _("Console") if platform == "console" else CHATS.get(platform, platform)


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`, in words: "3 minutes ago"."""
    from babel.dates import format_timedelta  # noqa: PLC0415 - 30 MB, seldom needed

    # Nothing at all would be worded as the future.
    past = min(moment - now, timedelta(seconds=-1))
    return format_timedelta(past, add_direction=True, locale=_reader.get())


def day(moment: datetime) -> str:
    """The local date in words: "May 4, 2026"."""
    from babel.dates import format_date  # noqa: PLC0415 - 30 MB, seldom needed

    return format_date(moment.astimezone(), format="long", locale=_reader.get())


def span(seconds: float) -> str:
    """A length of time in words: "2 minutes"."""
    from babel.dates import format_timedelta  # noqa: PLC0415 - 30 MB, seldom needed

    return format_timedelta(timedelta(seconds=max(0, seconds)), locale=_reader.get())


def percent(value: float) -> str:
    """A share in words: "99.5 %"; two figures behind the point at most."""
    if _reader.get() == ENGLISH:
        return f"{round(value, 2):g} %"
    from babel.numbers import format_decimal  # noqa: PLC0415 - 30 MB, seldom needed

    return f"{format_decimal(value, '0.##', locale=_reader.get())} %"


def size(count: float) -> str:
    """A number of bytes in words: "3.2 MB"."""
    from babel.numbers import format_decimal  # noqa: PLC0415 - 30 MB, seldom needed

    left = float(count) if 0 <= count < math.inf else 0.0
    units = ["B", "kB", "MB", "GB", "TB"]
    while left >= 999.95 and len(units) > 1:
        left /= 1000
        units.pop(0)
    shape = "0" if units[0] == "B" else "0.0"
    return f"{format_decimal(left, shape, locale=_reader.get())} {units[0]}"


def languages() -> tuple[str, ...]:
    """Every language there is a catalogue for, English first."""
    return tuple(dict.fromkeys((ENGLISH, *sorted(_languages().values()))))


def language() -> str:
    """The language everything is worded in now, as browsers write it ("pt-BR")."""
    return _reader.get().replace("_", "-")


def _filled(worded: str, english: str, data: Mapping[str, object]) -> str:
    """`worded` with `data` in it; a broken translation gives way to English."""
    try:
        return worded.format(**data)
    except (LookupError, ValueError, AttributeError):
        return english.format(**data)


def nearest(locale: str) -> str:
    """The nearest language there is a catalogue for; English where there is none."""
    name = locale.replace("-", "_").lower()
    known = _languages()
    return known.get(name) or known.get(name.split("_")[0]) or ENGLISH


@cache
def _languages() -> dict[str, str]:
    names = (folder.name for folder in _locales().iterdir() if folder.is_dir())
    return {ENGLISH: ENGLISH} | {name.lower(): name for name in names}


@cache
def _catalogue(locale: str) -> gettext.NullTranslations:
    return gettext.translation("bot", _locales(), [locale], fallback=True)


def _locales() -> Path:
    return Path(str(files("medianest_bot"))) / "locales"
