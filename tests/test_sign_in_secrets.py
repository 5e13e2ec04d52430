"""Nothing secret of a sign-in is left anywhere: rows, files, logs, audit, pages.

Each secret is known here, and looked for as it is and in the forms it could have
been written in: in every byte of the data folder, while it is secret and afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs
from tests.chats.telegram_family import FAMILY, ROOM, Family, open_family
from tests.household import Talk
from tests.signing_in import Browser, link_in

from medianest_bot.core.store import audit, errors_log, people
from medianest_bot.demo_house import Demo

PLEX = "stranger"


class Secrets:
    """What must be found nowhere, by what it is."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def of_link(self, link: str) -> None:
        self.known["link"] = link.rpartition("/")[2]

    def of_browser(self, demo: Demo, browser: Browser) -> None:
        (pin,) = demo.served.plex_tv.pins
        self.known |= {
            "PIN": pin.code,
            "PIN number": str(pin.id),
            "way back": browser.told_plex("forwardUrl").rpartition("/")[2],
            "cookie": browser.http.cookies["mn_link"],
            "token": f"demo-account-{PLEX}-{pin.id}",
        }

    def found_in(self, text: bytes) -> set[str]:
        return {name for name, one in self.known.items() if one.encode() in text}

    def found_under(self, folder: Path) -> set[tuple[str, str]]:
        """In the database, what SQLite keeps beside it, and every other file."""
        files = [one for one in folder.rglob("*") if one.is_file()]
        assert any(one.suffix in (".db", ".sqlite") for one in files)
        found = ((one, self.found_in(one.read_bytes())) for one in files)
        return {(name, one.name) for one, names in found for name in names}


async def told(demo: Demo) -> bytes:
    """Everything audited, and every error that was kept."""
    async with demo.app.house.store.read() as db:
        rows = await audit.latest(db, 500)
        errors = await errors_log.latest(db, 500)
    return repr([*rows, *errors]).encode()


def rows_of(folder: Path) -> bytes:
    """Every row of every table."""
    (database,) = folder.glob("*.db")
    with closing(sqlite3.connect(database)) as db:
        return "\n".join(db.iterdump()).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_nothing_is_left_of_a_whole_sign_in(say: Talk, folder: Path) -> None:
    demo, secrets = say.demo, Secrets()
    demo.served.plex_tv.share(PLEX)
    pages: list[str] = []
    with capture_logs() as logs:
        async with Browser() as browser:
            link = (await say("link", "eve")).links[0].url
            secrets.of_link(link)
            assert secrets.found_under(folder) == set()
            await browser.opens(link)
            await browser.presses("continue")
            secrets.of_browser(demo, browser)
            assert secrets.found_under(folder) == set()
            await browser.confirms(demo, PLEX)
            pages.append(browser.page_text)
            digits = browser.digits
            await say(f"link {(int(digits) + 1) % 10**6:06}", "eve")
            assert secrets.found_under(folder) == set()
            await say(f"link {digits}", "eve")
            await browser.opens(browser.at)
            pages.append(browser.page_text)
            await say("admin links 1 approve", "mum")
            await browser.opens(browser.at)
            pages.append(browser.page_text)
            await browser.opens(link)
            pages.append(browser.page_text)
    # A page knows its own address, and nothing else.
    own = {"way back", "link"}
    assert secrets.found_in(json.dumps(pages).encode()) <= own
    secrets.known["digits"] = digits
    assert secrets.found_in(repr(logs).encode()) == set()
    assert secrets.found_in(await told(demo)) == set()
    # Six digits may well stand in a time or a number, so not in every byte.
    del secrets.known["digits"]
    assert secrets.found_under(folder) == set()


@pytest.mark.parametrize("trouble", [500, 429, 403])
async def test_nothing_is_left_where_plex_fails(
    say: Talk, folder: Path, trouble: int
) -> None:
    demo, secrets = say.demo, Secrets()
    with capture_logs() as logs:
        async with Browser() as browser:
            link = (await say("link", "eve")).links[0].url
            secrets.of_link(link)
            await browser.opens(link)
            await browser.presses("continue")
            secrets.of_browser(demo, browser)
            demo.served.plex_tv.knobs.fail_status = trouble
            await browser.confirms(demo, PLEX)
            assert browser.heading in ("Plex does not answer", "That did not work")
    assert logs != []
    assert secrets.found_in(repr(logs).encode()) == set()
    assert secrets.found_in(await told(demo)) == set()
    assert secrets.found_under(folder) == set()


async def test_nothing_is_left_of_an_invitation(say: Talk, folder: Path) -> None:
    secrets = Secrets()
    with capture_logs() as logs:
        copy = (await say("admin people invite zoe", "mum")).copy
        secrets.known["key"] = copy.removeprefix("/join ")
        assert secrets.found_under(folder) == set()
        await say(f"{copy}x", "eve")
        await say(copy, "eve")
        await say(copy, "tim")
    assert secrets.found_in(repr(logs).encode()) == set()
    assert secrets.found_in(await told(say.demo)) == set()
    assert secrets.found_under(folder) == set()


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    settings = {
        "HOUSEHOLD_CHATS": f"telegram:{FAMILY}",
        "ADMIN_CHATS": f"telegram:{ROOM}",
    }
    async with open_family(tmp_path, settings, is_quick=True) as opened:
        opened.server.group(ROOM, "Admins", bot="member")
        opened.demo.served.plex_tv.share(PLEX)
        yield opened


async def test_a_chat_that_keeps_updates_keeps_no_secrets(
    family: Family, folder: Path
) -> None:
    """Telegram's updates are rows before they are answered; links stand in cards."""
    secrets = Secrets()
    key = (await _invited(family)).removeprefix("/join ")
    async with Browser() as browser:
        await family.says("eve", "/start")
        card = await family.says("eve", "/link")
        link = link_in(repr(card.raw))
        secrets.of_link(link)
        digits = await browser.signs_in(family.demo, link, PLEX)
        secrets.of_browser(family.demo, browser)
        await family.says("eve", f"/start c-{digits}")
        await family.says("adam", f"/start j-{key}")
    await family.settle()
    assert secrets.found_under(folder) == set()
    # What somebody writes is a row until it is answered. It is good for nothing then.
    secrets.known |= {"key": key, "digits in a line": f"c-{digits}"}
    await family.server.until(lambda: not secrets.found_in(rows_of(folder)))


async def _invited(family: Family) -> str:
    house = family.demo.app.house
    async with house.store.read() as db:
        mum, zoe = await people.find(db, "mum"), await people.find(db, "zoe")
    assert mum is not None
    assert zoe is not None
    return f"/join {(await house.invitations.make(mum, zoe)).key}"


def test_logs_are_caught_here() -> None:
    """Or the tests above would find nothing in nothing."""
    with capture_logs() as logs:
        structlog.get_logger(__name__).info("a line")
    assert len(logs) == 1
