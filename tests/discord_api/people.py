"""What people and their servers do: the other side of the bot."""

from __future__ import annotations

from typing import Any

from tests.discord_api import asking, messages, shapes
from tests.discord_api.asking import Impossible
from tests.discord_api.gateway import Gateway
from tests.discord_api.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    PRESS,
    SUBMIT,
    Asked,
    Interactions,
)
from tests.discord_api.refused import Raw
from tests.discord_api.view import View
from tests.discord_api.world import (
    SEND,
    USUAL,
    Channel,
    Guild,
    Message,
    Person,
    Role,
    World,
)


class People(View):
    world: World
    gateway: Gateway
    interactions: Interactions

    def person(self, name: str, number: int | None = None, **more: Any) -> Person:
        one = Person(number or self.world.new_id(), name, **more)
        self.world.people[one.id] = one
        return one

    def guild(self, name: str, *members: Person, has_bot: bool = True) -> Guild:
        """A server with its owner first and a channel #general."""
        guild = Guild(self.world.new_id(), name)
        guild.roles.append(Role(guild.id, "@everyone", USUAL))
        guild.members = {one.id: [] for one in members}
        guild.owner = members[0].id if members else self.world.new_id()
        guild.has_bot = False
        self.world.guilds[guild.id] = guild
        self.channel(guild, "general")
        if has_bot:
            self.adds_bot(guild)
        return guild

    def channel(self, guild: Guild, name: str, **more: Any) -> Channel:
        one = Channel(self.world.new_id(), guild, name, **more)
        self.world.add_channel(one)
        self._of_guild("CHANNEL_CREATE", one)
        return one

    def thread(self, channel: Channel, name: str) -> Channel:
        guild, number = channel.guild, self.world.new_id()
        one = Channel(number, guild, name, parent=channel.id)
        self.world.add_channel(one)
        self._of_guild("THREAD_CREATE", one)
        return one

    def general(self, guild: Guild) -> Channel:
        return next(x for x in self.world.channels.values() if x.guild is guild)

    def forbids(self, channel: Channel, denied: int = SEND) -> None:
        """Take permissions from the bot in a channel."""
        channel.denied = denied
        self._of_guild("CHANNEL_UPDATE", channel)

    def deletes_channel(self, channel: Channel) -> None:
        del self.world.channels[channel.id]
        self._of_guild("CHANNEL_DELETE", channel)

    def _of_guild(self, event: str, channel: Channel) -> None:
        if channel.guild is not None and channel.guild.has_bot:
            self.world.tell(event, shapes.channel_raw(self.world, channel))

    def role(self, guild: Guild, name: str, permissions: int, *who: Person) -> Role:
        role = Role(self.world.new_id(), name, permissions)
        guild.roles.append(role)
        for one in who:
            guild.members[one.id].append(role)
        if guild.has_bot:
            told = {"guild_id": str(guild.id), "role": role.raw}
            self.world.tell("GUILD_ROLE_CREATE", told)
        return role

    def joins(self, guild: Guild, person: Person) -> None:
        guild.members.setdefault(person.id, [])

    def leaves(self, guild: Guild, person: Person) -> None:
        del guild.members[person.id]

    def adds_bot(self, guild: Guild) -> None:
        guild.has_bot = True
        guild.members[self.world.me.id] = []
        self.world.tell("GUILD_CREATE", shapes.guild_create(self.world, guild))

    def removes_bot(self, guild: Guild) -> None:
        guild.has_bot = False
        guild.members.pop(self.world.me.id, None)
        self.world.tell("GUILD_DELETE", {"id": str(guild.id)})

    def outage(self, guild: Guild) -> None:
        """The server is away for a while; nobody removed the bot."""
        self.world.tell("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})

    def dm(self, person: Person) -> Channel:
        return self.world.with_person(person)

    def between(self, person: Person, other: Person) -> Channel:
        """A talk of two people, where the bot is no part of."""
        people = [person, other]
        return self.world.add_channel(Channel(self.world.new_id(), people=people))

    def says(self, person: Person, channel: Channel, text: str) -> Message:
        one = messages.blank(self.world, channel, person, None, {"content": text})
        messages.publish(self.world, one, "MESSAGE_CREATE")
        return one

    def deletes(self, message: Message) -> None:
        messages.delete(self.world, message)

    # Using the bot.

    def slash(
        self,
        person: Person,
        words: str,
        options: dict[str, Any] | None = None,
        *,
        where: Channel,
        as_user: bool = False,
    ) -> Asked:
        """`words` with its sub-commands: "admin people add"."""
        data = asking.command_data(self.world, words, options or {})
        return self._command(COMMAND, person, data, where, as_user=as_user)

    def autocomplete(
        self,
        person: Person,
        words: str,
        option: str,
        typed: str,
        *,
        where: Channel,
        others: dict[str, Any] | None = None,
    ) -> Asked:
        options = (others or {}) | {option: typed}
        data = asking.command_data(self.world, words, options, typing=option)
        return self._command(AUTOCOMPLETE, person, data, where, as_user=False)

    def _command(
        self, kind: int, person: Person, data: Raw, where: Channel, *, as_user: bool
    ) -> Asked:
        self._must_be_in(person, where)
        command = asking.command_named(self.world, data["name"])
        asking.may_use(command, person, where)
        types = command["integration_types"]
        owners = asking.owners_of(person, where, types, as_user=as_user)
        return self._asks(kind, person, where, data, owners)

    def presses(self, person: Person, message: Message, label: str) -> Asked:
        return self._uses(person, message, asking.pressed(message, label))

    def picks(
        self, person: Person, message: Message, menu: str | None, values: list[Any]
    ) -> Asked:
        """`values`: labels or values, people or channels."""
        return self._uses(person, message, asking.picked(message, menu, values))

    def _uses(self, person: Person, message: Message, data: Raw) -> Asked:
        self._must_be_in(person, message.channel)
        if message.is_deleted or message.only_for not in (None, person):
            raise Impossible(f"{person.name} does not see this message")
        about = message.raw.get("interaction_metadata", {})
        owners = about.get("authorizing_integration_owners")
        if owners is None:
            guild = message.channel.guild
            owners = {"0": "0" if guild is None else str(guild.id)}
        return self._asks(PRESS, person, message.channel, data, owners, message)

    def submits(self, asked: Asked, values: dict[str, Any] | None = None) -> Asked:
        """Send off the modal that `asked` opened; what is not given stays."""
        if asked.modal is None or asked.is_submitted:
            raise Impossible("no modal is open")
        data = asking.submitted(asked.modal, values or {})
        asked.is_submitted = True
        owners = asked.raw["authorizing_integration_owners"]
        who, where = asked.person, asked.channel
        return self._asks(SUBMIT, who, where, data, owners, asked.source, asked)

    def _must_be_in(self, person: Person, channel: Channel) -> None:
        guild = channel.guild
        if guild is None and person not in channel.people:
            raise Impossible(f"{person.name} is not in this talk")
        if guild is not None and person.id not in guild.members:
            raise Impossible(f"{person.name} is no member of {guild.name}")

    def _asks(
        self,
        kind: int,
        person: Person,
        where: Channel,
        data: Raw,
        owners: dict[str, str],
        source: Message | None = None,
        opened_by: Asked | None = None,
    ) -> Asked:
        raw = asking.payload(self.world, kind, person, where, data, owners, source)
        asked = Asked(
            int(raw["id"]),
            raw["token"],
            kind,
            person,
            where,
            raw,
            self.world.clock(),
            source,
            opened_by,
            is_user_install="0" not in owners,
        )
        self.interactions.asked[asked.token] = asked
        self.gateway.tell_newest("INTERACTION_CREATE", raw)
        return asked
