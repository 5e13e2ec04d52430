"""claim: become the first admin, with the code from the bot's own terminal."""

from __future__ import annotations

from typing import Annotated

from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Reply, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.words import _, marked

WELCOME = marked("Welcome, {name}")
NEXT = marked(
    "You are the admin now. Next: tell me who lives here, and which group chats are "
    "the family's. /help shows everything you can ask."
)


@command(
    "Make yourself the admin, with the code from the terminal",
    role=Role.GUEST,
    where=Where.PRIVATE,
    notes="The bot shows the code in its own terminal when it starts without an admin.",
    open=True,
    unlisted=True,
)
async def claim(
    ctx: Context,
    code: Annotated[
        str,
        Param("the code", rest=True, example="ABCD-EFGH", secret=True),
    ],
) -> Reply:
    asked = ctx.asked
    account = asked.platform, asked.account
    person = await ctx.house.claims.claim(account, asked.shown_name, code)
    # Who signed in before there was an admin has been brought to nobody.
    waiting = await ctx.house.approvals.waiting()
    wait = (Choice(_("Who wants to come in"), "admin links", Tone.GOOD),)
    return Reply(
        title=_(WELCOME, name=person.name),
        text=_(NEXT),
        tone=Tone.GOOD,
        choices=(
            *(wait if waiting else ()),
            Choice(_("People"), "admin people"),
            Choice(_("Group chats"), "admin place"),
            Choice(_("Help"), "help"),
        ),
    )
