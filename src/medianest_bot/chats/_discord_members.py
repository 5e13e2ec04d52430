"""Who belongs to the household's servers: asked for one by one, kept ten minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import discord
import structlog

from medianest_bot.chats._discord_errors import FAILURES
from medianest_bot.services.clock import loop_time

log = structlog.get_logger(__name__)

KEPT_S = 600.0
ASK_S = 1.0
A_SECOND = 10
"""Of a crowd, the rest counts as nobody: all calls share one limit of Discord's."""
_KNOWN = 5000


class Members:
    """Membership by REST: the list of members would be a privileged intent."""

    def __init__(
        self,
        client: discord.Client,
        guilds: Callable[[], Iterable[str]],
        *,
        clock: Callable[[], float] = loop_time,
    ) -> None:
        self._client = client
        self._guilds = guilds
        self._clock = clock
        self._lately: list[float] = []
        self._known: dict[str, tuple[float, bool]] = {}

    async def has(self, account: str) -> bool:
        """True for a member of any of the servers; where nobody answers, for none."""
        known = self._known.get(account)
        if known is not None and self._clock() - known[0] < KEPT_S:
            return known[1]
        if not self._may_ask():
            return False
        asked = [self._is_in(guild, account) for guild in self._guilds()]
        found = await asyncio.gather(*asked)
        if None in found and not any(found):
            return False
        self._remember(account, is_member=any(found))
        return any(found)

    def _may_ask(self) -> bool:
        now = self._clock()
        self._lately = [at for at in self._lately if now - at < 1.0]
        if len(self._lately) >= A_SECOND:
            return False
        self._lately.append(now)
        return True

    async def _is_in(self, guild: str, account: str) -> bool | None:
        """None where Discord did not say."""
        try:
            async with asyncio.timeout(ASK_S):
                await self._client.http.get_member(int(guild), int(account))
        except discord.NotFound:
            return False
        except FAILURES as error:
            log.warning("membership unknown", reason=type(error).__name__)
            return None
        return True

    def _remember(self, account: str, *, is_member: bool) -> None:
        self._known[account] = (self._clock(), is_member)
        for oldest in list(self._known)[:-_KNOWN]:
            del self._known[oldest]
