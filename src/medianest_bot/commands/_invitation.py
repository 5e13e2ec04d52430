"""The reply that holds an invitation: shown once, kept nowhere."""

from __future__ import annotations

from medianest_bot.core.context import Context
from medianest_bot.core.reply import Field, Link, Reply, Tone
from medianest_bot.core.store.people import Person
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, marked

FOR = marked(
    "An invitation for {name}. Whoever uses it becomes {name} here, so give it only to "
    "them. It works once, until {time}: open one of the links, or send the bot the "
    "line below in a private chat."
)
OWN = marked(
    "To be known in another chat as well: open one of the links there, or send the bot "
    "the line below in a private chat. It works once, until {time}, and is for you "
    "alone."
)
NOBODY_YET = marked("Sign in first: link")
LINE = marked("The line to send")

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
    found = ((name, way(invitation.key)) for name, way in sorted(ways))
    links = tuple(Link(_CHATS.get(name, name), url) for name, url in found if url)
    time = clock(invitation.expires_at, ctx.house.now())
    words = OWN if person.id == ctx.member.id else FOR
    line = f"/join {invitation.key}"
    return Reply(
        text=_(words, name=person.name, time=time),
        fields=(Field(_(LINE), line),),
        links=links,
        copy=line,
        tone=Tone.GOOD,
        only=True,
    )
