from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict
from tests.core.hall import Chat, Hall, card, delivering, open_hall, until
from tests.locks import locked

from medianest_bot.core.outbox import Away, fingerprint
from medianest_bot.core.reply import Reply
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import cards, news, people, requests
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.news import News

COLD, HOT = Reply(text="cold", follows="tea:1"), Reply(text="hot", follows="tea:1")


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


@pytest.fixture
async def chat(hall: Hall) -> AsyncIterator[Chat]:
    """A chat in a house whose outbox runs."""
    opened = Chat()
    hall.outbox.attach(opened)
    async with delivering(hall):
        yield opened


async def followed(hall: Hall, subject: str = "tea:1", **more: str) -> None:
    """A card that shows a cold tea."""
    hall.shelf.cards.setdefault(subject, "cold")
    await hall.outbox.follow(card(subject, **more), Reply(text="cold", follows=subject))


async def kept(hall: Hall, subject: str = "tea:1") -> tuple[Card, ...]:
    async with hall.store.read() as db:
        return await cards.following(db, subject)


async def waiting(hall: Hall) -> tuple[News, ...]:
    async with hall.store.read() as db:
        return await news.waiting(db)


async def until_none_waits(hall: Hall) -> None:
    async def none_waits() -> bool:
        return not await waiting(hall)

    await until(none_waits)


async def until_tried(hall: Hall, attempts: int = 1) -> News:
    async def is_tried() -> bool:
        return (await waiting(hall))[0].attempts >= attempts

    await until(is_tried)
    return (await waiting(hall))[0]


async def until_shows(hall: Hall, reply: Reply | None) -> None:
    """Wait until the card is noted to show that; None: until it is forgotten."""

    async def is_so() -> bool:
        marks = [one.drawn for one in await kept(hall)]
        return marks == ([fingerprint(reply)] if reply else [])

    await until(is_so)


async def settled() -> None:
    """Long enough for whatever would happen by itself."""
    await asyncio.sleep(0.05)


# --- cards ----------------------------------------------------------------------


async def test_a_change_redraws_every_card_that_follows(hall: Hall, chat: Chat) -> None:
    await followed(hall)
    await followed(hall, message="2", who="tim")
    await followed(hall, "tea:2", message="3")
    hall.set("tea:1", "hot")
    await chat.until(lambda: len(chat.edited) == 2)
    assert sorted(chat.edited) == [("1", "hot"), ("2", "hot")]


async def test_what_looks_the_same_is_not_sent_again(hall: Hall, chat: Chat) -> None:
    await followed(hall)
    hall.set("tea:1", "cold")
    await settled()
    hall.set("tea:1", "hot")
    await chat.until(lambda: bool(chat.edited))
    hall.set("tea:1", "hot")
    await settled()
    assert chat.edited == [("1", "hot")]


async def test_the_latest_state_wins(hall: Hall, chat: Chat) -> None:
    chat.slow["tea:1"] = asyncio.Event()
    await followed(hall)
    for degrees in range(50):
        hall.set("tea:1", f"{degrees} degrees")
        await asyncio.sleep(0)
    await settled()
    chat.slow.pop("tea:1").set()
    await chat.until(lambda: ("1", "49 degrees") in chat.edited)
    assert len(chat.edited) <= 2


async def test_one_slow_card_delays_no_other(hall: Hall, chat: Chat) -> None:
    chat.slow["tea:1"] = asyncio.Event()
    await followed(hall)
    await followed(hall, "tea:2", message="2")
    hall.set("tea:1", "hot")
    hall.set("tea:2", "hot")
    await hall.tell("show tea:2", "tim")
    await chat.until(lambda: bool(chat.told) and bool(chat.edited))
    assert (chat.edited, chat.told) == ([("2", "hot")], [("tim", "hot")])


async def test_each_card_is_redrawn_at_its_own_pace(
    tmp_path: Path, database_template: Path
) -> None:
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await asyncio.sleep(seconds)

    async def is_resting() -> bool:
        return 50 in rests

    chat = Chat(paces={"1": 50})
    async with open_hall(tmp_path, database_template, wait=rest) as hall:
        hall.outbox.attach(chat)
        async with delivering(hall):
            await followed(hall)
            hall.set("tea:1", "warm")
            await until(is_resting)
            await followed(hall, message="2")
            hall.set("tea:1", "hot")
            await chat.until(lambda: ("2", "hot") in chat.edited)
    assert ("1", "hot") not in chat.edited


