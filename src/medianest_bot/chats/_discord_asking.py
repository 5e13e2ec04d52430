"""What people ask with a slash command, a button, a menu or a modal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import discord
import structlog

from medianest_bot.chats._discord_answering import Answering, Sent
from medianest_bot.chats._discord_ids import Carried, Kind, packed, unpacked
from medianest_bot.chats._discord_owed import Owed, broken, restarted
from medianest_bot.chats._discord_room import (
    PLATFORM,
    Interaction,
    Room,
)
from medianest_bot.chats._discord_ways import Way, changes, how, is_for_one
from medianest_bot.chats._discord_wire import modal, words_of
from medianest_bot.chats._strangers import with_number
from medianest_bot.core.context import Asked
from medianest_bot.core.dispatch import Checked
from medianest_bot.core.line import clean
from medianest_bot.core.reply import Reply, Show, Suggestion
from medianest_bot.core.words import Sorry, _, marked, reading

log = structlog.get_logger(__name__)

PICKED = "{}"
LAST_S = 0.4
"""So long the end waits for Discord to take that we restart."""
SUGGEST_S = 0.95
"""With what is needed to know who asks."""
ANSWER = marked("One question first")


class Asking:
    """Runs what was asked and brings the answer back."""

    def __init__(self, room: Room, owed: Owed, port: Any) -> None:
        self._room = room
        self._owed = owed
        self._port = port
        self._running: dict[asyncio.Task[Any], Answering] = {}
        self._turning_away: set[asyncio.Task[None]] | None = None
        """Those who come while we leave; None as long as we stay."""

    async def typed(self, interaction: Interaction, line: str) -> None:
        """Answer a slash command."""
        answering = Answering(self._room, self._owed, interaction, line)
        if self._comes_too_late(answering):
            return
        async with self._noted(answering):
            asked, checked = await self._checked(answering)
            if checked.is_stranger:
                await self._turn_away(answering, checked)
                return
            is_quiet = is_for_one(checked.command, asked, interaction, None)
            reply = await answering.wait_for(
                self._room.run(line, asked, checked), quietly=is_quiet
            )
            is_quiet = is_for_one(checked.command, asked, interaction, reply)
            sent = await answering.say(reply, quietly=is_quiet, asker=asked.account)
            if reply.follows is not None:
                await self._keep(interaction, sent, reply, checked, asked)

    async def used(self, interaction: Interaction) -> None:
        """Answer a press, what was picked, or what was written into a modal."""
        data: Any = interaction.data or {}
        carried = unpacked(str(data.get("custom_id", "")))
        if carried is None:
            log.info("not ours", id=str(data.get("custom_id", ""))[:100])
            carried = unpacked("l:~")
        assert carried is not None
        line = _line(carried.line, carried.kind, interaction, data)
        answering = Answering(self._room, self._owed, interaction, line)
        if self._comes_too_late(answering):
            return
        async with self._noted(answering):
            asked, checked = await self._checked(answering, is_press=True, of=carried)
            if checked.is_stranger:
                await self._turn_away(answering, checked)
            elif checked.refused is not None:
                await answering.say(checked.refused, quietly=True, asker=asked.account)
            elif not await self._asks(answering, line, carried.kind, interaction):
                await self._run(answering, carried.kind, checked, asked)

    async def suggest(
        self, interaction: Interaction, command: str, argument: str, typed: str
    ) -> tuple[Suggestion, ...]:
        """What could complete an argument."""
        try:
            async with asyncio.timeout(SUGGEST_S):
                asked = await self._room.asked(interaction)
                return await self._room.dispatch.suggest(
                    command, argument, typed, asked
                )
        except TimeoutError:
            return ()

    async def aclose(self, grace_s: float) -> None:
        """Let answers under way come; say to all others that we restart.

        Whoever asks meanwhile hears so at once.
        """
        self._turning_away = set()
        if self._running:
            await asyncio.wait(self._running, timeout=grace_s)
        left = dict(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        late = [
            self._say_plainly(one, partial(restarted, one.line))
            for one in left.values()
        ]
        try:
            async with asyncio.timeout(LAST_S):
                await asyncio.gather(*late, *self._turning_away, return_exceptions=True)
        except TimeoutError:
            log.warning("left without an answer", people=len(late))
        for one in (came := [*self._turning_away]):
            one.cancel()
        await asyncio.gather(*came, return_exceptions=True)

    def _comes_too_late(self, answering: Answering) -> bool:
        """True where we are leaving; then it is answered beside, and at once."""
        if self._turning_away is None:
            return False
        said = self._say_plainly(answering, partial(restarted, answering.line))
        self._turning_away.add(asyncio.create_task(said))
        return True

    async def _checked(
        self,
        answering: Answering,
        *,
        is_press: bool = False,
        of: Carried | None = None,
    ) -> tuple[Asked, Checked]:
        """Who asks, and whether they may; Discord itself is asked who is a member."""

        async def work() -> tuple[Asked, Checked]:
            asker = of.asker if of is not None else None
            interaction, line = answering.interaction, answering.line
            asked = await self._room.asked(interaction, pressed=is_press, asker=asker)
            room = self._room
            return asked, await room.strangers.check(room.dispatch, line, asked)

        if not await self._room.asks_discord(answering.interaction):
            return await work()
        return await answering.wait_for(
            work(), quietly=True, is_press=is_press, is_owed=False
        )

    async def _run(
        self, answering: Answering, kind: Kind, checked: Checked, asked: Asked
    ) -> None:
        """Do what a button says; acknowledged as a change of its message."""
        work = self._room.run(answering.line, asked, checked)
        reply = await answering.wait_for(work, quietly=True, is_press=True)
        interaction = answering.interaction
        is_quiet = reply.show is Show.NOTE
        is_quiet = is_quiet or is_for_one(checked.command, asked, interaction, reply)
        way = how(reply, kind, interaction.message, quietly=is_quiet)
        match way:
            case Way.INSTEAD:
                sent = await answering.say_instead(reply, asker=asked.account)
            case Way.HERE:
                sent = await answering.show_here(reply, asker=asked.account)
            case Way.NEW:
                sent = await answering.say(reply, quietly=is_quiet, asker=asked.account)
        if reply.follows is not None or way is Way.HERE:
            await self._keep(interaction, sent, reply, checked, asked)

    async def _asks(
        self, answering: Answering, line: str, kind: Kind, interaction: Interaction
    ) -> bool:
        """True where a question comes before anything runs."""
        is_answer = interaction.type is discord.InteractionType.modal_submit
        if is_answer or answering.is_deferred:
            return False
        question = await self._room.dispatch.question(line)
        if question is None:
            return False
        custom_id = packed(line, None, kind)
        await answering.ask(modal(_(ANSWER), question, custom_id))
        return True

    async def _keep(
        self,
        interaction: Interaction,
        sent: Sent | None,
        reply: Reply,
        checked: Checked,
        asked: Asked,
    ) -> None:
        """Have a card redrawn, there or in private; or no more, as it is another."""
        if sent is None:
            return
        account, kind = asked.account, asked.place.kind
        if sent.is_lasting:
            await self._room.follow(sent.channel, sent.number, reply, account, kind)
            return
        if reply.follows is None or not changes(checked.command):
            return
        # What nobody can edit in a quarter of an hour goes on in private.
        if not await self._port.tell(account, reply):
            fleeting = self._port.fleeting
            await fleeting.keep(interaction, sent, reply, account, kind)

    async def _turn_away(self, answering: Answering, checked: Checked) -> None:
        """Strangers are told once a day how to come in; oftener where they ask."""
        assert checked.refused is not None
        account = str(answering.interaction.user.id)
        is_press = answering.interaction.type is discord.InteractionType.component
        is_asked = not is_press and answering.line == "help"
        is_first = await answering.wait_for(
            self._is_first(account, is_asked=is_asked),
            quietly=True,
            is_press=is_press,
            is_owed=False,
        )
        if not is_first:
            await answering.silently()
            return
        reply = with_number(checked.refused, PLATFORM, account)
        await answering.say(reply, quietly=True, asker=account)

    async def _is_first(self, account: str, *, is_asked: bool) -> bool:
        strangers = self._room.strangers
        async with strangers.first_today(account, is_asked=is_asked) as is_first:
            return is_first

    async def _say_plainly(
        self, answering: Answering, worded: Callable[[], Reply]
    ) -> None:
        """Say this to whoever has no answer yet."""
        if answering.is_answered:
            return
        account = str(answering.interaction.user.id)
        with reading(str(answering.interaction.locale)):
            reply = await self._room.dispatch.shorten(worded())
            await answering.say(reply, quietly=True, asker=account)

    @asynccontextmanager
    async def _noted(self, answering: Answering) -> AsyncIterator[None]:
        """What is under way, so that the end can wait for it."""
        task = asyncio.current_task()
        assert task is not None
        self._running[task] = answering
        try:
            with reading(str(answering.interaction.locale)):
                yield
        except Exception as error:
            # A chat loop: whatever one interaction does, the next is answered.
            log.exception("interaction", kind=str(answering.interaction.type))
            await self._say_plainly(answering, broken)
            await self._room.dispatch.report("discord", type(error).__name__)
        finally:
            del self._running[task]


def _line(line: str, kind: Kind, interaction: Interaction, data: Any) -> str:
    """The line, with what was picked or written in it."""
    if interaction.type is discord.InteractionType.modal_submit:
        return f"{line} {_cleaned(words_of(data))}".strip()
    if kind is Kind.MENU:
        return line.replace(PICKED, ",".join(map(str, data.get("values", []))))
    return line


def _cleaned(text: str) -> str:
    try:
        return clean(text)
    except Sorry:
        return text
