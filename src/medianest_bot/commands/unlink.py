"""unlink: take an account away from me, or all of them, or my Plex account."""

from __future__ import annotations

from typing import Annotated

from medianest_bot.commands import _accounts
from medianest_bot.core import leaving
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Item, Reply, Show, Suggestion, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store.people import Account, Person
from medianest_bot.core.words import Sorry, _, chat_name, marked

NOBODY = marked("No account of yours is linked here.")
REMOVE = marked("Remove")
REALLY = marked("Remove {account}? Then it is not yours any more.")
REALLY_ALL = marked("Remove all your accounts?")
HERE = marked(
    "You are writing from it: here you are a stranger then, until you sign in again."
)
LAST = marked(
    "None is left then. What you asked for is kept, but I can tell you nothing of it. "
    "An admin can link an account to you again."
)
REALLY_PLEX = marked(
    "Forget your Plex account {account}? I will not know any more that it may watch."
)
THEN_GUEST = marked(
    "You are a guest then, until you sign in again or an admin makes you a member."
)
GONE = marked("{account} is not yours any more.")
ALL_GONE = marked("None of your accounts is yours any more.")
STRANGER = marked("I do not know you here any more. Goodbye.")
PLEX_GONE = marked("Your Plex account is forgotten.")
NOW_GUEST = marked("You are a guest now.")
ALL = "all"
PLEX = "plex"


async def mine(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
    """One's own accounts, and what stands for all of them."""
    if ctx.person is None:
        return ()
    known = await _accounts.of(ctx, ctx.person)
    found = [Suggestion(_accounts.named(a), _accounts.key(a)) for a in known]
    found += [Suggestion(_("all of them"), ALL), Suggestion("Plex", PLEX)]
    return tuple(one for one in found if typed.casefold() in one.label.casefold())


@command(
    "Unlink your accounts, one or all",
    role=Role.GUEST,
    where=Where.PRIVATE,
    notes=marked(
        "unlink telegram:123 removes one, unlink all every one, unlink plex forgets "
        "your Plex account."
    ),
)
async def unlink(
    ctx: Context,
    account: Annotated[str, Param("which one, all or plex", suggest=mine)] = "",
    sure: Annotated[bool | None, Param("yes, without asking")] = None,
) -> Reply:
    if ctx.person is None:
        raise Sorry(NOBODY)
    known = await _accounts.of(ctx, ctx.person)
    if not account or sure is False:
        return _list(ctx, ctx.person, known)
    if account.casefold() == PLEX:
        return await _plex(ctx, ctx.person, sure=sure is True)
    chosen = _chosen(known, account)
    if sure is None:
        return _ask(ctx, known, chosen, account)
    pairs = tuple((one.platform, one.account) for one in chosen)
    await leaving.unlink(ctx.house.store, ctx.person, pairs, ctx.house.now)
    return _gone(ctx, chosen, is_all=account.casefold() == ALL)


def _list(ctx: Context, person: Person, known: tuple[Account, ...]) -> Reply:
    told = _accounts.described(ctx, known)
    items = [
        Item(chat_name(one.platform), text, choices=(_remove(one),))
        for one, text in zip(known, told, strict=True)
    ]
    if person.plex_id is not None:
        name = person.plex_name or str(person.plex_id)
        forget = Choice(_("Forget"), f"unlink {PLEX}", Tone.BAD)
        items.append(Item("Plex", name, choices=(forget,)))
    everything = Choice(_("Remove all"), f"unlink {ALL}", Tone.BAD)
    choices = (everything,) if len(known) > 1 else ()
    return Reply(
        title=_("Your accounts"), items=tuple(items), choices=choices, show=_show(ctx)
    )


def _remove(one: Account) -> Choice:
    return Choice(_(REMOVE), f"unlink {_accounts.word(one)}", Tone.BAD)


def _chosen(known: tuple[Account, ...], account: str) -> tuple[Account, ...]:
    if account.casefold() == ALL:
        return known
    chosen = tuple(one for one in known if _accounts.key(one) == account)
    if not chosen:
        raise Sorry(leaving.NOT_YOURS, who=account[:80])
    return chosen


def _ask(
    ctx: Context, known: tuple[Account, ...], chosen: tuple[Account, ...], said: str
) -> Reply:
    is_all = said.casefold() == ALL
    what = _(REALLY_ALL) if is_all else _(REALLY, account=_accounts.named(chosen[0]))
    told = [what]
    if any(_accounts.is_here(ctx, one) for one in chosen) and not is_all:
        told.append(_(HERE))
    if len(chosen) == len(known):
        told.append(_(LAST))
    word = ALL if is_all else _accounts.word(chosen[0])
    return _sure(ctx, " ".join(told), _(REMOVE), f"unlink {word} sure:yes")


def _gone(ctx: Context, chosen: tuple[Account, ...], *, is_all: bool) -> Reply:
    named = _accounts.named(chosen[0])
    text = _(ALL_GONE) if is_all else _(GONE, account=named)
    if any(_accounts.is_here(ctx, one) for one in chosen):
        text = f"{text} {_(STRANGER)}"
    return Reply(text=text, tone=Tone.GOOD, show=_show(ctx))


async def _plex(ctx: Context, person: Person, *, sure: bool) -> Reply:
    if person.plex_id is None:
        raise Sorry(leaving.NO_PLEX)
    if not sure:
        name = person.plex_name or str(person.plex_id)
        told = [_(REALLY_PLEX, account=name)]
        told += [_(THEN_GUEST)] if person.role is Role.MEMBER else []
        return _sure(ctx, " ".join(told), _("Forget"), f"unlink {PLEX} sure:yes")
    role = await leaving.forget_plex(ctx.house.store, person, ctx.house.now)
    told = [_(PLEX_GONE), *([_(NOW_GUEST)] if role is Role.GUEST else [])]
    return Reply(text=" ".join(told), tone=Tone.GOOD, show=_show(ctx))


def _sure(ctx: Context, text: str, label: str, line: str) -> Reply:
    choices = (Choice(label, line, Tone.BAD), Choice(_("Keep"), "unlink"))
    return Reply(text=text, choices=choices, tone=Tone.WARN, only=True, show=_show(ctx))


def _show(ctx: Context) -> Show:
    return Show.HERE if ctx.asked.pressed else Show.NEW
