"""The command lists Telegram shows, right for the person and the place.

A hint for the eye only: what somebody may do is checked at every line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from medianest_bot.chats._telegram_incoming import PLATFORM
from medianest_bot.chats._telegram_lane import Lane, PerhapsSent, Rank
from medianest_bot.chats._telegram_text import cut
from medianest_bot.core.command import Command
from medianest_bot.core.house import House
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import config, people
from medianest_bot.core.words import ENGLISH, _, languages, reading

log = structlog.get_logger(__name__)

MOST = 100
LONGEST = 256
STRANGERS = 500
"""Who were looked up in vain; of more than these it is not remembered."""
_LANE = "commands"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a list is for. `chat` is empty for everybody, "groups" for all groups."""

    chat: str
    commands: tuple[Command, ...]


class Lists:
    """Writes the lists that are not what Telegram has."""

    def __init__(self, bot: Bot, lane: Lane, house: House) -> None:
        self._bot = bot
        self._lane = lane
        self._house = house
        self._roles: dict[str, Role | None] = {}
        self._seen: dict[str, Role | None] = {}
        self._strangers: dict[str, None] = {}

    def seen(self, account: str, role: Role | None) -> None:
        """Have the list of somebody who was here written soon; nobody waits for it."""
        if role is None and account in self._strangers:
            return
        if self._roles.get(account, ...) is not role:
            self._seen[account] = role
            self._house.places.changed.set()

    async def sync(self) -> None:
        """Bring every list up to date: everyone, groups, rooms, linked people.

        Ends early where places change meanwhile, for what has to come first then.
        """
        house = self._house
        await self._write(Scope("", self._of_anybody()))
        await self._write(Scope("groups", ()))
        for chat, kind in house.places.known(PLATFORM):
            await self._write(Scope(chat, self._of_room(kind)))
        async with house.store.read() as db:
            linked = await people.of_platform(db, PLATFORM)
        everybody = {one.account: one.role for one in linked}
        while self._seen:
            account, role = self._seen.popitem()
            everybody.pop(account, None)
            await self.of_person(account, role)
        for account, role in everybody.items():
            if house.places.changed.is_set():
                return
            await self.of_person(account, role)

    async def of_person(self, account: str, role: Role | None) -> None:
        """One person's list in the private chat; None: whoever has no role any more."""
        if self._roles.get(account, ...) is role:
            return
        if role is None:
            await self._forget(account)
            return
        self._strangers.pop(account, None)
        self._roles[account] = role
        await self._write(Scope(account, self._for(role, PlaceKind.PRIVATE)))

    async def _forget(self, account: str) -> None:
        """Of strangers, who never had a list, nothing is to be kept."""
        self._roles.pop(account, None)
        if await self._kept(account) is not None:
            await self._write(Scope(account, ()))
        self._strangers[account] = None
        for oldest in list(self._strangers)[:-STRANGERS]:
            del self._strangers[oldest]

    def _of_anybody(self) -> tuple[Command, ...]:
        visible = self._house.commands.visible(Role.GUEST, PlaceKind.PRIVATE)
        return tuple(one for one in visible if one.open or one.name == "help")

    def _of_room(self, kind: PlaceKind) -> tuple[Command, ...]:
        if kind is PlaceKind.HOUSEHOLD:
            return self._for(Role.MEMBER, kind)
        return self._for(Role.ADMIN, kind) if kind is PlaceKind.ADMIN else ()

    def _for(self, role: Role, kind: PlaceKind) -> tuple[Command, ...]:
        return self._house.commands.visible(role, kind)

    async def _write(self, scope: Scope) -> None:
        """Write one list in each of our languages, unless that is what there is."""
        shown = {language: _shown(scope.commands, language) for language in languages()}
        key = _key(scope.chat)
        mark = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
        house = self._house
        if await self._kept(scope.chat) == mark:
            return
        try:
            for language, commands in shown.items():
                code = "" if language == ENGLISH else language[:2]
                await self._put(scope.chat, code, commands)
        except (TelegramError, PerhapsSent) as error:
            # Somebody who has not opened the private chat yet, for one.
            log.info("command list not written", place=scope.chat, reason=str(error))
            self._roles.pop(scope.chat, None)
            return
        async with house.store.begin() as tx:
            await config.put(tx, key, mark, house.now())

    async def _kept(self, chat: str) -> str | None:
        """The mark of what was written last."""
        async with self._house.store.read() as db:
            return await config.get(db, _key(chat))

    async def _put(
        self, chat: str, code: str, commands: Sequence[tuple[str, str]]
    ) -> None:
        scope = _scope(chat)
        listed = [BotCommand(name, said) for name, said in commands]

        async def call() -> bool:
            if not listed:
                return await self._bot.delete_my_commands(scope, code or None)
            return await self._bot.set_my_commands(listed, scope, code or None)

        await self._lane.send(_LANE, Rank.PROGRESS, call)


def _key(chat: str) -> str:
    return f"{PLATFORM}.commands.{chat or 'all'}"


def _scope(chat: str) -> BotCommandScope:
    if not chat:
        return BotCommandScopeDefault()
    if chat == "groups":
        return BotCommandScopeAllGroupChats()
    return BotCommandScopeChat(int(chat))


def _shown(commands: Iterable[Command], language: str) -> list[tuple[str, str]]:
    """Names as Telegram takes them (a-z, 0-9 and _), with their help."""
    with reading(language):
        return [
            (one.name.replace(" ", "_"), cut(_(one.help), LONGEST)) for one in commands
        ][:MOST]
