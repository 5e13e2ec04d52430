"""What a chat offers the outbox, and for whom something is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store.cards import Card


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom something is drawn when nobody has just asked."""

    platform: str
    account: str
    place: str
    kind: PlaceKind = PlaceKind.PRIVATE


class Closed(Exception):
    """Somebody lets us write no more, for now: `outbox.reachable_again` says when."""


class Away(Exception):
    """The chat does not answer for now: worth another try, and no record of a fault."""


class Port(Protocol):
    """What a chat offers the outbox. Methods may take as long as the chat does."""

    platform: str
    only_place: str | None
    """The one place whose messages are still there; None where all may be."""

    def pace_s(self, card: Card) -> float:
        """Least seconds between two redraws of this card."""
        ...

    async def edit(self, card: Card, reply: Reply) -> bool:
        """Redraw a sent message; False when it is gone for good. May raise Closed."""
        ...

    async def tell(self, account: str, reply: Reply) -> bool:
        """Send a message to somebody; False when the chat refuses for good."""
        ...

    async def post(
        self, place: str, thread: str | None, account: str, reply: Reply
    ) -> bool:
        """Send to an admin room what `account` in it may see; False where none is.

        What follows something is a card of that account from then on. May raise
        Closed.
        """
        ...


Draw = Callable[[str, Reader], Awaitable[Reply]]
"""Runs a drawing line for a reader: `dispatch.draw`."""


class Ports:
    """The chats that are open, by platform; `arrived` are those just opened."""

    def __init__(self) -> None:
        self._open: dict[str, Port] = {}
        self.arrived: set[str] = set()

    def add(self, port: Port) -> None:
        self._open[port.platform] = port
        self.arrived.add(port.platform)

    def remove(self, port: Port) -> None:
        if self._open.get(port.platform) is port:
            del self._open[port.platform]

    def get(self, platform: str) -> Port | None:
        return self._open.get(platform)


def fingerprint(reply: Reply) -> str:
    """The same for replies that look the same."""
    return hashlib.sha256(repr(reply).encode(errors="replace")).hexdigest()[:32]
