from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from tests.core.hall import asked, until
from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.app import App, open_app
from medianest_bot.core import people
from medianest_bot.core.context import Asked
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.health import Health
from medianest_bot.core.outbox import Reader
from medianest_bot.core.reply import Picture, Reply, Show
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.words import Sorry
from medianest_bot.demo import serve as household
from medianest_bot.settings import read

KUMA = ("UPTIME_KUMA_USERNAME", "UPTIME_KUMA_PASSWORD", "UPTIME_KUMA_STATUS_PAGE")
WHO = (
    "Uptime Kuma wants to know who I am. Set UPTIME_KUMA_USERNAME and "
    "UPTIME_KUMA_PASSWORD, and start me again."
)
WRONG = (
    "Uptime Kuma refuses my user name or password. Check UPTIME_KUMA_USERNAME and "
    "UPTIME_KUMA_PASSWORD, and start me again."
)
ADMIN = ("console", "boss")


def plain(reply: Reply) -> str:
    """The drawing without moments, speeds and rates, which differ each time."""
    moment = r"(since|until) (\w+ \d+, \d{4}, )?\d\d:\d\d"
    text = re.sub(moment, r"\1 T", drawn(reply))
    text = re.sub(r"this is from .*\.", "this is from T.", text)
    return re.sub(r"[\d.]+ (ms|%)", r"N \1", text)


@asynccontextmanager
async def bot(folder: Path, *without: str, **instead: str) -> AsyncIterator[App]:
    """A bot in the household with some settings left out, or different."""
    async with household.serve(folder / "household", pace=0) as served:
        environ = {**served.settings, "DATA_DIR": str(folder / "data"), **instead}
        environ = {name: environ[name] for name in environ if name not in without}
        settings = read(environ, env_file=None, secrets_dir=None)
        async with open_app(settings) as app:
            await people.make_admins(app.house.store, [ADMIN], app.house.now)
            # The first probes, whenever the watcher comes to it.
            await app.house.health.check()
            yield app


def boss() -> Asked:
    return asked("boss")


def cousin() -> Asked:
    return asked("cousin", PlaceKind.HOUSEHOLD)


async def test_everything_is_on_one_screen(say: Talk) -> None:
    await say.demo.app.house.health.check()
    assert re.sub(r" \([^)]* ago\)", " (T)", plain(await say("status"))) == (
        "# Everything is up [good, follows status]\n"
        "Incident: Photos load slowly (T)\n"
        "The disk behind the photo album is being replaced this week.\n"
        "Maintenance: Printer gets new toner until T\n"
        "(drawn: The last day, hour by hour)\n"
        "- Plex: up · since T · N ms · N % today · N % in 30 days\n"
        "- Seerr: up · since T · N ms · N % today · N % in 30 days\n"
        "- Uptime Kuma: up · since T · N ms · N % today · N % in 30 days\n"
        "- Plex, seen by Uptime Kuma: "
        "up · since T · N ms · N % today · N % in 30 days\n"
        "- Seerr, seen by Uptime Kuma: "
        "up · since T · N ms · N % today · N % in 30 days\n"
        "- Home internet: up · since T · N ms · N % today · N % in 30 days\n"
        "- Photo album: up · since T · N ms · N % today · N % in 30 days\n"
        "- Backup job: up · since T · N % today · N % in 30 days\n"
        "- Front door certificate: up · since T · N ms · N % today · N % in 30 days"
        " · certificate for 43 days\n"
        "- Printer: in maintenance · since T · N % today · N % in 30 days\n"
        "<Look again → status>"
    )


async def test_the_picture_has_a_row_for_each_thing(say: Talk) -> None:
    await say.demo.app.house.health.check()
    reply = await say("status")
    assert isinstance(reply.picture, Picture)
    image = Image.open(io.BytesIO(reply.picture.data))
    assert image.size == (720, 2 * 14 + len(reply.items) * 34 - 8)


async def test_looking_again_redraws_the_card_that_was_pressed(say: Talk) -> None:
    reply = await say.press(await say("status"), "Look again")
    assert reply.show is Show.HERE


async def test_a_card_is_redrawn_from_what_is_known(say: Talk) -> None:
    await say.demo.app.house.health.check()
    now = await say("status")
    for one in (say.demo.served.plex, say.demo.served.seerr, say.demo.served.kuma):
        await one.stop()
    assert plain(await say.draw("status")) == plain(now)