async def test_a_redraw_that_fails_is_tried_again(hall: Hall, chat: Chat) -> None:
    chat.trouble = [RuntimeError("rate limit"), RuntimeError("network")]
    await followed(hall)
    with structlog.testing.capture_logs() as logged:
        hall.set("tea:1", "hot")
        await chat.until(lambda: chat.edited == [("1", "hot")])
    assert [one["event"] for one in logged] == ["redraw", "redraw"]


async def test_a_chat_that_is_away_is_no_fault_of_ours(hall: Hall, chat: Chat) -> None:
    chat.trouble = [Away(), Away()]
    await followed(hall)
    with structlog.testing.capture_logs() as logged:
        hall.set("tea:1", "hot")
        await chat.until(lambda: chat.edited == [("1", "hot")])
    assert [one["event"] for one in logged] == ["redraw waits", "redraw waits"]


async def test_a_card_that_cannot_be_drawn_stays_as_it_is(
    hall: Hall, chat: Chat
) -> None:
    await followed(hall)
    await followed(hall, "tea:2", message="2")
    del hall.shelf.cards["tea:1"]
    hall.outbox.changed("tea:1")
    hall.set("tea:2", "hot")
    await chat.until(lambda: bool(chat.edited))
    assert chat.edited == [("2", "hot")]


async def test_a_message_that_is_gone_is_not_followed_any_more(
    hall: Hall, chat: Chat
) -> None:
    await followed(hall)
    chat.is_gone = True
    hall.set("tea:1", "hot")
    await until_shows(hall, None)


async def test_what_changed_before_it_was_remembered_is_redrawn(
    hall: Hall, chat: Chat
) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    await hall.outbox.follow(card("tea:1"), COLD)
    await chat.until(lambda: chat.edited == [("1", "hot")])
    await until_shows(hall, HOT)


async def test_a_card_goes_with_the_person_who_read_it(hall: Hall, chat: Chat) -> None:
    await followed(hall)
    number = await hall.id_of("ana")
    assert [one.person_id for one in await kept(hall)] == [number]
    async with hall.store.begin() as tx:
        await people.remove(tx, number)
    hall.set("tea:1", "hot")
    await settled()
    assert (await kept(hall), chat.edited) == ((), [])


async def test_a_guests_card_in_a_household_place_is_redrawn(
    hall: Hall, chat: Chat
) -> None:
    await followed(hall, who="cousin", place_kind=PlaceKind.HOUSEHOLD.value)
    await followed(hall, message="2", who="cousin")
    hall.set("tea:1", "hot")
    await chat.until(lambda: bool(chat.edited))
    await settled()
    assert chat.edited == [("1", "hot")]


async def test_what_changed_while_a_chat_was_away_is_redrawn_when_it_comes(
    tmp_path: Path, database_template: Path
) -> None:
    async with open_hall(tmp_path, database_template) as before:
        await followed(before)
    async with open_hall(tmp_path) as after, delivering(after):
        chat = Chat()
        after.shelf.cards["tea:1"] = "hot"
        await settled()
        after.outbox.attach(chat)
        await chat.until(lambda: chat.edited == [("1", "hot")])


async def test_a_card_from_before_a_restart_is_redrawn_when_it_changes(
    tmp_path: Path, database_template: Path
) -> None:
    async with open_hall(tmp_path, database_template) as before:
        await followed(before)
    async with open_hall(tmp_path) as after, delivering(after):
        chat = Chat()
        after.shelf.cards["tea:1"] = "cold"
        after.outbox.attach(chat)
        await settled()
        assert chat.edited == []
        after.set("tea:1", "hot")
        await chat.until(lambda: chat.edited == [("1", "hot")])


async def test_what_was_over_long_ago_is_not_looked_at_when_a_chat_comes(
    hall: Hall,
) -> None:
    subjects = [await asked(hall, state) for state in ("available", "pending")]
    hall.clock.forward(days=8)
    subjects.append(await asked(hall, "available"))
    for number, subject in enumerate(subjects):
        await followed(hall, subject, message=str(number))
        hall.shelf.cards[subject] = "hot"
    # What was just followed is looked at once in any case.
    hall.outbox._followed.clear()
    chat = Chat()
    hall.outbox.attach(chat)
    async with delivering(hall):
        await chat.until(lambda: len(chat.edited) == 2)
        await settled()
    assert sorted(chat.edited) == [("1", "hot"), ("2", "hot")]


async def asked(hall: Hall, state: str) -> str:
    """The subject of a request in that state."""
    ana = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        row = await requests.add(
            tx, ana, "movie", 603, title="Dune", state=state, now=hall.clock()
        )
    return f"request:{row.id}"


async def test_the_cards_of_an_earlier_sitting_are_forgotten(hall: Hall) -> None:
    await followed(hall)
    await followed(hall, message="2", platform="telegram")
    hall.outbox.attach(Chat(only_place="another room"))
    async with delivering(hall):
        await settled()
    assert [one.platform for one in await kept(hall)] == ["telegram"]


