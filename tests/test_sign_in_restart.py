"""The bot ends and starts anew after every step of a sign-in: everything still good."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.household import Talk
from tests.signing_in import Browser

from medianest_bot import web
from medianest_bot._signing_in import pages
from medianest_bot.app import open_app
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.demo.serve import Served, serve
from medianest_bot.demo_house import Demo, move_in
from medianest_bot.settings import read

PLEX = "stranger"


class Runs:
    """One run of the bot after the other, on the same folder and address."""

    def __init__(self, folder: Path, served: Served, port: int) -> None:
        own = {
            "DATA_DIR": str(folder / "data"),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        self._settings = read(served.settings | own, env_file=None, secrets_dir=None)
        self.served = served
        self._port = port

    @asynccontextmanager
    async def run(self, *, is_reachable: bool = True) -> AsyncIterator[Talk]:
        """Without being reachable, the chat takes nothing but answers."""
        async with open_app(self._settings) as app:
            sign_in = pages(app.settings, app.visits, app.derive)
            await move_in(app, self.served.household)
            async with web.serve("127.0.0.1", self._port, (), dict, sign_in=sign_in):
                talk = Talk(Demo(app, self.served))
                if is_reachable:
                    app.house.outbox.attach(talk)
                yield talk


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Runs]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with serve(folder / "household", pace=0) as served:
        served.plex_tv.share(PLEX)
        yield Runs(folder, served, port)


async def test_after_every_step(tmp_path: Path) -> None:
    async with opened(tmp_path) as runs, Browser() as browser:
        async with runs.run() as say:
            link = (await say("link", "eve")).links[0].url
            await browser.opens(link)
        async with runs.run():
            # The form was shown before the bot ended.
            assert await browser.presses("continue") == ""
        async with runs.run() as say:
            assert await browser.confirms(say.demo, PLEX) == "One last step"
        async with runs.run(is_reachable=False) as say:
            assert await browser.opens(browser.at) == "One last step"
            assert say.demo.app.house.linking.awaits_code("console", "eve")
            await say(f"link {browser.digits}", "eve")
        async with runs.run() as say:
            # Whom the admins' news had not reached, it reaches now.
            assert (await say.until_told("mum")).title == "eve wants to come in"
            await say("admin links 1 approve", "mum")
        async with runs.run() as say:
            assert await browser.opens(link) == "You are linked"
            assert "stranger" in (await say("link", "eve")).text
            async with say.demo.app.house.store.read() as db:
                eve = await people.by_account(db, "console", "eve")
    assert eve is not None
    assert (eve.role, eve.plex_id) == (Role.MEMBER, 9001)
    tokens = runs.served.plex_tv.tokens
    assert [one for one in tokens if one.startswith(f"demo-account-{PLEX}-")] == []
