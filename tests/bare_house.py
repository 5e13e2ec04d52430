"""A house with a real store and no neighbours, around commands of a test's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core._link_ground import Ground
from medianest_bot.core._link_secrets import LinkSecrets
from medianest_bot.core.approvals import Approvals
from medianest_bot.core.claiming import Claims
from medianest_bot.core.command import Commands
from medianest_bot.core.downloads import Downloads
from medianest_bot.core.health import Health
from medianest_bot.core.house import House
from medianest_bot.core.invitations import Invitations
from medianest_bot.core.limits import Limits
from medianest_bot.core.linking import Linking
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.pictures import Pictures
from medianest_bot.core.places import Places
from medianest_bot.core.requests import Requests
from medianest_bot.core.search import Search
from medianest_bot.core.secrets import Key, Keyring
from medianest_bot.core.store.engine import Store
from medianest_bot.services.lanes import Lanes
from medianest_bot.services.videos import Videos


def bare_house(
    store: Store,
    outbox: Outbox,
    lanes: Lanes,
    folder: Path,
    commands: Commands,
    now: Callable[[], datetime],
) -> House:
    limits = Limits(store, now)
    videos = Videos(lanes, ())
    ground = _ground(store, outbox, now)
    linking = Linking(ground)
    return House(
        commands=commands,
        store=store,
        limits=limits,
        outbox=outbox,
        search=Search(store, None, None, videos, now),
        requests=Requests(store, None, outbox, limits, now),
        downloads=Downloads(
            store,
            outbox,
            limits,
            now,
            lanes=lanes,
            videos=videos,
            rules=(),
            plex=None,
            folder=folder,
        ),
        health=Health(store, outbox, now, {}),
        pictures=Pictures(None),
        places=Places(store, outbox, now),
        linking=linking,
        approvals=Approvals(ground, linking.changed),
        claims=Claims(store, b"k" * 32, now),
        invitations=Invitations(store, outbox, now),
        plex=None,
        seerr=None,
        kuma=None,
        now=now,
    )


def _ground(store: Store, outbox: Outbox, now: Callable[[], datetime]) -> Ground:
    return Ground(
        store=store,
        outbox=outbox,
        secrets=LinkSecrets(Keyring([Key("test", bytes(32))])),
        plex=None,
        now=now,
        public_url=None,
        plex_url="https://plex.tv",
        tell_admins=_nobody,
    )


async def _nobody(_tx: AsyncConnection, _line: str, _dedupe: str) -> None:
    """Nobody can sign in here, so there is nothing to tell."""
