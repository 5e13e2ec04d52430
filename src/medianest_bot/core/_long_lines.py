"""Short names for lines that say more than a button of the narrowest chat can carry.

Too long ones, and those whose button asks a question first. A name is derived from
its line and its question, so the same line always has the same row.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from medianest_bot.core.reply import Choice, Item, Menu, Reply
from medianest_bot.core.store import lines
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.store.lines import Line

log = structlog.get_logger(__name__)

NARROWEST = 48
"""Bytes of a line that fit under a button of the narrowest chat: Telegram takes 64,
of which the chat keeps 16 for whose card it is."""
PICKED = "{}"
"""Where a menu's line takes what was picked."""

_KNOWN = 5000


class LongLines:
    """Keeps long lines under names; `key` makes them impossible to guess."""

    def __init__(self, store: Store, key: bytes, now: Callable[[], datetime]) -> None:
        self._store = store
        self._key = key
        self._now = now
        self._known: set[str] = set()

    async def whole(self, line: str) -> str | None:
        """The line meant by `~name` and what follows it; None where it is unknown."""
        if not line.startswith("~"):
            return line
        name, _space, more = line[1:].partition(" ")
        async with self._store.read() as db:
            kept = await lines.read(db, name)
        if kept is None:
            return None
        if PICKED in kept.line:
            # Nothing behind the name: nothing was picked.
            return kept.line.replace(PICKED, more).strip()
        return f"{kept.line} {more}".strip()

    async def question(self, line: str) -> str | None:
        """What the button of `~name` asks first; None where it asks nothing."""
        name = line.removeprefix("~")
        if name == line or " " in name:
            return None
        async with self._store.read() as db:
            kept = await lines.read(db, name)
        return kept.ask if kept is not None else None

    async def shorten(self, reply: Reply) -> Reply:
        """Put names in place of lines the narrowest chat's buttons cannot carry.

        Where they cannot be kept, their buttons are left out: what was done is done,
        and whoever asked must hear of it.
        """
        long: dict[str, Line] = {}
        shortened = _with_lines(reply, lambda line, ask: self._short(line, ask, long))
        try:
            await self._keep(long)
        except StoreError:
            log.warning("long lines not kept", count=len(long), exc_info=True)
            return _without(shortened, {f"~{name}" for name in long})
        return shortened

    def _short(self, line: str, ask: str | None, long: dict[str, Line]) -> str:
        if ask is None and len(line.encode(errors="replace")) <= NARROWEST:
            return line
        said = line if ask is None else f"{line}\0{ask}"
        mark = hmac.new(self._key, said.encode(errors="replace"), hashlib.sha256)
        name = mark.hexdigest()[:24]
        long[name] = Line(line, ask)
        return f"~{name} {PICKED}" if PICKED in line else f"~{name}"

    async def _keep(self, long: dict[str, Line]) -> None:
        new = {name: one for name, one in long.items() if name not in self._known}
        if not new:
            return
        async with self._store.begin() as tx:
            for name, one in new.items():
                await lines.keep(tx, name, one.line, self._now(), one.ask)
        if len(self._known) > _KNOWN:
            # Written again at their next use, which also says that they are used.
            self._known.clear()
        self._known.update(new)


def _with_lines(reply: Reply, short: Callable[[str, str | None], str]) -> Reply:
    def choice(one: Choice) -> Choice:
        return replace(one, line=short(one.line, one.ask))

    def item(one: Item) -> Item:
        return replace(one, choices=tuple(map(choice, one.choices)))

    def menu(one: Menu) -> Menu:
        options = tuple(replace(o, line=short(o.line, None)) for o in one.options)
        return replace(one, options=options, line=short(one.line, None))

    return replace(
        reply,
        items=tuple(map(item, reply.items)),
        choices=tuple(map(choice, reply.choices)),
        menus=tuple(map(menu, reply.menus)),
    )


def _without(reply: Reply, names: set[str]) -> Reply:
    def lasting(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return tuple(one for one in choices if one.line not in names)

    return replace(
        reply,
        items=tuple(replace(i, choices=lasting(i.choices)) for i in reply.items),
        choices=lasting(reply.choices),
        menus=(),
    )
