"""The gateway: connections that break, sessions that end, starts, and being deaf."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from tests.chats.discord_phone import Household, Phone, open_household, shown
from tests.discord_api import Server, discord_api
from tests.discord_api.gateway import GUILDS
from tests.discord_house import running, settings, settle
from tests.unhurried import now

from medianest_bot._watching import keep_running
from medianest_bot.chats.discord_chat import Discord, DiscordSettings, WrongToken
from medianest_bot.core.store import config
from medianest_bot.demo_house import Demo, open_demo
from medianest_bot.services.errors import Unreachable

pytestmark = pytest.mark.asyncio(loop_scope="module")

alone = pytest.mark.asyncio(loop_scope="function")
SYNC = "bulk_set_application_commands"
ME = "(only you) Medianest: │ ### ana"
DISTURBS = 4013
"""A close code after which discord.py gives up."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household) -> Phone:
    # Nobody has asked too much lately.
    household.clock.forward(minutes=5)
    return await household.another("ana")


async def me(ana: Phone) -> str:
    await ana.server.until(lambda: ana.server.world.commands)
    return shown(await ana.asks("me")).split("\n")[0]


@dataclass
class Quiet:
    """A household whose people are in Discord, where the chat is not running yet."""

    demo: Demo
    server: Server
    told: DiscordSettings
    ana: Phone

    async def until_kept(self, name: str) -> None:
        async with asyncio.timeout(20):
            while True:
                async with self.demo.app.house.store.read() as db:
                    if await config.get(db, name):
                        return
                await asyncio.sleep(0.01)

    def chat(self) -> Discord:
        return Discord(self.demo.app.house, self.demo.app.dispatch, self.told)


@pytest_asyncio.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Quiet]:
    async with discord_api() as server, open_demo(tmp_path, pace=0) as demo:
        people, home = await settle(demo, server)
        ana = Phone(server, people["ana"], server.general(home))
        yield Quiet(demo, server, settings(server, home), ana)
        assert (server.thinking(), server.spec_errors) == ([], [])


BREAKS: dict[str, Callable[[Server], None]] = {
    "close 4000": lambda server: server.gateway.drop(4000),
    "close 1000": lambda server: server.gateway.drop(1001),
    "cut": lambda server: server.gateway.drop(),
    "told to reconnect": lambda server: server.gateway.reconnect(),
    "may be resumed": lambda server: server.gateway.invalidate(resumable=True),
}


@pytest.mark.parametrize("breaks", BREAKS.values(), ids=BREAKS)
async def test_what_is_asked_while_the_connection_breaks_is_answered(
    household: Household, ana: Phone, breaks: Callable[[Server], None]
) -> None:
    server = household.server
    session = server.gateway.session
    before, identified = session.resumes, len(server.gateway.identifies)
    breaks(server)
    assert await me(ana) == ME
    resumed = session.resumes - before, len(server.gateway.identifies) - identified
    assert resumed == (1, 0)


async def test_a_gateway_that_is_away_for_a_moment_is_found_again(
    household: Household, ana: Phone
) -> None:
    server = household.server
    server.gateway.goes_down()
    asked = server.slash(ana.person, "me", {}, where=ana.where)
    server.gateway.comes_back()
    await server.until(lambda: asked.answered_at)
    assert shown(asked).split("\n")[0] == ME


async def test_what_comes_too_late_harms_nobody_else(
    household: Household, ana: Phone
) -> None:
    """What Discord has told them meanwhile cannot be taken back."""
    server = household.server
    server.gateway.goes_down()
    asked = server.slash(ana.person, "me", {}, where=ana.where)
    household.clock.forward(seconds=4)
    server.gateway.comes_back()
    await server.until(lambda: server.interactions.late)
    assert (server.interactions.late, server.thinking()) == ([asked], [])
    assert await me(ana) == ME
    server.interactions.late.clear()


@pytest.mark.slow
async def test_a_session_that_is_over_is_begun_anew(
    household: Household, ana: Phone
) -> None:
    """After the five seconds that Discord wants to be left alone."""
    gateway = household.server.gateway
    identified = len(gateway.identifies)
    gateway.invalidate()
    await household.server.until(lambda: len(gateway.identifies) > identified)
    assert await me(ana) == ME


async def test_being_told_again_that_we_are_ready_changes_nothing(
    household: Household, ana: Phone
) -> None:
    server = household.server
    synced = len(server.called(SYNC))
    for _ in range(3):
        server.gateway.ready_again()
    assert await me(ana) == ME
    assert (len(server.called(SYNC)), len(ana.messages)) == (synced, 1)
    assert household.discord.healthy


async def test_only_servers_are_asked_for(household: Household) -> None:
    """No intent that is privileged, nor messages of anybody."""
    asked = [one["intents"] for one in household.server.gateway.identifies]
    assert set(asked) == {GUILDS}


