"""Builds what lets people in: signing in with Plex, approvals, invitations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from medianest_bot._web_types import SignIn
from medianest_bot.core._link_ground import Ground
from medianest_bot.core._link_visits import Visits
from medianest_bot.core._link_watch import Joined, LinkWatch
from medianest_bot.core.approvals import Approvals
from medianest_bot.core.invitations import Invitations
from medianest_bot.core.linking import Linking
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.plex import Plex
from medianest_bot.settings import Settings

NAMELESS = "this household"
_NAME_S = 1.0
"""A page does not wait longer for the server to say what it is called."""


@dataclass(frozen=True, slots=True)
class SigningIn:
    linking: Linking
    approvals: Approvals
    invitations: Invitations
    visits: Visits
    watch: LinkWatch


async def signing_in(ground: Ground, name: Household, joined: Joined) -> SigningIn:
    """All of it, ready to go on with what a stop left half-way."""
    linking = Linking(ground)
    await linking.open()
    return SigningIn(
        linking=linking,
        approvals=Approvals(ground, linking.changed),
        invitations=Invitations(ground.store, ground.outbox, ground.now),
        visits=Visits(ground, name.name, linking.changed, linking.ways_back),
        watch=LinkWatch(ground, linking, joined),
    )


def pages(
    settings: Settings, visits: Visits, derive: Callable[[str], bytes]
) -> SignIn | None:
    """The sign-in pages, where browsers can reach us."""
    if settings.public_url is None:
        return None
    return SignIn(
        visiting=visits,
        public_url=settings.public_url,
        plex_auth_url=settings.plex_auth_url,
        csrf_key=derive("link pages"),
        trusted_proxies=settings.trusted_proxies,
    )


class Household:
    """What the household is called: as set, else as its server is."""

    def __init__(self, given: str | None, plex: Plex | None) -> None:
        self._given = given
        self._plex = plex

    async def name(self) -> str:
        if self._given is None and self._plex is not None:
            try:
                async with asyncio.timeout(_NAME_S):
                    self._given = (await self._plex.identity()).name
            except (ServiceError, TimeoutError):
                return NAMELESS
        return self._given or NAMELESS
