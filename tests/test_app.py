"""The whole house: opened, closed at any moment, killed, and opened again."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.household import PATIENCE_S, Talk
from tests.sitting import environ

from medianest_bot.app import open_app
from medianest_bot.core.reply import Reply
from medianest_bot.core.secrets import NoKey
from medianest_bot.core.store import cards, requests
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.errors import StoreInUse, StoreUnusable, Why
from medianest_bot.demo_house import Demo, open_demo
from medianest_bot.settings import Settings, read

DUNE = "request movie:438631"
CLOSE_S = 10.0
"""The promise is a second; a machine under load is given more."""

CHILD = """
import asyncio, sys
from pathlib import Path
from medianest_bot import log
from medianest_bot.chats.console import Console
from medianest_bot.demo_house import open_demo

async def main():
    async with open_demo(Path(sys.argv[1]), pace=0.2) as demo:
        await Console(demo.door("ana"), (), None).run()

log.configure("ERROR", "console")
asyncio.run(main())
"""


@dataclass(frozen=True)
class Held:
    """What this process has of its surroundings."""

    tasks: tuple[str, ...]
    threads: frozenset[str]
    children: tuple[int, ...]
    sockets: frozenset[tuple[object, ...]]
    temporary: frozenset[str]


def held() -> Held:
    gc.collect()
    me = psutil.Process()
    threads = {one.name for one in threading.enumerate()}
    connections = me.net_connections(kind="inet")
    return Held(
        tasks=tuple(sorted(str(one.get_coro()) for one in asyncio.all_tasks())),
        # The loop keeps its own for the next blocking call.
        threads=frozenset(name for name in threads if not name.startswith("asyncio_")),
        # Not theirs: a browser of other tests starts and ends some as it likes.
        children=tuple(one.pid for one in me.children()),
        sockets=frozenset((one.laddr, one.raddr, one.status) for one in connections),
        temporary=frozenset(one.name for one in Path(tempfile.gettempdir()).iterdir()),
    )


@asynccontextmanager
async def leaves_nothing() -> AsyncIterator[None]:
    """Nothing of what the block did is left, within a second."""
    before = held()
    yield
    # The kernel takes a moment to forget a socket, and tells nobody.
    ends = time.monotonic() + CLOSE_S
    while held() != before and time.monotonic() < ends:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert held() == before


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A place for temporary files that nobody else uses."""
    before = tempfile.tempdir
    tempfile.tempdir = str(tmp_path_factory.mktemp("temporary"))
    yield
    tempfile.tempdir = before


def settings_in(folder: Path, **more: str) -> Settings:
    environ = {"DATA_DIR": str(folder), **more}
    return read(environ, env_file=None, secrets_dir=None)


async def test_a_server_of_the_settings_is_the_household_s(tmp_path: Path) -> None:
    told = settings_in(
        tmp_path,
        DISCORD_TOKEN="MTAwMDAwMDAwMDAw.GaBcDe.signature-of_1234",
        DISCORD_GUILDS="1",
        HOUSEHOLD_CHATS="discord:2:6",
        ADMIN_CHATS="discord:1:5",
    )
    async with open_app(told) as app:
        places = app.house.places
        spots = (("1", "4"), ("1", "5"), ("2", "6"), ("2", "7"))
        kinds = [places.kind("discord", *spot) for spot in spots]
        is_settled = places.is_preset("discord", "1")

    assert kinds == ["household", "admin", "household", "other"]
    assert is_settled


async def test_a_house_that_was_open_leaves_nothing(tmp_path: Path) -> None:
    async with leaves_nothing(), open_demo(tmp_path, pace=0) as demo:
        assert (await Talk(demo)("status")).failed is False


async def test_closing_hurts_nobody_who_still_waits(tmp_path: Path) -> None:
    """In the middle of a search, a request and a download."""
    async with leaves_nothing(), open_demo(tmp_path, pace=0) as demo:
        say = Talk(demo)
        demo.served.videos.bytes_per_s = 50_000
        await say(f"download {demo.playlist}")
        await under_way(demo)
        demo.served.plex.knobs.hang = True
        demo.served.seerr.knobs.latency_s = 0.2
        asked = [
            asyncio.create_task(say("search dune")),
            asyncio.create_task(say(DUNE)),
        ]
        await asyncio.sleep(0.1)
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def under_way(demo: Demo) -> None:
    """Wait until a film is really being fetched."""
    site = demo.served.videos
    async with asyncio.timeout(PATIENCE_S):
        while not any(one.path.startswith("/video/") for one in site.calls):  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0.02)


async def test_two_houses_on_a_folder_are_one_too_many(tmp_path: Path) -> None:
    async with open_app(settings_in(tmp_path)):
        with pytest.raises(StoreInUse):
            async with open_app(settings_in(tmp_path)):
                pass
    async with open_app(settings_in(tmp_path)):
        pass


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable) as told:
        async with open_app(settings_in(tmp_path / "file/there")):
            pass
    assert told.value.reason is Why.READ_ONLY


async def test_keys_that_cannot_be_kept_are_told(tmp_path: Path) -> None:
    (tmp_path / "keys").touch()
    async with leaves_nothing():
        with pytest.raises(NoKey):
            async with open_app(settings_in(tmp_path)):
                pass


class Anew(Talk):
    """A new sitting, which has none of the cards of earlier ones."""

    async def edit(self, card: Card, reply: Reply) -> bool:
        await super().edit(card, reply)
        return False


@pytest.mark.slow
@pytest.mark.parametrize("seen", ["Now it waits", "Approved", "%"])
async def test_what_was_promised_is_kept_after_a_kill(
    seen: str, tmp_path: Path
) -> None:
    """Killed after its first answer, at a redraw, and while the title is fetched."""
    kill_when(seen, tmp_path, DUNE)
    async with open_demo(tmp_path, pace=0.05) as demo:
        ana = Anew(demo)
        demo.app.house.outbox.attach(ana)
        news = await ana.until_told("ana")
        assert news.title == "Dune (2021)"
        await settled(demo)


async def settled(demo: Demo) -> None:
    """The title is there, and no card is left of the sitting that is over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with demo.app.house.store.read() as db:
                row = await requests.get(db, 1)
                left = await cards.following(db, "request:1")
            if row is not None and row.state == "available" and not left:
                return
            await asyncio.sleep(0.05)


def kill_when(seen: str, folder: Path, line: str) -> None:
    """Say a line to a demo in a process of its own; kill it at what it answers."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)],
        env=environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        said = ""
        while seen not in said:
            more = process.stdout.readline()
            assert more, said
            said += more
        os.killpg(process.pid, signal.SIGKILL)
