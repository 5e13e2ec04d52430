"""join: come in with an invitation."""

from __future__ import annotations

from typing import Annotated

from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Reply, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.words import _, marked

WELCOME = marked("Welcome, {name}.")
YOU_CAN = marked(
    "This account is yours here from now on. Search for a film or a show and ask for "
    "it, or ask what is up: /help shows everything."
)


@command(
    "Sign in with an invitation",
    role=Role.GUEST,
    where=Where.PRIVATE,
    open=True,
)
async def join(
    ctx: Context,
    key: Annotated[str, Param("the invitation", example="Zk3v…", secret=True)],
) -> Reply:
    person = await ctx.house.invitations.accept(ctx.asked, key)
    return Reply(
        title=_(WELCOME, name=person.name),
        text=_(YOU_CAN),
        choices=(Choice(_("What can I do?"), "help"),),
        tone=Tone.GOOD,
    )
