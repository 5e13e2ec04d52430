"""What the sign-in pages ask of the core: the browser's side of a sign-in."""

from __future__ import annotations

from typing import Protocol

from medianest_bot.core._link_types import Onward, Visit


class Visiting(Protocol):
    """Every method always answers with a page: nothing of ours breaks in a browser."""

    async def look(self, state: str, cookie: str | None) -> Visit:
        """The page of a link. Changes nothing: chats fetch links for a preview.

        The browser that went on from it sees where it was: it may have gone back.
        """
        ...

    async def go_on(self, state: str, cookie: str | None) -> Onward | Visit:
        """*Continue with Plex* was pressed; `cookie` is what this browser brought.

        The same browser may press twice and goes to the same place.
        """
        ...

    async def not_me(self, state: str) -> Visit:
        """*This is not me* was pressed: the sign-in ends, and the chat is told."""
        ...

    async def back(self, second: str, cookie: str | None) -> Visit:
        """A browser comes back from Plex. One without the cookie ends the sign-in."""
        ...
