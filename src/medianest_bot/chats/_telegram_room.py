"""What handling an update needs, and the ways an answer goes back."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from telegram.error import TelegramError

from medianest_bot.chats._strangers import Strangers
from medianest_bot.chats._telegram_errors import Unwelcome
from medianest_bot.chats._telegram_incoming import PLATFORM, Me, Sender, Spot
from medianest_bot.chats._telegram_lane import PerhapsSent, Rank, is_unsent
from medianest_bot.chats._telegram_links import start_link
from medianest_bot.chats._telegram_sending import Sending
from medianest_bot.chats._telegram_wire import How, Sent
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.house import House
from medianest_bot.core.reply import Link, Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import people, tickets
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import _, marked

log = structlog.get_logger(__name__)

TYPING_AFTER_S = 0.2
TYPING_EVERY_S = 4.5
"""Telegram shows a chat action for five seconds at most."""
TICKET_FOR = timedelta(minutes=10)

IN_PRIVATE = marked("That is between the two of us.")
CONTINUE = marked("Continue in private")
AS_THE_GROUP = marked(
    "You write as the group here, so I cannot tell who you are. Write to me in private."
)
AWAY_S = (5.0, 15.0, 40.0, 120.0)
"""How long an answer waits for Telegram to be back, time after time."""


@dataclass(frozen=True, slots=True)
class Room:
    """The house as Telegram's updates find it."""

    house: House
    dispatch: Dispatch
    sending: Sending
    me: Me
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    strangers: Strangers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "strangers", Strangers(self.house, PLATFORM))

    def kind(self, spot: Spot) -> PlaceKind:
        if spot.is_private:
            return PlaceKind.PRIVATE
        return self.house.places.kind(PLATFORM, spot.chat, spot.thread)

    def asked(
        self,
        sender: Sender,
        spot: Spot,
        *,
        pressed: bool = False,
        asker: str | None = None,
    ) -> Asked:
        """Who asks, and where, as dispatch wants to know it."""
        return Asked(
            platform=PLATFORM,
            account=sender.account,
            shown_name=sender.name,
            place=Place(PLATFORM, spot.chat, self.kind(spot), spot.thread),
            locale=sender.locale,
            pressed=pressed,
            asker=asker,
        )

    async def person(self, sender: Sender) -> Person | None:
        async with self.house.store.read() as db:
            return await people.by_account(db, PLATFORM, sender.account)

    async def ticket(self, sender: Sender, line: str) -> str:
        """A link into the private chat, where Start runs `line` as this person."""
        key = secrets.token_urlsafe(16)
        house = self.house
        async with house.store.begin() as tx:
            until = house.now() + TICKET_FOR
            await tickets.keep(tx, key, PLATFORM, sender.account, line, until)
        return start_link(self.me.username, f"k-{key}")

    async def to_private(self, sender: Sender, spot: Spot, line: str, how: How) -> None:
        """One line with a button into the private chat, and nothing else here."""
        if not sender.account:
            await self.send(spot, Reply(text=_(AS_THE_GROUP)), how)
            return
        link = Link(_(CONTINUE), await self.ticket(sender, line))
        await self.send(spot, Reply(text=_(IN_PRIVATE), links=(link,)), how)

    async def send(
        self, spot: Spot, reply: Reply, how: How, sender: Sender | None = None
    ) -> Sent | None:
        """Send an answer and follow what it follows; None where it never arrives."""
        try:
            sent = await self._sent(spot, reply, how)
        except Unwelcome:
            log.info("not welcome", place=spot.chat)
            return None
        except PerhapsSent:
            log.warning("perhaps sent", place=spot.chat)
            return None
        except TelegramError as error:
            log.warning("not sent", place=spot.chat, exc_info=error)
            return None
        if sender is not None and reply.follows is not None:
            await self.follow(spot, sent, reply, sender)
        return sent

    async def _sent(self, spot: Spot, reply: Reply, how: How) -> Sent:
        """Send it, also where Telegram is away for some minutes."""
        for pause_s in AWAY_S:
            try:
                return await self.sending.send(spot, reply, how)
            except TelegramError as error:
                if not is_unsent(error):
                    raise
                log.info("Telegram is away", wait_s=pause_s)
                await self.wait(pause_s)
        return await self.sending.send(spot, reply, how)

    async def follow(
        self, spot: Spot, sent: Sent, reply: Reply, sender: Sender
    ) -> None:
        """Have the message redrawn from now on, or no more where it follows nothing."""
        place, outbox = place_of(sent.chat, spot.thread), self.house.outbox
        try:
            if reply.follows is None:
                await outbox.let_go(PLATFORM, place, sent.name)
                return
            card = Card(
                id=0,
                subject=reply.follows,
                platform=PLATFORM,
                place=place,
                message=sent.name,
                person_id=None,
                account=sender.account,
                line=f"show {reply.follows}",
                drawn="",
                place_kind=self.kind(spot).value,
            )
            await outbox.follow(card, reply)
        except Exception:
            # A chat loop: the answer is given; a card that could not be kept rests.
            log.exception("follow", subject=reply.follows)

    @asynccontextmanager
    async def typing(self, spot: Spot) -> AsyncIterator[None]:
        """Show that we are at it while this lasts, unless it is over at once."""
        task = asyncio.create_task(self._type(spot))
        try:
            yield
        finally:
            task.cancel()

    async def _type(self, spot: Spot) -> None:
        await self.wait(TYPING_AFTER_S)
        # The first says that we heard them; in a group each costs an answer's place.
        rank = Rank.REPLY if spot.is_private else Rank.PROGRESS
        while True:
            try:
                await self.sending.typing(spot, rank)
            except (TelegramError, Unwelcome, PerhapsSent) as error:
                log.info("no chat action", reason=type(error).__name__)
                return
            rank = Rank.PROGRESS
            await self.wait(TYPING_EVERY_S)


def place_of(chat: str, thread: str | None) -> str:
    """How a card remembers where it is: "-100123", or "-100123:7" in a topic."""
    return f"{chat}:{thread}" if thread else chat


def spot_of(place: str) -> Spot:
    """The spot a card remembers."""
    chat, _colon, thread = place.partition(":")
    return Spot(chat, thread or None, not chat.startswith("-"))
