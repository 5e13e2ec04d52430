"""Cards, news and what was spent, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from medianest_bot.core.limits import What
from medianest_bot.core.store import cards, news, people, spent
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.news import News
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.spent import Used

HOUR = timedelta(hours=1)


def card(person: Person | None, message: str, subject: str = "request:17") -> Card:
    person_id = person.id if person else None
    line = "show request:17"
    return Card(0, subject, "console", "p", message, person_id, "ana", line, "")


async def test_cards_follow_their_subject(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        one = await cards.keep(tx, card(ana, "1"), "f1", now)
        two = await cards.keep(tx, card(None, "2"), "f2", now)
        other = await cards.keep(tx, card(ana, "3", "download:4"), "f3", now)
    assert one == replace(card(ana, "1"), id=1, drawn="f1")
    async with any_store.read() as db:
        assert await cards.following(db, "request:17") == (one, two)
        assert await cards.subjects(db, "console") == ("download:4", "request:17")
        assert await cards.subjects(db, "telegram") == ()
        assert await cards.latest_of(db, ana.id) == other


async def test_a_message_follows_one_subject(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        one = await cards.keep(tx, card(ana, "1"), "f1", now)
        moved = await cards.keep(tx, card(ana, "1", "download:4"), "f2", now)
    assert moved == replace(one, subject="download:4", drawn="f2")
    async with any_store.read() as db:
        assert await cards.following(db, "request:17") == ()
        assert await cards.following(db, "download:4") == (moved,)


async def test_a_card_is_marked_drawn_and_forgotten(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        one = await cards.keep(tx, card(ana, "1"), "f1", now)
        await cards.drawn(tx, one.id, "f9")
        assert await cards.following(tx, one.subject) == (replace(one, drawn="f9"),)
        await cards.forget(tx, one.id)
        assert await cards.following(tx, one.subject) == ()
        assert await cards.latest_of(tx, ana.id) is None


def telegram(place: str, message: str, subject: str = "request:17") -> Card:
    return Card(0, subject, "telegram", place, message, None, "7", "show x", "")


async def kept(store: Store, now: datetime, *some: Card) -> None:
    async with store.begin() as tx:
        for one in some:
            await cards.keep(tx, one, "", now)


async def spots(store: Store) -> list[tuple[str, str, str]]:
    """Where every card is, oldest first."""
    async with store.read() as db:
        found = await cards.following(db, "request:17")
    return [(one.platform, one.place, one.message) for one in found]


async def test_the_newest_card_of_a_subject_in_a_place_is_found(
    any_store: Store, now: datetime
) -> None:
    await kept(
        any_store,
        now,
        telegram("7", "1"),
        telegram("7", "2"),
        telegram("7", "3", "download:4"),
        telegram("8", "4"),
        replace(telegram("7", "5"), platform="discord"),
    )
    async with any_store.read() as db:
        found = await cards.of_place_subject(db, "telegram", "7", "request:17")
        none = await cards.of_place_subject(db, "telegram", "9", "request:17")
    assert (found, none) == (replace(telegram("7", "2"), id=2), None)


async def test_cards_go_with_a_chat_that_has_a_new_id(
    any_store: Store, now: datetime
) -> None:
    await kept(
        any_store,
        now,
        telegram("-12", "1"),
        telegram("-12:5", "2"),
        telegram("-123", "3"),
        telegram("-12", "4"),
        telegram("-100", "4"),
        replace(telegram("-12", "6"), platform="discord"),
    )
    async with any_store.begin() as tx:
        await cards.moved(tx, "telegram", "-12", "-100")
        await cards.moved(tx, "telegram", "-100", "-100")
    assert await spots(any_store) == [
        ("telegram", "-100", "1"),
        ("telegram", "-100:5", "2"),
        ("telegram", "-123", "3"),
        ("telegram", "-100", "4"),
        ("discord", "-12", "6"),
    ]


async def test_a_place_is_forgotten_with_its_threads_and_no_other(
    any_store: Store, now: datetime
) -> None:
    await kept(
        any_store,
        now,
        telegram("@den", "1"),
        telegram("@den:5", "2"),
        telegram("@Den:5", "3"),
        telegram("@denver", "4"),
        replace(telegram("@den", "5"), platform="discord"),
    )
    async with any_store.begin() as tx:
        await cards.forget_place(tx, "telegram", "@den")
    assert await spots(any_store) == [
        ("telegram", "@Den:5", "3"),
        ("telegram", "@denver", "4"),
        ("discord", "@den", "5"),
    ]


async def test_old_cards_are_pruned(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await cards.keep(tx, card(ana, "1"), "", now)
        young = await cards.keep(tx, card(ana, "2"), "", now + HOUR)
        assert await cards.prune(tx, now + HOUR) == 1
        assert await cards.following(tx, "request:17") == (young,)


async def test_news_are_promised_once(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        assert await news.add(tx, "r17:ready", ana.id, "show request:17", now)
        assert not await news.add(tx, "r17:ready", ana.id, "show request:17", now)
    async with any_store.read() as db:
        one = News(1, "r17:ready", ana.id, "show request:17", 0, now, None)
        assert await news.due(db, now, 10) == (one,)


async def test_news_wait_until_they_are_due(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await news.add(tx, "a", ana.id, "la", now)
        await news.add(tx, "b", ana.id, "lb", now)
        await news.put_off(tx, 1, now + HOUR, None)
    later = News(1, "a", ana.id, "la", 1, now + HOUR, None)
    sooner = News(2, "b", ana.id, "lb", 0, now, None)
    async with any_store.read() as db:
        assert await news.due(db, now, 10) == (sooner,)
        assert await news.due(db, now + HOUR, 10) == (sooner, later)
        assert await news.due(db, now + HOUR, 1) == (sooner,)
        assert await news.waiting(db) == (sooner, later)


async def test_news_told_or_given_up_wait_no_more(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        for name in "abc":
            await news.add(tx, name, ana.id, name, now)
        await news.told(tx, 1, now)
        await news.put_off(tx, 2, now, "could not reach")
        assert [one.dedupe for one in await news.waiting(tx)] == ["c"]
        assert not await news.add(tx, "a", ana.id, "a", now)
        assert await news.prune(tx, now + HOUR) == 2
        assert [one.dedupe for one in await news.waiting(tx)] == ["c"]


async def test_what_was_spent_counts_for_its_time(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        for minutes in (0, 30, 59):
            at = now + timedelta(minutes=minutes)
            await spent.add(tx, ana.id, What.REQUEST, at)
        await spent.add(tx, ana.id, What.DOWNLOAD, now)
        await spent.add(tx, tim.id, What.REQUEST, now)
    async with any_store.begin() as tx:
        assert (await spent.used(tx, ana.id, What.REQUEST, now)).count == 2
        assert await spent.used(tx, ana.id, What.REQUEST, now - HOUR) == Used(3, now)
        assert await spent.used(tx, ana.id, What.REQUEST, now + HOUR) == Used(0, None)
        assert await spent.prune(tx, now + timedelta(minutes=30)) == 3
        assert (await spent.used(tx, ana.id, What.REQUEST, now - HOUR)).count == 2


async def test_counts_of_those_who_left_are_dropped(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await people.remove(tx, tim.id)
        used = [(ana.id, now), (tim.id, now), (ana.id, now - HOUR)]
        await spent.add_many(tx, What.COMMAND, used)
        await spent.add_many(tx, What.COMMAND, [])
        every = await spent.all_since(tx, What.COMMAND, now - 2 * HOUR)
        young = await spent.all_since(tx, What.COMMAND, now - HOUR)
    assert every == ((ana.id, now - HOUR), (ana.id, now))
    assert young == ((ana.id, now),)
