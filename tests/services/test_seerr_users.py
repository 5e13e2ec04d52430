"""Seerr's users: made from Plex accounts, and where they can be told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from medianest_bot.demo import household
from medianest_bot.demo.household import Household
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.services import http
from medianest_bot.services.cache import Cache
from medianest_bot.services.errors import Missing, Refused, Unreachable, Unreadable
from medianest_bot.services.seerr import Chats, Seerr, User, is_csrf

ANA, TIM = 2, 3
SERVERS: tuple[tuple[Literal["seerr", "overseerr"], str | None], ...] = (
    ("overseerr", None),
    ("seerr", None),
    ("seerr", "3.3.0"),
)


@dataclass
class Desk:
    standin: SeerrStandIn
    seerr: Seerr
    sent: list[httpx.Request]

    def keep(self, user: int, **settings: Any) -> None:
        """What the user set by themselves before."""
        self.standin.accounts[user].settings = {"notificationTypes": {}, **settings}

    def kept(self, user: int) -> dict[str, Any]:
        return self.standin.accounts[user].settings or {}

    def posted(self) -> list[Any]:
        return [json.loads(one.content) for one in self.sent if one.method == "POST"]


def newcomers() -> Household:
    """The household, in whose Seerr nobody but mum is."""
    house = household.read()
    people = tuple(
        replace(one, seerr_id=one.seerr_id if one.name == "mum" else None)
        for one in house.people
    )
    # What was asked for needs somebody who did.
    movies = tuple(replace(one, requested_by=None) for one in house.movies)
    return replace(house, people=people, movies=movies, seerr_users=())


@asynccontextmanager
async def open_desk(
    product: Literal["seerr", "overseerr"] = "seerr",
    version: str | None = None,
    house: Household | None = None,
) -> AsyncIterator[Desk]:
    standin = SeerrStandIn(
        house or household.read(), product=product, version=version, pace=0
    )
    connection, sent = http.client(await standin.start()), list[httpx.Request]()

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    connection.event_hooks["request"] = [note]
    seerr = Seerr(http.Http("seerr", connection), Cache(), standin.key)
    try:
        yield Desk(standin, seerr, sent)
    finally:
        await seerr.aclose()
        await standin.stop()


@pytest.fixture(params=SERVERS, ids=lambda one: f"{one[0]} {one[1] or ''}".strip())
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with open_desk(*request.param) as opened:
        yield opened


async def test_plex_accounts_become_users_once() -> None:
    async with open_desk(house=newcomers()) as desk:
        for _ in range(2):
            await desk.seerr.import_from_plex([1002, 4711])
        assert await desk.seerr.users() == (
            User(1, "mum", 1001, 2),
            User(2, "ana.maple", 1002, 32),
        )
        assert desk.posted() == [{"plexIds": ["1002", "4711"]}] * 2


async def test_an_import_is_done_as_the_owner_and_may_be_refused() -> None:
    async with open_desk() as desk:
        await desk.seerr.import_from_plex([1002])
        assert desk.sent[-1].headers["X-API-User"] == "1"
        desk.standin.knobs.csrf = True
        with pytest.raises(Refused) as refused:
            await desk.seerr.import_from_plex([1002])
        assert is_csrf(refused.value)


@pytest.mark.parametrize("garbage", ["{}", "<html>", "7", "null"])
async def test_an_odd_answer_to_an_import_is_unreadable(garbage: str) -> None:
    async with open_desk() as desk:
        desk.standin.knobs.only = "/api/v1/user/import"
        desk.standin.knobs.garbage = garbage
        with pytest.raises(Unreadable):
            await desk.seerr.import_from_plex([1002])


async def test_chats_are_written_where_there_are_none(desk: Desk) -> None:
    before = await desk.seerr.chats(ANA)
    found = Chats(("123",), "456")
    assert await desk.seerr.add_chats(ANA, found)
    assert (before, await desk.seerr.chats(ANA)) == (Chats(), found)
    # Nothing more is to be done.
    assert not await desk.seerr.add_chats(ANA, found)
    assert len(desk.posted()) == 1


async def test_what_stands_there_stays(desk: Desk) -> None:
    is_list = (await desk.seerr.about()).version.startswith("3.3")
    discord = {"discordIds": ["999"]} if is_list else {"discordId": "999"}
    others = {"pgpKey": "a key", "telegramSendSilently": True, "pushoverSound": "bike"}
    kinds = {"notificationTypes": {"discord": 16, "email": 2, "webpush": 8190}}
    desk.keep(ANA, **discord, **others, **kinds, telegramChatId="888")
    is_written = await desk.seerr.add_chats(ANA, Chats(("123",), "456"))
    more = {"discordIds": ["999", "123"]} if is_list else discord
    assert is_written is is_list
    assert desk.kept(ANA) == {**more, **others, **kinds, "telegramChatId": "888"}


async def test_a_missing_chat_is_added_beside_the_other(desk: Desk) -> None:
    desk.keep(TIM, telegramChatId="888")
    assert await desk.seerr.add_chats(TIM, Chats(("123",), "456"))
    assert await desk.seerr.chats(TIM) == Chats(("123",), "888")
    assert not await desk.seerr.add_chats(TIM, Chats())


async def test_a_chat_alone_leaves_the_list_of_the_other() -> None:
    async with open_desk("seerr", "3.3.0") as desk:
        desk.keep(ANA, discordIds=["999", "123"])
        assert await desk.seerr.add_chats(ANA, Chats(("123",), "456"))
        assert await desk.seerr.chats(ANA) == Chats(("999", "123"), "456")


async def test_both_generations_of_the_field_are_read() -> None:
    async with open_desk() as desk:
        desk.standin.knobs.garbage = json.dumps(
            {
                "discordIds": ["1", None, 7, "", "2"],
                "discordId": "3",
                "telegramChatId": 5,
            }
        )
        assert await desk.seerr.chats(ANA) == Chats(("1", "2", "3"), None)


async def test_nobody_can_be_told_whom_seerr_does_not_know(desk: Desk) -> None:
    with pytest.raises(Missing):
        await desk.seerr.chats(77)
    desk.standin.knobs.fail_status = 500
    with pytest.raises(Unreachable):
        await desk.seerr.add_chats(ANA, Chats(("1",)))
    with pytest.raises(TypeError):
        await desk.seerr.chats("2")  # type: ignore[arg-type]


async def test_new_users_and_their_chats_outlive_the_stand_in(tmp_path: Path) -> None:
    memory = tmp_path / "seerr.json"
    seen = []
    for _ in range(2):
        standin = SeerrStandIn(newcomers(), pace=0, memory=memory)
        connection = http.Http("seerr", http.client(await standin.start()))
        seerr = Seerr(connection, Cache(), standin.key)
        await seerr.import_from_plex([1002])
        await seerr.add_chats(ANA, Chats(("123",)))
        seen.append((await seerr.users(), await seerr.chats(ANA)))
        await seerr.aclose()
        await standin.stop()
    assert seen[0] == seen[1]
