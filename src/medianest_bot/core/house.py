"""The house as commands see it: everything that is open while the bot runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from medianest_bot.core.approvals import Approvals
from medianest_bot.core.claiming import Claims
from medianest_bot.core.command import Commands
from medianest_bot.core.downloads import Downloads
from medianest_bot.core.health import Health
from medianest_bot.core.invitations import Invitations
from medianest_bot.core.limits import Limits
from medianest_bot.core.linking import Linking
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.pictures import Pictures
from medianest_bot.core.places import Places
from medianest_bot.core.requests import Requests
from medianest_bot.core.search import Search
from medianest_bot.core.store.engine import Store
from medianest_bot.services.plex import Plex
from medianest_bot.services.seerr import Seerr
from medianest_bot.services.uptime_kuma import UptimeKuma


@dataclass(frozen=True, slots=True)
class House:
    """Neighbours that are not configured are None."""

    commands: Commands
    store: Store
    limits: Limits
    outbox: Outbox
    search: Search
    requests: Requests
    downloads: Downloads
    health: Health
    pictures: Pictures
    places: Places
    claims: Claims
    linking: Linking
    approvals: Approvals
    invitations: Invitations
    plex: Plex | None
    seerr: Seerr | None
    kuma: UptimeKuma | None
    now: Callable[[], datetime]
