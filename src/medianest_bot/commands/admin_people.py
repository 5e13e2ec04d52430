"""admin people: who belongs to the household, and with which accounts."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Annotated

from medianest_bot.commands import _people_entrances, _people_limits
from medianest_bot.core import people as rules
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Item, Reply, Suggestion, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, _, marked, n_
from medianest_bot.services.seerr import User

WHOM = marked("What do you call them here?")
WHO = marked("Who? For example: /admin people {action} ana")
NO_SUCH_PERSON = marked("There is nobody called {name}. /admin people lists everybody.")
WHICH_ACCOUNT = marked(
    "Which account? Write the chat and the number, for example: telegram:123"
)
WHICH_ROLE = marked("Which role? One of {roles}.")
WHICH_SEERR = marked("Which Seerr user? Write the number in the user's page address.")
NO_FREE_USER = marked(
    "Every user Seerr has is somebody here already. Make a new one in Seerr first."
)
NO_SUCH_SEERR = marked("Seerr has no user {number}.")
REALLY = marked(
    "Remove {name}, with all their requests and downloads from my memory? Their files, "
    "their collections in Plex and what was approved in Seerr stay; what waits for "
    "approval there is taken back."
)

NOW = {
    Role.GUEST: marked("{name} is now a guest."),
    Role.MEMBER: marked("{name} is now a member."),
    Role.ADMIN: marked("{name} is now an admin."),
}

CHATS = ("telegram", "discord", "console")
SHOWN = 25
"""Discord shows no more suggestions than this."""
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Action(StrEnum):
    LIST = "list"
    ADD = "add"
    LINK = "link"
    ROLE = "role"
    SEERR = "seerr"
    LIMIT = "limit"
    INVITE = "invite"
    EXPECT = "expect"
    UNEXPECT = "unexpect"
    UNBLOCK = "unblock"
    PARENT = "parent"
    REMOVE = "remove"


async def names(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
    """People whose name holds what was typed."""
    async with ctx.house.store.read() as db:
        everybody = await people.everyone(db)
    found = [p.name for p in everybody if typed.casefold() in p.name.casefold()]
    return tuple(Suggestion(name, name) for name in found[:SHOWN])


@command(
    "List people, add them, link their accounts",
    role=Role.ADMIN,
    where=Where.ADMINS,
    notes=marked(
        "add NAME, link NAME telegram:123, role NAME member, seerr NAME 4, "
        "limit NAME requests:50, invite NAME (a link that works once), expect NAME "
        "plex:bob (needs no approval), unexpect NAME, unblock telegram:123, "
        "parent NAME ANA, remove NAME."
    ),
)
async def admin_people(
    ctx: Context,
    action: Annotated[Action, Param("what to do")] = Action.LIST,
    name: Annotated[str, Param("whose name", suggest=names)] = "",
    value: Annotated[str, Param("an account, a role, a Seerr number or a limit")] = "",
) -> Reply:
    if action is Action.LIST:
        return await _list(ctx)
    if not name:
        raise Sorry(WHO, action=action.value)
    if action is Action.ADD:
        role = _role(value) if value else Role.MEMBER
        person = await rules.add(ctx.house.store, ctx.member, name, role, ctx.house.now)
        return _done(_(NOW[role], name=person.name))
    if action in OTHERS:
        return await OTHERS[action](ctx, name, value)
    person = await _person(ctx, name)
    return await CHANGES[action](ctx, person, value)


async def _list(ctx: Context) -> Reply:
    async with ctx.house.store.read() as db:
        everybody = await people.everyone(db)
        accounts = [await people.accounts_of(db, person.id) for person in everybody]
        own = await ctx.house.limits.own(db)
    rows = []
    for person, known in zip(everybody, accounts, strict=True):
        chats = ", ".join(f"{a.platform}:{a.account}" for a in known)
        parts = [_(person.role.value), chats or _("no chat linked")]
        if person.seerr_id is not None:
            parts.append(_("Seerr user {number}", number=person.seerr_id))
        if person.id in own:
            parts.append(_people_limits.worded(own[person.id]))
        rows.append(Item(title=person.name, text=" · ".join(parts)))
    title = n_("{count} person", "{count} people", len(rows))
    return Reply(title=title, items=tuple(rows), choices=_entrances())


def _entrances() -> tuple[Choice, ...]:
    """How somebody new comes in."""
    return (
        Choice(_("Invite somebody"), "admin people invite", ask=_(WHOM)),
        Choice(_("Who wants to come in"), "admin links"),
    )


async def _link(ctx: Context, person: Person, value: str) -> Reply:
    chat, _colon, account = value.partition(":")
    if chat not in CHATS or not _ACCOUNT.fullmatch(account):
        raise Sorry(WHICH_ACCOUNT)
    await rules.link(
        ctx.house.store, ctx.member, person, (chat, account), ctx.house.now
    )
    return _done(_("{name} is now known as {who}.", name=person.name, who=value))


async def _change_role(ctx: Context, person: Person, value: str) -> Reply:
    role = _role(value)
    await rules.change_role(ctx.house.store, ctx.member, person, role, ctx.house.now)
    return _done(_(NOW[role], name=person.name))


async def _seerr(ctx: Context, person: Person, value: str) -> Reply:
    known = await ctx.house.seerr.users() if ctx.house.seerr is not None else ()
    if not value and known:
        return await _free_users(ctx, person, known)
    if not _NUMBER.fullmatch(value):
        raise Sorry(WHICH_SEERR)
    number = int(value)
    if ctx.house.seerr is not None and number not in {user.id for user in known}:
        raise Sorry(NO_SUCH_SEERR, number=number)
    await rules.set_seerr(ctx.house.store, ctx.member, person, number, ctx.house.now)
    await ctx.house.requests.assign(person.id)
    return _done(
        _("{name} asks as Seerr user {number} now.", name=person.name, number=number)
    )


async def _free_users(ctx: Context, person: Person, known: tuple[User, ...]) -> Reply:
    """Seerr's users whom nobody here is yet, to pick one."""
    async with ctx.house.store.read() as db:
        taken = {one.seerr_id for one in await people.everyone(db)}
    rows = tuple(
        Item(
            title=f"{user.id} · {user.name}",
            choices=(Choice(_("It is {name}", name=person.name), _pick(person, user)),),
        )
        for user in known
        if user.id not in taken
    )
    if not rows:
        return Reply(text=_(NO_FREE_USER), tone=Tone.WARN)
    return Reply(title=_("Which Seerr user is {name}?", name=person.name), items=rows)


