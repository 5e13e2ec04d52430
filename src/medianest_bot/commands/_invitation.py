"""The reply that holds an invitation: shown once, kept nowhere."""

from __future__ import annotations

from medianest_bot.core.context import Context
from medianest_bot.core.reply import Field, Link, Reply, Tone
from medianest_bot.core.store.people import Person
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, chat_name, marked

FOR = marked(
    "An invitation for {name}. Whoever uses it becomes {name} here, so give it only to "
    "them. It works once, until {time}. Earlier ones do not work any more."
)
OWN = marked(
    "To be known in another chat as well, bring this there. It works once, until "
    "{time}, and is for you alone. Earlier ones do not work any more."
)
BY_ADDRESS = marked("Open the address, or send the bot the line below, in private.")
BY_LINE = marked("Send the bot the line below, in private.")
TO_THE_BOT = marked("Send {line} to the bot in a direct message.")
TO_BOT = marked("Send {line} to {bot} in a direct message.")
NOBODY_YET = marked("Sign in first. For that, send: /link")


async def own(ctx: Context) -> Reply:
    """For another chat of the person who asks."""
    if ctx.person is None:
        raise Sorry(NOBODY_YET)
    return await made(ctx, ctx.person)


async def made(ctx: Context, person: Person) -> Reply:
    """A new one for somebody."""
    invitation = await ctx.house.invitations.make(ctx.member, person)
    is_own = person.id == ctx.member.id
    # For oneself, the chat one is in already is no other chat.
    ways = _ways(ctx, invitation.key, but=ctx.asked.platform if is_own else "")
    links = tuple(Link(chat_name(name), url) for name, url in ways if url)
    time = clock(invitation.expires_at, ctx.house.now())
    said = [_(OWN, time=time) if is_own else _(FOR, name=person.name, time=time)]
    if links or not ways:
        said.append(_(BY_ADDRESS if links else BY_LINE))
    line = f"/join {invitation.key}"
    return Reply(
        text="\n\n".join(said),
        fields=tuple(
            Field(chat_name(name), url or _by_hand(ctx, name, line))
            for name, url in ways
        ),
        # Who makes it for somebody else sends it on, and has nothing to open.
        links=links if is_own else (),
        copy=line,
        tone=Tone.GOOD,
        only=True,
    )


def _ways(ctx: Context, key: str, but: str) -> list[tuple[str, str]]:
    """Every chat that takes invitations, with the address there; "" without one."""
    ways = sorted(ctx.house.linking.ways_in.items())
    return [(name, way(key)) for name, way in ways if name != but]


def _by_hand(ctx: Context, platform: str, line: str) -> str:
    bot = ctx.house.linking.called.get(platform)
    return _(TO_BOT, line=line, bot=bot) if bot else _(TO_THE_BOT, line=line)