async def test_a_chat_that_left_is_not_spoken_to(hall: Hall, chat: Chat) -> None:
    await followed(hall)
    other = Chat()
    hall.outbox.detach(other)
    hall.outbox.detach(chat)
    hall.set("tea:1", "hot")
    await settled()
    assert chat.edited == []


async def test_a_locked_store_loses_no_change(
    hall: Hall, chat: Chat, tmp_path: Path
) -> None:
    await followed(hall)
    async with locked(tmp_path / "hall.sqlite"):
        with structlog.testing.capture_logs():
            hall.set("tea:1", "hot")
            await chat.until(lambda: bool(chat.edited))
            await asyncio.sleep(0.3)
    await until_shows(hall, HOT)


# --- news -------------------------------------------------------------------------


async def test_news_are_told_once(hall: Hall, chat: Chat) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    for _ in range(3):
        await hall.tell("show tea:1", dedupe="the tea is ready")
    await until_none_waits(hall)
    await hall.tell("show tea:1", dedupe="the tea is ready")
    await settled()
    assert chat.told == [("ana", "hot")]


async def test_news_are_told_in_the_order_they_were_promised(
    hall: Hall, chat: Chat
) -> None:
    wanted = [("ana", str(number)) for number in range(120)]
    number = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        for _who, text in wanted:
            hall.shelf.cards[f"tea:{text}"] = text
            await hall.outbox.tell(tx, number, f"show tea:{text}", text)
    hall.outbox.wake()
    await until_none_waits(hall)
    assert chat.told == wanted


async def test_news_promised_before_a_crash_are_told_after_it(
    tmp_path: Path, database_template: Path
) -> None:
    async with open_hall(tmp_path, database_template) as before:
        await before.tell("show tea:1")
    async with open_hall(tmp_path) as after, delivering(after):
        chat = Chat()
        after.shelf.cards["tea:1"] = "hot"
        after.outbox.attach(chat)
        await until_none_waits(after)
        assert chat.told == [("ana", "hot")]


async def test_a_crash_between_telling_and_noting_tells_again(
    tmp_path: Path, database_template: Path
) -> None:
    told = Chat(slow={"ana": asyncio.Event()})
    async with open_hall(tmp_path, database_template) as before:
        before.shelf.cards["tea:1"] = "hot"
        before.outbox.attach(told)
        async with delivering(before):
            await before.tell("show tea:1")
            await settled()
    async with open_hall(tmp_path) as after, delivering(after):
        after.shelf.cards["tea:1"] = "hot"
        again = Chat()
        after.outbox.attach(again)
        await until_none_waits(after)
        assert again.told == [("ana", "hot")]


