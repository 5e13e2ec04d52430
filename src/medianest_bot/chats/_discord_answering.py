"""One interaction from its arrival to its answer: nobody is left with "thinking…".

Discord waits three seconds for the first word. What is quick is answered at once;
what is not is acknowledged first, and its message filled in afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import discord
import structlog

from medianest_bot.chats import _discord_errors as errors
from medianest_bot.chats._discord_calls import or_bare
from medianest_bot.chats._discord_owed import Owed
from medianest_bot.chats._discord_parts import Message
from medianest_bot.chats._discord_render import render
from medianest_bot.chats._discord_room import Interaction, Room
from medianest_bot.chats._discord_wire import changed, new
from medianest_bot.core.reply import Reply

log = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE_S = 0.3
"""So long after it was asked an answer may come before we say that we are at it."""
LEAST_S = 0.05


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer that stands in a channel; `is_lasting` where it can be redrawn.

    `is_behind` where it is not what the interaction was first answered with.
    """

    channel: str
    number: int
    is_lasting: bool
    is_behind: bool = False


Bring = Callable[[Message], Awaitable[Sent | None]]


class Answering:
    """Answers one interaction, once."""

    def __init__(
        self, room: Room, owed: Owed, interaction: Interaction, line: str
    ) -> None:
        self._room = room
        self._owed = owed
        self._interaction = interaction
        self._line = line
        self._began = asyncio.get_running_loop().time()
        self._is_deferred = False
        self._is_update = False
        self._is_quiet = False
        self._is_owed = False
        self.is_answered = False
        """True once whoever asked has been shown what came of it."""

    @property
    def interaction(self) -> Interaction:
        return self._interaction

    @property
    def line(self) -> str:
        return self._line

    @property
    def is_deferred(self) -> bool:
        """True once we have said that we are at it: no question can come then."""
        return self._is_deferred

    async def wait_for(
        self,
        work: Awaitable[T],
        *,
        quietly: bool,
        is_press: bool = False,
        is_owed: bool = True,
    ) -> T:
        """What comes of it; says that we are at it where it takes a while.

        `quietly`: only whoever asked sees that. A press shows nothing at all then.
        """
        task = asyncio.ensure_future(work)
        try:
            if not self._is_deferred:
                await asyncio.wait({task}, timeout=self._left_s())
            if not task.done():
                # At once: in between, a crash would leave somebody waiting.
                await asyncio.gather(
                    self.defer(quietly=quietly, is_press=is_press),
                    self._note(is_owed=is_owed),
                )
            return await task
        except asyncio.CancelledError:
            task.cancel()
            raise

    def _left_s(self) -> float:
        """How long we may still say nothing; a moment at least, for what is known."""
        passed_s = asyncio.get_running_loop().time() - self._began
        return max(PATIENCE_S - passed_s, LEAST_S)

    async def defer(self, *, quietly: bool, is_press: bool = False) -> None:
        """Acknowledge, unless that was done."""
        if self._is_deferred:
            return
        response = self._interaction.response
        self._is_deferred, self._is_update = True, is_press
        self._is_quiet = quietly
        try:
            await response.defer(ephemeral=quietly, thinking=not is_press)
        except errors.FAILURES as error:
            if not errors.is_acknowledged(error):
                log.warning("not acknowledged", reason=type(error).__name__)

    async def say(self, reply: Reply, *, quietly: bool, asker: str) -> Sent | None:
        """Answer with a message of its own; None where it could not be brought."""

        async def bring(message: Message) -> Sent | None:
            if not self._is_deferred:
                return await self._first(message, quietly=quietly)
            if self._is_update:
                return await self._followed_up(message, quietly=quietly)
            if self._is_quiet and not quietly:
                return await self._brought_out(message)
            return await self._filled_in(message)

        return await self._brought(bring, reply, asker)

    async def show_here(self, reply: Reply, *, asker: str) -> Sent | None:
        """Answer in the message that was pressed."""
        bring = self._filled_in if self._is_deferred else self._updated
        was_card = _is_card(self._interaction.message)
        return await self._brought(bring, reply, asker, was_card=was_card)

    async def say_instead(self, reply: Reply, *, asker: str) -> Sent | None:
        """Say it to everybody; the pressed message, which none else sees, goes."""
        await self.defer(quietly=True, is_press=True)

        async def bring(message: Message) -> Sent | None:
            return await self._followed_up(message, quietly=False)

        sent = await self._brought(bring, reply, asker)
        if sent is not None:
            await self._taken_away()
        return sent

    async def silently(self) -> None:
        """The shortest answer there is; nothing is written down for it."""
        is_press = self._interaction.type is discord.InteractionType.component
        await self.defer(quietly=True, is_press=is_press)
        if not self._is_update:
            await self._taken_away()

    async def ask(self, modal: discord.ui.Modal) -> None:
        """Ask for words before anything runs."""
        try:
            await self._interaction.response.send_modal(modal)
        except errors.FAILURES as error:
            if not errors.is_acknowledged(error):
                log.warning("not asked", reason=str(error), exc_info=error)

    async def _note(self, *, is_owed: bool) -> None:
        """Write down that an answer is owed, where "thinking…" stands for it."""
        if is_owed and not self._is_update and not self._is_owed:
            self._is_owed = True
            await self._owed.note(self._interaction, self._line)

    async def _brought(
        self, bring: Bring, reply: Reply, asker: str, *, was_card: bool = False
    ) -> Sent | None:
        """Bring it, or its words alone; None where that did not work."""

        async def show(shown: Reply) -> Sent | None:
            return await bring(render(shown, asker=asker, was_card=was_card))

        sent = None
        try:
            sent = await or_bare(show, reply)
            self.is_answered = True
        except errors.FAILURES as error:
            log.warning("not answered", reason=str(error), exc_info=error)
        if self._is_owed:
            self._is_owed = False
            await self._owed.paid(self._interaction)
        return sent

    async def _first(self, message: Message, *, quietly: bool) -> Sent | None:
        """The first word is the answer."""
        parts = new(message, await self._room.pictures(message))
        try:
            made = await self._interaction.response.send_message(
                **parts, ephemeral=quietly
            )
        except errors.FAILURES as error:
            return await self._instead(message, error)
        return self._sent(made.message_id, quietly=quietly)

    async def _updated(self, message: Message) -> Sent | None:
        parts = changed(message, await self._room.pictures(message))
        try:
            await self._interaction.response.edit_message(**parts)
        except errors.FAILURES as error:
            return await self._instead(message, error)
        pressed = self._interaction.message
        return self._sent(pressed.id if pressed else None, quietly=_is_quiet(pressed))

    async def _instead(self, message: Message, error: errors.Failure) -> Sent | None:
        """An earlier try may have arrived: have that show this, and find it."""
        if not errors.is_acknowledged(error):
            raise error
        return await self._filled_in(message)

    async def _filled_in(self, message: Message) -> Sent | None:
        """Put the answer where "thinking…" stands, or the pressed message."""
        parts = changed(message, await self._room.pictures(message))
        made = await self._interaction.edit_original_response(**parts)
        return self._sent(made.id, quietly=_is_quiet(made))

    async def _brought_out(self, message: Message) -> Sent | None:
        """For everybody, though only one saw us think: Discord lets none change that.

        The first message behind "thinking…" would take its place, unseen by others.
        """
        await self._filled_in(Message(message.summary[:200] or "…"))
        sent = await self._followed_up(message, quietly=False)
        await self._taken_away()
        return sent

    async def _followed_up(self, message: Message, *, quietly: bool) -> Sent | None:
        """A message behind a press that was acknowledged already.

        Where its answer is lost it comes twice: Discord takes no nonce here.
        """
        parts = new(message, await self._room.pictures(message))
        webhook = self._interaction.followup
        made = await webhook.send(**parts, ephemeral=quietly, wait=True)
        sent = self._sent(made.id, quietly=quietly)
        return replace(sent, is_behind=True) if sent is not None else None

    async def _taken_away(self) -> None:
        """Have the pressed message go, or "thinking…"."""
        try:
            await self._interaction.delete_original_response()
        except errors.FAILURES as error:
            log.info("not taken away", reason=str(error))

    def _sent(self, number: int | None, *, quietly: bool) -> Sent | None:
        """Only what the bot may edit as its own message later on lasts."""
        if number is None:
            return None
        interaction = self._interaction
        is_ours = interaction.guild_id is None or interaction.is_guild_integration()
        is_group = bool(interaction.context.private_channel)
        is_lasting = not quietly and is_ours and not is_group
        return Sent(str(interaction.channel_id), number, is_lasting)


def _is_card(message: discord.Message | None) -> bool:
    return message is not None and message.flags.components_v2


def _is_quiet(message: discord.Message | None) -> bool:
    return message is not None and message.flags.ephemeral
