"""The reply that holds an invitation: shown once, kept nowhere."""

from __future__ import annotations

from medianest_bot.core.context import Context
from medianest_bot.core.reply import Link, Reply, Tone
from medianest_bot.core.store.people import Person
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, marked

FOR = marked(
    "An invitation for {name}. Whoever uses it becomes {name} here, so give it only to "
    "them. It works once, until {time}: open one of the links, or send the bot the "
    "line below in a private chat."
)
OWN = marked(
    "To be known in another chat as well, go there and send the bot the line below, in "
    "private. It works once, until {time}, and is for you alone."
)
OWN_IN_DISCORD = marked(
    "In Discord, choose the bot's command /join and put into it what follows the word."
)
NOBODY_YET = marked("Sign in first. For that, send: /link")

_CHATS = {"telegram": "Telegram", "discord": "Discord", "console": "console"}


async def own(ctx: Context) -> Reply:
    """For another chat of the person who asks."""
    if ctx.person is None:
        raise Sorry(NOBODY_YET)
    return await made(ctx, ctx.person)


async def made(ctx: Context, person: Person) -> Reply:
    """A new one for somebody."""
    invitation = await ctx.house.invitations.make(ctx.member, person)
    ways = ctx.house.linking.ways_in.items()
    is_own = person.id == ctx.member.id
    # For oneself, the chat one is in already is no other chat.
    here = ctx.asked.platform if is_own else ""
    found = ((name, way(invitation.key)) for name, way in sorted(ways) if name != here)
    links = tuple(Link(_CHATS.get(name, name), url) for name, url in found if url)
    time = clock(invitation.expires_at, ctx.house.now())
    said = [_(OWN, time=time) if is_own else _(FOR, name=person.name, time=time)]
    if is_own and "discord" in ctx.house.linking.ways_in and here != "discord":
        said.append(_(OWN_IN_DISCORD))
    line = f"/join {invitation.key}"
    return Reply(
        text="\n\n".join(said),
        links=links,
        copy=line,
        tone=Tone.GOOD,
        only=True,
    )
