"""Who and what there is on the stand-in of Discord."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.discord_api.refused import Raw, no

EPOCH_MS = 1_420_070_400_000
VIEW, SEND, EMBED, ATTACH, HISTORY = 1 << 10, 1 << 11, 1 << 14, 1 << 15, 1 << 16
ADMINISTRATOR, MANAGE_GUILD = 1 << 3, 1 << 5
USUAL = VIEW | SEND | EMBED | ATTACH | HISTORY | 1 << 31
ALL = (1 << 53) - 1
EPHEMERAL, LOADING, SILENT, V2 = 1 << 6, 1 << 7, 1 << 12, 1 << 15


@dataclass(eq=False)
class Person:
    id: int
    name: str
    locale: str = "en-US"
    refuses_dms: bool = False
    has_installed: bool = False
    is_bot: bool = False

    @property
    def raw(self) -> Raw:
        names = {"username": self.name.lower(), "global_name": self.name}
        looks = {"avatar": None, "banner": None, "accent_color": None}
        flags = {"discriminator": "0", "public_flags": 0, "flags": 0, "system": False}
        rest = {"primary_guild": None, "bot": self.is_bot}
        return {"id": str(self.id)} | names | looks | flags | rest


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: int

    @property
    def raw(self) -> Raw:
        colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(self.permissions),
            "position": 0,
            "color": 0,
            "colors": colors,
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }


@dataclass(eq=False)
class File:
    id: int
    name: str
    data: bytes
    kind: str
    url: str

    @property
    def raw(self) -> Raw:
        said = {"id": str(self.id), "filename": self.name, "size": len(self.data)}
        return said | {
            "url": self.url,
            "proxy_url": self.url,
            "content_type": self.kind,
        }


@dataclass(eq=False)
class Guild:
    id: int
    name: str
    has_bot: bool = True
    roles: list[Role] = field(default_factory=list)
    members: dict[int, list[Role]] = field(default_factory=dict)
    """Each member's roles, besides the one that all have."""
    owner: int = 0
    locale: str = "en-US"

    def permissions(self, person: int) -> int:
        if person == self.owner:
            return ALL
        held = self.roles[0].permissions
        for role in self.members.get(person, []):
            held |= role.permissions
        return ALL if held & ADMINISTRATOR else held


@dataclass(eq=False)
class Channel:
    id: int
    guild: Guild | None = None
    name: str = ""
    parent: int | None = None
    """The channel that this is a thread of."""
    people: list[Person] = field(default_factory=list)
    """Who is in a direct talk; the bot only where it is one of two."""
    denied: int = 0
    """Permissions that the bot lacks here."""
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def has_bot(self) -> bool:
        if self.guild is not None:
            return self.guild.has_bot
        return any(one.is_bot for one in self.people)

    @property
    def context(self) -> int:
        """0 in a server, 1 in the bot's direct messages, 2 in those of others."""
        if self.guild is not None:
            return 0
        return 1 if self.has_bot else 2


@dataclass(eq=False)
class Message:
    id: int
    channel: Channel
    author: Person
    raw: Raw
    only_for: Person | None = None
    """Ephemeral: this person alone sees it."""
    files: list[File] = field(default_factory=list)
    is_deleted: bool = False
    edits: int = 0

    @property
    def flags(self) -> int:
        found: int = self.raw["flags"]
        return found

    @property
    def is_thinking(self) -> bool:
        return bool(self.flags & LOADING)


class Clock:
    """Real time, that tests may push on."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._ahead_s = 0.0

    def __call__(self) -> float:
        return self._now() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds


class World:
    def __init__(self, me: Person, clock: Clock) -> None:
        self.me = me
        self.clock = clock
        self.people: dict[int, Person] = {me.id: me}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[int, File] = {}
        self.commands: list[Raw] = []
        self.base_url = ""
        self.tell: Callable[[str, Raw], None] = lambda _event, _data: None
        self.lacks_allowed_mentions: list[Raw] = []
        self._last_id = 0

    def new_id(self) -> int:
        at_ms = int(self.clock() * 1000) - EPOCH_MS
        self._last_id = max(self._last_id + 1, at_ms << 22)
        return self._last_id

    def now_text(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).isoformat()

    def message(self, channel: Channel, number: Any) -> Message:
        """For everybody to see; ephemeral ones are found by their token only."""
        found = channel.messages.get(int(number))
        if found is None or found.is_deleted or found.only_for is not None:
            raise no(10008)
        return found

    def channel(self, number: Any) -> Channel:
        found = self.channels.get(int(number))
        if found is None:
            raise no(10003)
        may = self.bot_may(found)
        if not found.has_bot or not may & VIEW:
            raise no(50001)
        return found

    def bot_may(self, channel: Channel) -> int:
        if channel.guild is None:
            return USUAL
        return channel.guild.permissions(self.me.id) & ~channel.denied

    def with_person(self, person: Person) -> Channel:
        """The direct talk of a person and the bot, opened where there is none."""
        for one in self.channels.values():
            if one.guild is None and one.people == [person, self.me]:
                return one
        return self.add_channel(Channel(self.new_id(), people=[person, self.me]))

    def add_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    def guild_with_bot(self, number: Any) -> Guild:
        found = self.guilds.get(int(number))
        if found is None or not found.has_bot:
            raise no(10004)
        return found
