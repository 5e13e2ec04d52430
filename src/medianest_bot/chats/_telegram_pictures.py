"""Pictures to upload: read once, then called by the name Telegram gave them."""

from __future__ import annotations

import asyncio

import structlog

from medianest_bot.chats._telegram_incoming import PLATFORM
from medianest_bot.core.house import House
from medianest_bot.core.reply import Picture
from medianest_bot.core.store import sent_pictures as rows
from medianest_bot.core.store.errors import StoreError
from medianest_bot.services.errors import ServiceError

log = structlog.get_logger(__name__)

READ_S = 2.0
"""An answer does not wait longer for its picture."""
_KNOWN = 2000


class Pictures:
    """What Telegram calls the pictures it has already (`file_id`)."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[str, str] = {}

    async def get(self, picture: Picture) -> str | bytes | None:
        """Telegram's name for a picture, else its bytes; None where it has none."""
        if picture.data:
            return picture.data
        return await self._name(picture.source) or await self._read(picture.source)

    async def sent(self, picture: Picture, name: str) -> None:
        """Remember what Telegram calls it, for the next time."""
        source = picture.source
        if picture.data or not source or self._known.get(source) == name:
            return
        self._remember(source, name)
        house = self._house
        try:
            async with house.store.begin() as tx:
                await rows.keep(tx, PLATFORM, source, name, house.now())
        except StoreError:
            log.warning("picture not remembered", exc_info=True)

    async def refused(self, picture: Picture) -> None:
        """Telegram does not take it by that name any more."""
        self._known.pop(picture.source, None)
        try:
            async with self._house.store.begin() as tx:
                await rows.forget(tx, PLATFORM, picture.source)
        except StoreError:
            log.warning("picture not forgotten", exc_info=True)

    async def _name(self, source: str) -> str | None:
        if source in self._known:
            return self._known[source]
        try:
            async with self._house.store.read() as db:
                name = await rows.read(db, PLATFORM, source)
        except StoreError:
            return None
        if name is not None:
            self._remember(source, name)
        return name

    async def _read(self, source: str) -> bytes | None:
        try:
            async with asyncio.timeout(READ_S):
                return await self._house.pictures.read(source)
        except (ServiceError, TimeoutError):
            return None

    def _remember(self, source: str, name: str) -> None:
        self._known[source] = name
        for oldest in list(self._known)[:-_KNOWN]:
            del self._known[oldest]
