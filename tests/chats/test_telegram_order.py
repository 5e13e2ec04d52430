"""Who waits for whom: one person's changes for each other, and nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from tests.bot_api import Message, Press, Question, Server, bot_api
from tests.chats.telegram_phone import Phone
from tests.telegram_house import (  # noqa: F401
    TOKEN,
    InTelegram,
    in_telegram,
    link,
    running,
    telegram_api,
)

from medianest_bot.core.store import inbox
from medianest_bot.demo.seerr import SeerrStandIn
from medianest_bot.demo_house import Demo

DUNE, PART_TWO = 438631, 693134
REQUEST, SEARCH = "/api/v1/request", "/api/v1/search"


@pytest.fixture
def server(in_telegram: InTelegram) -> Server:  # noqa: F811
    return in_telegram.server


@pytest.fixture
def seerr(in_telegram: InTelegram) -> SeerrStandIn:  # noqa: F811
    return in_telegram.demo.served.seerr


def ours(phone: Phone) -> list[str]:
    return [one.text.partition("\n")[0] for one in phone.answers]


async def settled(press: Press, server: Server) -> None:
    await server.until(lambda: press.answer is not None)


async def test_changes_of_one_person_are_done_in_order(
    server: Server,
    seerr: SeerrStandIn,
) -> None:
    ana, tim = Phone(server, 102, "Ana"), Phone(server, 103, "Tim")
    seerr.knobs.hang, seerr.knobs.only = True, REQUEST
    for number in (DUNE, PART_TWO, 841):
        server.says(ana.person, f"/request movie:{number}")
    # Somebody else's answer shows that all of them have arrived.
    await tim.says("/me")
    assert ours(ana) == []
    seerr.knobs.reset()
    await server.until(lambda: len(ana.answers) == 3)

    assert ours(ana) == ["Dune (2021)", "Dune: Part Two (2024)", "Dune (1984)"]
    asked = [
        one.media.tmdb
        for _number, one in sorted(seerr.asked.items())
        if one.media.tmdb in (DUNE, PART_TWO, 841)
    ]
    assert asked == [DUNE, PART_TWO, 841]


async def test_a_search_does_not_wait_for_a_slow_request(
    server: Server, seerr: SeerrStandIn
) -> None:
    ana = Phone(server, 102, "Ana")
    seerr.knobs.hang, seerr.knobs.only = True, REQUEST
    server.says(ana.person, f"/request movie:{DUNE}")
    answer = await ana.says("dune")
    assert answer.text.startswith("What I found for “dune”")
    seerr.knobs.reset()
    await server.until(lambda: len(ana.answers) == 2)


async def test_cancel_does_not_wait_for_a_slow_search(
    server: Server, seerr: SeerrStandIn
) -> None:
    ana = Phone(server, 102, "Ana")
    card = await ana.says(f"/request movie:{DUNE}")
    seerr.knobs.hang, seerr.knobs.only = True, SEARCH
    server.says(ana.person, "/search dune")
    press = server.presses(ana.person, card, "Cancel")
    await settled(press, server)
    await server.until(lambda: "Cancel" not in newest(ana).labels)
    assert [one.text for one in ana.answers if "What I found" in one.text] == []
    seerr.knobs.reset()
    await server.until(lambda: "What I found" in newest(ana).text)


async def test_cancel_does_not_wait_for_a_press_on_another_card(
    server: Server, seerr: SeerrStandIn
) -> None:
    ana = Phone(server, 102, "Ana")
    card = await ana.says(f"/request movie:{DUNE}")
    found = await ana.says("dune 1984")
    seerr.knobs.hang, seerr.knobs.only = True, "/api/v1/movie/841"
    server.presses(ana.person, found, found.labels[0])
    press = server.presses(ana.person, card, "Cancel")
    await settled(press, server)
    await server.until(
        lambda: any("It was cancelled" in x.text for x in ana.answers), 5
    )
    seerr.knobs.reset()


async def test_people_do_not_wait_for_each_other(
    server: Server, seerr: SeerrStandIn
) -> None:
    """256 of them are answered while 40 searches, all that Seerr takes, are held."""
    ana = Phone(server, 102, "Ana")
    seerr.knobs.hang, seerr.knobs.only = True, SEARCH
    for number in range(40):
        server.says(ana.person, f"/search film {number}")
    questions = everybody_asks(server)
    await server.until(lambda: all(one.answer is not None for one in questions))
    assert ana.answers == []
    seerr.knobs.reset()


@pytest.mark.slow
async def test_256_of_them_are_in_the_midst_of_it_at_once(server: Server) -> None:
    """Every one of them waits for Telegram at the same time, none for another."""
    hold = server.hold("answerInlineQuery")
    questions = everybody_asks(server)
    await hold.arrived.wait()
    # Our client has 256 connections, and one or two serve command lists.
    await server.until(lambda: len(server.called("answerInlineQuery")) >= 250)
    assert not any(one.answer is not None for one in questions)
    server.faults.release()
    await server.until(lambda: all(one.answer is not None for one in questions))


def everybody_asks(server: Server) -> list[Question]:
    crowd = [server.person(1000 + n, f"P{n}") for n in range(256)]
    return [server.asks_inline(one, f"film {one.id}") for one in crowd]


async def test_a_chat_that_is_told_to_be_silent_delays_nobody_else(
    server: Server,
) -> None:
    ana, tim = Phone(server, 102, "Ana"), Phone(server, 103, "Tim")
    server.fail("sendMessage", 429, "retry after 2", chat=102, retry_after=2, times=3)
    for _ in range(3):
        server.says(ana.person, "/me")
    await server.until(lambda: 429 in [x.status for x in server.called("sendMessage")])
    for count in range(3):
        assert (await tim.says("/me")).text.startswith("tim")
        assert len(tim.answers) == count + 1
    assert ana.answers == []
    await server.until(lambda: len(ana.answers) == 3)


@pytest.fixture
async def without_limit(demo: Demo) -> AsyncIterator[Server]:
    async with bot_api(TOKEN, window=None) as server:
        await link(demo)
        async with running(demo, server):
            yield server


async def test_a_card_that_cannot_be_sent_delays_nobody(without_limit: Server) -> None:
    server = without_limit
    ana, tim = Phone(server, 102, "Ana"), Phone(server, 103, "Tim")
    hold = server.hold("sendMessage", chat=102)
    server.says(ana.person, "/me")
    await hold.arrived.wait()
    assert (await tim.says("/me")).text.startswith("tim")
    assert ana.answers == []
    server.faults.release()
    await server.until(lambda: len(ana.answers) == 1)


def newest(phone: Phone) -> Message:
    return phone.answers[-1]


async def test_what_was_left_is_not_overtaken_by_what_is_new(
    demo: Demo,
    telegram_api: Server,  # noqa: F811
) -> None:
    """And whoever asks for anything else does not wait for it."""
    server, seerr = telegram_api, demo.served.seerr
    await link(demo)
    ana, tim = Phone(server, 102, "Ana"), Phone(server, 103, "Tim")
    for number in (DUNE, PART_TWO):
        server.says(ana.person, f"/request movie:{number}")
    house = demo.app.house
    async with house.store.begin() as tx:
        left = [(n, json.dumps(one)) for n, one in server.updates.pending.items()]
        await inbox.take(tx, "telegram", left, house.now())
    seerr.knobs.hang, seerr.knobs.only = True, REQUEST
    async with running(demo, server):
        server.says(ana.person, "/request movie:841")
        assert (await tim.says("/me")).text.startswith("tim")
        assert ana.answers == []
        seerr.knobs.reset()
        await server.until(lambda: len(ana.answers) == 3)

    assert ours(ana) == ["Dune (2021)", "Dune: Part Two (2024)", "Dune (1984)"]