def _pick(person: Person, user: User) -> str:
    return f"admin people seerr name:{person.id} value:{user.id}"


async def _remove(ctx: Context, person: Person, value: str) -> Reply:
    if value != "yes":
        sure = Choice(
            _("Remove"), f"admin people remove name:{person.id} value:yes", Tone.BAD
        )
        return Reply(
            text=_(REALLY, name=person.name), choices=(sure,), tone=Tone.WARN, only=True
        )
    await rules.remove(ctx.house.store, ctx.member, person, ctx.house.now)
    ctx.house.requests.somebody_left()
    return _done(_("{name} is no longer here.", name=person.name))


async def _person(ctx: Context, name: str) -> Person:
    """By name, or by our own number as our buttons write it."""
    async with ctx.house.store.read() as db:
        person = await people.find(db, name)
        if person is None and name.isascii() and name.isdigit() and len(name) < 10:
            person = await people.get(db, int(name))
    if person is None:
        raise Sorry(NO_SUCH_PERSON, name=name)
    return person


def _role(value: str) -> Role:
    if value.casefold() not in list(Role):
        raise Sorry(WHICH_ROLE, roles=", ".join(Role))
    return Role(value.casefold())


def _done(text: str) -> Reply:
    return Reply(text=text, tone=Tone.GOOD)


CHANGES: Mapping[Action, Callable[[Context, Person, str], Awaitable[Reply]]] = {
    Action.LINK: _link,
    Action.ROLE: _change_role,
    Action.SEERR: _seerr,
    Action.LIMIT: _people_limits.changed,
    Action.PARENT: _people_entrances.parent,
    Action.REMOVE: _remove,
}
"""What is done to somebody who is here already."""

OTHERS: Mapping[Action, Callable[[Context, str, str], Awaitable[Reply]]] = {
    Action.INVITE: _people_entrances.invite,
    Action.EXPECT: _people_entrances.expect,
    Action.UNEXPECT: _people_entrances.unexpect,
    Action.UNBLOCK: _people_entrances.unblock,
}
"""What is done to who may not be here yet."""
