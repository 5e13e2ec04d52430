"""The first admin is whoever has the code from the terminal, and nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from medianest_bot.core import claiming
from medianest_bot.core.claiming import (
    ALREADY,
    LAST_TRY,
    NO_CODE,
    TOO_OLD,
    WRONG,
    Claims,
)
from medianest_bot.core.roles import Role
from medianest_bot.core.store import audit, config, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ANA, BOB = ("telegram", "7"), ("discord", "8")


@dataclass
class Clock:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """A house that nobody has claimed yet."""

    claims: Claims
    store: Store
    clock: Clock

    async def offered(self) -> str:
        code = await self.claims.offer()
        assert code is not None
        return code

    async def refused(
        self, code: str, who: tuple[str, str] = ANA
    ) -> tuple[str, dict[str, object]]:
        with pytest.raises(Sorry) as no:
            await self.claims.claim(who, "Ana", code)
        return no.value.text, no.value.data

    async def kept(self) -> str | None:
        async with self.store.read() as db:
            return await config.get(db, "claim")

    async def admins(self) -> list[str]:
        async with self.store.read() as db:
            return [one.name for one in await people.admins(db)]

    async def add(self, name: str, role: Role, account: tuple[str, str]) -> Person:
        async with self.store.begin() as tx:
            person = await people.add(tx, name, role, now=NOON)
            await people.link(tx, person.id, *account, name, NOON)
        return person

    async def audited(self) -> list[tuple[int | None, str, str, dict[str, object]]]:
        async with self.store.read() as db:
            found = await audit.latest(db, 9)
        return [(one.person_id, one.action, one.subject, one.details) for one in found]


@pytest.fixture
def desk(store: Store) -> Desk:
    clock = Clock()
    return Desk(Claims(store, b"k" * 32, clock), store, clock)


def wrong(code: str) -> str:
    """Another code of the same form."""
    return code[:-1] + ("A" if code[-1] != "A" else "B")


async def test_whoever_brings_the_code_becomes_the_first_admin(desk: Desk) -> None:
    code = await desk.offered()

    person = await desk.claims.claim(ANA, " Ana\n", code)

    assert (person.name, person.role) == ("Ana", Role.ADMIN)
    assert (await desk.admins(), await desk.kept()) == (["Ana"], None)
    subject = f"Ana ({person.id})"
    assert await desk.audited() == [
        (person.id, "claimed", subject, {"account": "telegram:7"}),
        (None, "account linked", subject, {"account": "telegram:7"}),
        (None, "person added", subject, {"role": "admin"}),
    ]


async def test_somebody_known_keeps_their_name(desk: Desk) -> None:
    known = await desk.add("Mum", Role.MEMBER, ANA)
    code = await desk.offered()

    person = await desk.claims.claim(ANA, "xX_ana_Xx", code)

    assert (person.id, person.name, person.role) == (known.id, "Mum", Role.ADMIN)
    subject = f"Mum ({known.id})"
    assert await desk.audited() == [
        (known.id, "claimed", subject, {"account": "telegram:7"}),
        (None, "role changed", subject, {"role": "admin"}),
    ]


async def test_a_name_that_is_taken_gets_a_number(desk: Desk) -> None:
    await desk.add("Ana", Role.MEMBER, BOB)
    code = await desk.offered()
    assert (await desk.claims.claim(ANA, "ANA", code)).name == "ANA 2"


@pytest.mark.parametrize("typed", ["{}", " {} ", "`{}`", "{}."])
async def test_a_code_may_be_typed_as_people_do(desk: Desk, typed: str) -> None:
    code = await desk.offered()
    sloppy = typed.format(code.lower().replace("-", " "))
    assert (await desk.claims.claim(ANA, "Ana", sloppy)).role is Role.ADMIN


async def test_a_code_can_be_read_out_and_not_be_guessed(desk: Desk) -> None:
    codes = {await desk.offered() for _ in range(20)}

    assert len(codes) == 20
    assert {(len(one), one[4]) for one in codes} == {(9, "-")}
    assert not set("".join(codes)) & set("0O1IL25U8 ")
    assert len(claiming._ALPHABET) ** 8 >= 2**38


async def test_nothing_of_the_code_is_kept_but_its_mark(desk: Desk) -> None:
    code = await desk.offered()
    kept = await desk.kept()
    assert kept is not None
    assert [part for part in code.split("-") if part in kept] == []
    other = Claims(desk.store, b"o" * 32, desk.clock)
    with pytest.raises(Sorry):
        await other.claim(ANA, "Ana", code)


async def test_five_wrong_codes_end_it(desk: Desk) -> None:
    code = await desk.offered()
    refused = [await desk.refused(wrong(code)) for _ in range(5)]

    assert refused == [
        *((WRONG, {"left": left}) for left in (4, 3, 2, 1)),
        (LAST_TRY, {}),
    ]
    assert await desk.refused(code) == (NO_CODE, {})
    assert (await desk.admins(), await desk.kept()) == ([], None)


@pytest.mark.parametrize("strange", ["", "ä" * 4000, "\ud800", "０" * 8, "-"])
async def test_what_is_no_code_is_only_a_wrong_one(desk: Desk, strange: str) -> None:
    await desk.offered()
    assert await desk.refused(strange) == (WRONG, {"left": 4})


async def test_a_code_ends_after_a_quarter_of_an_hour(desk: Desk) -> None:
    code = await desk.offered()
    desk.clock.at = NOON + timedelta(minutes=15)
    assert await desk.refused(code) == (TOO_OLD, {})
    assert await desk.refused(code) == (NO_CODE, {})


async def test_a_clock_that_was_set_back_ends_a_code(desk: Desk) -> None:
    code = await desk.offered()
    desk.clock.at = NOON - timedelta(hours=1)
    assert await desk.refused(code) == (TOO_OLD, {})


async def test_a_new_code_ends_the_one_before(desk: Desk) -> None:
    old, new = await desk.offered(), await desk.offered()
    assert await desk.refused(old) == (WRONG, {"left": 4})
    assert (await desk.claims.claim(ANA, "Ana", new)).role is Role.ADMIN


async def test_where_there_is_an_admin_no_code_is_open(desk: Desk) -> None:
    code = await desk.offered()
    await desk.add("Mum", Role.ADMIN, BOB)

    assert await desk.refused(code) == (NO_CODE, {})
    assert await desk.claims.offer() is None
    assert (await desk.admins(), await desk.kept()) == (["Mum"], None)


async def test_whoever_only_sits_at_the_terminal_can_still_claim_from_a_chat(
    desk: Desk,
) -> None:
    await desk.add("root", Role.ADMIN, ("console", "root"))

    claimed = await desk.claims.claim(ANA, "Ana", await desk.offered())

    assert (claimed.name, await desk.admins()) == ("Ana", ["root", "Ana"])
    assert await desk.claims.offer() is None


async def test_of_two_who_claim_at_once_one_wins(desk: Desk) -> None:
    code = await desk.offered()
    done = await asyncio.gather(
        *(desk.claims.claim(who, "Ana", code) for who in (ANA, BOB)),
        return_exceptions=True,
    )

    (won,) = [one for one in done if isinstance(one, Person)]
    (lost,) = [one for one in done if isinstance(one, Sorry)]
    assert (won.name, lost.text) == ("Ana", NO_CODE)
    assert await desk.admins() == ["Ana"]


async def test_pressing_twice_says_that_it_is_done(desk: Desk) -> None:
    code = await desk.offered()
    await desk.claims.claim(ANA, "Ana", code)
    assert await desk.refused(code) == (ALREADY, {})
    assert await desk.refused(code, BOB) == (NO_CODE, {})
