"""admin errors: what went wrong lately, or one record in full."""

from __future__ import annotations

from typing import Annotated

from medianest_bot.core.command import Param, Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Field, Item, Reply, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.store import errors_log, people
from medianest_bot.core.store.errors_log import Record
from medianest_bot.core.words import Sorry, _, ago, marked

NONE = marked("Nothing went wrong lately.")
NO_SUCH = marked("There is no error with the reference {reference}.")
SHOWN = 8


@command("Show what went wrong lately", role=Role.ADMIN, where=Where.ADMINS, reads=True)
async def admin_errors(
    ctx: Context,
    reference: Annotated[str, Param("the reference of one error")] = "",
) -> Reply:
    async with ctx.house.store.read() as db:
        if not reference:
            return _latest(ctx, await errors_log.latest(db, SHOWN))
        record = await errors_log.by_reference(db, reference)
        if record is None:
            raise Sorry(NO_SUCH, reference=reference)
        who = await people.get(db, record.person_id) if record.person_id else None
    return _one(ctx, record, who.name if who else _("somebody unknown"))


def _latest(ctx: Context, records: tuple[Record, ...]) -> Reply:
    if not records:
        return Reply(text=_(NONE), tone=Tone.GOOD)
    rows = (
        Item(
            title=f"{one.reference} · {one.command}",
            text=f"{ago(one.at, ctx.house.now())} · {one.cause}",
            choices=(Choice(one.reference, f"admin errors {one.reference}"),),
        )
        for one in records
    )
    return Reply(title=_("What went wrong lately"), items=tuple(rows))


def _one(ctx: Context, record: Record, who: str) -> Reply:
    fields = (
        Field(_("When"), ago(record.at, ctx.house.now())),
        Field(_("Who"), who),
        Field(_("Command"), record.command),
        Field(_("Cause"), record.cause),
    )
    return Reply(title=record.reference, fields=fields, text=record.details)
