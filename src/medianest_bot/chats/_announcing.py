"""What has come for somebody, said once under its card where the household talks.

Everybody there sees the card anyway, so nobody learns anything about anybody. At best:
where it cannot be said, it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from medianest_bot.core.house import House
from medianest_bot.core.reply import Reply, Tone
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import strangers
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.errors import StoreError

log = structlog.get_logger(__name__)

OF_SOMEBODY = ("request:", "download:")


@dataclass(frozen=True, slots=True)
class Announcing:
    """Knows what was said already; `is_on` is the household's wish."""

    house: House
    platform: str
    is_on: bool

    async def is_due(self, card: Card, reply: Reply) -> bool:
        """True the first time that a card of the household's chat shows its good end.

        Once for each thing in each place, though several cards may show it.
        """
        is_end = reply.tone is Tone.GOOD and not reply.busy
        is_ours = card.place_kind == PlaceKind.HOUSEHOLD and is_end
        if not (self.is_on and is_ours and card.subject.startswith(OF_SOMEBODY)):
            return False
        said = f"came {card.place} {card.subject}"
        try:
            async with self.house.store.begin() as tx:
                return await strangers.told(tx, self.platform, said, self.house.now())
        except StoreError:
            log.warning("not announced", subject=card.subject, exc_info=True)
            return False


def told(reply: Reply) -> Reply:
    """Its words alone: the card stands right above."""
    return replace(
        reply,
        fields=(),
        items=(),
        picture=None,
        files=(),
        progress=None,
        choices=(),
        menus=(),
        links=(),
        copy="",
        follows=None,
    )