@alone
async def test_deaf_for_a_minute_is_not_healthy(quiet: Quiet) -> None:
    now = [0.0]
    gateway = quiet.server.gateway
    async with running(quiet.demo, quiet.told, clock=lambda: now[0]) as discord:
        gateway.goes_deaf()
        now[0] = 59.0
        health = [discord.healthy]
        now[0] = 61.0
        health.append(discord.healthy)
        beats = gateway.beats
        gateway.hears_again()
        gateway.asks_beat()
        await quiet.server.until(lambda: gateway.beats > beats)
        health.append(discord.healthy)
    assert health == [True, False, True]


@alone
async def test_away_for_a_minute_is_not_healthy(quiet: Quiet) -> None:
    now = [0.0]
    gateway = quiet.server.gateway
    async with running(quiet.demo, quiet.told, clock=lambda: now[0]) as discord:
        gateway.goes_down()
        await quiet.server.until(lambda: not gateway.lines)
        now[0] = 59.0
        health = [discord.healthy]
        now[0] = 61.0
        health.append(discord.healthy)
        session = gateway.session
        gateway.comes_back()
        await quiet.server.until(lambda: session.resumes)
        assert await me(quiet.ana) == ME
        health.append(discord.healthy)
    assert health == [True, False, True]


@alone
async def test_a_deaf_gateway_is_left_in_time(quiet: Quiet) -> None:
    async with running(quiet.demo, quiet.told):
        quiet.server.gateway.goes_deaf()
        quiet.server.hold("get_my_user")
        began = now()
    assert now() - began < 5


@alone
async def test_the_gateway_is_left_with_a_goodbye(quiet: Quiet) -> None:
    async with running(quiet.demo, quiet.told) as discord:
        assert await discord.probe() > 0
    await quiet.server.until(lambda: quiet.server.gateway.closes)
    assert quiet.server.gateway.closes == [1000]
    assert (discord.healthy, discord.here.is_set()) == (False, False)
    with pytest.raises(Unreachable):
        await discord.probe()


@alone
async def test_it_is_there_soon(quiet: Quiet) -> None:
    """discord.py alone would wait two seconds for more servers."""
    async with running(quiet.demo, quiet.told) as discord:
        assert discord._client is not None
        assert discord._client._connection.guild_ready_timeout < 0.5


@alone
async def test_a_wrong_token_has_no_hope(quiet: Quiet) -> None:
    quiet.server.token = "another"
    with pytest.raises(WrongToken):
        await quiet.chat().run()


@alone
async def test_a_token_that_is_taken_back_has_no_hope(quiet: Quiet) -> None:
    chat = quiet.chat()
    pauses: list[float] = []
    async with kept(chat, pauses) as work:
        quiet.server.token = "another"
        quiet.server.gateway.drop(4004)
        with pytest.raises(WrongToken):
            await asyncio.wait_for(work, 20)
    assert pauses == [1.0]


@alone
async def test_what_dies_is_started_again_and_works(quiet: Quiet) -> None:
    chat, server = quiet.chat(), quiet.server
    pauses: list[float] = []
    async with kept(chat, pauses):
        await quiet.until_kept("discord.commands")
        for died in (1, 2):
            client = chat._client
            assert client is not None
            server.gateway.drop(DISTURBS)
            await server.until(partial(has_identified, server, died + 1))
            await asyncio.wait_for(chat.here.wait(), 20)
            assert (client.is_closed(), chat._client is client) == (True, False)
        assert await me(quiet.ana) == ME
        assert (chat.healthy, len(server.called(SYNC))) == (True, 1)
    assert pauses == [1.0, 2.0]


@alone
async def test_commands_are_told_once_and_again_when_that_failed(quiet: Quiet) -> None:
    server = quiet.server
    server.fail(SYNC, 403)
    async with running(quiet.demo, quiet.told):
        assert (await server.next_call(SYNC)).status == 403
    async with running(quiet.demo, quiet.told):
        assert (await server.next_call(SYNC)).status == 200
        await quiet.until_kept("discord.commands")
    async with running(quiet.demo, quiet.told):
        assert await me(quiet.ana) == ME
    assert len(server.called(SYNC)) == 2


def has_identified(server: Server, times: int) -> bool:
    return len(server.gateway.identifies) == times


@asynccontextmanager
async def kept(chat: Discord, pauses: list[float]) -> AsyncIterator[asyncio.Task[None]]:
    """The chat as the bot keeps it running; pauses are only written down."""

    async def wait(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    work = asyncio.create_task(
        keep_running("discord", chat.run, unless=WrongToken, wait=wait)
    )
    await asyncio.wait_for(chat.here.wait(), 20)
    try:
        yield work
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
