"""The bot at work: its pages, and every chat that is set up, until told to leave."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from medianest_bot._signing_in import pages
from medianest_bot._watching import keep_running
from medianest_bot.app import App, open_app
from medianest_bot.chats.discord_settings import DiscordSettings
from medianest_bot.chats.telegram_settings import TelegramSettings
from medianest_bot.core.store import people
from medianest_bot.core.store.errors import StoreError
from medianest_bot.settings import Settings
from medianest_bot.web import Route, Take, serve

HOPELESS = 2
"""Exit code where no chat is left that can ever work."""
WEBHOOK = "/telegram"
TELEGRAM_REFUSED = (
    "Telegram: TELEGRAM_TOKEN is refused. Copy it again from BotFather (/mybots), "
    "set it, and start the bot again."
)
DISCORD_REFUSED = (
    "Discord: DISCORD_TOKEN is refused. Make a new one at discord.com/developers "
    "(your application, Bot, Reset Token), set it, and start the bot again."
)
NO_ADMIN = (
    "No admin yet. Within 15 minutes, send the bot in a private chat: /claim {code} "
    "(for a new code, start the bot again)."
)
CLAIMED = "{name} is the admin now."

Write = Callable[[str], None]


class Chat(Protocol):
    """A chat, for whoever runs the bot."""

    @property
    def name(self) -> str:
        """What it is called among the neighbours that are looked after."""

    @property
    def here(self) -> asyncio.Event:
        """Set once people can talk to the bot there."""

    @property
    def healthy(self) -> bool: ...

    async def run(self) -> None:
        """Talk until cancelled."""

    async def probe(self) -> float:
        """Milliseconds to it. Raises ServiceError where it does not answer."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A chat that is set up, and what is told about it."""

    chat: Chat
    is_here: Callable[[], str]
    """The line that is told once it is there."""
    hopeless: type[Exception]
    """What its `run` raises where it can never work."""
    has_no_hope: str
    """The line that is told then."""
    routes: tuple[Route, ...] = ()


async def run(settings: Settings, say: Write, complain: Write) -> int:
    """Run until cancelled; returns an exit code once no chat has any hope.

    Raises what opening the house raises, and CannotServe.
    """
    async with open_app(settings) as app:
        taken = seats(app)
        # What is loaded by now stays: looking through it again and again for garbage
        # would keep people waiting for a tenth of a second.
        gc.freeze()
        offering = asyncio.create_task(offer(app, [one.chat for one in taken], say))
        try:
            return await sit_down(app, taken, say, complain)
        finally:
            offering.cancel()
            await asyncio.gather(offering, return_exceptions=True)


async def offer(app: App, chats: Sequence[Chat], say: Write) -> None:
    """Without an admin, show a code as soon as there is a chat to send it in.

    It goes to the terminal alone, never to the log.
    """
    waits = [asyncio.create_task(chat.here.wait()) for chat in chats]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
    code = await app.house.claims.offer()
    if code is not None:
        app.house.claims.on_claim = lambda name: say(CLAIMED.format(name=name))
        say(NO_ADMIN.format(code=code))


def seats(app: App) -> tuple[Seat, ...]:
    """Every chat that is set up."""
    settings = app.settings
    telegram = telegram_settings(settings, app.derive("telegram webhook").hex())
    discord = discord_settings(settings)
    taken = (
        _telegram(app, telegram) if telegram is not None else None,
        _discord(app, discord) if discord is not None else None,
    )
    return tuple(seat for seat in taken if seat is not None)


async def sit_down(app: App, taken: Sequence[Seat], say: Write, complain: Write) -> int:
    """Talk in these chats, and serve their routes, until none has any hope."""
    # Before the first look at how everything is, so that it finds them, too.
    for seat in taken:
        app.house.health.join(seat.chat.name, seat.chat.probe)
    routes = [route for seat in taken for route in seat.routes]
    host, port = app.settings.web_host, app.settings.web_port
    serving = serve(
        host,
        port,
        routes,
        partial(_healthy, taken),
        ready=partial(_ready, app, taken),
        sign_in=pages(app.settings, app.visits, app.derive),
    )
    async with serving, asyncio.TaskGroup() as group:
        for seat in taken:
            group.create_task(_sit(seat, say, complain))
    return HOPELESS


async def _ready(app: App, taken: Sequence[Seat]) -> Mapping[str, bool]:
    """Whether people can be served: something to remember with, and somewhere."""
    try:
        async with app.house.store.read() as db:
            await people.admins(db)
    except StoreError:
        return {"memory": False}
    return {"memory": True, "chat": any(seat.chat.here.is_set() for seat in taken)}


def _healthy(taken: Sequence[Seat]) -> Mapping[str, bool]:
    return {seat.chat.name: seat.chat.healthy for seat in taken}


async def _sit(seat: Seat, say: Write, complain: Write) -> None:
    """Talk in one chat; what ends without its own fault begins again."""
    telling = asyncio.create_task(_tell(seat, say))
    chat = seat.chat
    try:
        await keep_running(chat.name, chat.run, unless=seat.hopeless)
    except seat.hopeless:
        complain(seat.has_no_hope)
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _tell(seat: Seat, say: Write) -> None:
    await seat.chat.here.wait()
    say(seat.is_here())


def telegram_settings(settings: Settings, secret: str) -> TelegramSettings | None:
    """What the Telegram chat is told; None where it is not set up."""
    if settings.telegram_token is None:
        return None
    is_brought = settings.telegram_webhook
    return TelegramSettings(
        token=settings.telegram_token.get_secret_value(),
        api_url=settings.telegram_api_url,
        file_url=settings.telegram_file_url,
        webhook_url=f"{settings.public_url}{WEBHOOK}" if is_brought else None,
        webhook_secret=secret,
        announces=settings.announce,
    )


def discord_settings(settings: Settings) -> DiscordSettings | None:
    """What the Discord chat is told; None where it is not set up."""
    if settings.discord_token is None:
        return None
    return DiscordSettings(
        token=settings.discord_token.get_secret_value(),
        guilds=settings.discord_guilds,
        api_url=settings.discord_api_url,
        gateway_url=settings.discord_gateway_url,
        announces=settings.announce,
    )


def _telegram(app: App, told: TelegramSettings) -> Seat:
    # It loads much, and only who has a token needs it.
    from medianest_bot.chats.telegram import Telegram, WrongToken  # noqa: PLC0415

    chat = Telegram(app.house, app.dispatch, told)
    return Seat(
        chat,
        is_here=lambda: (
            f"Telegram: listening as @{chat.me.username if chat.me else ''}"
        ),
        hopeless=WrongToken,
        has_no_hope=TELEGRAM_REFUSED,
        routes=_routes(told.webhook_url, chat.webhook),
    )


def _discord(app: App, told: DiscordSettings) -> Seat:
    # It loads much, too.
    from medianest_bot.chats.discord_chat import Discord, WrongToken  # noqa: PLC0415

    chat = Discord(app.house, app.dispatch, told)
    return Seat(
        chat,
        is_here=lambda: f"Discord: listening as {chat.me}",
        hopeless=WrongToken,
        has_no_hope=DISCORD_REFUSED,
    )


def _routes(url: str | None, take: Take) -> tuple[Route, ...]:
    """Where updates arrive, whether a proxy leaves the path as it was or cuts it."""
    if url is None:
        return ()
    paths = {WEBHOOK, urlsplit(url).path}
    return tuple(Route(path, take) for path in sorted(paths))
