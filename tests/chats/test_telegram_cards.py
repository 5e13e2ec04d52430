"""Cards that follow what they show, news, pictures, and what Telegram refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.chats.telegram_phone import (
    Household,
    Phone,
    drawn,
    open_household,
    quick_cards,
)

from medianest_bot.chats._telegram_port import TelegramPort
from medianest_bot.core.reply import Choice, Field, Item, Picture, Reply
from medianest_bot.core.store import people

pytestmark = pytest.mark.asyncio(loop_scope="module")

READY = """\
(https://image.tmdb.org/t/p/w500/p841.jpg)
✅ Dune (1984)
It can be watched now.
[Watch]"""
DOWNLOADED = """\
✅ Garden in a year
Done
4 videos, 6.0 MB
[Delete]
[Open in Plex]"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Household]:
    async with open_household(tmp_path_factory.mktemp("household")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port(household: Household) -> AsyncIterator[TelegramPort]:
    async with quick_cards(household) as attached:
        yield attached


@pytest_asyncio.fixture(loop_scope="module")
async def ana(household: Household, port: TelegramPort) -> Phone:
    del port
    return await household.another("ana")


def number_at_seerr(household: Household, tmdb: int) -> int:
    asked = household.demo.served.seerr.asked
    return max(number for number, one in asked.items() if one.media.tmdb == tmdb)


async def test_one_card_follows_a_request_and_the_news_hang_on_it(
    household: Household, port: TelegramPort
) -> None:
    del port
    phone, seerr = household.of("ana"), household.demo.served.seerr
    card = await phone.says("/request movie:841")
    until = household.server.until
    number = number_at_seerr(household, 841)
    seerr.approve(number)
    await until(lambda: "Approved. It is being looked for." in card.text)
    seerr.progress(number, 40)
    await until(lambda: "▓▓▓▓░░░░░░ 40 %" in card.text)
    seerr.finish(number)
    await until(lambda: "It can be watched now." in card.text)
    *news, last = await until(
        lambda: phone.answers[-1].text == card.text and phone.answers[1:]
    )
    assert (drawn(card), drawn(last)) == (READY, READY)
    assert {one.reply_to for one in (*news, last)} == {card.id}


async def test_one_card_follows_a_download(household: Household, ana: Phone) -> None:
    card = await ana.says(f"/download {household.demo.playlist}")
    await household.server.until(lambda: "Done" in card.text, patience_s=20)
    assert drawn(card) == DOWNLOADED
    assert ana.answers == [card]


async def test_a_card_that_was_deleted_is_replaced(
    household: Household, ana: Phone
) -> None:
    card = await ana.says("/request movie:438631")
    household.server.deletes(card)
    household.demo.served.seerr.approve(number_at_seerr(household, 438631))
    other = await ana.next(0)
    assert "Approved" in other.text


async def test_a_card_that_may_not_be_edited_is_replaced(
    household: Household, ana: Phone
) -> None:
    card = await ana.says("/request movie:693134")
    chat = ana.person.id
    household.server.fail("editMessageText", 400, "message can't be edited", chat=chat)
    household.demo.served.seerr.approve(number_at_seerr(household, 693134))
    other = await ana.next(1)
    assert "Approved" in other.text
    assert "Approved" not in card.text


async def test_an_edit_nobody_knows_of_is_done_once_more(
    household: Household, ana: Phone
) -> None:
    picker = await ana.says("/request dark")
    for when in ("before", "after"):
        household.server.close_connection("editMessageText", when, chat=ana.person.id)
        await ana.presses_over(picker, picker.labels[0])
    assert len(ana.answers) == 1


async def test_a_message_nobody_knows_of_is_not_sent_again(
    household: Household, ana: Phone
) -> None:
    household.server.close_connection("sendMessage", "after", chat=ana.person.id)
    await ana.says("me")
    await ana.says("help me")
    assert len(ana.answers) == 2


async def from_plex(household: Household) -> Reply:
    """A card with a picture that only the house can fetch."""
    assert household.demo.app.house.plex is not None
    newest = (await household.demo.app.house.plex.recent(1)).value[0]
    return Reply("Lately", picture=Picture("a poster", f"plex:{newest.thumb}"))


async def test_a_picture_of_plex_is_uploaded_once(
    household: Household, port: TelegramPort, ana: Phone
) -> None:
    card, account = await from_plex(household), str(ana.person.id)
    await port.tell(account, card)
    await port.tell(account, card)
    calls = household.server.called("sendPhoto")
    uploaded, named = (one for one in calls if one.chat == ana.person.id)
    assert [drawn(one) for one in ana.answers] == ["(photo)\nLately"] * 2
    assert uploaded.files
    sizes = [one["file_id"] for one in ana.answers[0].raw["photo"]]
    assert (named.files, named.params["photo"] in sizes) == ({}, True)


async def test_a_picture_whose_name_is_forgotten_is_uploaded_again(
    household: Household, port: TelegramPort, ana: Phone
) -> None:
    card, chat = await from_plex(household), ana.person.id
    await port.tell(str(chat), card)
    household.server.fail("sendPhoto", 400, "wrong file identifier", chat=chat)
    await port.tell(str(chat), card)
    assert [one.is_photo for one in ana.answers] == [True, True]


async def test_a_picture_that_is_refused_leaves_its_words(
    household: Household, port: TelegramPort, ana: Phone
) -> None:
    card, chat = await from_plex(household), ana.person.id
    refused = "PHOTO_INVALID_DIMENSIONS"
    household.server.fail("sendPhoto", 400, refused, chat=chat, times=2)
    await port.tell(str(chat), card)
    assert [drawn(one) for one in ana.answers] == ["Lately"]


@pytest.mark.parametrize(
    "refused",
    [
        "can't parse entities: unexpected end tag",
        "BUTTON_COPY_TEXT_INVALID",
        "message is too long",
        "something nobody has heard of yet",
    ],
)
async def test_what_telegram_refuses_arrives_as_bare_words(
    household: Household, ana: Phone, refused: str
) -> None:
    household.server.fail("sendMessage", 400, refused, chat=ana.person.id)
    answer = await ana.says("me")
    assert answer.text.startswith("ana\n")
    assert answer.entities == []


@pytest.mark.parametrize("filling", ["<&>", "👩‍👩‍👧", "a b", "\u0301", "@ana "])
async def test_endless_titles_arrive(
    household: Household, port: TelegramPort, ana: Phone, filling: str
) -> None:
    title = filling * (5000 // len(filling))
    rows = tuple(
        Item(title, title, choices=(Choice(title, f"search {n}"),)) for n in range(50)
    )
    reply = Reply(title, title, (Field(title, title),), rows)
    assert await port.tell(str(ana.person.id), reply)
    assert len(ana.answers) == 1
    assert household.server.calls[-1].status == 200


async def test_a_chat_that_is_to_rest_is_answered_afterwards(
    household: Household, ana: Phone
) -> None:
    household.server.fail(
        "sendMessage",
        429,
        "Too Many Requests: retry after 1",
        chat=ana.person.id,
        retry_after=1,
    )
    await ana.says("me")
    first, second = (
        call
        for call in household.server.called("sendMessage")
        if call.chat == ana.person.id
    )
    assert second.at - first.at >= 1


async def test_news_wait_for_who_has_blocked_us(
    household: Household, port: TelegramPort
) -> None:
    del port
    phone, server = household.of("tim"), household.server
    card = await phone.says("/request movie:194")
    server.blocks(phone.person)
    await until_reachable(household, "103", is_so=False)
    household.demo.served.seerr.finish(number_at_seerr(household, 194))
    refused = ("sendMessage", 103, 403)
    calls = server.calls
    await server.until(
        lambda: refused in [(one.method, one.chat, one.status) for one in calls]
    )
    seen = len(phone.answers)
    server.unblocks(phone.person)
    await until_reachable(household, "103", is_so=True)
    news = await phone.next(seen)
    assert "It can be watched now." in news.text
    await server.until(lambda: "It can be watched now." in card.text)


async def test_who_writes_again_can_be_written_to_again(household: Household) -> None:
    phone, server = household.of("mum"), household.server
    gone = "Forbidden: user is deactivated"
    server.fail("sendMessage", 403, gone, chat=phone.person.id)
    server.says(phone.person, "me")
    await until_reachable(household, "101", is_so=False)
    await phone.says("me")
    await until_reachable(household, "101", is_so=True)


async def until_reachable(household: Household, account: str, *, is_so: bool) -> None:
    """Wait until it is noted; whose account it is stays known either way."""
    async with asyncio.timeout(20):
        while await is_reachable(household, account) is not is_so:
            pass


async def is_reachable(household: Household, account: str) -> bool:
    async with household.demo.app.house.store.read() as db:
        found = await people.of_platform(db, "telegram")
    return next(one.unreachable_at is None for one in found if one.account == account)
