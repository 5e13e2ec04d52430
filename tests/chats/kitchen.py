"""A house with a few commands of its own, and a door to it for ana."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from tests.bare_house import bare_house

from medianest_bot.chats.door import Door
from medianest_bot.core.command import Command, Commands, Param, Suggest, command
from medianest_bot.core.context import Context
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.reply import (
    Choice,
    File,
    Item,
    Menu,
    Option,
    Progress,
    Reply,
    Show,
    Suggestion,
    Tone,
)
from medianest_bot.core.roles import Role
from medianest_bot.core.store import cards, people
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import Store
from medianest_bot.services.lane_types import LaneSettings
from medianest_bot.services.lanes import Lanes


@dataclass
class Stove:
    """What the commands of these tests change and wait for."""

    cards: dict[str, Reply] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    drunk: list[str] = field(default_factory=list)
    leaves: asyncio.Event | None = None
    """Holds back suggestions until it is set."""


@dataclass
class Kitchen:
    """An open house with a few commands, and ana's door to it."""

    outbox: Outbox
    store: Store
    door: Door
    ana: int
    stove: Stove

    def set(self, subject: str, reply: Reply) -> None:
        """Change a card, as something that goes on by itself would."""
        self.stove.cards[subject] = reply
        self.outbox.changed(subject)

    async def until(
        self, is_so: Callable[[tuple[Card, ...]], bool], subject: str
    ) -> None:
        """Wait until the cards that follow a subject are as they should be."""
        async with asyncio.timeout(20):
            while True:
                async with self.store.read() as db:
                    if is_so(await cards.following(db, subject)):
                        return
                await asyncio.sleep(0.01)

    async def tell(self, line: str) -> None:
        async with self.store.begin() as tx:
            await self.outbox.tell(tx, self.ana, line, line)
        self.outbox.wake()


def brewing(percent: int, subject: str = "tea:1") -> Reply:
    return Reply(
        title=f"Tea {subject[4:]}",
        tone=Tone.BUSY,
        progress=Progress(percent / 100, "drawing"),
        choices=(Choice("Stop", f"stop {subject}"),),
        follows=subject,
        busy=True,
    )


def brewed(subject: str = "tea:1") -> Reply:
    return Reply(
        title=f"Tea {subject[4:]}",
        text="Ready.",
        tone=Tone.GOOD,
        choices=(Choice("Drink", f"drink {subject}"),),
        follows=subject,
    )


@asynccontextmanager
async def open_kitchen(folder: Path) -> AsyncIterator[Kitchen]:
    """A real store, dispatch and outbox; no neighbour is set up."""
    stove = Stove()
    store = await Store.open(f"sqlite:///{folder / 'house.db'}")
    outbox = Outbox(store, _now)
    lanes = Lanes(LaneSettings(sites=(), temp=folder / "temp"))
    house = bare_house(store, outbox, lanes, folder, commands_of(stove), _now)
    dispatch = Dispatch(house, b"k" * 32, reference=lambda: "abc123")
    async with store.begin() as tx:
        ana = await people.add(tx, "ana", Role.MEMBER, now=_now())
        await people.link(tx, ana.id, "console", "ana", "ana", _now())
    redraws = asyncio.create_task(outbox.run(dispatch.draw))
    try:
        yield Kitchen(
            outbox, store, Door(dispatch, outbox, "ana", "ana"), ana.id, stove
        )
    finally:
        redraws.cancel()
        with suppress(asyncio.CancelledError):
            await redraws
        await lanes.aclose()
        await store.close()


def _now() -> datetime:
    return datetime.now(UTC)


Words = Annotated[str, Param("some words", rest=True, example="hello")]
Subject = Annotated[str, Param("which tea", rest=True, example="tea:1")]


Milk = Annotated[bool, Param("with milk")]


def _teas(stove: Stove) -> Suggest:
    known = (Suggestion("Earl Grey", "tea:7"), Suggestion("Assam", "tea:8"))

    async def teas(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
        del ctx
        if stove.leaves is not None:
            await stove.leaves.wait()
        return tuple(one for one in known if typed.casefold() in one.label.casefold())

    return teas


def _tea(stove: Stove) -> tuple[Command, ...]:
    @command("Say something back when the gate is open")
    async def slow(ctx: Context, words: Words) -> Reply:
        del ctx
        await stove.gate.wait()
        return Reply(text=words)

    @command("Make tea")
    async def brew(ctx: Context, leaf: Subject = "tea:1", milk: Milk = False) -> Reply:  # noqa: FBT002 - the signature is the form
        del ctx, milk
        return stove.cards.setdefault(leaf, brewing(0, leaf))

    @command("Show a tea", draws=True, hidden=True)
    async def show(ctx: Context, subject: Subject) -> Reply:
        del ctx
        return stove.cards[subject]

    @command("Stop a tea", hidden=True)
    async def stop(ctx: Context, subject: Subject) -> Reply:
        del ctx
        stove.cards[subject] = Reply(title="Stopped", follows=subject)
        return Reply(title="Stopped", follows=subject, show=Show.HERE)

    @command("Drink a tea", hidden=True)
    async def drink(ctx: Context, subject: Subject) -> Reply:
        del ctx
        stove.drunk.append(subject)
        return Reply(text=f"You drank {subject}.", show=Show.NOTE)

    return slow, _suggesting(brew, _teas(stove)), show, stop, drink


def _suggesting(one: Command, suggest: Suggest) -> Command:
    """With suggestions for the first argument, which need more than a module."""
    first, *others = one.arguments
    first = replace(first, param=replace(first.param, suggest=suggest))
    return replace(one, arguments=(first, *others))


@command("Say something back", role=Role.GUEST)
async def echo(ctx: Context, words: Words) -> Reply:
    del ctx
    return Reply(text=words)


@command("List what there is")
async def menu(ctx: Context) -> Reply:
    del ctx
    return Reply(
        title="Menu",
        items=(
            Item("Earl Grey", choices=(Choice("Brew", "brew tea:7"),)),
            Item("Assam", choices=(Choice("Brew", "brew tea:8"),)),
        ),
        choices=(Choice("Complain", "echo you said", ask="What is wrong?"),),
        menus=(Menu("Sugar", (Option("One", "1", "echo one lump"),), "echo {}"),),
    )


@command("Pick some")
async def pick(ctx: Context, number: Annotated[int, Param("n")] = 0) -> Reply:
    show = Show.HERE if ctx.asked.pressed else Show.NEW
    return Reply(
        title=f"Picked {number}",
        choices=(Choice("More", f"pick {number + 1}"),),
        show=show,
    )


@command("Break")
async def crash(ctx: Context) -> Reply:
    del ctx
    raise RuntimeError("a secret")


@command("Send a file")
async def file(ctx: Context) -> Reply:
    del ctx
    return Reply(text="Here.", files=(File("a.txt", b"1234"),))


def commands_of(stove: Stove) -> Commands:
    made = (*_tea(stove), echo, menu, pick, crash, file)
    return Commands({one.name: one for one in made})
