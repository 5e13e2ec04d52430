"""What whoever made an invitation is told: that it was used, and with which account."""

from __future__ import annotations

from medianest_bot.core.context import Context
from medianest_bot.core.reply import Reply, Tone
from medianest_bot.core.store import people
from medianest_bot.core.words import Sorry, _, marked

NO_SUCH = marked("There is no such invitation.")
USED = marked("{name} used your invitation: {platform} account {shown} ({number}).")


async def by_number(ctx: Context, number: int) -> Reply:
    """For who made it, and nobody else."""
    found = await ctx.house.invitations.get(number)
    is_theirs = ctx.person is not None and found and found.made_by == ctx.person.id
    if found is None or found.used_by is None or not is_theirs:
        raise Sorry(NO_SUCH)
    platform, _colon, account = found.used_by.partition(":")
    async with ctx.house.store.read() as db:
        person = await people.get(db, found.person_id)
        known = await people.accounts_of(db, found.person_id)
    if person is None:
        raise Sorry(NO_SUCH)
    names = {one.account: one.shown_name for one in known if one.platform == platform}
    shown = names.get(account) or person.name
    told = {"name": person.name, "platform": platform, "shown": shown}
    return Reply(text=_(USED, number=account, **told), tone=Tone.GOOD)
