"""help: everything somebody may ask, or one command."""

from __future__ import annotations

from typing import Annotated

from medianest_bot.core.command import Command, Param, command
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Field, Item, Reply, Suggestion
from medianest_bot.core.roles import Role
from medianest_bot.core.words import _, marked

TITLE = marked("What you can ask")
FOOT = marked("/help and a name tells more, for example: /help request")
EXAMPLE = marked("For example")
USAGE = marked("How to write it")
OPTIONAL = marked("{help} (optional)")


async def names(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
    """Commands that begin with what was typed."""
    found = (c for c in _visible(ctx) if typed.casefold() in c.name)
    return tuple(Suggestion(c.name, c.name) for c in found)


@command("Show what you can ask", role=Role.GUEST, reads=True)
async def help_(
    ctx: Context,
    about: Annotated[str, Param("a command's name", suggest=names, rest=True)] = "",
) -> Reply:
    if not about:
        return _everything(ctx)
    found, _rest = ctx.house.commands.split(about)
    return _one(found) if found in _visible(ctx) else _everything(ctx)


def _visible(ctx: Context) -> tuple[Command, ...]:
    return ctx.house.commands.visible(ctx.role, ctx.asked.place.kind)


def _everything(ctx: Context) -> Reply:
    rows = (Item(title=c.brief(), text=_(c.help)) for c in _visible(ctx))
    return Reply(title=_(TITLE), items=tuple(rows), text=_(FOOT))


def _one(found: Command) -> Reply:
    fields = [Field(_(USAGE), found.usage())]
    fields += [
        Field(argument.name, _help_of(argument.param, required=argument.required))
        for argument in found.arguments
    ]
    if found.example() != found.name:
        fields.append(Field(_(EXAMPLE), found.example()))
    notes = f" {_(found.notes)}" if found.notes else ""
    runs_alone = not any(argument.required for argument in found.arguments)
    choices = (Choice(found.name, found.name),) if runs_alone else ()
    return Reply(
        title=found.name,
        text=f"{_(found.help)}.{notes}",
        fields=tuple(fields),
        choices=choices,
    )


def _help_of(param: Param, *, required: bool) -> str:
    return _(param.help) if required else _(OPTIONAL, help=_(param.help))
