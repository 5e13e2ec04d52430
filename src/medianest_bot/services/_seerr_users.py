"""Seerr's users: all of them, made from Plex accounts, and where they can be told.

Overseerr and Seerr before 3.3 keep one Discord id for each user (`discordId`), Seerr
from 3.3 on several (`discordIds`).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from medianest_bot.services import _seerr_reading as reading
from medianest_bot.services._seerr_calls import Calls, user_id, whole
from medianest_bot.services._seerr_models import About, Chats, User
from medianest_bot.services.errors import Unreadable
from medianest_bot.services.loose import text

_A_PAGE = 100
_MOST = 10_000
_SEVERAL_SINCE = (3, 3)
_ABOUT_THE_SERVER = frozenset(
    {
        "emailEnabled",
        "discordEnabled",
        "discordEnabledTypes",
        "telegramEnabled",
        "telegramBotUsername",
        "webPushEnabled",
    }
)
"""What an answer says beside the user's own settings."""


class Users:
    """`about` tells which of the products it is."""

    def __init__(self, calls: Calls, about: Callable[[], Awaitable[About]]) -> None:
        self._calls = calls
        self._about = about
        self.names: dict[int, str] = {}
        """As last read."""

    async def all(self) -> tuple[User, ...]:
        found: list[User] = []
        for skip in range(0, _MOST, _A_PAGE):
            params = {"take": _A_PAGE, "skip": skip}
            answer = await self._calls.get("/user", params=params)
            found += whole(answer, reading.users)
            if reading.total(answer.json(), 0) <= skip + _A_PAGE:
                break
        self.names = {one.id: one.name for one in found}
        return tuple(found)

    async def import_from_plex(self, plex_ids: Collection[int]) -> None:
        owner = await self._calls.check_key()
        answer = await self._calls.act(
            "POST",
            "/user/import-from-plex",
            as_user=owner.id,
            json={"plexIds": [str(int(one)) for one in plex_ids]},
        )
        # New ones come without their Plex ids, known ones not at all.
        if not isinstance(answer.json(), list):
            raise Unreadable(answer.service, status=answer.status)

    async def chats(self, user: int) -> Chats:
        return _chats(await self._read(user))

    async def add_chats(self, user: int, chats: Chats) -> bool:
        known = await self._read(user)
        new = _discord(known, chats, is_list=await self._is_list(known))
        if chats.telegram and not known.get("telegramChatId"):
            new["telegramChatId"] = chats.telegram
        if not new:
            return False
        # Seerr 3.3 empties a list that is not sent along.
        kept = {k: v for k, v in known.items() if v is not None}
        body = {k: v for k, v in kept.items() if k not in _ABOUT_THE_SERVER} | new
        path = f"/user/{user}/settings/notifications"
        await self._calls.act("POST", path, as_user=user, json=body)
        return True

    async def _read(self, user: int) -> dict[str, Any]:
        path = f"/user/{user_id(user)}/settings/notifications"
        return (await self._calls.get(path)).object()

    async def _is_list(self, known: Mapping[str, Any]) -> bool:
        """Whether this server keeps several; who never set any has neither field."""
        if "discordIds" in known or "discordId" in known:
            return "discordIds" in known
        about = await self._about()
        version = re.match(r"v?(\d{1,4})\.(\d{1,4})", about.version)
        if about.product != "Seerr" or version is None:
            return False
        return (int(version[1]), int(version[2])) >= _SEVERAL_SINCE


def _chats(known: Mapping[str, Any]) -> Chats:
    several = known.get("discordIds")
    found = [*several] if isinstance(several, list) else []
    ids = [one for one in map(text, [*found, known.get("discordId")]) if one]
    return Chats(tuple(dict.fromkeys(ids)), text(known.get("telegramChatId")) or None)


def _discord(
    known: Mapping[str, Any], chats: Chats, *, is_list: bool
) -> dict[str, Any]:
    """What is to be written; somebody's one place is never taken from them."""
    there = _chats(known).discord
    missing = [one for one in chats.discord if one not in there]
    if is_list:
        return {"discordIds": [*there, *missing]} if missing else {}
    return {"discordId": missing[0]} if missing and not there else {}