async def test_a_guests_card_is_redrawn_too(say: Talk) -> None:
    reply = await say("status", "cousin", place=PlaceKind.HOUSEHOLD)
    assert reply.follows == "status"
    again = await say("show status", "cousin", place=PlaceKind.HOUSEHOLD)
    assert plain(again) == plain(reply)
    hidden = await say("show request:1", "cousin", place=PlaceKind.HOUSEHOLD)
    assert hidden.text.startswith("There is nothing called")


async def test_what_is_down_is_counted_and_said_first(say: Talk) -> None:
    health = say.demo.app.house.health
    await health.check()
    await say.demo.served.plex.stop()
    await health.check()
    assert (await say("status")).title == "Everything is up"
    await health.check()
    reply = await say("status")
    assert plain(reply).splitlines()[0] == "# 1 thing is down [bad, follows status]"
    assert reply.items[0].text.startswith("down · since ")


async def test_a_kuma_that_went_away_leaves_what_was_known(say: Talk) -> None:
    kuma = say.demo.app.house.kuma
    assert kuma is not None
    await kuma._ready.wait()
    known = await say("status")
    await say.demo.served.kuma.stop()

    async def is_noticed() -> bool:
        return kuma.trouble is not None

    await until(is_noticed)
    # What was read before the socket was there is no answer of now any more.
    kuma._fallback._cache._now = lambda: datetime(2100, 1, 1, tzinfo=UTC)
    reply = await say("status")
    assert "Uptime Kuma does not answer; this is from T." in plain(reply)
    assert [item.title for item in reply.items] == [one.title for one in known.items]


async def test_nothing_set_up_is_said(tmp_path: Path) -> None:
    names = ("PLEX_URL", "PLEX_TOKEN", "OVERSEERR_URL", "OVERSEERR_API_KEY")
    async with bot(tmp_path, *names, "UPTIME_KUMA_URL", *KUMA) as app:
        assert drawn(await app.dispatch.run("status", boss())) == (
            "# \nThere is nothing to watch yet: no neighbour is set up."
        )


async def test_without_kuma_the_neighbours_are_watched_all_the_same(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path, "UPTIME_KUMA_URL", *KUMA) as app:
        assert plain(await app.dispatch.run("status", boss())) == (
            "# Everything is up [good, follows status]\n"
            "(drawn: The last day, hour by hour)\n"
            "- Plex: up · since T · N ms · N % today · N % in 30 days\n"
            "- Seerr: up · since T · N ms · N % today · N % in 30 days\n"
            "<Look again → status>"
        )


@pytest.mark.parametrize(
    ("without", "instead", "told"),
    [(KUMA, {}, WHO), (KUMA[2:], {"UPTIME_KUMA_PASSWORD": "wrong"}, WRONG)],
)
async def test_a_kuma_that_does_not_let_us_in_is_explained_to_admins(
    tmp_path: Path, without: tuple[str, ...], instead: dict[str, str], told: str
) -> None:
    async with bot(tmp_path, *without, **instead) as app:

        async def is_refused() -> bool:
            return app.house.kuma is not None and app.house.kuma.trouble is not None

        await until(is_refused)
        for_boss = await app.dispatch.run("status", boss())
        for_guest = await app.dispatch.run("status", cousin())
    assert for_boss.text == told
    assert for_guest.text == "Uptime Kuma does not let me in. An admin can mend that."
    assert [item.title for item in for_boss.items] == ["Plex", "Seerr", "Uptime Kuma"]


async def test_a_kuma_that_never_answered_is_said(tmp_path: Path) -> None:
    async with bot(tmp_path, UPTIME_KUMA_URL="http://127.0.0.1:9") as app:
        reply = await app.dispatch.run("status", boss())
    assert reply.text.startswith("Uptime Kuma ")
    assert not reply.failed
    assert [item.title for item in reply.items] == ["Plex", "Seerr", "Uptime Kuma"]


async def test_an_old_card_stays_until_more_is_known_than_it_says(say: Talk) -> None:
    house = say.demo.app.house
    unasked = Health(house.store, house.outbox, house.now, {}, house.kuma)
    after_a_restart = Dispatch(replace(house, health=unasked), b"key")
    with pytest.raises(Sorry, match="Not everything has been checked yet"):
        await after_a_restart.draw("show status", Reader("console", "ana", "room"))
    await unasked.standing(ask=True)
    drawn_again = await after_a_restart.draw(
        "show status", Reader("console", "ana", "room")
    )
    assert drawn_again.follows == "status"
