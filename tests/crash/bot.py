"""A bot in a process of its own, to be killed: downloads one link for ana.

Run as `python bot.py LINK`, with settings in the environment. Ends when the
download is over, printing how it ended.
"""

from __future__ import annotations

import asyncio
import os
import sys

from medianest_bot.app import App, open_app
from medianest_bot.core.downloads import Whole
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person
from medianest_bot.settings import read


async def run(link: str) -> Whole:
    """Promise the download, or find that it was promised, and see it through."""
    async with open_app(read(os.environ, env_file=None, secrets_dir=None)) as app:
        ana = await person(app)
        added = await app.house.downloads.add(ana, link, audio=False)
        while True:
            whole = await app.house.downloads.whole(added.download.id)
            assert whole is not None
            if whole.state.is_over:
                return whole
            await asyncio.sleep(0.02)


async def person(app: App) -> Person:
    async with app.house.store.begin() as tx:
        known = await people.find(tx, "ana")
        now = app.house.now()
        return known or await people.add(tx, "ana", Role.MEMBER, now=now)


def main() -> None:
    whole = asyncio.run(run(sys.argv[1]))
    parts = ",".join(item.state for item in whole.items)
    sys.stdout.write(f"{whole.download.id} {whole.state} {parts}\n")


if __name__ == "__main__":
    main()
