"""The house in Discord with downloads that move when they are told to.

Not real ones: two lanes at most are at work, and they would take the processor from
what is measured. Here the rows of playlists are done one after another, all at once
and once a second, and their cards go the outbox's way like any other.

    python -m bench._discord_house HOW_MANY   reads "on" and "off", a line each
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from sqlalchemy import update

from bench._discord_bots import READY, address
from medianest_bot import log, running
from medianest_bot.app import App, open_app
from medianest_bot.chats.discord_chat import Discord
from medianest_bot.core.downloads import Job, Part
from medianest_bot.core.store import downloads, people
from medianest_bot.core.store.downloads import NewItem
from medianest_bot.core.store.tables import download_items
from medianest_bot.settings import read

EVERY_S = 1.0
VIDEOS = 100


class Moving:
    """Downloads with something new each second while they are `on`."""

    def __init__(self, app: App, numbers: list[int]) -> None:
        self._house = app.house
        self._numbers = numbers
        self.on = asyncio.Event()

    async def run(self) -> None:
        for position in range(VIDEOS - 1):
            await self.on.wait()
            done = (
                update(download_items)
                .where(download_items.c.position == position)
                .values(state=str(Part.DONE), next_at=None)
            )
            async with self._house.store.begin() as tx:
                await tx.execute(done)
            for number in self._numbers:
                self._house.outbox.changed(f"download:{number}")
            await asyncio.sleep(EVERY_S)


async def promise(app: App, how_many: int) -> list[int]:
    """A playlist of each of so many people; nothing of it is really fetched."""
    now, numbers = app.house.now(), []
    async with app.house.store.begin() as tx:
        for number, account in enumerate(app.settings.admins[:how_many], 1):
            person = await people.by_account(tx, *account)
            assert person is not None
            made = await downloads.add(
                tx,
                person.id,
                address(number),
                audio=False,
                title=f"Playlist {number}",
                state=Job.DOWNLOADING,
                now=now,
                is_playlist=True,
            )
            items = [
                NewItem(at, f"{address(number)}{at}", f"Video {at}", Part.RETRY_WAIT)
                for at in range(VIDEOS)
            ]
            await downloads.add_items(tx, made.id, items, now)
            await downloads.update_items(
                tx, made.id, [Part.RETRY_WAIT], now, next_at=now + timedelta(days=1)
            )
            numbers.append(made.id)
    return numbers


async def main(how_many: int) -> None:
    log.configure("ERROR", "console")
    settings = read(env_file=None, secrets_dir=None)
    told = running.discord_settings(settings)
    assert told is not None
    async with open_app(settings) as app, asyncio.TaskGroup() as group:
        moving = Moving(app, await promise(app, how_many))
        chat = Discord(app.house, app.dispatch, told)
        tasks = [group.create_task(one) for one in (chat.run(), moving.run())]
        await chat.here.wait()
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        while said := await asyncio.to_thread(sys.stdin.readline):
            (moving.on.set if said.strip() == "on" else moving.on.clear)()
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
