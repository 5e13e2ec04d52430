"""What people write: commands, titles, answers to a question, links they opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from medianest_bot.chats._strangers import with_number
from medianest_bot.chats._telegram_incoming import (
    PLATFORM,
    Other,
    Said,
    Sender,
    Shared,
    Spot,
)
from medianest_bot.chats._telegram_lane import Rank
from medianest_bot.chats._telegram_links import read_start
from medianest_bot.chats._telegram_room import Room
from medianest_bot.chats._telegram_talk import Help, Ignore, Start, meaning
from medianest_bot.chats._telegram_wire import How
from medianest_bot.core.command import Where
from medianest_bot.core.dispatch import Checked
from medianest_bot.core.line import clean
from medianest_bot.core.reply import Reply, Tone
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import tickets
from medianest_bot.core.words import Sorry, _, marked, reading

LATE = timedelta(minutes=5)
"""What was written longer ago is asked about before it is done."""
HELLO = marked("Send me the name of a film or a series, and I look for it.")
OLD_LINK = marked("That link is too old, or not for you. Please ask once more.")


class Saying:
    """Answers what was written."""

    def __init__(
        self, room: Room, awaits_code: Callable[[str], bool] = lambda _account: False
    ) -> None:
        self._room = room
        self._awaits_code = awaits_code

    async def said(self, said: Said, received_at: datetime) -> Checked | None:
        """Answer a text message, if it is for us; returns who its sender was."""
        how = How(reply_to=self._answers(said.spot, said.message))
        line = await self._asked_line(said, how)
        if line is None:
            return await self._known(said)
        if isinstance(line, Help):
            asks = said.command is not None
            return await self.hello(said.sender, said.spot, how, is_asked=asks)
        late = min(said.at, received_at) < self._room.house.now() - LATE
        if late:
            # "Do you still want it?" says what it means by what it hangs on.
            how = How(reply_to=int(said.message))
        asks = said.command is not None and line == "help"
        who = await self.run(
            line, said.sender, said.spot, how, is_late=late, is_asked=asks
        )
        is_known = who.role is not None or who.is_stranger
        return who if is_known else await self._known(said)

    async def shared(self, shared: Shared) -> None:
        """Somebody sent one of our inline results to a chat we are in."""
        if self._room.kind(shared.spot) not in (PlaceKind.HOUSEHOLD, PlaceKind.ADMIN):
            return
        line = read_start(shared.ref).line
        if line is not None:
            how = How(reply_to=int(shared.message))
            await self.run(line, shared.sender, shared.spot, how)

    async def other(self, other: Other) -> None:
        """A sticker, a photo: nothing to look for, so we say what we can do."""
        await self.hello(other.sender, other.spot, How())

    async def hello(
        self, sender: Sender, spot: Spot, how: How, *, is_asked: bool = False
    ) -> Checked:
        """Say what we can do, and first what most people come for."""
        lead = HELLO if spot.is_private else ""
        return await self.run("help", sender, spot, how, lead=lead, is_asked=is_asked)

    async def run(
        self,
        line: str,
        sender: Sender,
        spot: Spot,
        how: How,
        *,
        is_late: bool = False,
        lead: str = "",
        is_asked: bool = False,
    ) -> Checked:
        """Run a line as its sender and send what it answers; returns who that was.

        `is_asked`: they asked what they can do, by a command of its own.
        """
        room = self._room
        asked = room.asked(sender, spot)
        with reading(sender.locale):
            checked = await room.strangers.check(room.dispatch, line, asked)
            if await self._is_turned_away(
                checked, sender, spot, how, is_asked=is_asked
            ):
                return checked
            if is_stranger(checked, spot):
                # Nobody of the household waits behind them.
                how, lead = replace(how, rank=Rank.NEWS), ""
                is_late = is_late and not _draws(checked)
            if is_late and checked.refused is None:
                reply = await room.dispatch.ask_again(line, asked)
                await self.answer(line, reply, sender, spot, how)
            elif not spot.is_private and is_private(checked):
                await room.to_private(sender, spot, line, how)
            else:
                async with room.typing(spot):
                    reply = await room.dispatch.run(line, asked, checked)
                if lead:
                    reply = replace(reply, text=f"{_(lead)}\n{reply.text}")
                await self.answer(line, reply, sender, spot, how)
        return checked

    async def answer(
        self, line: str, reply: Reply, sender: Sender, spot: Spot, how: How
    ) -> None:
        """Send a reply; what a group need not see goes to the private chat."""
        if reply.menus and not spot.is_private:
            await self._room.to_private(sender, spot, line, how)
            return
        asker = sender.account if reply.only and not spot.is_private else None
        way = How(how.rank, how.reply_to, asker, how.is_silent)
        await self._room.send(spot, reply, way, sender)

    async def _asked_line(self, said: Said, how: How) -> str | Help | None:
        """The line a message means; None where nothing (more) is to be done."""
        is_answer = said.reply_to is not None and said.reply_to.is_ours
        if is_answer and said.command is None:
            line = await self._answered(said)
            if line is not None:
                return line
        commands = self._room.house.commands
        known = commands.fits if said.spot.is_private else commands.knows
        kind = self._room.kind(said.spot)
        match meaning(said, kind, known, self._awaits_code):
            case Ignore():
                return None
            case Help() as greeting:
                return greeting
            case Start(payload):
                return await self._started(payload, said, how)
            case found:
                return found.text

    async def _known(self, said: Said) -> Checked | None:
        """Who the sender is, where nothing was run for them."""
        if not said.spot.is_private:
            return None
        asked = self._room.asked(said.sender, said.spot)
        return await self._room.dispatch.check("help", asked)

    async def _answered(self, said: Said) -> str | None:
        """The line of a question that was answered, with the answer behind it."""
        assert said.reply_to is not None
        room, now = self._room, self._room.house.now()
        key = question_key(said.spot.chat, said.reply_to.message)
        async with room.house.store.read() as db:
            line = await tickets.read(db, key, PLATFORM, said.sender.account, now)
        return f"{line} {_cleaned(said.text)}" if line is not None else None

    async def _started(self, payload: str, said: Said, how: How) -> str | Help | None:
        """What a deep link leads to."""
        start = read_start(payload)
        if start.key is None:
            return start.line or Help()
        room, now = self._room, self._room.house.now()
        account = said.sender.account
        # Not used up by this: the same update may have to run once more.
        async with room.house.store.read() as db:
            line = await tickets.read(db, start.key, PLATFORM, account, now)
        if line is None:
            with reading(said.sender.locale):
                await room.send(said.spot, Reply(text=_(OLD_LINK)), how)
        return line

    async def _is_turned_away(
        self,
        checked: Checked,
        sender: Sender,
        spot: Spot,
        how: How,
        *,
        is_asked: bool,
    ) -> bool:
        """Strangers are told once a day how to come in; oftener where they ask for it.

        What else is refused goes on to `run`: there it is counted and answered.
        """
        if checked.refused is None or not checked.is_stranger:
            return False
        room = self._room
        who = sender.account if spot.is_private else spot.chat
        is_asked = is_asked and spot.is_private
        first_today = room.strangers.first_today(who, is_asked=is_asked)
        async with first_today as is_first:
            if is_first:
                reply = Reply(text=checked.refused.text)
                if spot.is_private:
                    reply = replace(checked.refused, tone=Tone.PLAIN)
                    reply = with_number(reply, PLATFORM, sender.account)
                await room.send(spot, reply, replace(how, rank=Rank.NEWS))
        return True

    def _answers(self, spot: Spot, message: str) -> int | None:
        """In a group the answer hangs on its question; in private that is plain."""
        return None if spot.is_private else int(message)


def is_private(checked: Checked) -> bool:
    return checked.command is not None and checked.command.where is Where.PRIVATE


def is_stranger(checked: Checked, spot: Spot) -> bool:
    """True for who is nobody, but may ask this all the same."""
    return spot.is_private and checked.role is not None and checked.person is None


def _draws(checked: Checked) -> bool:
    return checked.command is not None and checked.command.draws


def question_key(chat: str, message: str) -> str:
    """Under which name the line of a question is kept."""
    return f"ask:{chat}:{message}"


def _cleaned(text: str) -> str:
    try:
        return clean(text)
    except Sorry:
        return text
