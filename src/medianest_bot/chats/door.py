"""Where somebody sits down to talk: who they are, and the road to the house."""

from __future__ import annotations

from dataclasses import dataclass

from medianest_bot.core.context import Asked, Place
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.reply import Choice, Reply
from medianest_bot.core.roles import PlaceKind

PLATFORM = "console"


@dataclass(frozen=True, slots=True)
class Door:
    """One account of the console chat, and what it talks to."""

    dispatch: Dispatch
    outbox: Outbox
    account: str
    shown_name: str
    place_kind: PlaceKind = PlaceKind.PRIVATE

    def asked(self, place: str, *, pressed: bool = False) -> Asked:
        """Who asks, for a line said in `place` (the name of a sitting)."""
        return Asked(
            platform=PLATFORM,
            account=self.account,
            shown_name=self.shown_name,
            place=Place(PLATFORM, place, self.place_kind),
            pressed=pressed,
            asker=self.account if pressed else None,
        )


def pressable(reply: Reply) -> tuple[Choice, ...]:
    """All that can be pressed by number: choices, then the options of menus."""
    toggles = (
        Choice(option.label, option.line)
        for menu in reply.menus
        for option in menu.options
    )
    return (*reply.every_choice(), *toggles)
