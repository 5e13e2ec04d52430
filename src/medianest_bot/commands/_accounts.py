"""Somebody's own accounts, in words."""

from __future__ import annotations

from medianest_bot.core import line as lines
from medianest_bot.core.context import Context
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Account, Person
from medianest_bot.core.words import _, chat_name, day, marked

SINCE = marked("{name}, since {day}")
FIRST = marked("news come here first")
UNREACHABLE = marked("takes no messages from me since {day}")


async def of(ctx: Context, person: Person) -> tuple[Account, ...]:
    async with ctx.house.store.read() as db:
        return await people.accounts_of(db, person.id)


def named(account: Account) -> str:
    """As in "Telegram (Ana)"."""
    return f"{chat_name(account.platform)} ({account.shown_name})"


def key(account: Account) -> str:
    """How a line says which it is: "telegram:123"."""
    return f"{account.platform}:{account.account}"


def word(account: Account) -> str:
    """The key as one word of a line, whatever is in it."""
    return lines.quoted(key(account))


def is_here(ctx: Context, account: Account) -> bool:
    """True for the one this is written from."""
    asked = ctx.asked
    return (account.platform, account.account) == (asked.platform, asked.account)


def described(ctx: Context, known: tuple[Account, ...]) -> tuple[str, ...]:
    """Each one's name there, since when, and which hears news first."""
    first = ctx.house.outbox.first_told(known)
    return tuple(_described(one, is_first=one is first) for one in known)


def _described(one: Account, *, is_first: bool) -> str:
    since = day(one.linked_at) if one.linked_at else ""
    parts = [_(SINCE, name=one.shown_name, day=since)]
    if one.unreachable_at is not None:
        parts.append(_(UNREACHABLE, day=day(one.unreachable_at)))
    if is_first:
        parts.append(_(FIRST))
    return " · ".join(parts)
