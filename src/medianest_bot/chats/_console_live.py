"""The cards above the prompt that still change, and what is printed for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medianest_bot.chats._console_render import Line, render
from medianest_bot.chats._console_talk import Shown


@dataclass(frozen=True, slots=True)
class Room:
    """Columns and rows that live cards may take together."""

    width: int
    rows: int


class Live:
    """Keeps live cards within their room; whatever leaves it is printed.

    A card lives while more happens to it, or until the next output when it was
    drawn over the one that was pressed. One pushed out for want of room is printed
    as it is, and once more when it has come to rest.
    """

    def __init__(
        self,
        room: Callable[[], Room],
        mark_of: Callable[[Shown], str],
        put: Callable[[tuple[Line, ...]], None],
    ) -> None:
        self._room = room
        self._mark_of = mark_of
        self._print = put
        self._cards: dict[int, Shown] = {}
        self._pushed_out: set[int] = set()

    def answer(self, shown: Shown, *, is_here: bool) -> None:
        """Take a new reply, or with `is_here` one over the card that was pressed."""
        self._settle(shown.number)
        if shown.is_alive or is_here:
            self._hold(shown)
            return
        self._let_go(shown)

    def redraw(self, shown: Shown) -> None:
        """Take a card as it is now."""
        is_quiet = shown.is_alive and shown.number in self._pushed_out
        if is_quiet:
            return
        if shown.is_alive:
            self._hold(shown)
            return
        self._let_go(shown)

    def news(self, shown: Shown) -> None:
        self._let_go(shown)

    def lines(self) -> tuple[Line, ...]:
        """The live cards as they stand, oldest first."""
        return tuple(
            line for shown in self._cards.values() for line in self._draw(shown)
        )

    def end(self) -> None:
        """Print what still lives, for good."""
        for shown in list(self._cards.values()):
            self._let_go(shown)

    def _hold(self, shown: Shown) -> None:
        self._cards[shown.number] = shown
        self._pushed_out.discard(shown.number)
        while self._cards and len(self.lines()) > self._room().rows:
            oldest = next(iter(self._cards.values()))
            self._let_go(oldest)
            self._pushed_out.add(oldest.number)

    def _settle(self, except_number: int) -> None:
        """Print cards at rest before something newer is shown."""
        for shown in list(self._cards.values()):
            if not shown.is_alive and shown.number != except_number:
                self._let_go(shown)

    def _let_go(self, shown: Shown) -> None:
        self._cards.pop(shown.number, None)
        self._pushed_out.discard(shown.number)
        self._print(self._draw(shown))

    def _draw(self, shown: Shown) -> tuple[Line, ...]:
        return render(shown.reply, self._room().width, self._mark_of(shown))
