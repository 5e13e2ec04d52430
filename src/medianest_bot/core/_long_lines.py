"""Short names for lines that are too long for a button of the narrowest chat.

A name is derived from its line, so the same line always has the same row.
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

log = structlog.get_logger(__name__)

NARROWEST = 64
"""Bytes a button can carry in the narrowest chat (Telegram's callback_data)."""
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
        if PICKED in kept and more:
            return kept.replace(PICKED, more)
        return f"{kept} {more}".strip()

    async def shorten(self, reply: Reply) -> Reply:
        """Put names in place of lines too long for the narrowest chat's buttons.

        Where they cannot be kept, their buttons are left out: what was done is done,
        and whoever asked must hear of it.
        """
        long: dict[str, str] = {}
        shortened = _with_lines(reply, lambda line: self._short(line, long))
        try:
            await self._keep(long)
        except StoreError:
            log.warning("long lines not kept", count=len(long), exc_info=True)
            return _without(shortened, {f"~{name}" for name in long})
        return shortened

    def _short(self, line: str, long: dict[str, str]) -> str:
        if len(line.encode(errors="replace")) <= NARROWEST:
            return line
        mark = hmac.new(self._key, line.encode(errors="replace"), hashlib.sha256)
        name = mark.hexdigest()[:24]
        long[name] = line
        return f"~{name} {PICKED}" if PICKED in line else f"~{name}"

    async def _keep(self, long: dict[str, str]) -> None:
        new = {name: line for name, line in long.items() if name not in self._known}
        if not new:
            return
        async with self._store.begin() as tx:
            for name, line in new.items():
                await lines.keep(tx, name, line, self._now())
        if len(self._known) > _KNOWN:
            # Written again at their next use, which also says that they are used.
            self._known.clear()
        self._known.update(new)


def _with_lines(reply: Reply, short: Callable[[str], str]) -> Reply:
    def choice(one: Choice) -> Choice:
        return replace(one, line=short(one.line))

    def item(one: Item) -> Item:
        return replace(one, choices=tuple(map(choice, one.choices)))

    def menu(one: Menu) -> Menu:
        options = tuple(replace(o, line=short(o.line)) for o in one.options)
        return replace(one, options=options, line=short(one.line))

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
