from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.drawing import drawn

from medianest_bot.app import App, open_app
from medianest_bot.core.claiming import NO_CODE
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import audit, errors_log, people
from medianest_bot.settings import read


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """A bot at its first start: nobody is known to it."""
    async with open_app(read({"DATA_DIR": str(tmp_path)}, None, None)) as opened:
        yield opened


async def say(
    app: App, line: str, who: str = "7", place: PlaceKind = PlaceKind.PRIVATE
) -> Reply:
    where = Place("telegram", f"room-{who}", place)
    asked = Asked("telegram", who, "Ana Lovelace", where)
    checked = await app.dispatch.check(line, asked)
    if checked.refused is not None:
        return checked.refused
    return await app.dispatch.run(line, asked, checked)


async def offered(app: App) -> str:
    code = await app.house.claims.offer()
    assert code is not None
    return code


async def test_a_stranger_with_the_code_becomes_the_admin_and_goes_on(
    app: App,
) -> None:
    code = await offered(app)

    assert drawn(await say(app, f"/claim {code}")) == (
        "# Welcome, Ana Lovelace [good]\n"
        "You are the admin now. Next: tell me who lives here, and which group chats "
        "are the family's. /help shows everything you can ask.\n"
        "<People → admin people>\n"
        "<Group chats → admin place>\n"
        "<Help → help>"
    )
    async with app.house.store.read() as db:
        (admin,) = await people.admins(db)
    assert (admin.name, admin.role) == ("Ana Lovelace", Role.ADMIN)
    assert (await say(app, "admin people")).title == "1 person"


async def test_a_wrong_code_leaves_a_stranger_a_stranger(app: App) -> None:
    await offered(app)
    assert drawn(await say(app, "claim AAAA-AAAA")) == (
        "#  [warn]\nThat is not the code. Tries left: 4."
    )
    assert "This bot serves one household." in drawn(await say(app, "admin people"))


async def test_once_claimed_nobody_claims_again(app: App) -> None:
    code = await offered(app)
    await say(app, f"claim {code}")
    assert drawn(await say(app, f"claim {code}", "8")) == f"#  [warn]\n{NO_CODE}"
    assert drawn(await say(app, f"claim {code}")) == (
        "#  [warn]\nYou are an admin already."
    )


async def test_in_a_foreign_room_nothing_is_claimed(app: App) -> None:
    code = await offered(app)
    refused = await say(app, f"claim {code}", place=PlaceKind.OTHER)
    assert refused.text == (
        "This bot serves one household. Ask its admin to let you in."
    )
    async with app.house.store.read() as db:
        assert await people.everyone(db) == ()


def all_bytes(folder: Path) -> bytes:
    """What the database's files hold."""
    return b"".join(one.read_bytes() for one in folder.glob("medianest*"))


async def test_the_code_stands_in_no_record(
    app: App, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code = await offered(app)
    for line in (f"claim {code}", f"claim {code}", f"clam {code}"):
        await say(app, line)
    async with app.house.store.read() as db:
        records = f"{await audit.latest(db, 50)} {await errors_log.latest(db, 50)}"
    halves = code.split("-")
    kept = all_bytes(tmp_path)

    assert [one for one in halves if one in records] == []
    assert [one for one in halves if one in caplog.text] == []
    assert "".join(halves).encode() not in kept
    assert code.encode() not in kept


async def test_no_list_shows_what_one_person_types_once(app: App) -> None:
    greeting = await say(app, "hello")
    assert [one.title for one in greeting.items if "claim" in one.title] == []
    await say(app, f"claim {await offered(app)}")
    shown = await say(app, "help")
    assert "claim" not in f"{shown}"
