"""People and their accounts, on both databases."""

from __future__ import annotations

from datetime import datetime

import pytest

from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, errors_log, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import (
    Account,
    AccountTaken,
    Linked,
    NameTaken,
    Person,
)


async def test_a_person_is_found_whatever_the_case(
    any_store: Store, ana: Person, now: datetime
) -> None:
    assert ana == Person(1, "Ana", Role.MEMBER, None, None, now)
    async with any_store.read() as db:
        assert await people.find(db, " aNA ") == ana
        assert await people.find(db, "ａｎａ") == ana
        assert await people.find(db, "an") is None
        assert await people.get(db, 1) == ana
        assert await people.get(db, 2) is None


@pytest.mark.parametrize("name", ["ANA", " ana", "Ａna"])
async def test_a_name_is_given_once(
    any_store: Store, ana: Person, now: datetime, name: str
) -> None:
    async with any_store.begin() as tx:
        with pytest.raises(NameTaken):
            await people.add(tx, name, Role.GUEST, now=now)
        # The transaction goes on, also on PostgreSQL.
        bo = await people.add(tx, "Bo", Role.GUEST, now=now)
    async with any_store.read() as db:
        assert await people.everyone(db) == (ana, bo)


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE users; --", "<b>x</b>", "😀", "\u202eana", "a\0b\ud800"]
)
async def test_hostile_names_are_only_names(
    any_store: Store, now: datetime, name: str
) -> None:
    async with any_store.begin() as tx:
        made = await people.add(tx, name, Role.GUEST, now=now)
    async with any_store.read() as db:
        assert await people.find(db, name) == made


async def test_only_admins_are_admins(
    any_store: Store, ana: Person, tim: Person
) -> None:
    async with any_store.read() as db:
        assert await people.everyone(db) == (ana, tim)
        assert await people.admins(db) == (tim,)


async def test_an_account_leads_to_its_person(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await people.link(tx, ana.id, "telegram", "123", "ana on the road", now)
        await people.link(tx, ana.id, "console", "ana", "Ana", now)
    async with any_store.read() as db:
        assert await people.by_account(db, "telegram", "123") == ana
        assert await people.by_account(db, "discord", "123") is None
        assert await people.accounts_of(db, ana.id) == (
            Account(ana.id, "telegram", "123", "ana on the road"),
            Account(ana.id, "console", "ana", "Ana"),
        )


async def test_an_account_belongs_to_one_person(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await people.link(tx, ana.id, "telegram", "123", "Ana", now)
        await people.link(tx, ana.id, "telegram", "123", "Ana again", now)
        with pytest.raises(AccountTaken):
            await people.link(tx, tim.id, "telegram", "123", "Tim", now)
    async with any_store.begin() as tx:
        mine = (Account(ana.id, "telegram", "123", "Ana again"),)
        assert await people.accounts_of(tx, ana.id) == mine
        assert await people.unlink(tx, "telegram", "123")
        assert not await people.unlink(tx, "telegram", "123")
        assert await people.by_account(tx, "telegram", "123") is None


async def test_an_account_that_takes_nothing_stays_linked(
    any_store: Store, ana: Person, tim: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await people.link(tx, tim.id, "telegram", "4", "Tim", now)
        await people.link(tx, ana.id, "telegram", "1", "Ana", now)
        await people.link(tx, ana.id, "discord", "1", "Ana", now)
        await people.set_unreachable(tx, "telegram", "1", now)
        await people.set_unreachable(tx, "telegram", "nobody's", now)
        assert await people.accounts_of(tx, ana.id) == (
            Account(ana.id, "telegram", "1", "Ana", now),
            Account(ana.id, "discord", "1", "Ana"),
        )
        assert await people.of_platform(tx, "telegram") == (
            Linked("4", Role.ADMIN, None),
            Linked("1", Role.MEMBER, now),
        )
        await people.set_unreachable(tx, "telegram", "1", None)
        assert await people.of_platform(tx, "telegram") == (
            Linked("4", Role.ADMIN, None),
            Linked("1", Role.MEMBER, None),
        )


async def test_what_is_known_of_a_person_can_be_set(
    any_store: Store, ana: Person
) -> None:
    async with any_store.begin() as tx:
        await people.set_role(tx, ana.id, Role.ADMIN)
        await people.set_seerr(tx, ana.id, 4)
        await people.set_plex(tx, ana.id, 2**40)
    async with any_store.read() as db:
        made = await people.get(db, ana.id)
    assert made == Person(1, "Ana", Role.ADMIN, 4, 2**40, ana.created_at)


async def test_removing_a_person_leaves_only_records(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await people.link(tx, ana.id, "console", "ana", "Ana", now)
        await audit.add(tx, ana.id, "joined", "ana", {"by": "code"}, now)
        await errors_log.add(
            tx,
            reference="7f3a",
            at=now,
            person_id=ana.id,
            command="request",
            cause="KeyError",
            details="…",
        )
        assert await people.remove(tx, ana.id)
        assert not await people.remove(tx, ana.id)
    async with any_store.read() as db:
        assert await people.by_account(db, "console", "ana") is None
        (entry,) = await audit.latest(db, 10)
        (record,) = await errors_log.latest(db, 10)
    assert entry.person_id is record.person_id is None


async def test_an_id_is_never_given_twice(
    any_store: Store, ana: Person, now: datetime
) -> None:
    async with any_store.begin() as tx:
        await people.remove(tx, ana.id)
        bo = await people.add(tx, "Bo", Role.GUEST, now=now)
    assert bo.id > ana.id
