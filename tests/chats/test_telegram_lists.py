"""The command lists Telegram shows: right for the person and the place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from telegram import Bot
from tests.chats.telegram_family import FAMILY, ROOM, Family, open_family
from tests.telegram_house import TOKEN

from medianest_bot.chats._telegram_http import Request
from medianest_bot.chats._telegram_lane import Lane
from medianest_bot.chats._telegram_lists import STRANGERS, Lists
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import config, people

GUEST = ["help", "join", "link", "privacy"]
MEMBER = [
    *("download", "downloads", "help", "join", "library", "link", "me", "privacy"),
    *("recent", "request", "requests", "search", "status", "unlink"),
]
ADMIN = ["admin_errors", "admin_links", "admin_people", "admin_place", *MEMBER]


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    more = {
        "HOUSEHOLD_CHATS": f"telegram:{FAMILY}",
        "ADMIN_CHATS": f"telegram:{ROOM}",
    }
    async with open_family(tmp_path, more, is_linked=False) as opened:
        opened.server.group(FAMILY, "Family", bot="member")
        opened.server.group(ROOM, "Admins", bot="member")
        yield opened


@pytest.fixture
async def lists(family: Family) -> AsyncIterator[Lists]:
    """Lists of this test's own, written without a pause."""
    url = f"{family.server.url}/bot"
    async with Bot(TOKEN, base_url=url, request=Request(8)) as bot:
        time = Time()
        lane = Lane(clock=lambda: time.at, wait=time.pass_)
        yield Lists(bot, lane, family.demo.app.house)


@dataclass
class Time:
    """Passes as soon as somebody waits for it."""

    at: float = 0.0

    async def pass_(self, seconds: float) -> None:
        self.at += seconds
        await asyncio.sleep(0)


def listed(family: Family, where: str) -> list[str] | None:
    found = family.server.world.commands.get((where, ""))
    return None if found is None else [one["command"] for one in found]


async def link(family: Family, name: str, number: int, role: Role) -> None:
    house = family.demo.app.house
    async with house.store.begin() as tx:
        person = await people.find(tx, name)
        assert person is not None
        await people.set_role(tx, person.id, role)
        await people.link(tx, person.id, "telegram", str(number), name, house.now())


def written(family: Family) -> int:
    called = family.server.called
    return len(called("setMyCommands")) + len(called("deleteMyCommands"))


async def until_written(family: Family) -> None:
    """Until the running bot's own first look at its lists is over."""
    await family.server.until(lambda: listed(family, f"chat:{FAMILY}"))


async def test_each_place_has_its_own_list(family: Family, lists: Lists) -> None:
    await lists.sync()
    assert {
        where: listed(family, where)
        for where in ("default", "all_group_chats", f"chat:{FAMILY}", f"chat:{ROOM}")
    } == {
        "default": GUEST,
        "all_group_chats": None,
        f"chat:{FAMILY}": MEMBER,
        f"chat:{ROOM}": ADMIN,
    }


async def test_each_linked_person_has_theirs_until_they_have_no_role(
    family: Family, lists: Lists
) -> None:
    family.someone("mum")
    family.someone("ana")
    await link(family, "mum", 101, Role.ADMIN)
    await link(family, "ana", 102, Role.MEMBER)
    await lists.sync()
    assert listed(family, "chat:101") == ADMIN
    assert listed(family, "chat:102") == MEMBER
    await link(family, "ana", 102, Role.ADMIN)
    await lists.sync()
    assert listed(family, "chat:102") == ADMIN
    await lists.of_person("102", None)
    assert listed(family, "chat:102") is None


async def test_what_did_not_change_is_not_written_again(
    family: Family, lists: Lists
) -> None:
    family.someone("ana")
    await link(family, "ana", 102, Role.MEMBER)
    await until_written(family)
    await lists.sync()
    before = written(family)
    await lists.sync()
    assert written(family) == before
    await family.again()
    await family.says("ana", "/me")
    await family.settle()
    assert written(family) == before


async def test_who_was_never_met_has_theirs_once_they_come(family: Family) -> None:
    await until_written(family)
    family.server.person(102, "Ana", started=False)
    await link(family, "ana", 102, Role.MEMBER)
    await family.says("ana", "/start")
    await family.server.until(lambda: listed(family, "chat:102") == MEMBER)


async def test_what_is_pressed_in_a_list_is_understood(
    family: Family, lists: Lists
) -> None:
    mum = family.someone("mum")
    await link(family, "mum", 101, Role.ADMIN)
    await lists.sync()
    commands = family.demo.app.house.commands
    known = commands.visible(Role.ADMIN, PlaceKind.PRIVATE)
    names = listed(family, f"chat:{mum.id}")
    assert names == [one.name.replace(" ", "_") for one in known]
    answer = await family.says("mum", "/admin_people")
    assert answer.text.startswith("4 people")


async def test_help_says_what_the_list_says(family: Family, lists: Lists) -> None:
    family.someone("ana")
    await link(family, "ana", 102, Role.MEMBER)
    await lists.sync()
    answer = await family.says("ana", "/help")
    listed_in_help = [
        one for one in MEMBER if f"\n{one}" in answer.text.replace("/", "")
    ]
    assert listed_in_help == listed(family, "chat:102") == MEMBER


async def test_nothing_is_kept_or_called_for_strangers(
    family: Family, lists: Lists
) -> None:
    await lists.sync()
    await until_written(family)
    before = written(family)
    await lists.of_person("900", None)
    assert written(family) == before
    async with family.demo.app.house.store.read() as db:
        assert await config.get(db, "telegram.commands.900") is None


async def test_a_stranger_is_looked_up_once_and_not_remembered_for_ever(
    family: Family, lists: Lists
) -> None:
    await until_written(family)
    changed = family.demo.app.house.places.changed
    for number in range(STRANGERS + 1):
        await lists.of_person(f"9{number:06}", None)
    changed.clear()
    lists.seen(f"9{STRANGERS:06}", None)
    assert not changed.is_set()
    lists.seen("9000000", None)
    assert changed.is_set()
