"""Cards that follow what they show, news, pictures, and what Discord refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from tests.chats.discord_phone import (
    Household,
    Phone,
    abroad,
    open_household,
    words,
)
from tests.discord_api import Call, Message
from tests.discord_api.faults import Fault
from tests.discord_api.refused import no
from tests.discord_api.view import drawing

from medianest_bot.chats._discord_port import DiscordPort
from medianest_bot.core.reply import Choice, Field, Item, Picture, Reply
from medianest_bot.core.store import cards, news, people
from medianest_bot.core.store.cards import Card

pytestmark = pytest.mark.asyncio(loop_scope="module")

READY = "It can be watched now."
APPROVED = "Approved. It is being looked for."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port(household: Household) -> DiscordPort:
    return household.quickly()


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household, port: DiscordPort) -> Phone:
    del port
    return await household.another("ana")


def number_at_seerr(household: Household, tmdb: int) -> int:
    asked = household.demo.served.seerr.asked
    return max(number for number, one in asked.items() if one.media.tmdb == tmdb)


async def until(household: Household, message: Message, text: str) -> None:
    await household.server.until(lambda: text in drawing(message))


async def is_followed(household: Household, message: Message, before: str = "") -> bool:
    where = f"{before}{message.channel.id}", str(message.id)
    async with household.demo.app.house.store.read() as db:
        return await cards.of_message(db, "discord", *where) is not None


async def test_one_card_follows_a_request_and_its_end_is_told_in_private(
    household: Household, ana: Phone
) -> None:
    seerr = household.demo.served.seerr
    asked = await ana.asks("request", title="movie:841")
    card = asked.answer
    assert card is not None
    number = number_at_seerr(household, 841)
    seerr.approve(number)
    await until(household, card, APPROVED)
    seerr.progress(number, 40)
    await until(household, card, "▓▓▓▓░░░░░░ 40 %")
    seerr.finish(number)
    await until(household, card, READY)
    assert ana.messages == [card]
    assert drawing(card).startswith("Medianest: │ ### ✅ Dune (1984)")


async def test_a_slow_card_is_for_everybody_though_only_one_saw_us_think(
    household: Household, ana: Phone
) -> None:
    server, knobs = household.server, household.demo.served.seerr.knobs
    knobs.hang = True
    asked = server.slash(
        ana.person, "request", {"title": "tv:70523", "seasons": "1"}, where=ana.where
    )
    await server.until(lambda: asked.acknowledged)
    assert ana.sees == "(only you) Medianest: thinking…"
    knobs.hang = False
    await server.until(lambda: asked.followups)
    (card,) = asked.followups
    await server.until(lambda: ana.messages == [card])
    assert card.only_for is None
    household.demo.served.seerr.approve(number_at_seerr(household, 70523))
    await until(household, card, APPROVED)


async def test_news_come_to_the_private_talk(household: Household, ana: Phone) -> None:
    tim = household.of("tim")
    await tim.asks("request", title="movie:603")
    seerr = household.demo.served.seerr
    seerr.finish(number_at_seerr(household, 603))
    private = tim.in_private
    await household.server.until(lambda: private.messages)
    assert "### ✅ The Matrix (1999)" in private.sees
    assert READY in private.sees
    del ana


async def test_where_it_was_asked_in_private_the_card_stays_there(
    household: Household,
) -> None:
    mum = household.of("mum").in_private
    asked = await mum.asks("request", title="movie:194")
    card = asked.answer
    assert card is not None
    household.demo.served.seerr.finish(number_at_seerr(household, 194))
    await until(household, card, READY)
    await household.server.until(lambda: len(mum.messages) == 2)
    assert mum.sees == (
        "Medianest: │ ### ✅ Amélie (2001) <p194.jpg: Amélie (2001)>\n"
        "  │ It can be watched now.\n"
        "  │ [Watch ↗]\n"
        "Medianest: ✅ Amélie (2001): It can be watched now."
    )
    about = mum.messages[1].raw["message_reference"]
    assert about["message_id"] == str(card.id)


async def test_a_deleted_card_is_replaced(household: Household, ana: Phone) -> None:
    asked = await ana.asks("request", title="movie:438631")
    assert asked.answer is not None
    household.server.deletes(asked.answer)
    household.demo.served.seerr.approve(number_at_seerr(household, 438631))
    await household.server.until(lambda: ana.messages)
    (other,) = ana.messages
    assert APPROVED in drawing(other)
    assert other.flags & (1 << 12), "nobody is called by it"
    household.demo.served.seerr.finish(number_at_seerr(household, 438631))
    await until(household, other, READY)
    assert ana.messages == [other]


async def test_where_we_may_write_no_more_the_card_is_forgotten(
    household: Household, ana: Phone
) -> None:
    asked = await ana.asks("request", title="movie:693134")
    card, server = asked.answer, household.server
    assert card is not None
    server.forbids(ana.where, 1 << 10)
    calls = len(server.called("update_message"))
    seerr = household.demo.served.seerr
    seerr.approve(number_at_seerr(household, 693134))
    async with asyncio.timeout(20):
        while await is_followed(household, card):
            pass
    seerr.progress(number_at_seerr(household, 693134), 50)
    again = await (await household.another("ana")).asks("request", title="movie:693134")
    assert again.answer is not None
    await until(household, again.answer, "50 %")
    mine = [
        one
        for one in server.called("update_message")[calls:]
        if one.where["message_id"] == str(card.id)
    ]
    assert [one.status for one in mine] == [403]


async def test_who_takes_no_direct_messages_keeps_what_was_answered(
    household: Household, port: DiscordPort
) -> None:
    del port
    tim = await household.another("tim", refuses_dms=True)
    before = len(household.server.seen(tim.person, household.general))
    asked = await abroad(tim).asks("request", title="tv:70523", seasons="1")
    assert words(asked.answer) == "### ⏳ Dark (2017) <p70523.jpg: Dark (2017)>"
    said = household.server.seen(tim.person, household.general)[before:]
    assert "\n".join(map(drawing, said)) == (
        "Medianest: I cannot write to tim in private: their direct messages are "
        "closed. Open them for this server, and news arrive again."
    )
    await abroad(tim).asks("request", title="tv:70523", seasons="2")
    assert household.server.seen(tim.person, household.general)[before:] == said
    assert not await is_reachable(household, tim)
    tim.person.refuses_dms = False
    await abroad(tim).asks("request", title="tv:70523", seasons="3")
    assert await is_reachable(household, tim)


async def test_who_takes_none_sees_it_move_for_a_quarter_of_an_hour(
    household: Household, port: DiscordPort
) -> None:
    del port
    tim = await household.another("tim", refuses_dms=True)
    asked = await abroad(tim).asks("request", title="tv:1396", seasons="4")
    card, seerr = asked.answer, household.demo.served.seerr
    assert card is not None
    number = number_at_seerr(household, 1396)
    seerr.approve(number)
    await until(household, card, APPROVED)
    assert card.only_for is tim.person
    seen, calls = drawing(card), len(household.server.calls)
    household.clock.forward(minutes=14)
    seerr.progress(number, 40)
    async with asyncio.timeout(5):
        while await is_followed(household, card, "fleeting:"):
            pass
    tokens = [one for one in household.server.calls[calls:] if asked.token in one.path]
    assert (drawing(card), tokens) == (seen, [])


async def is_reachable(household: Household, phone: Phone) -> bool:
    async with household.demo.app.house.store.read() as db:
        found = await people.of_platform(db, "discord")
    account = str(phone.person.id)
    return next(one.unreachable_at is None for one in found if one.account == account)


async def from_plex(household: Household) -> Reply:
    """A card with a picture that only the house can fetch."""
    assert household.demo.app.house.plex is not None
    newest = (await household.demo.app.house.plex.recent(1)).value[0]
    return Reply("Lately", picture=Picture("a poster", f"plex:{newest.thumb}"))


async def test_a_picture_of_plex_is_uploaded(
    household: Household, port: DiscordPort, ana: Phone
) -> None:
    card = await from_plex(household)
    assert await port.tell(str(ana.person.id), card)
    (message,) = ana.in_private.messages
    assert drawing(message) == (
        "Medianest: <picture-1.jpg>\n  │ ### Lately <picture-1.jpg: a poster>"
    )
    assert message.files[0].data


async def test_a_picture_that_cannot_be_read_leaves_its_words(
    port: DiscordPort, ana: Phone
) -> None:
    gone = Picture("gone", "plex:/library/metadata/999999/thumb/1")
    public = Picture("there", "https://image.tmdb.org/t/p/w500/p1.jpg")
    rows = (Item("One", picture=gone), Item("Two", picture=public))
    assert await port.tell(str(ana.person.id), Reply("Lately", "x", (), rows, gone))
    assert ana.in_private.sees == (
        "Medianest: │ ### Lately\n"
        "  │ x\n"
        "  │ ──\n"
        "  │ **One**\n"
        "  │ **Two** <p1.jpg: there>"
    )


async def test_what_discord_does_not_take_comes_without_its_pictures(
    household: Household, port: DiscordPort, ana: Phone
) -> None:
    picture = Picture("wide", "https://image.tmdb.org/t/p/w500/p1.jpg")
    reply = Reply("Dune", "Soon", picture=picture, choices=(Choice("Me", "me"),))
    fault = Fault("create_message", 1, "before", no(50035))
    household.server.faults.add(fault)
    assert await port.tell(str(ana.person.id), reply)
    assert ana.in_private.sees == "Medianest: │ ### Dune\n  │ Soon\n  │ [Me]"
    assert await is_reachable(household, ana)


@pytest.mark.parametrize(
    "filling", ["<&>", "👩‍👩‍👧", "a b", "\u0301", "@everyone ", "<@1>", "**`", "\n> "]
)
async def test_endless_texts_arrive_and_call_nobody(
    household: Household, port: DiscordPort, ana: Phone, filling: str
) -> None:
    title = filling * (5000 // len(filling))
    rows = tuple(
        Item(title, title, choices=(Choice(title, f"search {n}"),)) for n in range(50)
    )
    reply = Reply(title, title, (Field(title, title),), rows)
    assert await port.tell(str(ana.person.id), reply)
    (message,) = ana.in_private.messages
    assert (message.raw["mentions"], message.raw["mention_everyone"]) == ([], False)
    body = household.server.calls[-1].body
    assert body["allowed_mentions"]["parse"] == []


async def test_progress_of_many_cards_in_a_channel_is_slower(
    household: Household, ana: Phone
) -> None:
    outbox = household.demo.app.house.outbox
    asked = await ana.asks("request", title="tv:1396", seasons="3")
    assert asked.answer is not None
    where = str(ana.where.id), str(asked.answer.id)
    async with household.demo.app.house.store.read() as db:
        card = await cards.of_message(db, "discord", *where)
    assert card is not None
    quick = outbox._ports.get("discord")
    assert isinstance(quick, DiscordPort)
    port = DiscordPort(quick._room, quick._client)
    busy = Reply("Dune", busy=True)
    paces = []
    for number in range(5):
        await port.edit(replace(card, message=f"{card.message[:-1]}{number}"), busy)
        paces.append(port.pace_s(card))
    assert paces == [3.0, 3.0, 3.0, 6.0, 6.0]


async def test_cards_of_a_channel_that_is_gone_slow_nobody_down(
    household: Household, ana: Phone
) -> None:
    quick = household.demo.app.house.outbox._ports.get("discord")
    assert isinstance(quick, DiscordPort)
    port = DiscordPort(quick._room, quick._client)
    busy = Reply("Dune", busy=True)
    account = str(ana.person.id)
    gone = [
        Card(0, "request:1", "discord", "999", str(n), None, account, "show x", "")
        for n in range(1, 6)
    ]
    assert [await port.edit(card, busy) for card in gone] == [False] * 5
    assert port.pace_s(gone[0]) == 3.0


# Last, as discord.py talks to one server at a time.
async def test_news_that_nobody_took_come_once_somebody_does(tmp_path: Path) -> None:
    async with open_household(tmp_path) as household:
        tim, server = household.of("tim"), household.server
        tim.person.refuses_dms = True
        asked = await abroad(tim).asks("request", title="movie:841")
        assert asked.answer is not None
        household.demo.served.seerr.finish(number_at_seerr(household, 841))
        calls = server.called

        def refused() -> list[Call]:
            return [one for one in calls("create_message") if one.status == 403]

        # Once for the card, once for its end.
        await server.until(lambda: len(refused()) == 2)
        await until_put_off(household)
        tim.person.refuses_dms = False
        household.clock.forward(minutes=3)
        household.demo.app.house.outbox.wake()
        private = tim.in_private
        await server.until(lambda: private.messages)
        await household.again()
        assert private.sees.count(READY) == len(private.messages) == 1
        assert len(household.of("mum").messages) == 1


async def until_put_off(household: Household) -> None:
    async with asyncio.timeout(20):
        while True:
            async with household.demo.app.house.store.read() as db:
                if [one.attempts for one in await news.waiting(db)] == [1]:
                    return