async def test_what_could_not_be_noted_is_not_told_again(
    tmp_path: Path, database_template: Path
) -> None:
    pauses: list[float] = []

    async def at_once(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    chat = Chat(slow={"ana": asyncio.Event()})
    async with open_hall(tmp_path, database_template, wait=at_once) as hall:
        hall.shelf.cards["tea:1"] = "hot"
        hall.outbox.attach(chat)
        async with delivering(hall):
            await hall.tell("show tea:1")
            await settled()
            async with locked(tmp_path / "hall.sqlite"):
                with structlog.testing.capture_logs() as logged:
                    chat.slow.pop("ana").set()
                    await until(lambda: _happened(logged, "deliver", times=2))
            await until_none_waits(hall)
    assert (chat.told, set(pauses)) == ([("ana", "hot")], {5.0})


async def _happened(logged: list[EventDict], event: str, times: int) -> bool:
    return [one["event"] for one in logged].count(event) >= times


async def test_news_that_cannot_be_told_are_put_off_and_then_given_up(
    hall: Hall, chat: Chat
) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    chat.is_gone = True
    await hall.tell("show tea:1")
    pauses = []
    for attempt in range(1, 8):
        one = await until_tried(hall, attempt)
        pauses.append((one.next_at - hall.clock()).total_seconds() / 60)
        hall.clock.at = one.next_at
        hall.outbox.wake()
    await until_none_waits(hall)
    assert (pauses, chat.told) == ([1, 2, 4, 8, 16, 32, 64], [])


async def test_a_chat_that_raises_is_tried_again_later(hall: Hall, chat: Chat) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    chat.trouble = [RuntimeError("network")]
    with structlog.testing.capture_logs() as logged:
        await hall.tell("show tea:1")
        await until_tried(hall)
    hall.clock.forward(minutes=2)
    hall.outbox.wake()
    await until_none_waits(hall)
    assert chat.told == [("ana", "hot")]
    assert [one["event"] for one in logged] == ["tell"]


async def test_news_for_a_chat_that_is_not_open_wait_for_it(
    hall: Hall, chat: Chat
) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    number = await hall.id_of("tim")
    async with hall.store.begin() as tx:
        await people.unlink(tx, "console", "tim")
        await people.link(tx, number, "telegram", "7", "tim", hall.clock())
    await hall.tell("show tea:1", "tim")
    await until_tried(hall)
    telegram = Chat("telegram")
    hall.outbox.attach(telegram)
    await until_none_waits(hall)
    assert (telegram.told, chat.told) == ([("7", "hot")], [])


async def test_another_of_somebodys_chats_is_tried_next(hall: Hall, chat: Chat) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    number = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        await people.link(tx, number, "telegram", "7", "ana", hall.clock())
    telegram = Chat("telegram")
    hall.outbox.attach(telegram)
    chat.is_gone = True
    await hall.tell("show tea:1")
    await until_none_waits(hall)
    assert telegram.told == [("7", "hot")]


async def test_who_blocked_us_in_one_chat_is_told_in_another_first(
    hall: Hall, chat: Chat
) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    number = await hall.id_of("ana")
    async with hall.store.begin() as tx:
        await people.link(tx, number, "telegram", "7", "ana", hall.clock())
        await people.set_unreachable(tx, "console", "ana", hall.clock())
    telegram = Chat("telegram")
    hall.outbox.attach(telegram)
    await hall.tell("show tea:1")
    await until_none_waits(hall)
    assert (telegram.told, chat.told) == ([("7", "hot")], [])


async def test_news_wait_for_who_blocked_us_and_are_told_when_they_let_us(
    hall: Hall, chat: Chat
) -> None:
    hall.shelf.cards["tea:1"] = "hot"
    chat.is_gone = True
    async with hall.store.begin() as tx:
        await people.set_unreachable(tx, "console", "ana", hall.clock())
    await hall.tell("show tea:1")
    for attempt in range(1, 12):
        one = await until_tried(hall, attempt)
        hall.clock.at = one.next_at
        hall.outbox.wake()
    await until_tried(hall, 12)
    chat.is_gone = False
    async with hall.store.begin() as tx:
        await people.set_unreachable(tx, "console", "ana", None)
    hall.outbox.reachable_again("console")
    await until_none_waits(hall)
    assert chat.told == [("ana", "hot")]


async def test_news_about_what_is_gone_are_not_kept_for_ever(
    hall: Hall, chat: Chat
) -> None:
    await hall.tell("show nothing")
    await until_none_waits(hall)
    assert chat.told == []


async def test_nobody_waits_for_somebody_elses_slow_chat(
    hall: Hall, chat: Chat
) -> None:
    hall.shelf.cards |= {"tea:1": "hot", "tea:2": "sweet"}
    chat.slow["ana"] = asyncio.Event()
    await hall.tell("show tea:1", "ana")
    await hall.tell("show tea:1", "tim")
    await chat.until(lambda: chat.told == [("tim", "hot")])
    await hall.tell("show tea:2", "ana")
    chat.slow.pop("ana").set()
    await until_none_waits(hall)
    assert chat.told[1:] == [("ana", "hot"), ("ana", "sweet")]


async def test_the_outbox_leaves_nothing_running(hall: Hall) -> None:
    before = asyncio.all_tasks()
    chat = Chat(slow={"tea:1": asyncio.Event(), "ana": asyncio.Event()})
    async with AsyncExitStack() as stack:
        hall.outbox.attach(chat)
        await stack.enter_async_context(delivering(hall))
        await followed(hall)
        hall.set("tea:1", "hot")
        await hall.tell("show tea:1")
        await settled()
    assert asyncio.all_tasks() == before


async def tell_account(hall: Hall, account: str) -> None:
    """Promise news to an account alone, on behalf of the admin."""
    hall.shelf.cards["tea:1"] = "hot"
    async with hall.store.begin() as tx:
        (admin,) = await people.admins(tx)
        whom = ("console", account)
        await hall.outbox.tell_account(tx, whom, admin.id, "show tea:1", "once")
    hall.outbox.wake()
    await until_none_waits(hall)


async def test_an_account_is_told_in_private_and_nobody_else(
    hall: Hall, chat: Chat
) -> None:
    await tell_account(hall, "zoe")
    assert chat.told == [("zoe", "hot")]


async def test_an_account_that_takes_nothing_is_let_be(hall: Hall, chat: Chat) -> None:
    chat.is_gone = True
    await tell_account(hall, "zoe")
    chat.is_gone = False
    assert chat.told == []
