"""privacy: what is stored about me, and how to have all of it deleted."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from medianest_bot.commands import _stored
from medianest_bot.core import leaving
from medianest_bot.core import people as rules
from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Reply, Show, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import _, marked, n_

TITLE = marked("What I store about you")
ABOUT = marked(
    "This is how much of each kind; the file has all of it. What you write to me is "
    "kept only until it is answered. Not with me: the files you downloaded, the "
    "collections in Plex that hold them, and what Seerr knows of your requests."
)
NOTHING = marked("I store nothing about you.")
DELETE = marked("Delete everything about me")
REALLY = marked("Delete everything I store about you? This cannot be undone.")
MEANS = marked(
    "Files that are there stay, and so does what was approved in Seerr. What admins "
    "did is kept without your name. On all your accounts you are a stranger then."
)
REALLY_STRANGER = marked(
    "Delete what I store about this account? Where an admin has blocked it, its number "
    "is kept."
)
GOODBYE = marked("Everything about you is deleted. Goodbye, {name}.")
DELETED = marked("What I stored about this account is deleted.")


class What(StrEnum):
    """What to do with it."""

    SHOW = "show"
    DELETE = "delete"


@command(
    "See what is stored about you, or delete it",
    role=Role.GUEST,
    where=Where.PRIVATE,
    open=True,
    notes=marked("privacy delete asks first, then deletes everything about you."),
)
async def privacy(
    ctx: Context,
    do: Annotated[What, Param("what to do with it")] = What.SHOW,
    sure: Annotated[bool | None, Param("yes, without asking")] = None,
) -> Reply:
    if do is What.SHOW or sure is False:
        return await _show(ctx)
    if sure is None:
        return await _ask(ctx)
    return await _delete(ctx)


async def _show(ctx: Context) -> Reply:
    account = (ctx.asked.platform, ctx.asked.account)
    found = await leaving.about(ctx.house.store, ctx.person, account)
    if not found:
        return Reply(title=_(TITLE), text=_(NOTHING))
    return Reply(
        title=_(TITLE),
        text=_(ABOUT),
        fields=_stored.counted(found),
        files=(_stored.as_file(found, ctx.house.now()),),
        choices=(Choice(_(DELETE), "privacy delete", Tone.BAD),),
    )


async def _ask(ctx: Context) -> Reply:
    person = ctx.person
    text = await _means(ctx, person) if person is not None else _(REALLY_STRANGER)
    choices = (
        Choice(_(DELETE), "privacy delete sure:yes", Tone.BAD),
        Choice(_("Keep"), "privacy"),
    )
    # A card with a file stays as it is: it is what was stored at that time.
    return Reply(text=text, choices=choices, tone=Tone.WARN, only=True)


async def _means(ctx: Context, person: Person) -> str:
    ends = await leaving.ends(ctx.house.store, person)
    told = [_(REALLY)]
    if ends.taken_back:
        told.append(_taken_back(ends.taken_back))
    if ends.staying:
        told.append(_staying(ends.staying))
    if ends.downloads:
        told.append(_stopped(ends.downloads))
    return " ".join((*told, _(MEANS)))


def _taken_back(count: int) -> str:
    return n_(
        "{count} request that waits for approval is taken back.",
        "{count} requests that wait for approval are taken back.",
        count,
    )


def _staying(count: int) -> str:
    return n_(
        "{count} request stays with the household.",
        "{count} requests stay with the household.",
        count,
    )


def _stopped(count: int) -> str:
    return n_(
        "{count} download that is not finished is stopped.",
        "{count} downloads that are not finished are stopped.",
        count,
    )


async def _delete(ctx: Context) -> Reply:
    show = Show.HERE if ctx.asked.pressed else Show.NEW
    store, now, person = ctx.house.store, ctx.house.now, ctx.person
    if person is None:
        account = ctx.asked.platform, ctx.asked.account
        await leaving.forget_stranger(store, account)
        ctx.house.linking.forget(account)
        return Reply(text=_(DELETED), tone=Tone.GOOD, show=show)
    await rules.remove(store, person, person, now)
    ctx.house.requests.somebody_left()
    return Reply(text=_(GOODBYE, name=person.name), tone=Tone.GOOD, show=show)
