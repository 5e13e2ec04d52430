"""The demo: the bot's own house, standing in the demo household."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from medianest_bot.app import App, Pace, open_app
from medianest_bot.chats.console import Console
from medianest_bot.chats.door import PLATFORM, Door
from medianest_bot.chats.script import run_lines
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.demo import serve as household
from medianest_bot.demo.household import Household
from medianest_bot.demo.serve import Served
from medianest_bot.settings import read

Write = Callable[[str], None]

GREETING = (
    "medianest-bot in its demo household: everything here is pretend, on this machine.",
    "You are {name}, a {role}. Three lines to try:",
    "  search dune                          find a film and ask for it",
    "  status                               what is up, slow or down",
    "  download {playlist}",
    "help shows everything else; a number presses a choice; quit leaves.",
)


@dataclass(frozen=True, slots=True)
class Demo:
    app: App
    served: Served

    def door(self, name: str) -> Door:
        return Door(self.app.dispatch, self.app.house.outbox, name, name)

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


@asynccontextmanager
async def open_demo(folder: Path, *, pace: float = 1.0) -> AsyncIterator[Demo]:
    """Serve the household and open the bot in it; everything lives in `folder`."""
    async with household.serve(folder / "household", pace=pace) as served:
        environ = {**served.settings, "DATA_DIR": str(folder / "data")}
        settings = read(environ, env_file=None, secrets_dir=None)
        async with open_app(settings, Pace(requests_s=max(0.05, 1.5 * pace))) as app:
            await move_in(app, served.household)
            yield Demo(app, served)


async def move_in(app: App, lives: Household) -> None:
    """Make the household's people ours; those who are known already stay."""
    house = app.house
    for one in lives.people:
        if one.role == Role.GUEST:
            continue
        async with house.store.begin() as tx:
            if await people.by_account(tx, PLATFORM, one.name):
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
    async with open_demo(folder) as demo:
        role = demo.served.household.person(who).role
        lines = tuple(
            line.format(name=who, role=role, playlist=demo.playlist)
            for line in GREETING
        )
        await Console(demo.door(who), lines, folder / "history").run()


async def script(folder: Path, said: Lines, write: Write) -> int:
    """Say lines as somebody, print what comes back; returns the exit code."""
    async with open_demo(folder) as demo:
        lines = [line.replace("{playlist}", demo.playlist) for line in said.lines]
        return await run_lines(
            lines,
            demo.door(said.who),
            as_json=said.as_json,
            timeout_s=said.timeout_s,
            write=write,
        )


async def serve_only(folder: Path, write: Write) -> None:
    """Serve the household alone, printing the settings that point a bot at it."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopped.set)
    async with household.serve(folder / "household") as served:
        for name, value in served.settings.items():
            write(f"{name}={value}")
        await stopped.wait()
