"""What the outbox sends by Discord: redrawn cards, and news."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeGuard

import discord
import structlog

from medianest_bot.chats import _discord_errors as errors
from medianest_bot.chats._announcing import Announcing
from medianest_bot.chats._discord_calls import or_bare
from medianest_bot.chats._discord_fleeting import PREFIX, Fleeting
from medianest_bot.chats._discord_parts import CONTENT, Message
from medianest_bot.chats._discord_render import render
from medianest_bot.chats._discord_room import PLATFORM, Room
from medianest_bot.chats._discord_text import markdown
from medianest_bot.chats._discord_wire import NO_MENTIONS, files, layout
from medianest_bot.core.outbox import Away
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import cards, people
from medianest_bot.core.store.cards import Card
from medianest_bot.core.words import _, marked

log = structlog.get_logger(__name__)

PACE_S = 3.0
CROWDED_PACE_S = 6.0
"""Where many cards move in one channel: its edits share one limit."""
CROWD = 4
NOT_REACHED = marked(
    "I cannot write to {name} in private: their direct messages are closed. "
    "Open them for this server, and news arrive again."
)


class DiscordPort:
    """Discord as the outbox sees it."""

    platform = PLATFORM
    only_place: str | None = None

    def __init__(
        self, room: Room, client: discord.Client, *, announces: bool = False
    ) -> None:
        self._room = room
        self._announcing = Announcing(room.house, PLATFORM, announces)
        self._client = client
        self.fleeting = Fleeting(room)
        self._moving: dict[str, set[str]] = {}

    def pace_s(self, card: Card) -> float:
        """Commands must never wait behind progress."""
        is_crowded = len(self._moving.get(card.place, ())) >= CROWD
        return CROWDED_PACE_S if is_crowded else PACE_S

    async def edit(self, card: Card, reply: Reply) -> bool:
        """Redraw a card; where it was deleted, another takes its place.

        Raises Away, or what is wrong with the card itself.
        """
        self._note(card, reply)
        with _away():
            is_there = await self._edit(card, reply)
        if is_there and await self._announcing.is_due(card, reply):
            await self._announce(card, reply)
        return is_there

    async def tell(self, account: str, reply: Reply) -> bool:
        """Send news to somebody; False where they take none from us.

        Where they have a card of the same thing, a line hangs on it; elsewhere the
        news are the card from now on.
        """
        try:
            with _away():
                await self._bring(account, reply)
        except discord.HTTPException as error:
            is_closed = error.status == 400 and not errors.is_not_taken(error)
            if not errors.is_unwelcome(error) and not is_closed:
                raise
            await self._closed(account)
            return False
        await self._open(account)
        return True

    async def post(
        self, place: str, thread: str | None, account: str, reply: Reply
    ) -> bool:
        """Send a card to a channel of admins; False where we cannot, or it is none."""
        if self._room.kind(place, thread or "0") is not PlaceKind.ADMIN or not thread:
            return False
        channel = self._client.get_partial_messageable(int(thread))
        try:
            with _away():
                await self._send_card(channel, account, reply, PlaceKind.ADMIN)
        except discord.HTTPException as error:
            if not errors.is_unwelcome(error) and not errors.is_message_gone(error):
                raise
            return False
        return True

    async def _edit(self, card: Card, reply: Reply) -> bool:
        if card.place.startswith(PREFIX):
            return await self.fleeting.edit(card, reply)
        reply = await self._room.presentable(reply)
        channel = self._client.get_partial_messageable(int(card.place))
        try:
            await or_bare(lambda shown: self._redraw(channel, card, shown), reply)
        except discord.HTTPException as error:
            if not errors.is_unwelcome(error) and not errors.is_message_gone(error):
                raise
            self._rests(card)
            if errors.is_message_gone(error):
                await self._again(channel, card, reply)
            return False
        return True

    async def _bring(self, account: str, reply: Reply) -> None:
        channel = await self._client.create_dm(discord.Object(int(account)))
        card = await self._card(str(channel.id), reply.follows)
        if card is not None:
            await self._hang_on(channel, card, reply)
        else:
            await self._send_card(channel, account, reply, PlaceKind.PRIVATE)

    async def _redraw(
        self, channel: discord.PartialMessageable, card: Card, reply: Reply
    ) -> None:
        message = render(reply, asker=card.account, was_card=True)
        pictures = await self._room.pictures(message)
        assert message.card is not None
        await channel.get_partial_message(int(card.message)).edit(
            view=layout(message.card),
            attachments=files(message, pictures),
            allowed_mentions=NO_MENTIONS,
        )

    async def _hang_on(
        self,
        channel: discord.DMChannel | discord.PartialMessageable,
        card: Card,
        reply: Reply,
    ) -> None:
        """What is new in a line: a phone shows it, and a touch leads to the card."""
        said = markdown(render(reply).summary, CONTENT)
        about = discord.MessageReference(
            message_id=int(card.message),
            channel_id=channel.id,
            fail_if_not_exists=False,
        )
        await channel.send(said, reference=about, allowed_mentions=NO_MENTIONS)

    async def _send_card(
        self,
        channel: discord.DMChannel | discord.PartialMessageable,
        account: str,
        reply: Reply,
        kind: PlaceKind,
    ) -> None:
        reply = await self._room.presentable(reply)
        made = await or_bare(
            lambda shown: self._send(channel, render(shown, asker=account)), reply
        )
        if reply.follows is not None:
            await self._room.follow(str(channel.id), made.id, reply, account, kind)

    async def _send(
        self,
        channel: discord.abc.Messageable,
        message: Message,
        *,
        silent: bool = False,
    ) -> discord.Message:
        pictures = await self._room.pictures(message)
        if message.card is None:
            return await channel.send(
                message.content, allowed_mentions=NO_MENTIONS, silent=silent
            )
        return await channel.send(
            view=layout(message.card),
            files=files(message, pictures),
            allowed_mentions=NO_MENTIONS,
            silent=silent,
        )

    async def _announce(self, card: Card, reply: Reply) -> None:
        channel = self._client.get_partial_messageable(int(card.place))
        try:
            await self._hang_on(channel, card, reply)
        except errors.FAILURES as error:
            log.info("not announced", reason=type(error).__name__)

    async def _again(
        self, channel: discord.PartialMessageable, card: Card, reply: Reply
    ) -> None:
        def again(shown: Reply) -> Awaitable[discord.Message]:
            message = render(shown, asker=card.account, was_card=True)
            return self._send(channel, message, silent=True)

        made = await or_bare(again, reply)
        self._note(replace(card, message=str(made.id)), reply)
        kind = PlaceKind(card.place_kind)
        await self._room.follow(card.place, made.id, reply, card.account, kind)

    async def _card(self, place: str, subject: str | None) -> Card | None:
        if subject is None:
            return None
        async with self._room.house.store.read() as db:
            return await cards.of_place_subject(db, PLATFORM, place, subject)

    async def _closed(self, account: str) -> None:
        """They take nothing in private: say so once where the household talks."""
        house = self._room.house
        async with house.store.begin() as tx:
            person = await people.by_account(tx, PLATFORM, account)
            await people.set_unreachable(tx, PLATFORM, account, house.now())
        name = person.name if person is not None else None
        if name is None or not await self._room.is_first_today(f"closed {account}"):
            return
        text = _(NOT_REACHED, name=discord.utils.escape_markdown(name))
        for channel in self._household():
            try:
                await channel.send(text, allowed_mentions=NO_MENTIONS, silent=True)
            except errors.FAILURES as error:
                log.info("not said", reason=type(error).__name__)
            else:
                return

    async def _open(self, account: str) -> None:
        house = self._room.house
        async with house.store.read() as db:
            known = await people.of_platform(db, PLATFORM)
        if any(one.account == account and one.unreachable_at for one in known):
            async with house.store.begin() as tx:
                await people.set_unreachable(tx, PLATFORM, account, None)

    def _household(self) -> Iterable[discord.abc.Messageable]:
        """Where the household talks: what the settings name, then its server's own."""
        for (platform, _server, thread), kind in self._room.house.places.presets():
            if platform == PLATFORM and kind is PlaceKind.HOUSEHOLD and thread:
                yield self._client.get_partial_messageable(int(thread))
        for guild in self._client.guilds:
            if self._room.kind(str(guild.id), "0") is PlaceKind.HOUSEHOLD:
                found = (guild.system_channel, *guild.text_channels)
                yield from itertools.islice(filter(_may_write, found), 1)

    def _note(self, card: Card, reply: Reply) -> None:
        if reply.busy:
            self._moving.setdefault(card.place, set()).add(card.message)
        else:
            self._rests(card)

    def _rests(self, card: Card) -> None:
        """It moves no more, or is not there any more."""
        moving = self._moving.get(card.place, set())
        moving.discard(card.message)
        if not moving:
            self._moving.pop(card.place, None)


@contextmanager
def _away() -> Iterator[None]:
    """What is worth another try is no fault of the card or the news."""
    try:
        yield
    except errors.FAILURES as error:
        if errors.is_worth_another_try(error):
            raise Away from error
        raise


def _may_write(channel: discord.TextChannel | None) -> TypeGuard[discord.TextChannel]:
    if channel is None:
        return False
    may = channel.permissions_for(channel.guild.me)
    return may.view_channel and may.send_messages
