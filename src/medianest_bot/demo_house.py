"""The demo: the bot's own house, standing in the demo household."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from medianest_bot import web
from medianest_bot._signing_in import pages
from medianest_bot.app import App, Pace, open_app
from medianest_bot.chats.door import PLATFORM, Door
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import people
from medianest_bot.core.store.errors import StoreInUse
from medianest_bot.demo import household as lives
from medianest_bot.demo import serve as household
from medianest_bot.demo.household import Household
from medianest_bot.demo.serve import Served
from medianest_bot.settings import read

Write = Callable[[str], None]
HERE = "http://127.0.0.1"

GREETING = (
    "medianest-bot in its demo household: everything here is pretend, on this machine.",
    "You are {name}, {role}. Three lines to try:",
    "  search dune          find a film and ask for it",
    "  status               what is up, slow or down",
    "  {third}",
    "help shows everything else; a number presses a choice; quit leaves.",
)
ROLES = {"admin": "an admin", "member": "a member", "guest": "a guest"}
GUESTS_THIRD = "recent               what came last"
FORGOTTEN = "What the household remembered was damaged, so it begins anew."


@dataclass(frozen=True, slots=True)
class Demo:
    app: App
    served: Served

    def door(self, name: str) -> Door:
        """A guest is linked to nobody, so only the household's room knows them."""
        is_guest = self.served.household.person(name).role == Role.GUEST
        place = PlaceKind.HOUSEHOLD if is_guest else PlaceKind.PRIVATE
        return Door(self.app.dispatch, self.app.house.outbox, name, name, place)

    @property
    def playlist(self) -> str:
        """A link the demo's own video site serves."""
        site = self.served.settings["DOWNLOAD_SITES"]
        return f"{site}playlist/{self.served.household.playlists[0].id}.xml"


@dataclass(frozen=True, slots=True)
class Lines:
    """What `demo --say` was asked to say, as whom, and how to print it."""

    lines: tuple[str, ...]
    who: str
    as_json: bool
    timeout_s: float


def names() -> tuple[str, ...]:
    """Everybody one can be in the demo."""
    return tuple(one.name for one in lives.read().people)


@asynccontextmanager
async def open_demo(
    folder: Path,
    *,
    pace: float = 1.0,
    more: Mapping[str, str] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Demo]:
    """Serve the household and open the bot in it; everything lives in `folder`.

    `more` are further settings of the bot.

    Raises StoreInUse where another demo runs on that folder.
    """
    async with _served(folder, pace) as served:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            own = {"DATA_DIR": str(folder / "data"), "PUBLIC_URL": f"{HERE}:{port}"}
            environ = served.settings | own | dict(more or {})
            settings = read(environ, env_file=None, secrets_dir=None)
            quick = Pace(requests_s=max(0.05, 1.5 * pace), now=now)
            async with open_app(settings, quick) as app, _pages(app, listener):
                await move_in(app, served.household)
                yield Demo(app, served)


@asynccontextmanager
async def _pages(app: App, listener: socket.socket) -> AsyncIterator[None]:
    """The pages on which people sign in, for browsers on this machine."""
    sign_in = pages(app.settings, app.visits, app.derive)
    async with web.serve("", 0, (), dict, sign_in=sign_in, listener=listener):
        yield


async def move_in(app: App, lives: Household) -> None:
    """Make the household's people ours; those who are known already stay."""
    house = app.house
    async with house.store.begin() as tx:
        for one in lives.people:
            if one.role == Role.GUEST or await people.by_account(
                tx, PLATFORM, one.name
            ):
                continue
            person = await people.add(
                tx,
                one.name,
                Role(one.role),
                seerr_id=one.seerr_id,
                plex_id=one.plex_id,
                now=house.now(),
            )
            await people.link(tx, person.id, PLATFORM, one.name, one.name, house.now())


async def console(folder: Path, who: str) -> None:
    """A console chat as `who`, until they leave."""
    from medianest_bot.chats.console import Console  # noqa: PLC0415 - a prompt's libraries

    async with open_demo(folder) as demo:
        await Console(demo.door(who), greeting(demo, who), folder / "history").run()


def greeting(demo: Demo, who: str) -> tuple[str, ...]:
    """The first lines: what this is, who you are in it, what to try."""
    role = demo.served.household.person(who).role
    third = GUESTS_THIRD if role == Role.GUEST else f"download {demo.playlist}"
    lines = [line.format(name=who, role=ROLES[role], third=third) for line in GREETING]
    return (*lines, *([FORGOTTEN] if demo.served.has_forgotten else []))


async def script(folder: Path, said: Lines, write: Write) -> int:
    """Say lines as somebody, print what comes back; returns the exit code."""
    from medianest_bot.chats.script import run_lines  # noqa: PLC0415 - as above

    async with open_demo(folder) as demo:
        _tell_forgotten(demo.served)
        lines = [line.replace("{playlist}", demo.playlist) for line in said.lines]
        return await run_lines(
            lines,
            demo.door(said.who),
            as_json=said.as_json,
            timeout_s=said.timeout_s,
            write=write,
        )


async def serve_only(folder: Path, write: Write) -> None:
    """Serve the household alone, printing the settings that point a bot at it.

    Ends when told to, or when nobody can read what it printed any more.
    """
    async with _served(folder, 1.0) as served:
        _tell_forgotten(served)
        with suppress(BrokenPipeError):
            for name, value in served.settings.items():
                write(f"{name}={value}")
            await _unread(sys.stdout.fileno())
        # What is left in Python's buffer has no reader either.
        with suppress(BrokenPipeError):
            sys.stdout.close()


@asynccontextmanager
async def _served(folder: Path, pace: float) -> AsyncIterator[Served]:
    try:
        async with household.serve(folder / "household", pace=pace) as served:
            yield served
    except household.Taken as error:
        raise StoreInUse from error


async def _unread(descriptor: int) -> None:
    """Wait until the other end of a pipe is closed; for ever where it is none."""
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    if is_pipe:
        # The writing end becomes "readable" when its reader is gone.
        loop.add_reader(descriptor, closed.set)
    try:
        await closed.wait()
    finally:
        if is_pipe:
            loop.remove_reader(descriptor)


def _tell_forgotten(served: Served) -> None:
    if served.has_forgotten:
        sys.stderr.write(f"{FORGOTTEN}\n")
