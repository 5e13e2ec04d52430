from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Column, Table, insert, select
from tests.core.store.everywhere import NOBODYS, NOW, cases, write

from medianest_bot.commands import _stored
from medianest_bot.core.store import audit, downloads, leavings, people, tickets
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.exports import Whose, all_about
from medianest_bot.core.store.people import Person
from medianest_bot.core.store.tables import (
    blocked,
    inbox,
    link_attempts,
    metadata,
    users,
)

ACCOUNT = ("discord", "anas-number")
STRANGER = Whose(None, (ACCOUNT,))
CASES = tuple(cases())
SECRETS = ("s-salt", "s-state", "s-browser", "s-return", "s-pin", "s-key", "s-line")


def case(value: Table | Column[Any]) -> str:
    return value.name


def whose(person: Person) -> Whose:
    return Whose(person.id, (ACCOUNT,))


async def everything(store: Store) -> str:
    """All there is in the database, as text."""
    async with store.read() as db:
        tables = [await db.execute(select(table)) for table in metadata.sorted_tables]
        return "\n".join(str(row) for rows in tables for row in rows)


def test_every_table_is_somebodys_or_nobodys() -> None:
    theirs = {table.name for table, _column in CASES} | {"users", "download_items"}
    assert theirs | NOBODYS == set(metadata.tables)
    assert theirs & NOBODYS == set()
    assert theirs == set(_stored.KINDS)


@pytest.mark.parametrize(("table", "column"), CASES, ids=case)
async def test_a_row_about_somebody_is_in_what_they_get(
    store: Store, table: Table, column: Column[Any]
) -> None:
    ana, tim = await _two(store)
    async with store.begin() as tx:
        await write(tx, table, column, whose(ana), ana.name, tim.id)
    async with store.read() as db:
        found = await all_about(db, whose(ana))
        others = await all_about(db, STRANGER)
    assert len(found[table.name]) == 1
    is_by_account = column.name in ("account", "who", "used_by")
    assert (table.name in others) == is_by_account


async def test_rows_of_both_databases_are_found(
    any_store: Store, ana: Person, tim: Person
) -> None:
    async with any_store.begin() as tx:
        for table, column in CASES:
            if table.name not in ("parents", "blocked"):
                await write(tx, table, column, whose(ana), ana.name, tim.id)
        found = await all_about(tx, whose(ana))
    assert set(found) == {table.name for table, _c in CASES} - {
        "parents",
        "blocked",
    } | {"users"}


async def test_the_videos_of_their_downloads_are_theirs(
    any_store: Store, ana: Person, tim: Person
) -> None:
    async with any_store.begin() as tx:
        for person in (ana, tim):
            job = await downloads.add(
                tx, person.id, "u", audio=False, title="t", state="done", now=NOW
            )
            new = downloads.NewItem(1, "u", f"of {person.name}", "done")
            await downloads.add_items(tx, job.id, [new], NOW)
    async with any_store.read() as db:
        found = await all_about(db, whose(ana))
    assert [row["title"] for row in found["download_items"]] == ["of Ana"]


async def test_what_somebody_did_to_others_does_not_say_to_whom(
    any_store: Store, ana: Person, tim: Person
) -> None:
    async with any_store.begin() as tx:
        subject = f"{ana.name} ({ana.id})"
        await audit.add(tx, tim.id, "role changed", subject, {"role": "guest"}, NOW)
    async with any_store.read() as db:
        (act,) = (await all_about(db, Whose(tim.id, ())))["audit"]
        (own,) = (await all_about(db, Whose(ana.id, ())))["audit"]
    assert (act["action"], act["you"], "subject" in act) == (
        "role changed",
        "person_id",
        False,
    )
    assert own["details"] == {"role": "guest"}


async def test_the_file_holds_no_secrets(store: Store) -> None:
    ana, _tim = await _two(store)
    await _sign_in(store, ana)
    async with store.begin() as tx:
        await tickets.keep(tx, "s-key", *ACCOUNT, "s-line", NOW)
        found = await all_about(tx, whose(ana))
    text = _stored.as_file(found, NOW).data.decode()
    assert [secret for secret in SECRETS if secret in text] == []
    assert json.loads(text)["stored"]["link_attempts"]["rows"][0]["plex_name"] == "anna"


async def test_nothing_about_somebody_is_left_when_they_are_forgotten(
    any_store: Store, ana: Person, tim: Person
) -> None:
    await _sign_in(any_store, ana)
    async with any_store.begin() as tx:
        for table, column in CASES:
            if table.name not in ("accounts", "parents", "blocked"):
                await write(tx, table, column, whose(ana), ana.name, tim.id)
        await people.link(tx, ana.id, *ACCOUNT, "Ana", NOW)
        own = {"account": ":".join(ACCOUNT), "plex": 7700077, "role": "member"}
        await audit.add(tx, None, "linked", f"anna ({':'.join(ACCOUNT)})", own, NOW)
        await audit.add(tx, tim.id, "changed", f"Ana ({ana.id})", own, NOW)
        await leavings.forget(tx, whose(ana))
        assert await all_about(tx, STRANGER) == {}
    text = await everything(any_store)
    assert [one for one in ("Ana", "anna", ACCOUNT[1], "7700077") if one in text] == []
    assert f"somebody ({ana.id})" in text
    assert "Tim" in text


async def test_a_block_and_what_is_set_aside_lose_who_it_was(
    any_store: Store, ana: Person
) -> None:
    platform, account = ACCOUNT
    async with any_store.begin() as tx:
        block = {"platform": platform, "account": account, "at": NOW}
        await tx.execute(insert(blocked).values(**block, shown_name="Anna"))
        said = {"platform": platform, "body": f'{{"from": "{account}"}}', "attempts": 3}
        aside = {"received_at": NOW, "set_aside_at": NOW}
        await tx.execute(insert(inbox).values(update_id=1, **said, **aside))
        await leavings.forget(tx, whose(ana))
    async with any_store.read() as db:
        kept = (await db.execute(select(blocked))).one()
        bodies = list(await db.scalars(select(inbox.c.body)))
    assert (kept.account, kept.shown_name) == (account, "somebody")
    assert bodies == [""]


async def test_forgetting_a_stranger_forgets_nobody_else(
    any_store: Store, ana: Person, tim: Person
) -> None:
    async with any_store.begin() as tx:
        await people.link(tx, tim.id, "discord", "other", "Tim", NOW)
        await leavings.forget(tx, STRANGER)
    async with any_store.read() as db:
        assert await people.everyone(db) == (ana, tim)
        assert len(await people.accounts_of(db, tim.id)) == 1


async def _two(store: Store) -> tuple[Person, Person]:
    async with store.begin() as tx:
        for name in ("ana", "tim"):
            await tx.execute(insert(users).values(**_user(name)))
        return (await people.everyone(tx))[0], (await people.everyone(tx))[1]


def _user(name: str) -> dict[str, Any]:
    return {"name": name, "name_key": name, "role": "member", "created_at": NOW}


async def _sign_in(store: Store, person: Person) -> None:
    platform, account = ACCOUNT
    values = {
        "platform": platform,
        "account": account,
        "shown_name": "anna",
        "person_id": person.id,
        "salt": "s-salt",
        "state_hash": "s-state",
        "browser_hash": "s-browser",
        "return_hash": "s-return",
        "pin": "s-pin",
        "plex_name": "anna",
        "state": "done",
        "created_at": NOW,
        "expires_at": NOW,
        "updated_at": NOW,
    }
    async with store.begin() as tx:
        await tx.execute(insert(link_attempts).values(**values))
